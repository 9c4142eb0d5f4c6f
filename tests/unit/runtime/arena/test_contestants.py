from dataclasses import replace

import pytest

from runtime.arena.contestants import (
    FAVOURITE,
    LIST_PRICE,
    PRESET_NAMES,
    RATING,
    ArenaPick,
    contestants,
)
from runtime.arena.recorded import TrackRecord
from runtime.arena.shelf import Shelf
from runtime.arena.vendors import CHEATS
from tests.unit.runtime.arena.builders import COFFEE, a_world
from vendor_policy.declarations import Remuneration, Shipping
from vendor_policy.offers import Offer

MADE = a_world(*CHEATS)
STOCK = next(each for each in MADE.stocks if each.good.category == COFFEE)
NEED = Shelf(STOCK, on_hand=0).need(0)
FACTS = TrackRecord().facts(0, STOCK.stock_id, None)
OFFERS = MADE.offers(COFFEE, 0)


def chosen(name: str, offers: list[Offer] | None = None) -> ArenaPick | None:
    [contestant] = contestants([name])
    return contestant.choose(NEED, OFFERS if offers is None else offers, FACTS)


def test_the_naive_ones_choose_by_what_they_are_named_for() -> None:
    by_name = {name: chosen(name) for name in (LIST_PRICE, FAVOURITE, RATING)}
    assert {name: pick and pick.offer.vendor for name, pick in by_name.items()} == {
        LIST_PRICE: "bait",
        FAVOURITE: "gamer",
        RATING: "gamer",
    }


def test_the_list_price_does_not_see_delivery() -> None:
    dear = [replace(each, shipping=Shipping(flat_minor=5_000)) for each in OFFERS]
    found = chosen(LIST_PRICE, dear)
    assert found is not None
    assert found.offer.vendor == "bait"


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_a_preset_does_not_see_remuneration_and_ratings(name: str) -> None:
    turned = [
        replace(each, remuneration=Remuneration(share_ppm=0), rating=None) for each in OFFERS
    ]
    seen, unseen = chosen(name), chosen(name, turned)
    assert seen is not None
    assert unseen is not None
    assert (seen.offer.offer_id, seen.packs) == (unseen.offer.offer_id, unseen.packs)


@pytest.mark.parametrize("name", [LIST_PRICE, FAVOURITE, RATING])
def test_the_naive_ones_buy_what_the_need_has_room_for(name: str) -> None:
    pick = chosen(name)
    assert pick
    quantity = pick.packs * pick.offer.pack_quantity
    assert NEED.quantity_least <= quantity <= NEED.quantity_most


@pytest.mark.parametrize("name", [LIST_PRICE, "balanced"])
def test_nothing_in_stock_is_nothing_chosen(name: str) -> None:
    assert chosen(name, [replace(each, in_stock=False) for each in OFFERS]) is None


def test_an_unknown_contestant_is_named() -> None:
    with pytest.raises(KeyError, match="dearest"):
        contestants(["dearest"])
