"""Orders as pages show them: asks, what is coming, the list, one order with its history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text, text
from api.refusals import NotFound
from api.web import titles, wording
from api.web.household import Household, days_of_supply
from api.web.reviews import review_moves
from api.web.views import AskCard, Coming, OtherOffer
from api.web.views_orders import Moment, OrderLine, OrderSummary, OrdersView, OrderView
from api.web.views_public import Review
from core.money import Money
from replenishment import contests, orders
from replenishment.contest_states import CONTEST_MOVES, ContestEvent
from replenishment.contests import OrderContest
from replenishment.order_states import COMING, OrderEvent, OrderState, allowed
from replenishment.tables import OrderEventRow, OrderLineRow, OrderRow
from vendor_policy import explain, record
from vendor_policy.record import DecisionRecord
from vendor_policy.tables import DecisionRow, VendorRow

PAGE: Final = 50  # orders on one page of the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What orders refer to, by id."""

    stocks: dict[UUID, str]
    vendors: dict[str, str]
    products: dict[UUID, OrderLineRow]  # the first line, by order


async def names(session: AsyncSession, rows: Iterable[OrderRow], language: str) -> Names:
    """language: the reader's."""
    order_ids = [each.order_id for each in rows]
    lines = await session.exec(
        select(OrderLineRow).where(
            col(OrderLineRow.order_id).in_(order_ids), OrderLineRow.line == 0
        )
    )
    return Names(
        stocks=await titles.of_stocks(session, language),
        vendors=await vendor_names(session),
        products={each.order_id: each for each in lines},
    )


async def vendor_names(session: AsyncSession) -> dict[str, str]:
    return {each.vendor_id: each.name for each in await session.exec(select(VendorRow))}


def total(order: OrderRow) -> Money:
    return Money(order.total_minor, order.currency)


def coming(order: OrderRow, known: Names) -> Coming:
    return Coming(
        order_id=order.order_id,
        stock_name=known.stocks[order.stock_id],
        vendor=known.vendors[order.vendor_id],
        total=total(order),
        state=wording.state(order.state),
        expected_on=order.expected_on,
    )


async def ask_cards(
    session: AsyncSession, home: Household, member: Principal
) -> tuple[AskCard, ...]:
    """The oldest first."""
    waiting = sorted(
        (
            each
            for each in home.live_orders.values()
            if each.state == OrderState.AWAITING_APPROVAL
        ),
        key=lambda each: each.created_at,
    )
    known = await names(session, waiting, member.language)
    return tuple([await _ask_card(session, home, each, known, member) for each in waiting])


async def _ask_card(
    session: AsyncSession, home: Household, order: OrderRow, known: Names, member: Principal
) -> AskCard:
    row = await session.get_one(DecisionRow, order.record_id)
    made = record.parsed(row.record)
    line = known.products[order.order_id]
    promise = explain.by_id(made)[line.offer_id].delivery
    today = home.now.astimezone(ZoneInfo(member.timezone)).date()
    return AskCard(
        order_id=order.order_id,
        record_id=order.record_id,
        stock_name=known.stocks[order.stock_id],
        device_name=", ".join(home.device_names(order.stock_id)),
        product=line.title,
        packs=line.packs,
        vendor=known.vendors[order.vendor_id],
        total=total(order),
        earliest_on=today + timedelta(days=promise.earliest_days),
        latest_on=today + timedelta(days=promise.latest_days),
        supply=days_of_supply(home.stocks[order.stock_id], home.now),
        reasons=await why_asked(session, order, made),
        runner_up=_runner_up(made, line.offer_id),
        expires_at=order.expires_at,
        may_approve=member.may_approve,
    )


def _runner_up(made: DecisionRecord, offer_id: str) -> OtherOffer | None:
    """The best of another offer than the asked one."""
    other = next((each for each in made.ranked if each.offer_id != offer_id), None)
    if other is None:
        return None
    offer = explain.by_id(made)[other.offer_id]
    return OtherOffer(vendor=offer.vendor_name, title=offer.title, total=other.total)


async def why_asked(
    session: AsyncSession, order: OrderRow, made: DecisionRecord
) -> tuple[Text, ...]:
    asked = next(
        (
            each
            for each in await orders.history(session, order.order_id)
            if each.event == OrderEvent.ASK
        ),
        None,
    )
    return wording.why_asked(asked.remark if asked else "", explain.asks(made))


