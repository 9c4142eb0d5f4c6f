from zoneinfo import ZoneInfo

from accounts.catalogues import read_catalogues
from accounts.texts import Words
from api.web.wording import said
from core.money import Money
from tests.unit.vendor_policy.builders import (
    STOCK,
    a_policy,
    a_question,
    an_offer,
    some_circumstances,
    some_facts,
)
from vendor_policy.counterfactuals import counterfactuals
from vendor_policy.declarations import Shipping
from vendor_policy.record import DecisionRecord, answer, written
from vendor_policy.whatif import sentences

FREE = Shipping(flat_minor=0)
CATALOGUES = read_catalogues()


def told(record: DecisionRecord, language: str) -> list[str]:
    words = Words(language, CATALOGUES[language], ZoneInfo("Europe/Berlin"))
    return [words.say(said(part)) for part in sentences(record, counterfactuals(record))]


def recorded(*offers, **overrides) -> DecisionRecord:
    question = a_question(*offers, **overrides)
    return written(question, answer(question), some_circumstances())


def a_loyal_choice() -> DecisionRecord:
    return recorded(
        an_offer(
            offer_id="a",
            vendor="tintenwelt",
            vendor_name="Tintenwelt",
            title="Klarbach",
            price=Money(900, "EUR"),
            shipping=FREE,
        ),
        an_offer(offer_id="b", title="Reinwerk", price=Money(870, "EUR"), shipping=FREE),
        policy=a_policy(loyalty_credit_ppm=80_000),
        facts=some_facts(present_supplier={STOCK: "tintenwelt"}),
    )


def test_the_sentences_can_be_read_in_english():
    assert told(a_loyal_choice(), "en") == [
        "Reinwerk from Haushaltshof would be chosen if one pack were 0.42\u00a0€ cheaper.",
        "If “The present supplier may be 8% dearer” counted for nothing, Reinwerk from"
        " Haushaltshof would be chosen, for 8.70\u00a0€.",
    ]


def test_the_sentences_can_be_read_in_german():
    assert told(a_loyal_choice(), "de")[0] == (
        "Reinwerk bei Haushaltshof würde gewählt, wenn eine Packung 0,42\u00a0€ günstiger wäre."
    )


def test_a_rule_is_named_by_its_words():
    record = recorded(
        an_offer(offer_id="a", brand="Klarbach", price=Money(990, "EUR")),
        an_offer(offer_id="b", brand="Reinwerk", price=Money(500, "EUR"), title="Reinwerk"),
        policy=a_policy(brands_blocked=("Reinwerk",)),
    )
    assert told(record, "en") == [
        "Without your rule “not of Reinwerk”, Reinwerk from Haushaltshof would be chosen,"
        " for 13.90\u00a0€."
    ]


def test_when_nothing_single_would_change_it_that_is_said():
    assert told(recorded(an_offer()), "en") == [
        "No single change of a price, a rule or a line would make another offer win."
    ]
