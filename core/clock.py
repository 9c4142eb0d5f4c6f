"""The one source of business time: the wall, or a clock that a simulation steps.

Sockets, keep-alive, HTTP time-outs and sign-in sessions do not use it; they live in real time.
"""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ClockWentBack(Exception):
    def __init__(self, now: datetime, to: datetime) -> None:
        super().__init__(
            f"a stepped clock at {now.isoformat()} cannot go back to {to.isoformat()}"
        )


class SteppedClock:
    """Stands still until it is stepped; used by the demo, simulations and tests."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def step_to(self, at: datetime) -> None:
        """Raises ClockWentBack when `at` lies before now."""
        if at < self._now:
            raise ClockWentBack(self._now, at)
        self._now = at.astimezone(UTC)
