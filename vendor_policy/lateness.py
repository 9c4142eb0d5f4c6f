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


@lru_cache(maxsize=4096)  # many offers share vendor, promise and need
def lateness(
    promise: DeliveryPromise, depletion: Depletion, deliveries: Deliveries, today_on: date
) -> Lateness:
    """`deliveries`: the prior and the vendor's own, added; at least one of them late."""
    curve = _curve(depletion, today_on)
    window = range(promise.earliest_days, promise.latest_days + 1)
    delay_days = -(-deliveries.late_days // deliveries.late)
    latest = promise.latest_days + min(delay_days, 60)
    empty = [empty_ppm(curve, day) for day in range(-1, latest)]  # [k]: by the eve of day k
    without = [sum(empty[1 : day + 1]) for day in range(latest + 1)]
    on_time = deliveries.delivered - deliveries.late
    late = deliveries.late * len(window)

    def expected(by_arrival: list[int]) -> int:
        weighted = on_time * sum(by_arrival[day] for day in window) + late * by_arrival[latest]
        return half_even(weighted, deliveries.delivered * len(window))

    return Lateness(chance_ppm=expected(empty), days_without_ppm=expected(without))


def vendor_lateness(need: Need, facts: Facts) -> Callable[[str, DeliveryPromise], Lateness]:
    """Of a vendor's promise, by the vendor's deliveries; each computed once."""
    known: dict[tuple[str, int, int], Lateness] = {}

    def late_of(vendor: str, promise: DeliveryPromise) -> Lateness:
        key = vendor, promise.earliest_days, promise.latest_days
        found = known.get(key)
        if found is None:
            deliveries = added(facts.prior, facts.deliveries.get(vendor))
            found = known[key] = lateness(promise, need.depletion, deliveries, facts.today_on)
        return found

    return late_of


def added(prior: Deliveries, own: Deliveries | None) -> Deliveries:
    if own is None:
        return prior
    return Deliveries(
        delivered=prior.delivered + own.delivered,
        late=prior.late + own.late,
        late_days=prior.late_days + own.late_days,
    )


Curve = tuple[tuple[int, int], ...]  # (days from today, chance in ppm to be empty by then)


def _curve(depletion: Depletion, today_on: date) -> Curve:
    p10, p50, p90 = (
        (each - today_on).days
        for each in (depletion.p10_on, depletion.p50_on, depletion.p90_on)
    )
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
