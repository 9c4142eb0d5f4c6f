"""Orders and the asks that wait for the owner's answer."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlmodel import col, select

from api.deps import Owner, PlatformDep, Reading, check_rejection
from api.schemas import Input, Instant, MoneyView, Output
from api.web.queries_decision import excluded_column
from api.web.queries_orders import find_order, total
from replenishment import approvals, orders
from replenishment.approvals import Rejection, Word
from replenishment.order_states import OrderState
from replenishment.overrides import Choice
from replenishment.tables import OrderEventRow, OrderLineRow, OrderRow
from vendor_policy import explain, record
from vendor_policy.record import DecisionRecord
from vendor_policy.tables import DecisionRow

router = APIRouter(tags=["orders"])


class AskedOfferView(Output):
    """`packs`: the best number of them, for an excluded offer the fewest that are enough."""

    offer_id: str
    packs: int
    total: MoneyView
    is_excluded: bool


class AskView(Output):
    order_id: UUID
    stock_id: UUID
    total: MoneyView
    record_id: UUID
    asked_at: datetime
    expires_at: datetime | None
    chosen_offer_id: str | None
    runner_up_offer_id: str | None
    offers: list[AskedOfferView]


class OrderView(Output):
    order_id: UUID
    stock_id: UUID
    record_id: UUID
    state: str
    vendor_id: str
    total: MoneyView
    is_override: bool
    mandate_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    expected_on: date | None
    vendor_order_number: str | None
    placed_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: OrderRow) -> Self:
        return cls(**row.model_dump(include=set(cls.model_fields)), total=money(row))


class LineView(Output):
    sku: str
    gtin: str
    title: str
    packs: int
    pack_quantity: int
    unit: str
    price_minor: int

    @classmethod
    def of(cls, row: OrderLineRow) -> Self:
        return cls(**row.model_dump(include=set(cls.model_fields)))


class MoveView(Output):
    """One move of the order: who, when, why."""

    event: str
    before: str
    after: str
    at: datetime
    by: str
    remark: str

    @classmethod
    def of(cls, row: OrderEventRow) -> Self:
        return cls(**row.model_dump(include=set(cls.model_fields)))


class OrderWithHistoryView(OrderView):
    lines: list[LineView]
    history: list[MoveView]


class StateView(Output):
    order_id: UUID
    state: str


class ChooseOffer(Input):
    """`accept_warning`: buy it although rules object."""

    offer_id: Annotated[str, Field(max_length=200)]
    packs: Annotated[int, Field(gt=0, le=10_000)] | None = None
    accept_warning: bool = False


class RejectOrder(Input):
    reason: Rejection = Rejection.NOT_NOW


def money(order: OrderRow) -> MoneyView:
    return MoneyView.of(total(order))


@router.get("/asks")
async def asks(session: Reading, owner: Owner) -> list[AskView]:
    """Orders that wait for the owner's answer, oldest first. No answer means no."""
    waiting = await session.exec(
        select(OrderRow)
        .where(OrderRow.state == OrderState.AWAITING_APPROVAL)
        .order_by(col(OrderRow.created_at), col(OrderRow.order_id))
    )
    found = []
    for order in waiting.all():
        row = await session.get_one(DecisionRow, order.record_id)
        found.append(_ask(order, record.parsed(row.record)))
    return found


def _ask(order: OrderRow, made: DecisionRecord) -> AskView:
    return AskView(
        order_id=order.order_id,
        stock_id=order.stock_id,
        total=money(order),
        record_id=order.record_id,
        asked_at=order.created_at,
        expires_at=order.expires_at,
        chosen_offer_id=made.chosen.offer_id if made.chosen else None,
        runner_up_offer_id=made.runner_up.offer_id if made.runner_up else None,
        offers=[*_ranked(made), *_excluded(made)],
    )


def _ranked(made: DecisionRecord) -> list[AskedOfferView]:
    best: dict[str, AskedOfferView] = {}
    for each in made.ranked:
        view = AskedOfferView(
            offer_id=each.offer_id,
            packs=each.packs,
            total=MoneyView.of(each.total),
            is_excluded=False,
        )
        best.setdefault(each.offer_id, view)
    return list(best.values())


def _excluded(made: DecisionRecord) -> list[AskedOfferView]:
    columns = (excluded_column(made, each.offer) for each in explain.excluded(made))
    return [
        AskedOfferView(
            offer_id=each.offer_id,
            packs=each.packs,
            total=MoneyView.of(each.total),
            is_excluded=True,
        )
        for each in columns
    ]


@router.get("/orders")
async def list_orders(
    session: Reading,
    owner: Owner,
    before: Instant | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[OrderView]:
    """Newest first. The next page: `before` the last one's `created_at`."""
    statement = select(OrderRow).order_by(col(OrderRow.created_at).desc())
    if before is not None:
        statement = statement.where(OrderRow.created_at < before)
    return [OrderView.of(each) for each in await session.exec(statement.limit(limit))]


@router.get("/orders/{order_id}")
async def get_order(session: Reading, owner: Owner, order_id: UUID) -> OrderWithHistoryView:
    """One order with its lines and every move."""
    order = await find_order(session, order_id)
    lines = await orders.lines(session, order_id)
    history = await orders.history(session, order_id)
    return OrderWithHistoryView(
        **OrderView.of(order).model_dump(),
        lines=[LineView.of(each) for each in lines],
        history=[MoveView.of(each) for each in history],
    )


@router.post("/orders/{order_id}/approve")
async def approve(platform: PlatformDep, owner: Owner, order_id: UUID) -> StateView:
    """Say yes. An order that was answered before gives 409 `illegal_transition`."""
    state = await approvals.approve(
        order_id,
        Word(principal=owner),
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return StateView(order_id=order_id, state=state)


@router.post("/orders/{order_id}/choose")
async def choose(
    platform: PlatformDep, owner: Owner, order_id: UUID, wanted: ChooseOffer
) -> StateView:
    """Buy another offer that the decision saw. Answers with the new order."""
    chosen = await approvals.choose(
        order_id,
        Choice(
            offer_id=wanted.offer_id,
            packs=wanted.packs,
            accepts_warning=wanted.accept_warning,
        ),
        Word(principal=owner),
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return StateView(order_id=chosen.order_id, state=OrderState.APPROVED)


@router.post("/orders/{order_id}/reject")
async def reject(
    platform: PlatformDep,
    owner: Owner,
    order_id: UUID,
    wanted: RejectOrder,
) -> StateView:
    """Say no. `never_this` also rules the product out, which only an admin may."""
    check_rejection(owner, wanted.reason)
    state = await approvals.reject(
        order_id,
        wanted.reason,
        Word(principal=owner),
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return StateView(order_id=order_id, state=state)


@router.post("/orders/{order_id}/cancel")
async def cancel(platform: PlatformDep, owner: Owner, order_id: UUID) -> StateView:
    """Cancel an order that no shop has yet. One that a shop may have answers `stopping`: it is
    cancelled once the shop shows that it was not bought.
    """
    state = await approvals.cancel(
        order_id,
        Word(principal=owner),
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return StateView(order_id=order_id, state=state)
