from replenishment import questions
from runtime.arena import shelf
from runtime.arena.shelf import Shelf, terms
from tests.unit.runtime.arena.builders import COFFEE, a_world
from vendor_policy.offers import Offer

MADE = a_world()
OFFERS = MADE.offers(COFFEE, 0)
STOCK = next(each for each in MADE.stocks if each.good.category == COFFEE)


def out_of_stock(found: list[Offer]) -> set[str]:
    return {each.offer_id for each in found if not each.in_stock}


def test_a_vendor_s_no_counts_for_as_long_as_in_the_product() -> None:
    assert questions.REFUSAL_COUNTS.days == shelf.REFUSAL_COUNTS_DAYS


def test_a_cancelled_offer_is_out_of_stock_for_a_day() -> None:
    stock = Shelf(STOCK, on_hand=0, cancelled=[(10, terms(OFFERS[0]))])
    assert out_of_stock(stock.believed(OFFERS, 11)) == {OFFERS[0].offer_id}
    assert out_of_stock(stock.believed(OFFERS, 12)) == set()


def test_a_changed_total_is_not_believed_again_while_the_need_lasts() -> None:
    stock = Shelf(STOCK, on_hand=0, changed=[terms(OFFERS[0])])
    assert out_of_stock(stock.believed(OFFERS, 300)) == {OFFERS[0].offer_id}
    stock.close_need()
    assert out_of_stock(stock.believed(OFFERS, 300)) == set()


def test_a_delivery_closes_the_need_with_all_that_was_said_no_to() -> None:
    stock = Shelf(STOCK, on_hand=0, cancelled=[(10, terms(OFFERS[0]))], is_changed_last=True)
    before = stock.need(10).need_id
    stock.close_need()
    assert stock.need(10).need_id != before
    assert out_of_stock(stock.believed(OFFERS, 10)) == set()
    assert not stock.is_changed_last


def test_a_stock_is_due_at_its_reorder_point_and_not_above() -> None:
    level = int(STOCK.reorder_at)
    assert Shelf(STOCK, on_hand=level).is_due
    assert not Shelf(STOCK, on_hand=level + 1).is_due
    need = Shelf(STOCK, on_hand=level).need(3)
    assert need.quantity_least <= need.quantity_target <= need.quantity_most
