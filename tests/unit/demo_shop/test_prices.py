"""Prices drift within stated bounds, and only with the week."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo_shop import assortment, prices
from demo_shop.assortment import Article

ARTICLES = [each for name in assortment.names() for each in assortment.load(name).articles]
YEAR = [date(2026, 1, 1) + timedelta(days=each) for each in range(365)]


@given(
    st.sampled_from(ARTICLES),
    st.integers(0, 2**32),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
)
def test_a_price_stays_near_its_list_price(article: Article, seed: int, on: date) -> None:
    price = prices.price_minor(article, seed=seed, on=on)
    assert price == prices.price_minor(article, seed=seed, on=on)
    assert article.price_minor * 81 // 100 <= price <= article.price_minor * 107 // 100


@pytest.mark.parametrize("article", ARTICLES[:5], ids=lambda each: each.sku)
def test_a_price_keeps_for_a_week_and_moves_over_the_year(article: Article) -> None:
    seen = [prices.price_minor(article, seed=7, on=on) for on in YEAR]
    weeks = {on.toordinal() // 7 for on in YEAR}
    by_week = {(on.toordinal() // 7, price) for on, price in zip(YEAR, seen, strict=True)}
    assert len(by_week) == len(weeks)
    assert len(set(seen)) > len(weeks) // 2


def test_promotions_come_about_once_a_quarter() -> None:
    lowest = [
        prices.price_minor(article, seed=7, on=on) * 100 < article.price_minor * 94 - 100
        for article in ARTICLES
        for on in YEAR[::7]
    ]
    assert 0.05 < sum(lowest) / len(lowest) < 0.10  # 1 in 13 is 0.077


def test_a_week_moves_the_drift_by_at_most_four_percent() -> None:
    drifts = [prices.drift_ppm("HH-1", seed=7, week=week) for week in range(500)]
    steps = [abs(after - before) for before, after in pairwise(drifts)]
    assert max(map(abs, drifts)) <= 60_000
    assert max(steps) <= 40_000


@pytest.mark.parametrize(
    ("minor", "share_ppm", "expected"),
    [(1000, 1_050_000, 1050), (3, 500_000, 2), (1, 499_999, 0)],
)
def test_a_share_is_rounded_half_up(minor: int, share_ppm: int, expected: int) -> None:
    assert prices.with_share(minor, share_ppm) == expected
