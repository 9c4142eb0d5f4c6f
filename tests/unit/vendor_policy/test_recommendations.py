from dataclasses import replace
from datetime import timedelta

from core.money import Money
from tests.unit.vendor_policy.builders import (
    NOW,
    a_need,
    a_policy,
    a_question,
    an_offer,
    some_circumstances,
    some_facts,
)
from vendor_policy.declarations import Shipping
from vendor_policy.policy import PRESETS, preset
from vendor_policy.recommendations import changes, recommendations
from vendor_policy.record import answer, record_bytes, written

FREE = Shipping(flat_minor=0)
KLARBACH = an_offer(offer_id="k", price=Money(900, "EUR"), shipping=FREE)
REINWERK = replace(KLARBACH, offer_id="r", brand="Reinwerk", price=Money(700, "EUR"))
BLOCKING = a_policy(brands_blocked=("Reinwerk",), stock_out_minor_per_day=100)


def a_year_of(*offers, policy=BLOCKING, needs=12) -> list[bytes]:
    """One need every thirty days."""
    records = []
    for number in range(needs):
        at = NOW - timedelta(days=30 * number)
        need = a_need(need_id=f"need-{number}", quantity_most=1500)
        known = some_facts(now_at=at, today_on=at.date())
        question = a_question(*offers, needs=(need,), facts=known, policy=policy)
        circumstances = some_circumstances(decided_at=at)
        records.append(record_bytes(written(question, answer(question), circumstances)))
    return records


def test_what_a_wish_costs_in_a_year_is_computed_from_the_owners_own_past():
    (found,) = recommendations(a_year_of(KLARBACH, REINWERK), BLOCKING, [])
    assert found.change.key == "allow_brand:Reinwerk"
    assert (found.saved_minor, found.needs, found.changed) == (12 * 200, 12, 12)
    assert found.saved_a_year_minor == 2426  # 22.00 in 331 days
    assert (found.last_on - found.first_on).days == 330
    assert found.change.policy.brands_blocked == ()
    assert found.late_before_ppm == found.late_after_ppm


def test_a_no_is_never_asked_again():
    records = a_year_of(KLARBACH, REINWERK)
    assert recommendations(records, BLOCKING, ["allow_brand:Reinwerk"]) == []


def test_what_saves_nothing_is_not_recommended():
    dear = replace(REINWERK, price=Money(901, "EUR"))
    assert recommendations(a_year_of(KLARBACH, dear), BLOCKING, []) == []


def test_a_month_is_too_short_to_speak_of_a_year():
    assert recommendations(a_year_of(KLARBACH, REINWERK, needs=1), BLOCKING, []) == []


def test_it_starts_from_the_policy_in_force_not_from_what_was_in_force_then():
    records = a_year_of(KLARBACH, REINWERK)
    assert recommendations(records, a_policy(), []) == []


def test_every_change_is_single_and_has_a_name_of_its_own():
    full = a_policy(
        brands_allowed=({"category": "laundry-detergent", "names": ("Klarbach",)},),
        vendors_allowed=("haushaltshof",),
        vendors_blocked=("billigblitz", "tintenwelt"),
        attribute_credits=({"name": "eco-label", "credit_ppm": 10_000},),
        loyalty_credit_ppm=20_000,
        late_most_ppm=50_000,
    )
    found = list(changes(full))
    assert len({each.key for each in found}) == len(found) == 7
    assert all(each.policy != full for each in found)
    assert [list(changes(preset(name))) for name in PRESETS if name == "price_only"] == [[]]
