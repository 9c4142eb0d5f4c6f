"""The owner's word on one order: approve, choose another offer, reject, cancel; or no word.

Each act is one transaction in the owner's own scope, written to the order's history with the
member's name and remark. No answer in time means no.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import select
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
from replenishment import addresses, needs, orders, overrides, work
from replenishment.addresses import AddressMissing
from replenishment.order_states import IllegalTransition, OrderEvent, OrderState
from replenishment.orders import Cause
from replenishment.overrides import Choice
from replenishment.quiet import EXPIRED_WAIT, Quiet
from replenishment.tables import NeedRow, OrderRow
from vendor_policy import store


class Rejection(StrEnum):
    NOT_NOW = "not_now"
    NEVER_THIS = "never_this"  # also blocks the product in a new version of the policy


class MayNotApprove(Exception):
    """`roles`: who may, by the owner's policy."""

    def __init__(self, principal: Principal, roles: Sequence[str]) -> None:
        super().__init__(f"{principal.name} may not approve; {' and '.join(roles)} may")
        self.roles = tuple(roles)


class AskExpired(Exception):
    """Too late: the time to answer is over, and no answer meant no."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"the time to approve order {order_id} is over")
        self.order_id = order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Who speaks for the owner, and the remark kept beside the act."""

    principal: Principal
    remark: str = ""

    @property
    def cause(self) -> Cause:
        return Cause(by=self.principal.name, remark=self.remark)


async def approve(
    order_id: UUID, word: Word, *, transaction: Transaction, clock: Clock, ids: Ids
) -> OrderState:
    """Raises MayNotApprove, AskExpired, AddressMissing, IllegalTransition, UnknownOrder."""
    async with transaction(word.principal.party_id) as session:
        order = await _asked(session, order_id, word, clock=clock, ids=ids)
        return await _approve(session, order, word.cause, clock=clock)


