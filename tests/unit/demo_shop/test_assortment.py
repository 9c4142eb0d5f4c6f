"""The three assortments as data."""

import pytest

from demo_shop import assortment

SHOPS = {name: assortment.load(name) for name in assortment.names()}


def test_there_are_three_shops() -> None:
    assert sorted(SHOPS) == ["billigblitz", "haushaltshof", "tintenwelt"]


@pytest.mark.parametrize("name", SHOPS)
def test_skus_and_gtins_are_unique_in_a_shop(name: str) -> None:
    articles = SHOPS[name].articles
    assert len({each.sku for each in articles}) == len(articles)
    assert len({each.gtin for each in articles}) == len(articles)


def test_billigblitz_lists_five_to_twelve_percent_below_haushaltshof() -> None:
    usual = {each.gtin: each.price_minor for each in SHOPS["haushaltshof"].articles}
    shares = [each.price_minor / usual[each.gtin] for each in SHOPS["billigblitz"].articles]
    assert len(shares) == 24
    assert min(shares) >= 0.875
    assert max(shares) <= 0.955


def test_an_unknown_assortment_names_the_known_ones() -> None:
    with pytest.raises(assortment.UnknownAssortment, match="billigblitz, haus"):
        assortment.load("apotheke")
