"""Work for later that replenishment writes into the outbox: one function for each kind.

A row's payload holds ids as text; its dedupe key keeps one such row waiting at a time.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from core.outbox import Work

REVIEW: Final = "review"
REVIEW_DUE: Final = "review_due"
REFRESH_OFFERS: Final = "refresh_offers"
EXPIRE_ASK: Final = "expire_ask"
SUBMIT_ORDER: Final = "submit_order"
POLL_ORDER: Final = "poll_order"


def review(stock_id: UUID, due_at: datetime, correlation: str = "") -> Work:
    return Work(
        kind=REVIEW,
        payload={"stock_id": str(stock_id), "requested": False},
        due_at=due_at,
        correlation=correlation,
        dedupe_key=f"{REVIEW}:{stock_id}",
    )


def review_due(due_at: datetime) -> Work:
    return Work(kind=REVIEW_DUE, payload={}, due_at=due_at, dedupe_key=REVIEW_DUE)


def refresh_offers(vendor_id: str, category: str, due_at: datetime) -> Work:
    return Work(
        kind=REFRESH_OFFERS,
        payload={"vendor_id": vendor_id, "category": category},
        due_at=due_at,
        dedupe_key=f"{REFRESH_OFFERS}:{vendor_id}:{category}",
    )


def expire_ask(order_id: UUID, due_at: datetime, correlation: str) -> Work:
    return _of_order(EXPIRE_ASK, order_id, due_at, correlation)


def submit_order(order_id: UUID, due_at: datetime, correlation: str) -> Work:
    return _of_order(SUBMIT_ORDER, order_id, due_at, correlation)


def poll_order(order_id: UUID, due_at: datetime, correlation: str) -> Work:
    return _of_order(POLL_ORDER, order_id, due_at, correlation)


def _of_order(kind: str, order_id: UUID, due_at: datetime, correlation: str) -> Work:
    return Work(
        kind=kind,
        payload={"order_id": str(order_id)},
        due_at=due_at,
        correlation=correlation,
        dedupe_key=f"{kind}:{order_id}",
    )