async def choose(
    order_id: UUID,
    choice: Choice,
    word: Word,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> OrderRow:
    """Ends the asked order and approves a new attempt with the chosen offer, pinned like every
    other. It rests on the same record, which says what the policy would have bought and what
    objected to the chosen offer; the override stands on the order and in both histories.

    Raises UnknownOffer, WarningNotAccepted and what `approve` raises.
    """
    async with transaction(word.principal.party_id) as session:
        asked = await _asked(session, order_id, word, clock=clock, ids=ids)
        override = await overrides.override(session, asked, choice)
        at = clock.now()
        chose = Cause(by=word.principal.name, remark=f"chose {choice.offer_id}")
        await orders.move(session, asked, OrderEvent.CANCEL, at=at, cause=chose)
        need = await session.get_one(NeedRow, asked.need_id)
        order = await orders.propose(session, need, override.proposal, at=at)
        order.expires_at = asked.expires_at
        asks = Cause(remark=f"instead of {asked.order_id}")
        await orders.move(session, order, OrderEvent.ASK, at=at, cause=asks)
        remark = "; ".join(filter(None, (word.remark, override.warning)))
        cause = Cause(by=word.principal.name, remark=remark)
        await _approve(session, order, cause, clock=clock)
        return order


async def reject(
    order_id: UUID,
    rejection: Rejection,
    word: Word,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> OrderState:
    """Raises what `approve` raises, but for AskExpired: a late no is a no."""
    async with transaction(word.principal.party_id) as session:
        order = await orders.get(session, order_id)
        await _check_role(session, order, word, clock=clock, ids=ids)
        if rejection is Rejection.NEVER_THIS:
            await _block_products(session, order, word, clock=clock, ids=ids)
        remark = ": ".join(filter(None, (rejection, word.remark)))
        cause = Cause(by=word.principal.name, remark=remark)
        return await _end(session, order, OrderEvent.REJECT, cause, clock=clock)


async def cancel(
    order_id: UUID, word: Word, *, transaction: Transaction, clock: Clock, ids: Ids
) -> OrderState:
    """Before it was sent to the vendor, or when it was handed over to the owner. What the
    vendor may have becomes STOPPING: cancelled once the vendor shows that it was not bought.
    Raises IllegalTransition afterwards.
    """
    async with transaction(word.principal.party_id) as session:
        order = await orders.get(session, order_id)
        await _check_role(session, order, word, clock=clock, ids=ids)
        if order.state in (OrderState.PLACED, OrderState.STOPPING):
            raise IllegalTransition(OrderState(order.state), OrderEvent.CANCEL)
        if order.checkout is not None:  # to end it there too
            again = work.submit_order(order.order_id, clock.now(), order.correlation)
            await outbox.add(session, again)
        is_sent = order.state == OrderState.SUBMITTING
        event = OrderEvent.TAKE_BACK if is_sent else OrderEvent.CANCEL
        return await _end(session, order, event, word.cause, clock=clock)


async def expire(order_id: UUID, *, transaction: Transaction, clock: Clock, ids: Ids) -> None:
    """The timer of an ask; nothing when it was answered. The first time the owner is asked
    once more later on, the second time only after a named change.
    """
    async with transaction(ALL_OWNERS) as session:
        order = await orders.get(session, order_id)
        at = clock.now()
        is_open = order.state == OrderState.AWAITING_APPROVAL
        if not is_open or order.expires_at is None or at < order.expires_at:
            return
        await orders.move(session, order, OrderEvent.EXPIRE, at=at)
        need = await session.get_one(NeedRow, order.need_id)
        is_first = await _expired_so_far(session, need) == 1
        reason = Quiet.EXPIRED if is_first else Quiet.EXPIRED_AGAIN
        needs.hush(need, reason, until=at + EXPIRED_WAIT if is_first else None)
        await outbox.add(session, work.review(order.stock_id, at, order.correlation))
        stock = await session.get_one(StockRow, order.stock_id)
        notice = Notice(
            text_key="notice.expired",
            params={"stock": stock.name},
            link=f"/orders/{order_id}",
        )
        await notices.tell(session, order.owner_id, notice, at=at, ids=ids)


async def _asked(
    session: AsyncSession, order_id: UUID, word: Word, *, clock: Clock, ids: Ids
) -> OrderRow:
    """An order that this member may still say yes to."""
    order = await orders.get(session, order_id)
    await _check_role(session, order, word, clock=clock, ids=ids)
    if order.state != OrderState.AWAITING_APPROVAL:
        raise IllegalTransition(OrderState(order.state), OrderEvent.APPROVE)
    if order.expires_at is not None and clock.now() >= order.expires_at:
        raise AskExpired(order_id)
    return order


async def _check_role(
    session: AsyncSession, order: OrderRow, word: Word, *, clock: Clock, ids: Ids
) -> None:
    at = clock.now()
    in_force = await store.policy_in_force(session, order.owner_id, at=at, ids=ids)
    roles = in_force.policy.may_approve
    if word.principal.audience is not Audience.OWNER or word.principal.role not in roles:
        raise MayNotApprove(word.principal, roles)


async def _approve(
    session: AsyncSession, order: OrderRow, cause: Cause, *, clock: Clock
) -> OrderState:
    owner = await session.get_one(OwnerRow, order.owner_id)
    if not addresses.is_complete(owner):
        raise AddressMissing(order.owner_id)
    at = clock.now()
    state = await orders.move(session, order, OrderEvent.APPROVE, at=at, cause=cause)
    await outbox.add(session, work.submit_order(order.order_id, at, order.correlation))
    await notices.touch(session, order.owner_id, at=at)
    return state


async def _end(
    session: AsyncSession, order: OrderRow, event: OrderEvent, cause: Cause, *, clock: Clock
) -> OrderState:
    """The owner does not want it: quiet until a named change, and the position is counted
    again without it.
    """
    at = clock.now()
    state = await orders.move(session, order, event, at=at, cause=cause)
    needs.hush(await session.get_one(NeedRow, order.need_id), Quiet.REJECTED)
    await outbox.add(session, work.review(order.stock_id, at, order.correlation))
    await notices.touch(session, order.owner_id, at=at)
    return state


async def _expired_so_far(session: AsyncSession, need: NeedRow) -> int:
    found = await session.exec(
        select(OrderRow.order_id).where(
            OrderRow.need_id == need.need_id, OrderRow.state == OrderState.EXPIRED
        )
    )
    return len(found.all())


async def _block_products(
    session: AsyncSession, order: OrderRow, word: Word, *, clock: Clock, ids: Ids
) -> None:
    at = clock.now()
    in_force = await store.policy_in_force(session, order.owner_id, at=at, ids=ids)
    lines = await orders.lines(session, order.order_id)
    blocked = dict.fromkeys([*in_force.policy.products_blocked, *(each.gtin for each in lines)])
    wanted = in_force.policy.model_copy(update={"products_blocked": tuple(blocked)})
    await store.save_policy(
        session, order.owner_id, wanted, author=word.principal.name, at=at, ids=ids
    )
