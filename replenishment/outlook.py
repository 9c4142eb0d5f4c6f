"""The outlook of one stock: forecast, lead time, position and reorder point put together.

Pure.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.money import PPM
from replenishment import reorder
from replenishment.forecast import Forecast
from replenishment.position import Position
from replenishment.reorder import Bounds, LeadTime, OrderCosts, QuantityRange
from vendor_policy.needs import Depletion


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    forecast: Forecast
    lead_time: LeadTime
    position: Position
    service_level_ppm: int
    least: int  # the owner's margin, in units
    costs: OrderCosts | None = None  # None: no price was seen

    @property
    def reorder_at(self) -> float:
        """Position, in units, at or below which an order is due."""
        return reorder.reorder_point(
            self.forecast.demand,
            self.lead_time,
            self.service_level_ppm / PPM,
            least=self.least,
        )

    @property
    def review_level(self) -> float:
        """Units on hand at or below which ingest asks for a review."""
        return self.reorder_at - self.position.on_order - self.position.waiting

    @property
    def is_due(self) -> bool:
        total = self.position.total
        return total is not None and total <= self.reorder_at

    def quantity(self, bounds: Bounds) -> QuantityRange | None:
        """To buy; None when the owner has no room for a single unit."""
        return reorder.order_quantity(
            self.forecast.demand,
            self.reorder_at,
            self.position.total or 0.0,
            bounds,
            self.costs,
        )

    def risk_ppm(self, left: float, *, later_days: int = 0) -> int:
        """Of running out before a delivery that is ordered `later_days` from now."""
        risk = self.forecast.run_out_risk(left, self.lead_time.later(later_days))
        return round(risk * PPM)

    def depletion(self, left: float, today: date) -> Depletion:
        supply = self.forecast.days_of_supply(left)
        p10, p50, p90 = sorted(
            today + timedelta(days=int(days)) for days in (supply.p10, supply.p50, supply.p90)
        )
        return Depletion(p10_on=p10, p50_on=p50, p90_on=p90)

    def to_json(self, at: datetime) -> dict[str, Any]:
        """For pages: units, days and shares in ppm. Without `supply` and risks while the
        position is unknown.
        """
        demand = self.forecast.demand
        mean, sd = reorder.lead_time_demand(demand, self.lead_time)
        told = {
            "at": at.isoformat(),
            "use_per_day": asdict(demand),
            "observed_days": self.forecast.observed_days,
            "lead_time_days": asdict(self.lead_time),
            "lead_time_demand": {"mean": mean, "sd": sd},
            "service_level_ppm": self.service_level_ppm,
            "reorder_at": self.reorder_at,
            "safety_stock": self.reorder_at - mean,
            "position": {**asdict(self.position), "total": self.position.total},
        }
        left = self.position.on_hand
        if left is not None:
            told["days_of_supply"] = asdict(self.forecast.days_of_supply(left))
            told["risk_ppm"] = self.risk_ppm(left)
            told["risk_tomorrow_ppm"] = self.risk_ppm(left, later_days=1)
        return told


def next_midnight(at: datetime, timezone: str) -> datetime:
    """The owner's next local midnight, as the aware instant it is."""
    zone = ZoneInfo(timezone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), tzinfo=zone)
