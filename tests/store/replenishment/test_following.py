"""What is kept of owners who agreed, how it ends, and that it corrects what comes next."""

from datetime import timedelta
from statistics import NormalDist
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.clock import SteppedClock
from core.database import Database
from core.money import PPM
from core.offload import here
from devices.tables import DayUseRow, ReadingRow, StockRow
from replenishment import calibrating, consent
from replenishment.demand.arithmetic import ONE
from replenishment.demand.calibration import FEWEST_OWNERS, FORMULAS, Calibration, as_shipped
from replenishment.demand.families import shipped
from replenishment.demand.lead_demand import not_exceeded
from replenishment.learning import LearningForecaster
from replenishment.order_states import OrderState
from replenishment.tables import CalibrationRow, OrderCycleRow, OrderRow, TrialRow
from tests.household import CATEGORY, DAY, DETERGENT, HOUR, WASHER, an_owner
from tests.world import World
from vendor_policy import record, store
from vendor_policy.record import Agrees

BERLIN = ZoneInfo("Europe/Berlin")
FAMILIES = shipped()


@pytest.fixture
async def world(database: Database, clock: SteppedClock) -> World:
    """On the morning of the stock's own day of the week, after thirty days of 50 ml."""
    world = await World(database, clock, LearningForecaster(FAMILIES)).build()
    own = world.stock_id.int % 7
    midnight = clock.now().astimezone(BERLIN).replace(hour=0)
    while midnight < clock.now() or midnight.weekday() != own:
        midnight += DAY
    world.step_to_at(midnight)
    await used(world, days=30)
    return world


async def used(world: World, *, days: int, a_day: float = 50) -> None:
    """On each of the days before today."""
    today = world.clock.now().astimezone(BERLIN).date()
    async with world.transaction(ALL_OWNERS) as session:
        for n in range(1, days + 1):
            day_on = today - timedelta(days=n)
            session.add(
                DayUseRow(device_id=WASHER, slot=DETERGENT.slot, day_on=day_on, used=a_day)
            )


async def agree(world: World, *, is_shared: bool = True) -> None:
    await consent.share_outcomes(
        world.owner_id, is_shared=is_shared, transaction=world.transaction
    )


async def review(world: World, amount: float) -> None:
    await world.measure(amount)
    await world.review()


async def trials(world: World) -> list[TrialRow]:
    async with world.database.snapshot(world.owner_id) as session:
        return list(await session.exec(select(TrialRow)))


async def cycles(world: World) -> list[OrderCycleRow]:
    async with world.database.snapshot(world.owner_id) as session:
        return list(await session.exec(select(OrderCycleRow)))


async def test_nothing_is_kept_of_an_owner_who_did_not_agree(world: World) -> None:
    await review(world, 700)
    await ordered(world)
    assert (await trials(world), await cycles(world)) == ([], [])


async def test_a_forecast_is_kept_until_it_came_true(world: World) -> None:
    await agree(world)
    await review(world, 700)
    [kept] = await trials(world)
    assert (kept.left, kept.family, kept.family_group) == (700, "washer", "appliances")
    assert kept.resolved_on is None
    assert kept.chances_ppm == sorted(kept.chances_ppm)
    await world.jump(10 * DAY)
    await used(world, days=10)
    await review(world, 200)
    [kept] = await trials(world)
    assert kept.resolved_on is None
    await world.jump(7 * DAY)
    await used(world, days=7)
    await review(world, 1100)
    [kept] = [each for each in await trials(world) if each.resolved_on]
    assert kept.before_ppm is not None
    assert kept.after_ppm is not None
    assert (kept.before_ppm, kept.after_ppm) == (kept.chances_ppm[13], kept.chances_ppm[14])
    assert 200_000 < kept.before_ppm < kept.after_ppm < 800_000


async def test_one_forecast_of_a_cover_waits_at_a_time(world: World) -> None:
    await agree(world)
    for _ in range(3):
        await review(world, 700)
        await world.jump(timedelta(minutes=10))
    assert len(await trials(world)) == 1


@pytest.mark.parametrize("later", [DAY, 7 * DAY + 5 * HOUR])
async def test_forecasts_are_kept_on_one_morning_a_week(world: World, later) -> None:
    """Whatever happened meanwhile, so that the choice says nothing of how they end."""
    await agree(world)
    await world.jump(later)
    await used(world, days=min(later.days, 29))
    await review(world, 700)
    assert await trials(world) == []


