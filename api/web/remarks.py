"""What stands beside an offer without moving it, and what may be contested. Pure."""

from collections.abc import Iterator

from accounts.texts import Text, stored_text, text
from api.web import wording
from api.web.views_orders import Objected
from vendor_policy import explain
from vendor_policy.conditions import CLAIM, CONTESTABLE
from vendor_policy.explain import Part
from vendor_policy.record import DecisionRecord, RuleEntry
from vendor_policy.rules import Author, Finding, Kind, text_id

BLOCKS = ("need.", "why.")  # sentences of a decision that are not about what stood against it


def remarks(made: DecisionRecord, offer_id: str, language: str) -> tuple[Objected, ...]:
    """Manufacturers' opinions, and technical rules that the owner contested."""
    entries = {entry.rule_id: entry for entry in made.rules}
    found = dict.fromkeys(each.rule_id for each in made.notes if each.offer_id == offer_id)
    first = {each.rule_id: each for each in reversed(made.notes) if each.offer_id == offer_id}
    return tuple(_remark(entries[each], first[each], language) for each in found)


def _remark(entry: RuleEntry, found: Finding, language: str) -> Objected:
    if entry.kind is Kind.EXCLUDE:
        return Objected(
            words=text("decision.contested", rule=rule_title(entry)), author=entry.author
        )
    key = "decision.recommends" if entry.kind is Kind.RECOMMEND else "decision.warns"
    said = str(found.facts.get(f"text_{language}", ""))
    maker = str(found.facts.get("maker", ""))
    return Objected(words=text(key, maker=maker, words=said), author=entry.author)


def rule_title(entry: RuleEntry) -> Text:
    return stored_text(f"rule.{text_id(entry.rule_id)}.title", entry.params or {})


def contestable(made: DecisionRecord, offer_id: str) -> tuple[tuple[str, Text], ...]:
    """Technical rules that object to the offer, by id."""
    return tuple(dict(_contestable(made, offer_id)).items())


def _contestable(made: DecisionRecord, offer_id: str) -> Iterator[tuple[str, Text]]:
    entries = {entry.rule_id: entry for entry in made.rules}
    for each in made.findings:
        entry = entries[each.rule_id]
        is_open = each.rule_id in CONTESTABLE or each.rule_id.startswith(CLAIM)
        if each.offer_id == offer_id and is_open and entry.author is Author.TECHNICAL:
            yield each.rule_id, rule_title(entry)


def blocked(made: DecisionRecord) -> tuple[Objected, ...]:
    """Nothing was acceptable: the rule that stands against most, and what dropping it gives."""
    if made.chosen is not None:
        return ()
    parts: list[Part] = [
        part for part in explain.sentence(made) if not part.key.startswith(BLOCKS)
    ]
    return tuple(
        Objected(words=wording.said(part), author=wording.author(part)) for part in parts
    )
