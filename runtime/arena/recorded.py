"""What the platform has recorded of vendors, and what a decision gets to know of it.

Pure. Counted as in `replenishment/track_record.py`, over the last year and all households:
parcels delivered against the last promised day, and orders that the vendor let fall.
"""

from collections import Counter, deque
from datetime import timedelta
from typing import Final

from runtime.arena.world import STARTS_AT
from vendor_policy.facts import PRIOR, Deliveries, Facts, LastPaid, Reliability

COUNTED_FOR_DAYS: Final = 365


class TrackRecord:
    """Days must not fall from call to call."""

    def __init__(self) -> None:
        self._ended: deque[tuple[int, str, int | None]] = deque()
        self._delivered: Counter[str] = Counter()
        self._late: Counter[str] = Counter()
        self._late_days: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def delivered(self, day: int, vendor: str, late_days: int) -> None:
        self._ended.append((day, vendor, late_days))
        self._count(vendor, late_days, 1)

    def failed(self, day: int, vendor: str) -> None:
        """The vendor cancelled, or another total stood at its checkout."""
        self._ended.append((day, vendor, None))
        self._count(vendor, None, 1)

    def facts(self, day: int, stock_id: str, last: tuple[str, LastPaid] | None) -> Facts:
        """`last`: vendor and total of what was bought last for the stock."""
        while self._ended and self._ended[0][0] < day - COUNTED_FOR_DAYS:
            _, vendor, late_days = self._ended.popleft()
            self._count(vendor, late_days, -1)
        now_at = STARTS_AT + timedelta(days=day)
        return Facts(
            now_at=now_at,
            today_on=now_at.date(),
            prior=PRIOR,
            deliveries={
                vendor: Deliveries(
                    delivered=count, late=self._late[vendor], late_days=self._late_days[vendor]
                )
                for vendor, count in self._delivered.items()
            },
            last_paid={stock_id: last[1]} if last else {},
            present_supplier={stock_id: last[0]} if last else {},
            reliability={
                vendor: Reliability(orders=self._delivered[vendor] + failed, failed=failed)
                for vendor, failed in self._failed.items()
            },
        )

    def _count(self, vendor: str, late_days: int | None, times: int) -> None:
        if late_days is None:
            self._failed[vendor] += times
            return
        self._delivered[vendor] += times
        self._late[vendor] += times * (late_days > 0)
        self._late_days[vendor] += times * late_days
