"""The funnel: how many offers were left after each rule, computed from a decision record.

Pure.
"""

from collections import defaultdict
from dataclasses import dataclass

from vendor_policy.explain import Part, title
from vendor_policy.record import DecisionRecord
from vendor_policy.rules import Finding, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule of the funnel: how many offers were left after it, how many it took out."""

    rule_id: str
    title: Part
    left: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    seen: int
    steps: tuple[Step, ...]
    ranked: int


def funnel(record: DecisionRecord) -> Funnel:
    """Rules that are not in force are left out: they took nothing."""
    alive = _alive(record)
    left = len(alive) + len(record.refused)
    steps: list[Step] = []
    taken = len(record.refused)  # lacking facts is what the first rule is about
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in record.findings:
        by_rule[finding.rule_id].append(finding)
    for entry in record.rules:
        if entry.kind is not Kind.EXCLUDE or entry.params is None:
            continue
        taken += _drop(alive, by_rule[entry.rule_id])
        left -= taken
        steps.append(Step(rule_id=entry.rule_id, title=title(entry), left=left, dropped=taken))
        taken = 0
    return Funnel(
        seen=len(record.offers) + len(record.refused), steps=tuple(steps), ranked=left
    )


def _alive(record: DecisionRecord) -> dict[str, set[int]]:
    """The numbers of packs tried of each offer; every one is ranked or objected to, and an
    objection to all of them names none.
    """
    packs: dict[str, set[int]] = {offer.offer_id: set() for offer in record.offers.values()}
    for finding in record.findings:
        if finding.packs is not None:
            packs[finding.offer_id].add(finding.packs)
    for ranked in record.ranked:
        packs[ranked.offer_id].add(ranked.packs)
    return packs


def _drop(alive: dict[str, set[int]], found: list[Finding]) -> int:
    before = len(alive)
    for finding in found:
        packs = alive.get(finding.offer_id)
        if packs is None:
            continue
        if finding.packs is not None:
            packs.discard(finding.packs)
        if finding.packs is None or not packs:
            del alive[finding.offer_id]
    return before - len(alive)
