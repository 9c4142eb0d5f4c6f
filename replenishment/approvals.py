"""The owner's word: approve, choose another offer, reject, cancel, stop all automatic orders.

Each act is one transaction in the owner's own scope, written to the order's history with the
member's name and remark. No answer in time means no.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import notices
from accounts.notices import Notice
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core import outbox
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from devices.tables import StockRow
from replenishment import needs, orders, proposals, work
from replenishment.order_states import IllegalTransition, OrderEvent, OrderState
from replenishment.orders import Cause, Proposal
from replenishment.quiet import EXPIRED_WAIT, Quiet
from replenishment.tables import NeedRow, OrderRow
from vendor_policy import record, store
from vendor_policy.candidates import candidate
from vendor_policy.record import DecisionRecord
from vendor_policy.rules import Finding


class Rejection(StrEnum):
    NOT_NOW = "not_now"
    NEVER_THIS = "never_this"


class MayNotApprove(Exception):
    """`roles`: who may, by the owner's policy."""

    def __init__(self, principal: Principal, roles: Sequence[str]) -> None:
        super().__init__(f"{principal.role} may not approve; {', '.join(roles)} may")
        self.roles = tuple(roles)


class AskExpired(Exception):
    """Too late: the time to answer is over, and no answer meant no."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"the time to approve order {order_id} is over")
        self.order_id = order_id


class UnknownOffer(Exception):
    def __init__(self, offer_id: str) -> None:
        super().__init__(f"the decision saw no offer {offer_id}")
        self.offer_id = offer_id


class WarningNotAccepted(Exception):
    """Rules object to the chosen offer; the owner may still have it, knowing that."""

    def __init__(self, objections: Sequence[Finding]) -> None:
        rules = ", ".join(finding.rule_id for finding in objections)
        super().__init__(f"objected to by {rules}; accept the warning to buy it anyway")
        self.objections = tuple(objections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Another offer of the same decision. `packs` None: as ranked, else as many as needed."""

    offer_id: str
    packs: int | None = None
    accepts_warning: bool = False


async def approve(
    order_id: UUID,
    principal: Principal,
    *,
    remark: str = "",
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> OrderState:
    """Raises MayNotApprove, AskExpired, IllegalTransition, UnknownOrder."""
    async with transaction(principal.party_id) as session:
        order = await orders.get(session, order_id)
        await _check_may_approve(session, order, principal, clock=clock, ids=ids)
        cause = Cause(by=principal.name, remark=remark)
        return await _approved(session, order, cause, clock=clock)


async def choose(
    order_id: UUID,
    choice: Choice,
    principal: Principal,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> OrderRow:
    """Ends the asked order and approves a new attempt with the chosen offer, pinned like every
    order. It rests on the same record, which says what the policy would have bought and what
    objected to the chosen offer; that it was overridden stands on the order and in both
    histories.

    Raises UnknownOffer, WarningNotAccepted and what `approve` raises.
    """
    async with transaction(principal.party_id) as session:
        asked = await orders.get(session, order_id)
        await _check_may_approve(session, asked, principal, clock=clock, ids=ids)
        made = await _record(session, asked)
        chosen, objections = _chosen(made, choice)
        if objections and not choice.accepts_warning:
            raise WarningNotAccepted(objections)
        at = clock.now()
        cause = Cause(by=principal.name, remark=f"chose {choice.offer_id} instead")
        await orders.move(session, asked, OrderEvent.CANCEL, at=at, cause=cause)
        need = await session.get_one(NeedRow, asked.need_id)
        order = await orders.propose(
            session, need, _override(asked, chosen), at=at
        )
        warned = ", ".join(finding.rule_id for finding in objections)
        remark = f"instead of {asked.order_id}" + (f", in spite of {warned}" if warned else "")
        await orders.move(session, order, OrderEvent.ASK, at=at, cause=Cause(remark="override"))
        await _approved(session, order, Cause(by=principal.name, remark=remark), clock=clock)
        return order
