from zoneinfo import ZoneInfo

import pytest

from accounts.catalogues import read_catalogues
from accounts.texts import Words
from api.web.wording import difference
from tests.unit.vendor_policy.builders import a_policy
from vendor_policy.policy import PRESETS, Policy, preset
from vendor_policy.policy_diff import diff

CATALOGUES = read_catalogues()
SHOPS = {"tintenwelt": "Tintenwelt"}
BAND = {"category": "laundry-detergent", "unit": "ml", "per_quantity": 1000, "most_minor": 800}


def told(before: Policy, after: Policy, language: str = "en") -> list[str]:
    words = Words(language, CATALOGUES[language], ZoneInfo("Europe/Berlin"))
    return [words.say(difference(change, SHOPS)) for change in diff(before, after)]


def test_equal_policies_do_not_differ():
    assert diff(preset("greenest"), preset("greenest")) == ()


def test_amounts_and_shares_are_told_as_such():
    before = a_policy(stock_out_minor_per_day=200, loyalty_credit_ppm=20_000)
    after = a_policy(stock_out_minor_per_day=350, ask_above_minor=4000)
    assert told(before, after) == [
        "A day without costs: 3.50\u00a0€ instead of 2.00\u00a0€",
        "The present supplier may be dearer by: 0% instead of 2%",
        "Ask above: 40.00\u00a0€ (new)",
    ]


def test_presets_bear_their_names_in_the_readers_language():
    sentences = told(preset("balanced"), preset("cheapest"), "de")
    assert sentences[0] == "Ausgangspunkt: Am günstigsten statt Ausgewogen"


def test_lists_are_told_entry_by_entry():
    before = a_policy(brands_blocked=("Klarbach", "Reinwerk"), price_bands=(BAND,))
    after = a_policy(
        brands_blocked=("Reinwerk", "Ecolind"),
        price_bands=({**BAND, "most_minor": 700},),
        vendor_credits=({"name": "tintenwelt", "credit_ppm": 50_000},),
    )
    assert told(before, after) == [
        "Brand ruled out: no longer Klarbach",
        "Brand ruled out: Ecolind (new)",
        "Shop preferred, Tintenwelt: 5% (new)",
        "Price band, Laundry detergent: 0.00\u00a0€ to 7.00\u00a0€ for 1,000 ml instead of"
        " 0.00\u00a0€ to 8.00\u00a0€ for 1,000 ml",
    ]


def test_a_change_names_its_field_entry_and_both_values():
    (change,) = diff(a_policy(), a_policy(price_bands=(BAND,)))
    assert (change.field, change.entry, change.before) == (
        "price_bands",
        "laundry-detergent",
        None,
    )
    assert change.after["most_minor"] == 800


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_told_against_every_other(name, language):
    for other in PRESETS:
        assert bool(told(preset(name), preset(other), language)) == (name != other)


def test_every_field_of_a_policy_has_a_name():
    for language in ("en", "de"):
        for field in Policy.model_fields:
            assert f"policy.field.{field}" in CATALOGUES[language]
