"""How likely, and for how long, a stock runs out before a parcel comes.

Pure, in integers: from the forecast's quantiles, the vendor's promise and its recorded
deliveries. The parcel comes on each promised day with equal chance, or late, by the vendor's
mean delay. The day of depletion is spread evenly between its quantiles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

from core.money import PPM, half_even
from vendor_policy.declarations import DeliveryPromise
from vendor_policy.facts import Deliveries, Facts
from vendor_policy.needs import Depletion, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    chance_ppm: int  # of running out before the parcel comes
    days_without_ppm: int  # expected days without, in millionths of a day


def lateness(
    promise: DeliveryPromise, depletion: Depletion, deliveries: Deliveries, today_on: date
) -> Lateness:
    """`deliveries`: the prior and the vendor's own, added; at least one of them late."""
    window = promise.earliest_days, promise.latest_days
    return _lateness(window, _days_left(depletion, today_on), _counts(deliveries))


def vendor_lateness(need: Need, facts: Facts) -> Callable[[str, DeliveryPromise], Lateness]:
    """Of a vendor's promise, by the vendor's deliveries."""
    left = _days_left(need.depletion, facts.today_on)
    counts = {
        vendor: _counts(added(facts.prior, own)) for vendor, own in facts.deliveries.items()
    }
    unknown = _counts(facts.prior)

    def late_of(vendor: str, promise: DeliveryPromise) -> Lateness:
        window = promise.earliest_days, promise.latest_days
        return _lateness(window, left, counts.get(vendor, unknown))

    return late_of


Window = tuple[int, int]  # first and last promised day
DaysLeft = tuple[int, int, int]  # until empty, with a chance of 10, 50 and 90 in 100
Counts = tuple[int, int, int]  # delivered, late, days late


def _days_left(depletion: Depletion, today_on: date) -> DaysLeft:
    today = today_on.toordinal()
    return (
        depletion.p10_on.toordinal() - today,
        depletion.p50_on.toordinal() - today,
        depletion.p90_on.toordinal() - today,
    )


def _counts(deliveries: Deliveries) -> Counts:
    return deliveries.delivered, deliveries.late, deliveries.late_days


@lru_cache(maxsize=4096)  # many offers share vendor, promise and need
def _lateness(promised: Window, left: DaysLeft, counts: Counts) -> Lateness:
    curve = _curve(left)
    delivered, late_ones, late_days = counts
    window = range(promised[0], promised[1] + 1)
    delay_days = -(-late_days // late_ones)
    latest = promised[1] + min(delay_days, 60)
    empty = [empty_ppm(curve, day) for day in range(-1, latest)]  # [k]: by the eve of day k
    without = [sum(empty[1 : day + 1]) for day in range(latest + 1)]
    on_time = delivered - late_ones
    late = late_ones * len(window)

    def expected(by_arrival: list[int]) -> int:
        weighted = on_time * sum(by_arrival[day] for day in window) + late * by_arrival[latest]
        return half_even(weighted, delivered * len(window))

    return Lateness(chance_ppm=expected(empty), days_without_ppm=expected(without))


def added(prior: Deliveries, own: Deliveries | None) -> Deliveries:
    if own is None:
        return prior
    return Deliveries(
        delivered=prior.delivered + own.delivered,
        late=prior.late + own.late,
        late_days=prior.late_days + own.late_days,
    )


Curve = tuple[tuple[int, int], ...]  # (days from today, chance in ppm to be empty by then)


def _curve(left: DaysLeft) -> Curve:
    p10, p50, p90 = left
    # The outer tenths are as steep as the part beside them, at least a day wide.
    first, last = p10 - max(1, (p50 - p10) // 4), p90 + max(1, (p90 - p50) // 4)
    return (
        (first, 0),
        (p10, PPM // 10),
        (p50, PPM // 2),
        (p90, PPM * 9 // 10),
        (last, PPM),
    )


def empty_ppm(curve: Curve, day: int) -> int:
    """Chance that the stock is empty at the end of the day, `day` days from today."""
    if day <= curve[0][0]:
        return 0
    for (left, low), (right, high) in pairwise(curve):
        if left <= day < right:
            return low + (high - low) * (day - left) // (right - left)
    return PPM
