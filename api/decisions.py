"""Decision records, as the bytes that were hashed, and what would have changed the choice."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import Owner, PlatformDep, Reading
from api.schemas import MoneyView, Output
from api.web import wording
from api.web.queries_decision import find_decision
from core.money import Money
from vendor_policy import record, whatif
from vendor_policy.counterfactuals import counterfactuals
from vendor_policy.decide import Ranked

router = APIRouter(prefix="/decisions", tags=["decisions"])


class WonView(Output):
    """What would then be bought. `total`: tax and delivery in."""

    offer_id: str
    packs: int
    total: MoneyView

    @classmethod
    def of(cls, won: Ranked) -> "WonView":
        return cls(offer_id=won.offer_id, packs=won.packs, total=MoneyView.of(won.total))


class CutView(Output):
    """`cut`: off the price of one pack; one cent less would not do."""

    offer_id: str
    cut: MoneyView
    won: WonView


class DroppedView(Output):
    rule_id: str
    won: WonView


class RemovedView(Output):
    line: str
    won: WonView


class CounterfactualsView(Output):
    """Each was tried by deciding again. `sentences`: the same in the reader's language."""

    cuts: list[CutView]
    rules: list[DroppedView]
    lines: list[RemovedView]
    sentences: list[str]


@router.get("/{record_id}", response_class=Response)
async def get_record(session: Reading, owner: Owner, record_id: UUID) -> Response:
    """The canonical JSON of the record. `X-Record-Hash` is its SHA-256; the same choice can be
    computed again from these bytes alone.
    """
    row = await find_decision(session, record_id)
    return Response(
        row.record,
        media_type="application/json",
        headers={"X-Record-Hash": row.record_hash, "ETag": f'"{row.record_hash}"'},
    )


@router.get("/{record_id}/counterfactuals")
async def get_counterfactuals(
    platform: PlatformDep, session: Reading, owner: Owner, record_id: UUID
) -> CounterfactualsView:
    """What single change would have let another offer win: a price, a rule, a line."""
    made = record.parsed((await find_decision(session, record_id)).record)
    found = counterfactuals(made)
    words = platform.pages.words(owner.language, owner.timezone)
    currency = made.policy.currency
    return CounterfactualsView(
        cuts=[
            CutView(
                offer_id=each.offer_id,
                cut=MoneyView.of(Money(each.cut_minor, currency)),
                won=WonView.of(each.won),
            )
            for each in found.cuts
        ],
        rules=[
            DroppedView(rule_id=each.rule_id, won=WonView.of(each.won))
            for each in found.dropped
        ],
        lines=[RemovedView(line=each.name, won=WonView.of(each.won)) for each in found.removed],
        sentences=[words.say(wording.said(part)) for part in whatif.sentences(made, found)],
    )
