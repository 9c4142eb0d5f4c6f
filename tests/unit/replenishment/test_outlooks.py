"""What is left by now in a slot that its owner reports by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from replenishment.explanation import LevelSource
from replenishment.forecast import ExponentialForecaster, SlotHistory
from replenishment.observed import Observed
from replenishment.outlooks import by_now

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HISTORY = SlotHistory(typical_use_per_day=50)


def seen(*, by_hand: bool, days: float, amount: float | None = 1000) -> Observed:
    measured_at = NOON - timedelta(days=days)
    return Observed(
        slots=(HISTORY,),
        sources=(
            LevelSource(
                device_id="coffee", slot="beans", amount=amount, measured_at=measured_at
            ),
        ),
        by_hand=(by_hand,),
        in_slot=amount,
        is_stale=False,
        is_test=False,
        containers=(),
    )


@pytest.mark.parametrize(
    ("by_hand", "days", "amount", "left"),
    [
        (True, 4, 1000, 800),
        (True, 0.5, 1000, 975),
        (True, 30, 1000, 0),  # not below nothing
        (True, -1, 1000, 1000),  # its clock is ahead
        (True, 4, None, None),  # unknown stays unknown
        (False, 4, 1000, 1000),  # a device measures by itself
    ],
)
def test_a_pack_is_used_as_it_was_before_until_its_owner_says_more(
    by_hand: bool, days: float, amount: float | None, left: float | None
) -> None:
    told = seen(by_hand=by_hand, days=days, amount=amount)
    assert by_now(told, [HISTORY], ExponentialForecaster(), NOON) == left
