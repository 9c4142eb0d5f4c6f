"""Keeping quiet after a no: what must change before the owner is asked again.

Pure. An ask that was let expire is asked once more; a rejected one only after a named change.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

EXPIRED_WAIT: Final = timedelta(days=3)
RISK_FLOOR_PPM: Final = 10_000  # a risk below 1 % has not doubled to anything worth an ask
CHEAPER_BY: Final = (95, 100)  # a price change that counts: at least 5 % less


class Quiet(StrEnum):
    """Why a need is not asked about; stored as `NeedRow.quiet_reason`."""

    NO = ""
    EXPIRED = "expired"
    EXPIRED_AGAIN = "expired_again"
    REJECTED = "rejected"
    TOLD = "told"  # mode notify: said once
    BLOCKED = "blocked"  # nothing acceptable: said once


NOES: Final = frozenset({Quiet.EXPIRED, Quiet.EXPIRED_AGAIN, Quiet.REJECTED})


class Change(StrEnum):
    """Why the owner is asked again; a text key below `again.`"""

    TIME_PASSED = "time_passed"
    RISK_DOUBLED = "risk_doubled"
    CHEAPER = "cheaper"
    OTHER_PRODUCT = "other_product"
    OTHER_RULE = "other_rule"
    POLICY_CHANGED = "policy_changed"
    SLOT_EMPTY = "slot_empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an ask or notice was about. `gtin` is None when nothing was acceptable, then
    `rule_id` names what blocked most. `total_minor` pays for `quantity` units. `declined`: by
    product, total and quantity of each that the owner has said no to for this need.
    """

    policy_version: int
    is_empty: bool
    risk_ppm: int
    gtin: str | None = None
    total_minor: int = 0
    quantity: int = 0
    rule_id: str | None = None
    declined: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        declined = {gtin: tuple(each) for gtin, each in value.get("declined", {}).items()}
        return cls(**{**value, "declined": declined})

    def with_declined(self) -> Self:
        """After a no to what it is about."""
        if self.gtin is None:
            return self
        declined = {**self.declined, self.gtin: (self.total_minor, self.quantity)}
        return replace(self, declined=declined)


def change(
    reason: Quiet, before: Said, now: Said, *, until: datetime | None, at: datetime
) -> Change | None:
    """What has changed enough to speak again; None: stay quiet."""
    if reason is Quiet.TOLD:
        return Change.SLOT_EMPTY if now.is_empty and not before.is_empty else None
    if now.gtin is None and reason is not Quiet.BLOCKED:
        return None  # a no is not undone by having nothing to ask about
    if reason is Quiet.EXPIRED:
        if until is not None and at >= until:
            return Change.TIME_PASSED
        if now.risk_ppm >= max(2 * before.risk_ppm, RISK_FLOOR_PPM):
            return Change.RISK_DOUBLED
    return _named_change(before, now)


def _named_change(before: Said, now: Said) -> Change | None:
    if now.policy_version != before.policy_version:
        return Change.POLICY_CHANGED
    if now.is_empty and not before.is_empty:
        return Change.SLOT_EMPTY
    declined = before.declined.get(now.gtin) if now.gtin else None
    if now.gtin != before.gtin and declined is None:
        return Change.OTHER_PRODUCT
    if now.rule_id != before.rule_id:
        return Change.OTHER_RULE
    then = declined or (before.total_minor, before.quantity)
    return Change.CHEAPER if _is_cheaper(then, now) else None


def _is_cheaper(then: tuple[int, int], now: Said) -> bool:
    """Per unit, delivery included. `then`: total and quantity."""
    total_minor, quantity = then
    share, whole = CHEAPER_BY
    return (
        quantity > 0
        and now.quantity > 0
        and now.total_minor * quantity * whole <= total_minor * now.quantity * share
    )
