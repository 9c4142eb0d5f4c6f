from typing import Any

import pytest
from pydantic import ValidationError

from core.money import Money
from tests.unit.vendor_policy.builders import NOW, TODAY, an_offer, day
from vendor_policy.candidates import candidate
from vendor_policy.mandates import Covered, Mandate, NotCovered, covers


def a_mandate(**overrides: Any) -> Mandate:
    plain: dict[str, Any] = {
        "products": ["2001000000012", "2001000000029"],
        "vendors": ["haushaltshof"],
        "currency": "EUR",
        "order_most_minor": 1230,
        "ends_on": day(30),
        "accepted_at": NOW,
        "accepted_by": "karla@example.org",
    }
    return Mandate.model_validate({**plain, **overrides})


def asked(mandate=None, on=TODAY, last_on=None, packs=1, **offer):
    return covers(mandate or a_mandate(), candidate(an_offer(**offer), packs), on, last_on)


def test_what_was_allowed_is_covered_up_to_the_last_day_and_cent():
    assert asked(on=day(30)) == Covered()  # 8.40 and 3.90 against 12.30


@pytest.mark.parametrize(
    ("case", "reason", "field"),
    [
        ({"on": day(31)}, "ended", "ends_on"),
        ({"gtin": "02001000000036"}, "other_product", "products"),
        ({"vendor": "billigblitz"}, "other_vendor", "vendors"),
        ({"price": Money(840, "CHF")}, "other_currency", "currency"),
        ({"price": Money(841, "EUR")}, "above_cap", "order_most_minor"),
        ({"packs": 2}, "above_cap", "order_most_minor"),
    ],
)
def test_what_was_not_allowed_is_named_by_its_limit(case, reason, field):
    assert asked(**case) == NotCovered(reason, field)


def test_a_unit_price_cap_counts_delivery_and_holds_at_its_edge():
    cap = {"unit": "ml", "per_quantity": 1000, "most_minor": 820}
    assert asked(a_mandate(unit_price=cap)) == Covered()
    lower = a_mandate(unit_price={**cap, "most_minor": 819})
    assert asked(lower) == NotCovered("unit_too_dear", "unit_price")
    weighed = a_mandate(unit_price={**cap, "unit": "g"})
    assert asked(weighed) == NotCovered("unit_too_dear", "unit_price")


def test_a_gap_between_orders_holds_until_its_last_day():
    rare = a_mandate(days_between=14)
    assert asked(rare, on=day(13), last_on=TODAY) == NotCovered("too_soon", "days_between")
    assert asked(rare, on=day(14), last_on=TODAY) == Covered()
    assert asked(rare, last_on=None) == Covered()


def test_without_a_gap_a_mandate_covers_two_orders_on_one_day():
    assert asked(last_on=TODAY) == Covered()


def test_a_mandate_stored_before_there_were_gaps_has_none():
    stored = a_mandate().model_dump(mode="json")
    del stored["days_between"]
    assert Mandate.model_validate(stored) == a_mandate(days_between=None)


@pytest.mark.parametrize(
    "overrides",
    [
        {"products": []},
        {"products": ["2001000000013"]},  # wrong check digit
        {"vendors": []},
        {"order_most_minor": 0},
        {"ends_on": day(-1)},
        {"days_between": 0},
        {"days_between": 366},
        {"budget": 5},
    ],
)
def test_a_mandate_without_limits_is_no_mandate(overrides):
    with pytest.raises(ValidationError):
        a_mandate(**overrides)
