"""An owner's own choice instead of the policy's: any offer that the decision saw."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from replenishment.orders import Proposal
from replenishment.proposals import line
from replenishment.tables import OrderRow
from vendor_policy import record, store
from vendor_policy.candidates import candidate, pack_counts
from vendor_policy.offers import Offer
from vendor_policy.record import DecisionRecord
from vendor_policy.rules import Finding


class UnknownOffer(Exception):
    """Or that many packs of it: no rule was asked about them, so nothing could warn."""

    def __init__(self, choice: "Choice") -> None:
        packs = "" if choice.packs is None else f" of {choice.packs} packs"
        super().__init__(f"the decision saw no offer {choice.offer_id}{packs}")


class WarningNotAccepted(Exception):
    """Rules object to the chosen offer; knowing that, the owner may still have it."""

    def __init__(self, objections: Sequence[Finding]) -> None:
        rules = ", ".join(finding.rule_id for finding in objections)
        super().__init__(f"objected to by {rules}; accept the warning to buy it anyway")
        self.objections = tuple(objections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`packs` None: as many as ranked best, else the fewest that are enough."""

    offer_id: str
    packs: int | None = None
    accepts_warning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    proposal: Proposal
    warning: str  # the rules it was chosen in spite of; empty: none objected


async def override(session: AsyncSession, asked: OrderRow, choice: Choice) -> Override:
    """Raises UnknownOffer and WarningNotAccepted."""
    row = await store.decision(session, asked.record_id)
    made = record.parsed(row.record) if row else None
    offer = _offer(made, choice.offer_id) if made else None
    if made is None or offer is None:
        raise UnknownOffer(choice)
    if choice.packs and choice.packs not in pack_counts(offer, made.needs[0]):
        raise UnknownOffer(choice)
    packs = choice.packs or _packs(made, offer)
    objections = [
        finding
        for finding in made.findings
        if finding.offer_id == offer.offer_id and finding.packs in (None, packs)
    ]
    if objections and not choice.accepts_warning:
        raise WarningNotAccepted(objections)
    proposal = Proposal(
        record_id=asked.record_id,
        vendor_id=offer.vendor,
        total=candidate(offer, packs).total,
        lines=(line(offer, packs),),
        correlation=asked.correlation,
        is_test=asked.is_test,
        is_override=True,
    )
    rules = ", ".join(finding.rule_id for finding in objections)
    return Override(proposal=proposal, warning=f"in spite of {rules}" if rules else "")


def _offer(made: DecisionRecord, offer_id: str) -> Offer | None:
    return next((each for each in made.offers.values() if each.offer_id == offer_id), None)


def _packs(made: DecisionRecord, offer: Offer) -> int:
    best = (each.packs for each in made.ranked if each.offer_id == offer.offer_id)
    return next(best, pack_counts(offer, made.needs[0])[0])
