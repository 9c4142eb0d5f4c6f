"""Keeps what a consenting owner's stock was forecast and ordered, until it shows how it ended.

Works inside the review's transaction. Forecasts are kept on one morning a week, whatever has
happened, so that their choice says nothing of how they end; nothing is kept of anybody else.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from core.money import PPM
from devices import history
from replenishment import hindsight, orders
from replenishment.case import Case
from replenishment.corrections import USUAL
from replenishment.demand.calibration import FORMULAS
from replenishment.demand.recalibration import cover_bucket
from replenishment.hindsight import Level, SpareUse
from replenishment.learning import LearnedForecast
from replenishment.observed import Observed
from replenishment.order_states import LIVE, OrderState
from replenishment.outlook import Outlook
from replenishment.outlooks import Foresight
from replenishment.tables import OrderCycleRow, OrderRow, TrialRow

MORNING_HOURS: Final = 3  # of the owner's day, in which next to nothing is used
DAYS_A_WEEK: Final = 7
SHORTEST_COVER, LONGEST_COVER = 2.0, 60.0  # days that what is left would last
LOST_DAYS: Final = 60  # after which a stock that is not reviewed any more is given up
IN_TIME_SDS: Final = (
    2.0  # of a day's use below the reorder point: somebody kept the order waiting
)


async def follow(case: Case, foresight: Foresight) -> None:
    """After a review."""
    if not case.owner.shares_outcomes or foresight.seen.is_test:
        return
    waiting = await _judge_trials(case, foresight.seen)
    await _end_cycles(case, foresight.seen)
    forecast = foresight.outlook.forecast
    if isinstance(forecast, LearnedForecast) and forecast.use.mean > 0:
        _keep_trial(case, foresight, forecast, waiting)


async def follow_order(case: Case, foresight: Foresight) -> None:
    """After a review that made an order."""
    order = await orders.live(case.session, case.stock.stock_id)
    forecast = foresight.outlook.forecast
    if (
        order is None
        or order.is_test
        or not case.owner.shares_outcomes
        or not isinstance(forecast, LearnedForecast)
        or not _is_in_time(foresight.outlook)
    ):
        return
    case.session.add(
        OrderCycleRow(
            order_id=order.order_id,
            owner_id=case.owner.owner_id,
            stock_id=case.stock.stock_id,
            family=forecast.family,
            family_group=forecast.group,
            service_level_ppm=foresight.outlook.service_level_ppm,
            spares=case.stock.spares,
            empty_below=forecast.use.use_size / 2,
        )
    )


def _is_in_time(outlook: Outlook) -> bool:
    """No earlier than due, and no later than a review sees it: only then is the end of the
    cycle the reorder point's doing.
    """
    demand = outlook.forecast.demand
    passed = outlook.reorder_at - (outlook.position.total or 0.0)
    return 0 <= passed <= demand.mean + IN_TIME_SDS * demand.sd


def _keep_trial(
    case: Case, foresight: Foresight, forecast: LearnedForecast, waiting: Sequence[TrialRow]
) -> None:
    left = foresight.outlook.position.on_hand or 0.0
    cover = left / forecast.use.mean
    bucket = cover_bucket(cover)
    if (
        not _is_the_morning(case)
        or not SHORTEST_COVER <= cover <= LONGEST_COVER
        or not _is_known_until(foresight.seen, case.today - timedelta(days=1))
        or foresight.outlook.pace != USUAL
        or any(each.bucket == bucket or each.made_on == case.today for each in waiting)
    ):
        return
    watched_days = round(3 * cover) + DAYS_A_WEEK
    case.session.add(
        TrialRow(
            stock_id=case.stock.stock_id,
            made_on=case.today,
            owner_id=case.owner.owner_id,
            formulas=FORMULAS,
            family=forecast.family,
            family_group=forecast.group,
            bucket=bucket,
            places=_places(foresight.seen),
            left=left,
            watched_days=watched_days,
            chances_ppm=_chances_ppm(forecast, left, watched_days),
        )
    )


def _chances_ppm(forecast: LearnedForecast, left: float, days: int) -> list[int]:
    """After 0, 1, 2 ... days; drift may let the formula fall again by a hair."""
    stated = (forecast.run_out_ppm(day, left) for day in range(1, days + 1))
    return list(accumulate(stated, max, initial=0))


def _is_the_morning(case: Case) -> bool:
    """Of the stock's own day of the week."""
    now = case.at.astimezone(ZoneInfo(case.owner.timezone))
    own = case.stock.stock_id.int % DAYS_A_WEEK
    return now.hour < MORNING_HOURS and case.today.weekday() == own


def _is_known_until(seen: Observed, evening: date) -> bool:
    return not seen.is_stale and all(
        slot.use and max(day.day_on for day in slot.use) == evening for slot in seen.slots
    )


def _places(seen: Observed) -> list[str]:
    return sorted(f"{each.device_id}/{each.slot}" for each in seen.sources)


async def _judge_trials(case: Case, seen: Observed) -> list[TrialRow]:
    """Those that still wait. What is about other slots by now, or lost, is thrown away."""
    found = await case.session.exec(
        select(TrialRow).where(
            TrialRow.stock_id == case.stock.stock_id, col(TrialRow.resolved_on).is_(None)
        )
    )
    waiting = []
    for trial in found.all():
        lost_on = trial.made_on + timedelta(days=trial.watched_days + LOST_DAYS)
        if trial.places != _places(seen) or case.today > lost_on:
            await case.session.delete(trial)
        elif not _resolve(trial, seen, case.today):
            waiting.append(trial)
    return waiting


def _resolve(trial: TrialRow, seen: Observed, today: date) -> bool:
    uses = [slot.use for slot in seen.slots]
    came = hindsight.used_up(uses, trial.made_on, trial.left, trial.watched_days)
    if came is None:
        return False
    chances = trial.chances_ppm
    trial.before_ppm = chances[min(came.before, trial.watched_days)]
    # A gap may end beyond the days that were watched.
    trial.after_ppm = (
        PPM if came.by is None or came.by > trial.watched_days else chances[came.by]
    )
    trial.resolved_on = today
    return True


async def _end_cycles(case: Case, seen: Observed) -> None:
    """Of orders that arrived; those that never will are thrown away."""
    found = await case.session.exec(
        select(OrderCycleRow, OrderRow)
        .join(OrderRow, col(OrderRow.order_id) == OrderCycleRow.order_id)
        .where(
            OrderCycleRow.stock_id == case.stock.stock_id,
            col(OrderCycleRow.ended_at).is_(None),
        )
    )
    for cycle, order in found.all():
        if order.state == OrderState.DELIVERED:
            cycle.ended_at = order.delivered_at or case.at
            cycle.is_stock_out = await _ran_out(case, seen, cycle, order)
        elif order.state not in LIVE:
            await case.session.delete(cycle)


async def _ran_out(case: Case, seen: Observed, cycle: OrderCycleRow, order: OrderRow) -> bool:
    since, until = order.created_at, order.delivered_at or case.at
    places = [(each.device_id, each.slot) for each in seen.sources]
    levels = []
    for device_id, slot in places:
        series = await history.level_series(
            case.session, device_id, slot, since=since, until=until
        )
        levels += [
            Level(each.at, f"{device_id}/{slot}", each.amount)
            for each in series
            if each.amount is not None and not each.is_glitch
        ]
    refills = await history.refills(case.session, places, since=since)
    taken = [SpareUse(each.refilled_at, each.from_spares) for each in refills]
    return hindsight.ran_out(levels, taken, spares=cycle.spares, empty_below=cycle.empty_below)
