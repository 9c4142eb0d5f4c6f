"""What the platform has recorded of vendors, and what a decision gets to know of it.

Pure. The same counting as `replenishment/track_record.py`: parcels delivered within the last
year, against the last promised day. A cancelled order and a total that changed at checkout are
in no count.
"""

from collections import Counter, deque
from datetime import timedelta
from typing import Final

from runtime.arena.world import STARTS_AT
from vendor_policy.facts import PRIOR, Deliveries, Facts, LastPaid

COUNTED_FOR_DAYS: Final = 365


class TrackRecord:
    def __init__(self) -> None:
        self._parcels: deque[tuple[int, str, int]] = deque()  # day, vendor, days late
        self._delivered: Counter[str] = Counter()
        self._late: Counter[str] = Counter()
        self._late_days: Counter[str] = Counter()

    def delivered(self, day: int, vendor: str, late_days: int) -> None:
        """`day`: not before that of any parcel told so far."""
        self._parcels.append((day, vendor, late_days))
        self._count(vendor, late_days, 1)

    def facts(self, day: int, stock_id: str, last: tuple[str, LastPaid] | None) -> Facts:
        """`last`: vendor and total of the stock's last order that was not cancelled."""
        while self._parcels and self._parcels[0][0] < day - COUNTED_FOR_DAYS:
            _, vendor, late_days = self._parcels.popleft()
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
        )

    def _count(self, vendor: str, late_days: int, times: int) -> None:
        self._delivered[vendor] += times
        self._late[vendor] += times * (late_days > 0)
        self._late_days[vendor] += times * late_days
