"""Counterfactuals in sentences: "B would be chosen if a pack were 0.41 EUR cheaper".

Pure: text keys with parameters, see `explain`.
"""

from collections.abc import Iterator
from typing import Any

from vendor_policy.counterfactuals import Counterfactuals, PriceCut
from vendor_policy.decide import Ranked
from vendor_policy.explain import Part, by_id
from vendor_policy.record import DecisionRecord
from vendor_policy.rules import Author, text_id


def sentences(record: DecisionRecord, found: Counterfactuals) -> tuple[Part, ...]:
    """Prices, then rules, then lines; one that says there is nothing, if there is nothing."""
    told = (*_cuts(record, found), *_dropped(record, found), *_removed(record, found))
    return told or (Part("whatif.nothing"),)


def cut_sentence(record: DecisionRecord, cut: PriceCut) -> Part:
    return Part("whatif.cheaper", {**_won(record, cut.won), "cut_minor": cut.cut_minor})


def _cuts(record: DecisionRecord, found: Counterfactuals) -> Iterator[Part]:
    yield from (cut_sentence(record, each) for each in found.cuts)


def _dropped(record: DecisionRecord, found: Counterfactuals) -> Iterator[Part]:
    for each in found.dropped:
        rule = _rule(record, each.rule_id)
        yield Part("whatif.rule", {**_won(record, each.won), "rule": rule}, Author.OWNER)


def _removed(record: DecisionRecord, found: Counterfactuals) -> Iterator[Part]:
    for each in found.removed:
        is_credit = each.name.endswith("_credit")
        line = _rule(record, each.name) if is_credit else _text(f"line.{each.name}", {})
        author = Author.OWNER if is_credit else None
        yield Part("whatif.line", {**_won(record, each.won), "line": line}, author)


def _won(record: DecisionRecord, won: Ranked) -> dict[str, Any]:
    offer = by_id(record)[won.offer_id]
    return {
        "vendor_name": offer.vendor_name,
        "title": offer.title,
        "packs": won.packs,
        "total_minor": won.total.minor,
        "currency": won.total.currency,
    }


def _rule(record: DecisionRecord, rule_id: str) -> dict[str, Any]:
    params = next(each.params for each in record.rules if each.rule_id == rule_id)
    return _text(f"rule.{text_id(rule_id)}.title", params or {})


def _text(key: str, params: Any) -> dict[str, Any]:
    """A text within a text, as `accounts.texts.stored_text` reads it."""
    return {"key": key, "params": dict(params)}
