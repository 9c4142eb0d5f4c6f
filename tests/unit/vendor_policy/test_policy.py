import pytest
from hypothesis import given
from pydantic import ValidationError

from tests.unit.vendor_policy.builders import a_policy, policies
from vendor_policy.policy import PRESETS, from_json, policy_hash, preset, problems, to_json

BAND = {"category": "laundry-detergent", "unit": "ml", "per_quantity": 1000}


def problem_of(**overrides):
    with pytest.raises(ValidationError) as caught:
        a_policy(**overrides)
    (problem,) = problems(caught.value)
    return problem


def test_an_impossible_band_is_refused_with_field_and_fix():
    problem = problem_of(price_bands=[{**BAND, "least_minor": 900, "most_minor": 400}])
    assert problem.field == "price_bands[0].most_minor"
    assert problem.code == "band_impossible"
    assert problem.message == (
        "400 is below least_minor 900: raise most_minor or lower least_minor"
    )
    assert problem.params == {"most": 400, "least": 900}


@pytest.mark.parametrize(
    ("overrides", "field", "code"),
    [
        (
            {"price_bands": [{**BAND, "most_minor": -1}]},
            "price_bands[0].most_minor",
            "greater_than",
        ),
        ({"ask_above_minor": -5}, "ask_above_minor", "greater_than_equal"),
        ({"ask_above_minor": 40.5}, "ask_above_minor", "int_type"),
        ({"boost": 1}, "boost", "extra_forbidden"),
        ({"brands_blocked": ["Tonerfix", ""]}, "brands_blocked[1]", "string_too_short"),
        ({"currency": "Euro"}, "currency", "string_pattern_mismatch"),
        ({"may_approve": []}, "may_approve", "too_short"),
        ({"price_bands": [{**BAND, "most_minor": 5}] * 2}, "price_bands", "named_twice"),
        (
            {"attribute_credits": [{"name": "eco-label", "credit_ppm": 600_000}]},
            "attribute_credits[0].credit_ppm",
            "less_than_equal",
        ),
        (
            {
                "loyalty_credit_ppm": 500_000,
                "brand_credits": [{"name": "Klarbach", "credit_ppm": 500_000}],
            },
            "loyalty_credit_ppm",
            "credits_too_high",
        ),
        (
            {
                "brands_allowed": [{"category": "printer-toner", "names": ["Printhaus"]}],
                "brands_blocked": ["PRINTHAUS"],
            },
            "brands_blocked",
            "allowed_and_blocked",
        ),
        (
            {"vendors_allowed": ["tintenwelt"], "vendors_blocked": ["tintenwelt"]},
            "vendors_blocked",
            "allowed_and_blocked",
        ),
    ],
)
def test_a_wish_that_cannot_be_is_refused_by_its_field(overrides, field, code):
    problem = problem_of(**overrides)
    assert (problem.field, problem.code) == (field, code)


@given(policies)
def test_a_policy_survives_json_with_its_hash(policy):
    again = from_json(to_json(policy))
    assert again == policy
    assert policy_hash(again) == policy_hash(policy)


def test_another_wish_is_another_hash():
    assert policy_hash(a_policy()) != policy_hash(a_policy(brands_blocked=["Tonerfix"]))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_whole_policy_that_can_be_edited(name):
    policy = preset(name)
    assert policy.preset == name
    assert from_json({**to_json(policy), "ask_above_minor": 4000}).ask_above_minor == 4000


def test_price_only_weighs_nothing_but_the_price():
    policy = preset("price_only")
    assert policy.stock_out_minor_per_day == 0
    assert policy.holding_ppm_per_year == 0
    assert policy.loyalty_credit_ppm == 0
    assert policy.attribute_credits == ()
