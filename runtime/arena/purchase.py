"""What becomes of an order: the total at checkout, and the parcel, by conduct and luck.

Pure.
"""

from dataclasses import dataclass
from typing import Final

from core.money import PPM
from runtime.arena.contestants import ArenaPick
from runtime.arena.vendors import Conduct
from runtime.arena.world import Luck
from vendor_policy.candidates import candidate

CANCELLED_WITHIN_DAYS: Final = 3  # of the order; until then it is believed to come


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaOrder:
    """Days from the start of the season. `ends_on`: delivered, or cancelled."""

    pick: ArenaPick
    total_minor: int
    placed_on: int
    ends_on: int
    late_days: int
    is_cancelled: bool
    is_complained: bool

    @property
    def units(self) -> int:
        return self.pick.packs * self.pick.offer.pack_quantity


def listed_minor(pick: ArenaPick) -> int:
    """What is pinned: goods and declared shipping."""
    return candidate(pick.offer, pick.packs).total.minor


def checkout_minor(pick: ArenaPick, conduct: Conduct) -> int:
    goods = pick.packs * pick.offer.price.minor
    return listed_minor(pick) + goods * conduct.raised_ppm // PPM + conduct.fee_minor


def placed(pick: ArenaPick, conduct: Conduct, luck: Luck, day: int) -> ArenaOrder:
    """Bought for the total at checkout on `day`."""
    promise = pick.offer.delivery
    window = promise.latest_days - promise.earliest_days + 1
    is_cancelled = luck.cancelled * PPM < conduct.cancelled_ppm
    is_late = luck.late * PPM < conduct.late_ppm
    late_days = 1 + int(luck.delay * (2 * conduct.late_days - 1)) if is_late else 0
    days = promise.earliest_days + int(luck.window * window)
    if is_late:
        days = promise.latest_days + late_days
    if is_cancelled:
        days = 1 + int(luck.delay * CANCELLED_WITHIN_DAYS)
    return ArenaOrder(
        pick=pick,
        total_minor=checkout_minor(pick, conduct),
        placed_on=day,
        ends_on=day + days,
        late_days=late_days,
        is_cancelled=is_cancelled,
        is_complained=luck.complained * PPM < conduct.complained_ppm,
    )
