"""The outlook of one stock, from everything that is stored of it.

Reads within the review's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.money import PPM
from devices.tables import StockRow
from replenishment import calibrating, correcting, corrections, orders, track_record
from replenishment.case import Case
from replenishment.corrections import Correction
from replenishment.costs import order_costs
from replenishment.explanation import Explanation, explain
from replenishment.forecast import Forecaster, SlotHistory
from replenishment.lead_time import Chances, Supplier, answers, delivered, lead_time
from replenishment.observed import Observed
from replenishment.outlook import Outlook
from replenishment.position import Position
from replenishment.reorder import Demand, LeadTime, OrderCosts, service_level
from vendor_policy import store
from vendor_policy.policy import Policy
from vendor_policy.store import PolicyInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """An outlook with what it was learned from."""

    outlook: Outlook
    seen: Observed
    learned: tuple[SlotHistory, ...]  # as corrected by the owner
    forecaster: str

    def explanation(self, outlook: Outlook, at: datetime) -> Explanation:
        """outlook: this one, perhaps with the position of a moment later."""
        return explain(
            outlook,
            self.seen.slots,
            self.learned,
            self.seen.sources,
            at=at,
            forecaster=self.forecaster,
        )


async def foresight(
    case: Case, seen: Observed, in_force: PolicyInForce, forecaster: Forecaster
) -> Foresight:
    stock, policy = case.stock, in_force.policy
    said = await _corrections(case)
    learned = corrections.corrected(seen.slots, said, case.today)
    forecast = forecaster.forecast(
        learned, today=case.today, calibration=await calibrating.newest(case.session)
    )
    costs = await order_costs(case.session, stock, policy, at=case.at)
    suppliers = await _suppliers(case, policy)
    outlook = Outlook(
        forecast=forecast,
        lead_time=lead_time(suppliers, await _answers(case)),
        position=await position(case, by_now(seen, learned, forecaster, case.at)),
        service_level_ppm=_service_level_ppm(stock, forecast.demand, costs),
        least=stock.least,
        costs=costs,
        pace=corrections.pace(said, case.today),
        delivery=LeadTime.over_days(delivered(suppliers)),
    )
    return Foresight(
        outlook=outlook, seen=seen, learned=learned, forecaster=type(forecaster).__name__
    )


def by_now(
    seen: Observed, learned: Sequence[SlotHistory], forecaster: Forecaster, at: datetime
) -> float | None:
    """Units in the slots, less what those that are reported by hand are used since the last
    word of them: "opened a new pack" is said once a pack.
    """
    if seen.in_slot is None:
        return None
    used = 0.0
    for slot, source, is_by_hand in zip(learned, seen.sources, seen.by_hand, strict=True):
        if is_by_hand and source.amount and source.measured_at:
            days = (at - source.measured_at) / timedelta(days=1)
            mean = forecaster.forecast([slot], today=at.date()).demand.mean
            used += min(source.amount, max(0.0, days) * mean)
    return max(0.0, seen.in_slot - used)


async def _corrections(case: Case) -> list[Correction]:
    rows = await correcting.in_force(case.session, case.owner.owner_id, case.stock.stock_id)
    return [correcting.correction(row) for row in rows]


def _service_level_ppm(stock: StockRow, demand: Demand, costs: OrderCosts | None) -> int:
    """The owner's choice in words, until a price makes one from what a day without costs."""
    a_day = stock.stock_out_minor_per_day
    if a_day is None or costs is None:
        return stock.service_level_ppm
    return round(service_level(demand, costs, a_day) * PPM)


async def _suppliers(case: Case, policy: Policy) -> list[Supplier]:
    """Whom the owner's rules let deliver."""
    session, region = case.session, case.owner.region
    took_days = await track_record.delivery_days(session, region, at=case.at)
    return [
        Supplier(promise=terms.delivery, took_days=took_days.get(vendor.vendor_id, ()))
        for vendor in await store.vendors_of(session, case.stock.category)
        if vendor.vendor_id not in policy.vendors_blocked
        and (not policy.vendors_allowed or vendor.vendor_id in policy.vendors_allowed)
        and (terms := store.declaration(vendor).terms(region)) is not None
    ]


async def _answers(case: Case) -> Chances | None:
    """None: nobody is asked."""
    if case.stock.mode == "auto":
        return None
    took_days = await track_record.answer_days(case.session, case.owner.owner_id, at=case.at)
    return answers(took_days)


async def position(case: Case, in_slot: float | None) -> Position:
    on_order, waiting = await orders.units_coming(case.session, case.stock)
    return Position(
        in_slot=in_slot, spares=case.stock.spares, on_order=on_order, waiting=waiting
    )
