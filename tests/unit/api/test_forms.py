"""What people type, as values."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.texts import Words
from api.refusals import Invalid
from api.web import amounts
from api.web.filled import FilledForm
from api.web.mandate_form import MandateRefused, read_mandate
from api.web.policy_answers import Asked, answers
from api.web.policy_form import PolicyRefused, read_policy
from api.web.stock_form import read_change
from api.web.visit import local_path
from tests.unit.vendor_policy.builders import a_card
from vendor_policy.policy import Policy, preset

DEFAULT = preset()
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPTED = {"now": NOW, "timezone": "Europe/Berlin", "member": "nora@example.org"}


def form_of(fields: list[tuple[str, str]]) -> FilledForm:
    names = {name for name, _ in fields}
    return FilledForm({name: tuple(v for n, v in fields if n == name) for name in names})


CARDS = {"laundry-detergent": [a_card()]}


def asked(present: Policy = DEFAULT, **more: Any) -> Asked:
    given = {"cards": CARDS, "picked": (), "vendors": {}, "today_on": NOW.date(), **more}
    return Asked(present=present, **given)


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
    wanted = read_policy(form, asked(preset("balanced")))
    assert (wanted.preset, wanted.stock_out_minor_per_day) == ("fastest", 2000)


def test_an_amount_that_was_changed_holds_against_the_preset():
    form = form_of([("preset", "fastest"), ("stock_out_per_day", "5")])
    assert read_policy(form, asked(preset("balanced"))).stock_out_minor_per_day == 500


def test_leaving_the_greenest_preset_takes_its_credits_along():
    wanted = read_policy(form_of([("preset", "balanced")]), asked(preset("greenest")))
    assert wanted.attribute_credits == ()


def test_criteria_of_categories_that_are_not_asked_about_stay():
    band = {"category": "coffee-beans", "unit": "g", "per_quantity": 1000, "most_minor": 2000}
    present = type(preset()).model_validate({**preset().model_dump(), "price_bands": [band]})
    wanted = read_policy(form_of([("band:laundry-detergent", "8.50")]), asked(present))
    assert {each.category: each.most_minor for each in wanted.price_bands} == {
        "coffee-beans": 2000,
        "laundry-detergent": 850,
    }


def test_every_wrong_amount_is_named_at_once():
    form = form_of([("ask_above", "much"), ("band:laundry-detergent", "little")])
    with pytest.raises(PolicyRefused) as refused:
        read_policy(form, asked(preset()))
    assert [each.values["value"] for each in refused.value.problems] == ["much", "little"]


OWN = {
    "name": "rule_1",
    "wording": "Quick, or cheap",
    "expression": "offer.latest_days <= 3 || offer.price_minor <= 900",
    "otherwise": "ask",
    "since": "2026-01-02",
}
FULL = {
    "ask_above_minor": 4050,
    "price_rise_most_ppm": 125_000,
    "late_most_ppm": 200_000,
    "ask_price_rise_ppm": 0,
    "vendors_blocked": ["billigblitz"],
    "brands_allowed": [
        {"category": "coffee-beans", "names": ["Bergkaffee"]},
        {"category": "laundry-detergent", "names": ["Klarbach"]},
    ],
    "attributes_required": [{"category": "laundry-detergent", "names": ["eco-label"]}],
    "attribute_credits": [{"name": "eco-label", "credit_ppm": 25_000}],
    "vendor_credits": [{"name": "haushaltshof", "credit_ppm": 30_000}],
    "price_bands": [
        {
            "category": "laundry-detergent",
            "unit": "ml",
            "per_quantity": 1000,
            "least_minor": 100,
            "most_minor": 850,
        }
    ],
    "substitutes": [
        {"product": a_card().gtin, "instead": ["02001000000029"], "credit_ppm": 50_000}
    ],
    "order_limits": [
        {"category": None, "packs_most": 9},
        {"category": "laundry-detergent", "delivery_most_days": 5, "days_between": 7},
    ],
    "custom_rules": [OWN],
    "contested": [{"rule_id": "fits", "product": "02001000000029"}],
}


def full() -> Policy:
    return Policy.model_validate({**preset().model_dump(), **FULL})


def test_what_the_page_asks_and_what_it_reads_are_each_others_inverse():
    policy = full()
    words = Words("de", {}, ZoneInfo("UTC"))
    form = answers(asked(policy), words.typed)
    assert form.one("ask_above") == "40,50"
    assert read_policy(form, asked(policy)) == policy


def test_a_rule_that_was_not_touched_keeps_its_day():
    form = form_of(
        [
            ("own_name:0", "rule_1"),
            ("own_wording:0", OWN["wording"]),
            ("own_expression:0", OWN["expression"]),
            ("own_otherwise:0", "exclude"),
            ("own_wording:3", "Not from a rush"),
            ("own_expression:3", "offer.earliest_days > 0"),
        ]
    )
    wanted = read_policy(form, asked(full()))
    assert [(each.name, each.since) for each in wanted.custom_rules] == [
        ("rule_1", NOW.date()),  # it no longer asks, it excludes
        ("rule_2", NOW.date()),
    ]


def test_a_rule_of_ones_own_is_refused_at_its_place_with_a_hint():
    form = form_of(
        [
            ("own_wording:0", "Fine"),
            ("own_expression:0", "offer.packs <= 2"),
            ("own_wording:4", "Soon"),
            ("own_expression:4", "offer.latest_day <= 3"),
        ]
    )
    with pytest.raises(PolicyRefused) as refused:
        read_policy(form, asked())
    (problem,) = refused.value.problems
    assert refused.value.rules == {4: problem}
    assert problem.values["column"] == 7
    assert "latest_days" in str(problem.values["hint"])


def test_half_a_rule_is_no_rule():
    with pytest.raises(PolicyRefused) as refused:
        read_policy(form_of([("own_wording:0", "Soon")]), asked())
    assert list(refused.value.rules) == [0]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("late", "often", "policy.problem.percent"),
        ("days:laundry-detergent", "-1", "policy.problem.count"),
        ("packs:laundry-detergent", "9" * 5000, "policy.problem.count"),
        ("worth_attribute:eco-label", "x", "policy.problem.percent"),
    ],
)
def test_what_is_no_number_is_named(field, value, problem):
    with pytest.raises(PolicyRefused) as refused:
        read_policy(form_of([(field, value)]), asked())
    assert [each.key for each in refused.value.problems] == [problem]


@pytest.mark.parametrize(
    ("typed", "ppm"),
    [("8", 80_000), ("2,5 %", 25_000), ("0.01", 100), ("", None), ("-1", None)],
)
def test_shares_are_typed_in_percent(typed, ppm):
    assert amounts.ppm(typed) == ppm


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