async def test_a_device_that_was_not_heard_yesterday_is_no_start(world: World) -> None:
    await agree(world)
    await world.jump(7 * DAY)
    await review(world, 700)
    assert await trials(world) == []


async def test_what_lasts_for_months_is_not_watched(world: World) -> None:
    await agree(world)
    await world.set(spares=5_000)
    await review(world, 700)
    assert await trials(world) == []


async def test_a_trial_of_a_stock_that_fell_silent_is_given_up(world: World) -> None:
    await agree(world)
    await review(world, 700)
    await world.jump(150 * DAY)
    await review(world, 700)
    assert await trials(world) == []


async def test_taking_the_consent_back_erases_what_was_kept(world: World) -> None:
    await agree(world)
    await review(world, 700)
    await ordered(world)
    assert await trials(world)
    assert await cycles(world)
    await agree(world, is_shared=False)
    assert (await trials(world), await cycles(world)) == ([], [])


async def ordered(world: World) -> OrderRow:
    """At the reorder point, after every shop was looked at."""
    await review(world, 1100)
    stock = await world.stock()
    assert stock.review_level is not None
    await review(world, stock.review_level - stock.spares - 1)
    await world.work()
    order = await world.live()
    assert order is not None
    return order


async def delivered(world: World, order: OrderRow, *levels: float) -> OrderCycleRow:
    """One level a day from the next day on."""
    await world.approve(order)
    for n, level in enumerate(levels, start=1):
        async with world.transaction(ALL_OWNERS) as session:
            at = world.clock.now() + n * DAY
            session.add(a_reading(at, level))
    await world.wait(9 * DAY)
    assert await world.state(order) is OrderState.DELIVERED
    [cycle] = await cycles(world)
    return cycle


def a_reading(at, amount: float) -> ReadingRow:
    return ReadingRow(
        device_id=WASHER,
        slot=DETERGENT.slot,
        boot_id=1,
        seq=int(at.timestamp()),
        measured_at=at,
        received_at=at,
        has_clock=True,
        level=amount / DETERGENT.capacity,
        verdict="applied",
    )


async def test_an_order_that_came_in_time_ends_its_cycle_well(world: World) -> None:
    await agree(world)
    cycle = await delivered(world, await ordered(world), 200, 150)
    assert cycle.ended_at is not None
    assert (cycle.is_stock_out, cycle.service_level_ppm) == (False, 950_000)


async def test_a_slot_that_was_empty_before_the_parcel_came_is_a_stock_out(
    world: World,
) -> None:
    await agree(world)
    cycle = await delivered(world, await ordered(world), 200, 0)
    assert cycle.is_stock_out


async def test_a_spare_on_the_shelf_is_no_stock_out(world: World) -> None:
    await agree(world)
    await world.set(spares=40)
    cycle = await delivered(world, await ordered(world), 200, 0)
    assert (cycle.spares, cycle.is_stock_out) == (40, False)


async def test_an_order_that_was_kept_waiting_is_not_the_reorder_points_doing(
    world: World,
) -> None:
    await agree(world)
    await world.ask()  # at 200 ml, far below the point
    assert await cycles(world) == []


async def test_an_order_that_was_turned_down_leaves_no_cycle(world: World) -> None:
    await agree(world)
    order = await ordered(world)
    await world.reject(order)
    await world.review()
    assert await cycles(world) == []


async def crowd(world: World, owners: int) -> list[UUID]:
    """Owners whose forecasts came late and whose stock ran out in every fifth cycle."""
    await agree(world)
    order = await ordered(world)
    found = []
    async with world.transaction(ALL_OWNERS) as session:
        for number in range(owners):
            owner = an_owner(world.ids.uuid(), world.clock.now())
            owner.shares_outcomes = True
            session.add(owner)
            await session.flush()
            found.append(owner.owner_id)
            stock = StockRow(
                stock_id=world.ids.uuid(),
                owner_id=owner.owner_id,
                name="Detergent",
                category=CATEGORY,
                unit="ml",
                fits=[],
                next_review_at=world.clock.now() + 999 * DAY,
            )
            session.add(stock)
            await session.flush()
            session.add_all(a_trial(world, stock, n) for n in range(20))
            for n in range(10):
                attempt = 1000 + 10 * number + n
                copy = order.model_dump() | {
                    "order_id": world.ids.uuid(),
                    "owner_id": owner.owner_id,
                    "attempt": attempt,
                    "state": OrderState.DELIVERED,
                }
                session.add(OrderRow(**copy))
                await session.flush()
                session.add(a_cycle(world, stock, copy["order_id"], is_stock_out=n % 5 == 0))
    return found


