"""Why an order is due or not: the numbers behind one review, and where they come from.

Pure. Stored beside the stock for pages (`to_json`); without floats for records (`to_record`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from statistics import NormalDist
from typing import Any, Final

from core.money import PPM
from replenishment.demand.calibration import Applied
from replenishment.forecast import DaysOfSupply, SlotHistory
from replenishment.outlook import Outlook
from replenishment.position import Position
from replenishment.reorder import Demand, LeadTime

RANGE: Final = (0.1, 0.9)  # what "9 to 16" leaves out at either end
FRACTIONS: Final = frozenset(
    [
        "amount",
        "in_slot",
        "total",
        "mean",
        "sd",
        "mean_sd",
        "p10",
        "p50",
        "p90",
        "reorder_at",
        "safety_stock",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSource:
    """Where one slot's level comes from. `amount`: units; None: unknown."""

    device_id: str
    slot: str
    amount: float | None
    measured_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What the forecast learned from. `left_out_days`: by the owner's corrections."""

    forecaster: str
    days: int
    left_out_days: int
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRunUse:
    """Units a day in the long run, with the range in which that lies 8 times of 10."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Quantities in the stock's unit. `delivery_days`: within which a delivery comes 8 times of
    10. Supply and risks are None while the position is unknown.
    """

    at: datetime
    sources: tuple[LevelSource, ...]
    position: Position
    demand: Demand
    use_per_day: LongRunUse
    lesson: Lesson
    lead_time: LeadTime
    delivery_days: tuple[int, int] | None
    lead_time_demand: tuple[float, float]  # mean and standard deviation
    service_level_ppm: int
    applied: Applied  # what outcomes have corrected: dates and reorder point
    reorder_at: float
    safety_stock: float
    days_of_supply: DaysOfSupply | None
    risk_ppm: int | None  # of running out before a delivery that is ordered now
    risk_tomorrow_ppm: int | None  # if we wait until tomorrow

    def to_json(self) -> dict[str, Any]:
        """Units, days and shares in ppm."""
        mean, sd = self.lead_time_demand
        return {
            "at": self.at.isoformat(),
            "sources": [
                {**asdict(each), "measured_at": _iso(each.measured_at)} for each in self.sources
            ],
            "use_per_day": {**asdict(self.demand), **asdict(self.use_per_day)},
            "observed_days": self.lesson.days,
            "lesson": {
                **asdict(self.lesson),
                "first_on": _iso(self.lesson.first_on),
                "last_on": _iso(self.lesson.last_on),
            },
            "lead_time_days": {"mean": self.lead_time.mean, "sd": self.lead_time.sd},
            "delivery_days": self.delivery_days,
            "lead_time_demand": {"mean": mean, "sd": sd},
            "service_level_ppm": self.service_level_ppm,
            "applied": {
                "calibration": self.applied.calibration,
                "stated_ppm": [list(each) for each in self.applied.stated_ppm],
                "margin_micro": self.applied.margin_micro,
            },
            "reorder_at": self.reorder_at,
            "safety_stock": self.safety_stock,
            "position": {**asdict(self.position), "total": self.position.total},
            "days_of_supply": self.days_of_supply and asdict(self.days_of_supply),
            "risk_ppm": self.risk_ppm,
            "risk_tomorrow_ppm": self.risk_tomorrow_ppm,
        }

    def to_record(self) -> dict[str, Any]:
        """The same in whole numbers: `x_micro` is x in millionths of a unit or a day."""
        return dict(_whole(self.to_json()))


def explain(
    outlook: Outlook,
    seen: Sequence[SlotHistory],
    learned: Sequence[SlotHistory],
    sources: Sequence[LevelSource],
    *,
    at: datetime,
    forecaster: str,
) -> Explanation:
    """seen: as stored; learned: as corrected by the owner."""
    left = outlook.position.on_hand
    mean, _ = demand = outlook.lead_time_demand
    return Explanation(
        at=at,
        sources=tuple(sources),
        position=outlook.position,
        demand=outlook.forecast.demand,
        use_per_day=use_per_day(outlook.forecast.demand),
        lesson=_lesson(seen, learned, forecaster),
        lead_time=outlook.lead_time,
        delivery_days=_days(outlook.delivery),
        lead_time_demand=demand,
        service_level_ppm=outlook.service_level_ppm,
        applied=outlook.forecast.applied,
        reorder_at=outlook.reorder_at,
        safety_stock=outlook.reorder_at - mean,
        days_of_supply=None if left is None else outlook.days_of_supply(left),
        risk_ppm=None if left is None else outlook.risk_ppm(left),
        risk_tomorrow_ppm=None if left is None else outlook.risk_ppm(left, later_days=1),
    )


def use_per_day(demand: Demand) -> LongRunUse:
    p10, p90 = (
        max(0.0, demand.mean + NormalDist().inv_cdf(chance) * demand.mean_sd)
        for chance in RANGE
    )
    return LongRunUse(p10=p10, p50=demand.mean, p90=p90)


def _lesson(
    seen: Sequence[SlotHistory], learned: Sequence[SlotHistory], forecaster: str
) -> Lesson:
    days = [day for slot in learned for day in slot.use]
    exposed = sum(day.exposure_days for day in days)
    stored = sum(day.exposure_days for slot in seen for day in slot.use)
    return Lesson(
        forecaster=forecaster,
        days=exposed,
        left_out_days=stored - exposed,
        first_on=min((day.day_on for day in days), default=None),
        last_on=max((day.day_on for day in days), default=None),
    )


def _days(delivery: LeadTime | None) -> tuple[int, int] | None:
    if delivery is None:
        return None
    least, most = (round(delivery.quantile(chance)) for chance in RANGE)
    return least, most


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _whole(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        match value:
            case dict():
                yield name, dict(_whole(value))
            case [dict(), *_]:
                yield name, [dict(_whole(each)) for each in value]
            case tuple():
                yield name, list(value)
            case _ if name in FRACTIONS:
                yield f"{name}_micro", None if value is None else round(value * PPM)
            case _:
                yield name, value
