"""How long a stock lasts, in words."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from accounts.texts import text
from api.web.household import days_of_supply
from devices.tables import StockRow

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_stock(p10: float, p50: float, p90: float) -> StockRow:
    days = {"p10": p10, "p50": p50, "p90": p90}
    return StockRow(
        owner_id=UUID(int=1),
        stock_id=UUID(int=2),
        name="Detergent",
        category="laundry-detergent",
        unit="ml",
        fits=["laundry-liquid"],
        next_review_at=NOON,
        forecast={"days_of_supply": days, "at": (NOON - timedelta(days=1)).isoformat()},
    )


@pytest.mark.parametrize(
    ("stock", "words"),
    [
        (a_stock(5, 6, 9), text("supply.days", n=5, least=4, most=8)),
        (a_stock(1.8, 2, 2.3), text("supply.days_same", n=1)),
        (a_stock(0, 0.4, 1), text("supply.empty")),
        (a_stock(90, 95, 99), text("supply.long", n=60)),
    ],
)
def test_days_left_are_a_range_unless_both_ends_are_the_same(stock: StockRow, words: object):
    assert days_of_supply(stock, NOON) == words
