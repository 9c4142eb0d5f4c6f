from dataclasses import fields

import pytest

from runtime.arena.contestants import FAVOURITE, LIST_PRICE, NAMES, contestants
from runtime.arena.season import Season, Tally
from runtime.arena.vendors import CHEATS
from runtime.arena.world import ArenaStock
from tests.unit.runtime.arena.builders import a_world, tally

CHECKOUT_CHEATS = ("bait price", "hidden fee")


@pytest.mark.parametrize("name", NAMES)
def test_a_season_can_be_played_again(name: str) -> None:
    made = a_world(*CHEATS, days=90)
    assert tally(name, made) == tally(name, made)


@pytest.mark.parametrize("cheat", CHECKOUT_CHEATS)
def test_a_changed_total_is_asked_about_by_presets_and_paid_by_the_naive(cheat: str) -> None:
    made = a_world(cheat)
    careful, naive = tally("balanced", made), tally(LIST_PRICE, made)
    assert careful.asked > 0
    assert careful.lost_minor == 0
    assert naive.asked == 0
    assert naive.lost_minor > 0


def test_among_honest_vendors_nobody_is_asked_and_nothing_is_lost() -> None:
    made = a_world()
    for name in ("balanced", LIST_PRICE, FAVOURITE):
        found = tally(name, made)
        assert (found.asked, found.lost_minor) == (0, 0)
        assert found.orders > 0


def test_a_cancelled_order_is_refunded_and_counted() -> None:
    found = tally(LIST_PRICE, a_world("fake stock", days=365))
    assert found.cancelled > found.orders * 0.3
    honest = tally(LIST_PRICE, a_world(days=365))
    assert found.paid_minor < honest.paid_minor * 1.1


def test_late_parcels_let_stocks_run_out() -> None:
    quiet, attacked = a_world(days=720), a_world("late switch", days=720)
    before, after = tally(LIST_PRICE, quiet), tally(LIST_PRICE, attacked)
    assert after.late > before.late
    assert after.days_without > before.days_without


def test_what_is_bought_is_used_or_left() -> None:
    made = a_world(days=200)
    [contestant] = contestants(["balanced"])
    season = Season(made, contestant)
    found = season.play()
    wanted = sum(sum(stock.wanted) * _price(stock) for stock in made.stocks)
    started = sum(stock.at_start * _price(stock) for stock in made.stocks)
    assert found.days_without == 0
    # Goods at average prices: what was bought is what was used, plus what is left, less what
    # was there. What was paid differs by price level and delivery only.
    bought = wanted + found.left_minor - started
    assert 0.9 * bought < found.paid_minor < 1.4 * bought


def _price(stock: ArenaStock) -> float:
    return stock.good.price_minor / stock.good.pack_quantity


def test_a_tally_counts_nothing_below_zero() -> None:
    found = tally("cheapest", a_world(*CHEATS))
    assert all(getattr(found, each.name) >= 0 for each in fields(Tally))
