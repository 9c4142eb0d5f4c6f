"""Words in two languages: nothing missing, nothing extra, figures as each writes them."""

import ast
import re
import string
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from accounts.catalogues import read_catalogues
from accounts.texts import Share, UnknownText, Words, stored_text, text
from api.web import (
    by_hand_form,
    correction_form,
    error_page,
    pages_account,
    policy_form,
    queries_forecast,
    queries_quarantine,
    queries_vendor,
    stock_form,
)
from api.web.wording import ATTRIBUTES, CATEGORIES, RANGES, said
from core.money import Money
from devices.cycles.judging import CycleKind
from devices.cycles.learning import Said
from replenishment.contest_states import ContestState
from replenishment.corrections import CorrectionKind
from replenishment.order_states import OrderEvent, OrderState
from replenishment.quiet import Change
from vendor_policy.complaint_states import ComplaintEvent, ComplaintState
from vendor_policy.explain import Part
from vendor_policy.expression_source import Code
from vendor_policy.mandates import NotCovered
from vendor_policy.meter import Swap
from vendor_policy.offers import REASONS as DOOR_REASONS
from vendor_policy.policy import PRESETS, Policy
from vendor_policy.rules import RULES, Author, Kind
from vendor_policy.statements import Outcome
from vendor_policy.sums import LINES

SUGGESTED = ("prefer_shop", "prefer_brand", "drop_rules", "not_this_shop", "not_this_brand")
RECOMMENDED = (
    *("any_brand", "any_attribute", "no_band", "allow_brand", "allow_shop"),
    *("no_brand_credit", "no_shop_credit", "no_attribute_credit"),
    *("any_shop", "no_loyalty", "no_lateness_limit"),
)
ROOT = Path(__file__).parents[3]
CATALOGUES = read_catalogues()
KEY = re.compile(r"[a-z_]+(\.[a-z0-9_-]+)+")
# First words of keys: a string literal in the code that begins so is a key.
AREAS = {key.split(".")[0] for key in CATALOGUES["en"]}
ERRORS = {*error_page.WORDING.values(), "broken", error_page.ADDRESS_MISSING}
REASONS_TO_ASK = (  # beside an ask's history row, see replenishment.proposals
    "mode",
    "stopped",
    "test_device",
    "early",
    "said_no_before",
    "changed_at_checkout",
)
VERIFIED = (  # lines that the stand-alone verifier prints
    "record",
    "decision",
    "signature",
    "consistency",
    "inclusion",
    "listings",
    "events",
)
SAID = {
    said
    for path in (ROOT / "api/web").glob("pages_*.py")
    for said in re.findall(r'\bback\((?:f?"[^"]*"|\w+), "(\w+)"\)', path.read_text())
}
# Keys that code makes of a part and a value: f"mode.{mode}" and so on.
MADE = {
    *(f"order.state.{each}" for each in OrderState),
    *(f"order.event.{each}" for each in OrderEvent),
    *(f"author.{each}" for each in Author),
    *(f"policy.expression.{each}" for each in get_args(Code)),
    *(f"again.{each}" for each in Change),
    *(f"preset.{each}" for each in PRESETS),
    *(f"preset.{each}.means" for each in PRESETS),
    *(f"mandate.{each}" for each in NotCovered.__annotations__["reason"].__args__),
    *(f"rule.{each.rule_id}.title" for each in RULES),
    *(f"rule.{each.rule_id}.objection" for each in RULES if each.kind is not Kind.CREDIT),
    *(f"rule.{each}.{part}" for each in ("custom", "claim") for part in ("title", "objection")),
    *(
        f"mode.{mode}{part}"
        for mode in ("off", "notify", "ask", "auto")
        for part in ("", ".means", ".tag")
    ),
    *(
        f"{area}.{unit}"
        for area in ("unit", "amount")
        for unit in ("ml", "g", "pieces", "fill")
    ),
    *(f"measure.{each}" for each in ("level", "quantity", "usage", "state")),
    *(f"chart.{each}" for each in ("refill", "order", "delivery")),
    *(f"line.{each}" for each in LINES),
    *(f"category.{each}" for each in CATEGORIES),
    *(f"attribute.{each}" for each in ATTRIBUTES),
    *(f"{each}_same" for each in RANGES),
    *(f"quarantine.{each}" for each in queries_quarantine.WORDED),
    *(f"policy.problem.{each}" for each in policy_form.WORDED),
    *(f"policy.field.{each}" for each in Policy.model_fields),
    *(f"error.{each}.{part}" for each in ERRORS for part in ("title", "meaning")),
    *(f"address.{each}" for each in pages_account.ADDRESS_FIELDS),
    *(f"by_hand.field.{each}" for each in by_hand_form.FIELDS),
    *(f"container.{each}" for each in ("ok", "low", "full", "unknown")),
    *(f"stock.{each}" for each in ("spares", "least", "target", "most")),
    *(f"service.{each}" for each in stock_form.SERVICE_LEVELS),
    *(f"correction.{each}" for each in CorrectionKind),
    *(f"cycle.{each}" for each in CycleKind),
    *(f"home_assistant.{each}" for each in ("level", "days_left", "next_order", "refilled")),
    *(f"cycle.{part}.{each}" for part in ("say", "said") for each in Said),
    *(f"correction.say_{each}" for each in CorrectionKind),
    *(f"correction.people_{each}" for each in ("before", "now")),
    *(f"factor.{ppm}" for factors in correction_form.FACTORS.values() for ppm in factors),
    *(f"fact.{each}" for each in queries_forecast.FACTS),
    *(f"method.{each}" for each in ("LearningForecaster", "ExponentialForecaster")),
    *(f"by.{each}" for each in ("mandate", "vendor", "platform", "member")),
    *(f"ask.{each}" for each in REASONS_TO_ASK),
    *(f"notice.contest.{each}" for each in ContestState),
    *(f"suggest.{each}" for each in SUGGESTED),
    *(f"recommend.{each}" for each in RECOMMENDED),
    *(f"said.{each}" for each in SAID),
    *(f"meter.swap.{each}" for each in Swap),
    *(f"outcome.{each}" for each in Outcome),
    *(f"statement.headline.{each}" for each in Outcome),
    *(f"complaint.state.{each}" for each in ComplaintState),
    *(f"complaint.event.{each}" for each in ComplaintEvent),
    *(f"reason.{each}" for each in queries_vendor.REASONS),
    *(f"door.{each}" for each in DOOR_REASONS),
    *(f"vendor.author.{each}" for each in Author),
    *(f"versions.{each}" for each in ("before", "after")),
    *(f"verify.shows.{each}" for each in VERIFIED),
}