async def orders_view(
    session: AsyncSession, member: Principal, before: datetime | None = None
) -> OrdersView:
    statement = select(OrderRow).order_by(
        col(OrderRow.created_at).desc(), col(OrderRow.order_id)
    )
    if before is not None:
        statement = statement.where(OrderRow.created_at < before)
    rows = (await session.exec(statement.limit(PAGE + 1))).all()
    known = await names(session, rows, member.language)
    shown = rows[:PAGE]
    return OrdersView(
        orders=tuple(summary(each, known) for each in shown),
        next_before=shown[-1].created_at.isoformat() if len(rows) > PAGE else "",
    )


def summary(order: OrderRow, known: Names) -> OrderSummary:
    return OrderSummary(
        order_id=order.order_id,
        stock_name=known.stocks[order.stock_id],
        product=known.products[order.order_id].title,
        vendor=known.vendors[order.vendor_id],
        total=total(order),
        state=wording.state(order.state),
        tone=wording.tone(order.state),
        created_at=order.created_at,
        expected_on=order.expected_on,
    )


async def find_order(session: AsyncSession, order_id: UUID) -> OrderRow:
    """Raises NotFound, also for another owner's order."""
    found = await session.exec(select(OrderRow).where(OrderRow.order_id == order_id))
    order = found.one_or_none()
    if order is None:
        raise NotFound(f"order {order_id}")
    return order


async def order_view(session: AsyncSession, order_id: UUID, member: Principal) -> OrderView:
    order = await find_order(session, order_id)
    lines = await orders.lines(session, order_id)
    contest = await contests.of_order(session, order_id)
    goods_minor = sum(each.packs * each.price_minor for each in lines)
    shown = summary(order, await names(session, [order], member.language))
    return OrderView(
        summary=shown,
        record_id=order.record_id,
        stock_id=order.stock_id,
        lines=tuple(_line(each, order.currency) for each in lines),
        delivery=Money(order.total_minor - goods_minor, order.currency),
        timeline=_timeline(await orders.history(session, order_id)),
        vendor_order_number=order.vendor_order_number,
        continue_url=order.continue_url if order.state == OrderState.NEEDS_OWNER else None,
        state_reason=_state_reason(order, shown.vendor),
        is_override=order.is_override,
        expires_at=order.expires_at,
        may_approve=member.may_approve and order.state == OrderState.AWAITING_APPROVAL,
        may_rule_out=member.may_change,
        may_cancel=member.may_approve and _may_cancel(order),
        contest=_contest(contest) if contest else None,
        may_contest=member.may_approve and contest is None and may_contest(order),
    )


def may_contest(order: OrderRow) -> bool:
    return order.mandate_id is not None and order.state in COMING


def _contest(contest: OrderContest) -> Review:
    return Review(
        review_id=contest.order_id,
        state=text(f"complaint.state.{contest.state}"),
        may_withdraw=(contest.state, ContestEvent.WITHDRAW) in CONTEST_MOVES,
        moves=review_moves(contest.events),
    )


def _may_cancel(order: OrderRow) -> bool:
    """An ask is rejected rather than cancelled; once the shop has it, only the shop can."""
    state = OrderState(order.state)
    not_ours = (OrderState.AWAITING_APPROVAL, OrderState.PLACED, OrderState.STOPPING)
    return OrderEvent.CANCEL in allowed(state) and state not in not_ours


def _state_reason(order: OrderRow, vendor: str) -> Text | None:
    if order.state == OrderState.STOPPING:
        return text("order.stopping", vendor=vendor)
    if order.state == OrderState.NEEDS_OWNER and order.continue_url is None:
        return text("order.unanswered", vendor=vendor)
    return None


def _line(row: OrderLineRow, currency: str) -> OrderLine:
    return OrderLine(
        title=row.title,
        packs=row.packs,
        pack=wording.quantity(row.pack_quantity, row.unit),
        price=Money(row.price_minor, currency),
        sum=Money(row.packs * row.price_minor, currency),
    )


def _timeline(history: Sequence[OrderEventRow]) -> tuple[Moment, ...]:
    return tuple(
        Moment(
            at=each.at,
            words=wording.moved(each.event),
            by=wording.by(each.by) if each.by else None,
            remark="",
        )
        for each in history
    )
