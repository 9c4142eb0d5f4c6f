"""When a parcel leaves and arrives: a pure function of seed, order and promise."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from demo_shop.assortment import Delivery
from demo_shop.chance import draw

PPM = 1_000_000
FIRST_ROUND = time(9)  # parcels arrive between 9:00 and 18:00 UTC
ROUND_MINUTES = 9 * 60
MOST_DAYS_LATE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    earliest_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    shipped_at: datetime
    delivered_at: datetime


def promise(delivery: Delivery, *, placed_at: datetime) -> Promise:
    def round_start(days: int) -> datetime:
        day = placed_at.date() + timedelta(days=days)
        return datetime.combine(day, FIRST_ROUND, tzinfo=placed_at.tzinfo)

    return Promise(
        earliest_at=round_start(delivery.min_days),
        latest_at=round_start(delivery.max_days) + timedelta(minutes=ROUND_MINUTES),
    )


def parcel(
    order_id: str, delivery: Delivery, *, placed_at: datetime, seed: int, late_ppm: int
) -> Parcel:
    """Arrives within the promise, except for `late_ppm` of the orders: up to three days after
    it. Leaves the shop after a fifth to a half of the time on the way.
    """
    promised = promise(delivery, placed_at=placed_at)
    days = draw(seed, order_id, "transit", below=delivery.max_days - delivery.min_days + 1)
    minutes = draw(seed, order_id, "round", below=ROUND_MINUTES)
    delivered_at = promised.earliest_at + timedelta(days=days, minutes=minutes)
    if draw(seed, order_id, "late", below=PPM) < late_ppm:
        days_late = 1 + draw(seed, order_id, "days late", below=MOST_DAYS_LATE)
        delivered_at = promised.latest_at + timedelta(
            days=days_late, minutes=minutes - ROUND_MINUTES
        )
    handling_share = 20 + draw(seed, order_id, "handling", below=31)
    handling = (delivered_at - placed_at) * handling_share / 100
    shipped_at = (placed_at + handling).replace(microsecond=0)
    return Parcel(shipped_at=shipped_at, delivered_at=delivered_at)