def words(language: str) -> Words:
    return Words(language, CATALOGUES[language], ZoneInfo("Europe/Berlin"))


def placeholders(forms: tuple[str, ...]) -> set[str]:
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


def test_both_languages_have_the_same_keys():
    assert CATALOGUES["en"].keys() == CATALOGUES["de"].keys()


def test_both_languages_say_the_same_things():
    for key, english in CATALOGUES["en"].items():
        german = CATALOGUES["de"][key]
        assert placeholders(english) == placeholders(german), key
        assert len(english) == len(german), key
        assert all(form.strip() for form in (*english, *german)), key


def test_nothing_shouts_or_sells():
    for sentences in CATALOGUES.values():
        for key, forms in sentences.items():
            for form in forms:
                assert "!" not in form, key
                assert not re.search(r"\b(AI|KI|smart|clever)\b", form), key


def keys_in_templates() -> set[str]:
    found = set()
    for path in (ROOT / "api/web/templates").glob("*.html"):
        found |= set(re.findall(r"""\bt\(["']([a-z0-9_.-]+)["'][,)]""", path.read_text()))
    return found


def keys_in_code() -> set[str]:
    found = set()
    for package in ("accounts", "api", "devices", "replenishment", "vendor_policy"):
        for path in set((ROOT / package).rglob("*.py")) - set(ROOT.rglob("tables.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    value = node.value
                    if KEY.fullmatch(value) and value.split(".")[0] in AREAS:
                        found.add(value)
    return {key for key in found if not key.endswith((".html", ".js", ".css", ".py"))}


def test_every_key_that_a_template_names_exists():
    assert len(keys_in_templates()) > 100
    assert keys_in_templates() - CATALOGUES["en"].keys() == set()


def test_every_key_that_code_names_or_makes_exists():
    assert (keys_in_code() | MADE) - CATALOGUES["en"].keys() == set()


def test_no_text_is_left_that_nothing_says():
    used = keys_in_code() | keys_in_templates() | MADE
    assert CATALOGUES["en"].keys() - used == set()


def test_money_is_written_as_each_language_writes_it():
    amount = Money(123456, "EUR")
    assert words("en").money(amount) == "1,234.56\u00a0€"
    assert words("de").money(amount) == "1.234,56\u00a0€"
    assert words("en").money(Money(-50, "EUR")) == "−0.50\u00a0€"


def test_an_input_field_shows_an_amount_as_it_would_be_typed():
    assert words("de").typed(Money(123456, "EUR")) == "1234,56"
    assert words("de").typed("vierzig") == "vierzig"


def test_dates_carry_the_weekday_and_no_point_at_the_end():
    assert words("en").day(date(2026, 11, 25)) == "Wed 25 Nov"
    assert words("de").day(date(2026, 11, 25)) == "Mi. 25. November"


def test_instants_are_shown_in_the_readers_time_zone():
    at = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert words("en").moment(at) == "21 Nov, 00:30"


def test_one_and_many_are_told_apart():
    assert words("en").say("supply.days", n=1, least=0, most=2) == "About 1 day left (0 to 2)."
    assert words("de").say("supply.days", n=5, least=4, most=8) == (
        "Reicht noch etwa 5 Tage (4 bis 8)."
    )


def test_what_has_passed_and_what_comes_are_told_apart():
    assert words("en").ago(timedelta(minutes=6)) == "6 minutes ago"
    assert words("de").ago(timedelta(minutes=-6)) == "in 6 Minuten"


def test_a_stored_text_gets_its_money_shares_units_and_dates_back():
    stored = stored_text(
        "rule.price_in_band.title",
        {"most_minor": 850, "currency": "EUR", "per_quantity": 1000, "unit": "ml"},
    )
    assert words("en").say(stored) == "up to 8.50\u00a0€ for 1,000 ml"
    assert stored_text("x", {"late_ppm": 20_000}).values == {"late": Share(20_000)}
    assert stored_text("x", {"ends_on": "2027-05-31"}).values == {"ends_on": date(2027, 5, 31)}


def test_a_text_within_a_text_is_said_in_the_same_language():
    what = text("supply.spares", amount=text("amount.fill", n=2))
    assert words("en").say(what) == "2\u00a0cartridges on the shelf."
    assert words("de").say(what) == "2\u00a0Kartuschen im Schrank."


def test_an_unknown_key_is_an_error_and_not_an_empty_page():
    with pytest.raises(UnknownText):
        words("en").say("no.such.key")


def test_small_shares_keep_a_decimal_and_the_smallest_are_not_nothing():
    shown = [words("en").percent(ppm) for ppm in (0, 100, 5_000, 37_000, 50_000, 834_000)]
    assert shown == ["0%", "<\u20090.1%", "0.5%", "3.7%", "5%", "83%"]
    assert words("de").percent(37_000) == "3,7\u00a0%"


def test_attributes_are_said_in_words():
    part = Part("rule.has_attributes.objection", {"attributes": "fair-trade, refilled, loud"})
    assert words("en").say(said(part)) == "Lacks: Fair trade, Refilled, loud."
    assert words("de").say(said(part)) == "Es fehlt: Fairer Handel, Wiederbefüllt, loud."


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        ("en", "in a quantity you can use: 1 cartridge", "3 cartridges; you can use 1 to 2."),
        ("de", "in passender Menge: 1 Kartusche", "3 Kartuschen; passend sind 1 bis 2."),
    ],
)
def test_a_range_of_one_amount_says_it_once(language: str, one: str, several: str):
    words = Words(language, CATALOGUES[language], ZoneInfo("UTC"))
    title = Part("rule.quantity_fits.title", {"least": 1, "most": 1, "unit": "fill"})
    objection = Part(
        "rule.quantity_fits.objection", {"quantity": 3, "least": 1, "most": 2, "unit": "fill"}
    )
    assert words.say(said(title)) == one
    assert words.say(said(objection)) == several
