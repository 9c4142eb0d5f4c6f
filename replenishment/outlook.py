"""The outlook of one stock: forecast, lead time, position and reorder point put together.

Pure.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.money import PPM
from replenishment import reorder
from replenishment.corrections import USUAL, Pace
from replenishment.forecast import DaysOfSupply, Forecast
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
    pace: Pace = USUAL  # of the coming days
    delivery: LeadTime | None = None  # the part of `lead_time` on the way

    @property
    def lead_time_demand(self) -> tuple[float, float]:
        """Mean and standard deviation, in units."""
        return reorder.lead_time_demand(
            self.forecast.demand, self.pace.lead_time(self.lead_time)
        )

    @property
    def reorder_at(self) -> float:
        """Position, in units, at or below which an order is due."""
        return reorder.reorder_point(
            self.forecast.demand,
            self.pace.lead_time(self.lead_time),
            reorder.steered(
                self.service_level_ppm / PPM, self.forecast.applied.margin_micro / PPM
            ),
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
        within = self.pace.lead_time(self.lead_time.later(later_days))
        return round(self.forecast.run_out_risk(left, within) * PPM)

    def days_of_supply(self, left: float) -> DaysOfSupply:
        usual = self.forecast.days_of_supply(left)
        return DaysOfSupply(
            p10=self.pace.days(usual.p10),
            p50=self.pace.days(usual.p50),
            p90=self.pace.days(usual.p90),
        )

    def depletion(self, left: float, today: date) -> Depletion:
        supply = self.days_of_supply(left)
        p10, p50, p90 = sorted(
            today + timedelta(days=int(days)) for days in (supply.p10, supply.p50, supply.p90)
        )
        return Depletion(p10_on=p10, p50_on=p50, p90_on=p90)


def next_midnight(at: datetime, timezone: str) -> datetime:
    """The owner's next local midnight, as the aware instant it is."""
    zone = ZoneInfo(timezone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(0), tzinfo=zone)
