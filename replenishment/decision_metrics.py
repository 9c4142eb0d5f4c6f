"""How an owner's decisions turn out: overrides, rejections, how long a yes takes, running out.

Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from core.money import PPM, half_even
from replenishment.order_states import OrderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact:
    order_id: UUID
    is_override: bool
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class MoveFact:
    order_id: UUID
    event: OrderEvent
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMetrics:
    """`answered`: orders that a member said yes to. `override_ppm`: of these, with another
    offer than the policy's. `approval_delay_s`: median from the ask to the yes, None when never
    asked. `stock_outs`: needs during which the stock was found empty.
    """

    orders: int
    automatic: int
    answered: int
    overridden: int
    rejected: int
    expired: int
    override_ppm: int
    approval_delay_s: float | None
    needs: int
    stock_outs: int


def metrics(
    orders: Sequence[OrderFact], moves: Iterable[MoveFact], found_empty: Sequence[bool]
) -> DecisionMetrics:
    """found_empty: of each need."""
    by_order: dict[UUID, dict[OrderEvent, datetime]] = defaultdict(dict)
    for move in moves:
        by_order[move.order_id].setdefault(move.event, move.at)
    asked = [each for each in by_order.values() if OrderEvent.ASK in each]
    answered = [each for each in asked if OrderEvent.APPROVE in each]
    overridden = sum(each.is_override for each in orders)
    # An override's order is asked and approved in one act, which says nothing of the wait.
    own = [by_order[each.order_id] for each in orders if not each.is_override]
    delays = [
        (each[OrderEvent.APPROVE] - each[OrderEvent.ASK]).total_seconds()
        for each in own
        if OrderEvent.ASK in each and OrderEvent.APPROVE in each
    ]
    return DecisionMetrics(
        orders=len(orders),
        automatic=sum(each.is_automatic for each in orders),
        answered=len(answered),
        overridden=overridden,
        rejected=sum(OrderEvent.REJECT in each for each in asked),
        expired=sum(OrderEvent.EXPIRE in each for each in asked),
        override_ppm=half_even(overridden * PPM, max(1, len(answered))),
        approval_delay_s=median(delays) if delays else None,
        needs=len(found_empty),
        stock_outs=sum(found_empty),
    )