def a_trial(world: World, stock: StockRow, number: int) -> TrialRow:
    return TrialRow(
        stock_id=stock.stock_id,
        owner_id=stock.owner_id,
        made_on=world.clock.now().date() - timedelta(days=100 + number),
        formulas=FORMULAS,
        family="washer",
        family_group="appliances",
        bucket=0,
        places=[],
        left=300,
        watched_days=20,
        chances_ppm=[],
        resolved_on=world.clock.now().date() - timedelta(days=90 + number),
        before_ppm=780_000,
        after_ppm=820_000,
    )


def a_cycle(
    world: World, stock: StockRow, order_id: UUID, *, is_stock_out: bool
) -> OrderCycleRow:
    return OrderCycleRow(
        order_id=order_id,
        owner_id=stock.owner_id,
        stock_id=stock.stock_id,
        family="washer",
        family_group="appliances",
        service_level_ppm=950_000,
        spares=0,
        empty_below=40,
        ended_at=world.clock.now() - DAY,
        is_stock_out=is_stock_out,
    )


async def count(world: World) -> Calibration | None:
    await calibrating.count(
        transaction=world.transaction, clock=world.clock, offload=here, families=FAMILIES
    )
    async with world.database.snapshot(world.owner_id) as session:
        return await calibrating.newest(session)


async def test_twenty_owners_correct_what_is_shipped_and_nineteen_do_not(world: World) -> None:
    others = await crowd(world, FEWEST_OWNERS)
    found = await count(world)
    assert found is not None
    assert found.number == 1
    was, now = as_shipped(FAMILIES), found.applied("appliances", "washer")
    assert now.stated_ppm[0][1] > was.stated_ppm["appliances"][0][1]
    assert now.margin_micro > was.applied("appliances", "washer").margin_micro
    assert await count(world) == found  # and says nothing new tomorrow
    await consent.share_outcomes(others[0], is_shared=False, transaction=world.transaction)
    again = await count(world)
    assert again is not None
    assert again.number == 2
    assert again.applied("appliances", "washer").stated_ppm == was.stated_ppm["appliances"]


async def test_outcomes_of_owners_who_no_longer_agree_are_not_counted(world: World) -> None:
    others = await crowd(world, FEWEST_OWNERS)
    async with world.transaction(ALL_OWNERS) as session:
        (await session.get_one(OwnerRow, others[0])).shares_outcomes = False
    assert await count(world) is None


async def test_a_record_holds_the_numbers_that_corrected_it(world: World) -> None:
    """From the record alone the reorder point can be computed again, and the decision."""
    await crowd(world, FEWEST_OWNERS)
    order = await world.live()
    assert order is not None
    await world.reject(order)
    found = await count(world)
    assert found is not None
    await world.measure(0)
    await world.review()
    await world.work()
    again = await world.live()
    assert again is not None
    async with world.database.snapshot(world.owner_id) as session:
        row = await store.decision(session, again.record_id)
    assert row is not None
    assert record.replay(row.record) == Agrees()
    told = record.parsed(row.record).forecast
    assert told is not None
    applied = found.applied("appliances", "washer")
    assert told["applied"]["calibration"] == 1
    assert told["applied"]["margin_micro"] == applied.margin_micro
    assert told["applied"]["stated_ppm"] == [list(each) for each in applied.stated_ppm]
    mean, sd = (told["lead_time_demand"][f"{name}_micro"] / PPM for name in ("mean", "sd"))
    score = NormalDist().inv_cdf(told["service_level_ppm"] / PPM)
    score += told["applied"]["margin_micro"] / PPM
    assert told["reorder_at_micro"] / PPM == pytest.approx(
        not_exceeded(mean, sd**2, score, 0.0, ONE), rel=1e-4
    )


async def test_the_daily_count_is_a_timer(world: World) -> None:
    async with world.transaction(ALL_OWNERS) as session:
        await calibrating.start_timers(session, at=world.clock.now())
    await crowd(world, FEWEST_OWNERS)
    await world.wait(2 * DAY)
    async with world.database.snapshot(ALL_OWNERS) as session:
        numbers = [each.number for each in await session.exec(select(CalibrationRow))]
    assert numbers == [1]
