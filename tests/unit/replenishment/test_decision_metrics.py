from datetime import UTC, datetime, timedelta
from uuid import UUID

from replenishment.decision_metrics import MoveFact, OrderFact, metrics
from replenishment.order_states import OrderEvent as E

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def an_order(number: int, *, is_override: bool = False, is_automatic: bool = False):
    return OrderFact(
        order_id=UUID(int=number), is_override=is_override, is_automatic=is_automatic
    )


def moves(number: int, *steps: tuple[E, float]) -> list[MoveFact]:
    return [MoveFact(UUID(int=number), event, NOON + hours * HOUR) for event, hours in steps]


def test_overrides_delays_and_stock_outs_are_counted():
    orders = [
        an_order(1),
        an_order(2),
        an_order(3, is_override=True),
        an_order(4, is_automatic=True),
        an_order(5),
    ]
    found = metrics(
        orders,
        [
            *moves(1, (E.ASK, 0), (E.APPROVE, 2)),
            *moves(2, (E.ASK, 0), (E.CANCEL, 6)),
            *moves(3, (E.ASK, 6), (E.APPROVE, 6)),
            *moves(4, (E.APPROVE, 0)),
            *moves(5, (E.ASK, 0), (E.REJECT, 1)),
        ],
        [False, True, False],
    )
    assert (found.orders, found.automatic, found.answered) == (5, 1, 2)
    assert (found.overridden, found.override_ppm, found.rejected) == (1, 500_000, 1)
    assert found.approval_delay_s == 2 * 3600
    assert (found.needs, found.stock_outs) == (3, 1)


def test_without_any_order_there_is_no_rate_and_no_delay():
    found = metrics([], [], [])
    assert (found.override_ppm, found.approval_delay_s) == (0, None)
