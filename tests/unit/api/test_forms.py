"""What people type, as values."""

from datetime import UTC, date, datetime

import pytest

from api.refusals import Invalid
from api.web import amounts
from api.web.filled import FilledForm
from api.web.mandate_form import MandateRefused, read_mandate
from api.web.policy_form import PolicyRefused, read_policy
from api.web.stock_form import read_change
from api.web.visit import local_path
from tests.unit.vendor_policy.builders import a_card
from vendor_policy.policy import preset

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED = {"now": NOW, "timezone": "Europe/Berlin", "member": "nora@example.org"}


def form_of(fields: list[tuple[str, str]]) -> FilledForm:
    names = {name for name, _ in fields}
    return FilledForm({name: tuple(v for n, v in fields if n == name) for name in names})


CARDS = {"laundry-detergent": [a_card()]}
TERMS = [
    ("products", "2001000000012"),
    ("vendors", "haushaltshof"),
    ("cap", "25,00"),
    ("ends_on", "2027-05-31"),
]


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("40", 4000),
        ("40,5", 4050),
        ("40.50 €", 4050),
        (" 0,01 ", 1),
        ("", None),
        ("forty", None),
        ("1.234,50", None),
        ("-5", None),
        ("5,005", None),
    ],
)
def test_amounts_are_read_in_either_notation(typed, minor):
    assert amounts.minor(typed) == minor


def test_another_preset_brings_its_own_numbers():
    form = form_of([("preset", "fastest"), ("stock_out_per_day", "2,00")])
    wanted = read_policy(form, preset("balanced"), CARDS)
    assert (wanted.preset, wanted.stock_out_minor_per_day) == ("fastest", 2000)


def test_an_amount_that_was_changed_holds_against_the_preset():
    form = form_of([("preset", "fastest"), ("stock_out_per_day", "5")])
    assert read_policy(form, preset("balanced"), CARDS).stock_out_minor_per_day == 500


def test_leaving_the_greenest_preset_takes_its_credits_along():
    wanted = read_policy(form_of([("preset", "balanced")]), preset("greenest"), CARDS)
    assert wanted.attribute_credits == ()


def test_criteria_of_categories_that_are_not_asked_about_stay():
    band = {"category": "coffee-beans", "unit": "g", "per_quantity": 1000, "most_minor": 2000}
    present = type(preset()).model_validate({**preset().model_dump(), "price_bands": [band]})
    wanted = read_policy(form_of([("band:laundry-detergent", "8.50")]), present, CARDS)
    assert {each.category: each.most_minor for each in wanted.price_bands} == {
        "coffee-beans": 2000,
        "laundry-detergent": 850,
    }


def test_every_wrong_amount_is_named_at_once():
    form = form_of([("ask_above", "much"), ("band:laundry-detergent", "little")])
    with pytest.raises(PolicyRefused) as refused:
        read_policy(form, preset(), CARDS)
    assert [each.values["value"] for each in refused.value.problems] == ["much", "little"]


def test_a_mandate_holds_exactly_what_was_accepted():
    mandate = read_mandate(form_of(TERMS), **ACCEPTED)
    assert mandate.order_most_minor == 2500
    assert mandate.ends_on == date(2027, 5, 31)
    assert mandate.accepted_by == "nora@example.org"
    assert mandate.days_between is None


@pytest.mark.parametrize("days", [1, 14, 365])
def test_a_mandate_may_name_the_least_days_between_two_orders(days):
    form = form_of([*TERMS, ("days_between", f" {days} ")])
    assert read_mandate(form, **ACCEPTED).days_between == days


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("cap", "0", "mandate.cap_wrong"),
        ("cap", "much", "mandate.cap_wrong"),
        ("ends_on", "2026-11-20", "mandate.ends_wrong"),
        ("ends_on", "2029-01-01", "mandate.ends_wrong"),
        ("ends_on", "soon", "mandate.ends_wrong"),
        ("days_between", "0", "mandate.days_wrong"),
        ("days_between", "366", "mandate.days_wrong"),
        ("days_between", "-3", "mandate.days_wrong"),
        ("days_between", "often", "mandate.days_wrong"),
        ("days_between", "9" * 5000, "mandate.days_wrong"),
        ("products", None, "mandate.none_chosen"),
        ("vendors", None, "mandate.none_chosen"),
    ],
)
def test_an_impossible_mandate_says_what_is_wrong(name, value, problem):
    kept = [each for each in TERMS if each[0] != name]
    form = form_of(kept if value is None else [*kept, (name, value)])
    with pytest.raises(MandateRefused) as refused:
        read_mandate(form, **ACCEPTED)
    assert [each.key for each in refused.value.problems] == [problem]


@pytest.mark.parametrize("wanted", ["//evil", "https://evil/", "/\\evil", "evil", ""])
def test_only_paths_of_ours_are_gone_back_to(wanted):
    assert local_path(wanted) == "/"
    assert local_path("/orders?before=1") == "/orders?before=1"


def test_a_service_level_in_words_replaces_one_in_euros():
    wanted = read_change(form_of([("service", "990000"), ("stock_out_per_day", "2")]))
    assert wanted.service_level_ppm == 990_000
    assert wanted.stock_out_minor_per_day is None
    assert "stock_out_minor_per_day" in wanted.cleared


def test_a_day_without_has_a_price_in_cents():
    wanted = read_change(form_of([("service", "priced"), ("stock_out_per_day", "2,50")]))
    assert wanted.stock_out_minor_per_day == 250
    assert "stock_out_minor_per_day" not in wanted.cleared


@pytest.mark.parametrize("typed", ["", "0", "much"])
def test_a_day_without_that_costs_nothing_says_nothing(typed):
    with pytest.raises(Invalid):
        read_change(form_of([("service", "priced"), ("stock_out_per_day", typed)]))


def test_an_empty_limit_is_taken_away_and_a_number_is_one():
    wanted = read_change(form_of([("least", "5"), ("target", ""), ("most", "900")]))
    assert (wanted.least, wanted.most, wanted.spares) == (5, 900, None)
    assert wanted.cleared == ("target", "keeps_days")
