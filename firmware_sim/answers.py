"""What the simulated owner answers to which ask, and when.

Pure: decided by the seed and by how many asks came before. Approves most, chooses another offer
once, and once lets an ask expire.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from firmware_sim.chance import chance

WAKES_AT: Final = time(6)  # UTC
SLEEPS_AT: Final = time(21)  # UTC
SLOWEST: Final = timedelta(hours=5)  # of the hours awake


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOffer:
    offer_id: str
    packs: int
    is_excluded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    order_id: str
    asked_at: datetime
    offers: tuple[AskedOffer, ...]
    chosen_offer_id: str | None
    runner_up_offer_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`choose` names another offer than the proposed one; None approves the proposal."""

    order_id: str
    due_at: datetime
    choose: AskedOffer | None = None


class Owner:
    """Remembers which asks it has seen, because its whims go by their number."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        whims = chance(seed, "whims")
        self._ignores = whims.randrange(2, 6)  # the number of the ask that expires
        self._chooses = whims.randrange(1, 4)  # the first ask that may be answered otherwise
        self._has_chosen = False
        self._answers: dict[str, Answer | None] = {}  # None: left to expire

    def answer(self, ask: Ask) -> Answer | None:
        """The same answer each time an ask is seen; None lets it expire."""
        if ask.order_id not in self._answers:
            self._answers[ask.order_id] = self._decided(ask, len(self._answers))
        return self._answers[ask.order_id]

    def _decided(self, ask: Ask, number: int) -> Answer | None:
        other = _other_offer(ask)
        if number == self._ignores:
            return None
        due_at = self._reacts_at(ask.asked_at, number)
        if other and number >= self._chooses and not self._has_chosen:
            self._has_chosen = True
            return Answer(order_id=ask.order_id, due_at=due_at, choose=other)
        return Answer(order_id=ask.order_id, due_at=due_at)

    def _reacts_at(self, asked_at: datetime, number: int) -> datetime:
        return awake(asked_at) + SLOWEST * chance(self._seed, "reaction", number).uniform(
            0.05, 1
        )


def awake(at: datetime) -> datetime:
    """`at`, if the slowest reaction still falls before bed time, else the next morning."""
    at = at.astimezone(UTC)
    if at.time() < WAKES_AT:
        return datetime.combine(at.date(), WAKES_AT, UTC)
    last = datetime.combine(at.date(), SLEEPS_AT, UTC) - SLOWEST
    if at > last:
        return datetime.combine(at.date() + timedelta(days=1), WAKES_AT, UTC)
    return at


def _other_offer(ask: Ask) -> AskedOffer | None:
    """The runner-up, else the first offer that no rule excluded."""
    others: Sequence[AskedOffer] = [
        each
        for each in ask.offers
        if each.offer_id != ask.chosen_offer_id and not each.is_excluded
    ]
    runner_up = [each for each in others if each.offer_id == ask.runner_up_offer_id]
    return next(iter([*runner_up, *others]), None)
