"""Reviews: when a stock is asked about, ordered for, or left alone."""

import asyncio
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.outbox import OutboxRow
from devices.tables import SlotRow, StockRow
from replenishment import replenish, work
from replenishment.case import Occasion
from replenishment.forecast import ExponentialForecaster
from replenishment.order_states import OrderState
from replenishment.proposals import Result
from replenishment.replenish import Stop, start_timers
from tests.household import DAY, DETERGENT, HOUR, WASHER
from tests.world import World
from vendor_policy import record, store
from vendor_policy.policy import preset
from vendor_policy.record import Agrees


async def test_a_full_slot_orders_nothing(world: World) -> None:
    await world.measure(1100)
    assert await world.review() is Stop.ENOUGH
    assert await world.orders() == []


async def test_a_low_slot_asks_after_every_shop_was_looked_at(world: World) -> None:
    await world.measure(200)
    assert await world.review() is Stop.LOOKING
    await world.work()
    [order] = await world.orders()
    assert order.state == OrderState.AWAITING_APPROVAL
    assert order.expires_at == world.clock.now() + timedelta(hours=72)
    assert await world.notices() == ["notice.ask"]


async def test_the_record_of_an_order_agrees_when_decided_again(world: World) -> None:
    order = await world.ask()
    async with world.database.snapshot(world.owner_id) as session:
        row = await store.decision(session, order.record_id)
    assert row is not None
    assert record.verify_hash(row.record, row.record_hash)
    assert record.replay(row.record) == Agrees()
    made = record.parsed(row.record)
    assert made.forecast is not None
    assert made.forecast["position"]["in_slot_micro"] == 200_000_000
    assert made.forecast["service_level_ppm"] == 950_000
    assert {offer.vendor for offer in made.offers.values()} == {"haushaltshof", "billigblitz"}
    assert order.total_minor == made.ranked[0].total.minor


async def test_the_message_that_led_to_an_order_stands_in_its_record(world: World) -> None:
    await world.measure(200)
    assert await world.review(Occasion(correlation="washer-0001/3/4211")) is Stop.LOOKING
    await world.work()
    order = await world.live()
    assert order is not None
    async with world.database.snapshot(world.owner_id) as session:
        row = await store.decision(session, order.record_id)
    assert row is not None
    cause = record.parsed(row.record).cause
    assert cause is not None
    assert (cause.device_id, cause.boot_id, cause.seq) == ("washer-0001", 3, 4211)


async def test_ten_concurrent_reviews_make_one_order(world: World) -> None:
    order = await world.ask()
    await world.reject(order)
    await world.measure(0)
    await asyncio.gather(*(world.review() for _ in range(10)))
    assert [each.state for each in await world.orders()] == [
        OrderState.REJECTED,
        OrderState.AWAITING_APPROVAL,
    ]


async def test_a_second_review_changes_nothing(world: World) -> None:
    order = await world.ask()
    assert await world.review() is Stop.UNDERWAY
    assert [each.order_id for each in await world.orders()] == [order.order_id]


async def test_a_waiting_ask_counts_as_stock(world: World) -> None:
    order = await world.ask()
    stock = await world.stock()
    assert stock.forecast is not None
    position = stock.forecast["position"]
    assert position["waiting"] > 0
    assert position["total"] == 200 + position["waiting"]
    assert stock.review_level == stock.forecast["reorder_at"] - position["waiting"]
    await world.approve(order)
    await world.review()
    stock = await world.stock()
    assert stock.forecast is not None
    assert stock.forecast["position"]["on_order"] == position["waiting"]


async def test_an_unknown_level_never_orders(world: World) -> None:
    await world.measure(None)
    assert await world.review(Occasion(is_requested=True)) is Stop.UNKNOWN
    await world.work()
    assert await world.orders() == []


async def test_a_silent_device_is_asked_about_once_and_orders_nothing(world: World) -> None:
    await world.measure(50)
    world.step_to_at(world.clock.now() + 3 * DAY)
    assert await world.review() is Stop.SILENT
    assert await world.review() is Stop.SILENT
    assert await world.notices() == ["notice.silent"]
    await world.measure(1100)
    assert await world.review() is Stop.ENOUGH
    world.step_to_at(world.clock.now() + 3 * DAY)
    await world.review()
    assert await world.notices() == ["notice.silent", "notice.silent"]


async def test_a_full_container_is_told_once_and_never_ordered(world: World) -> None:
    async def says(condition: str) -> Stop | Result:
        async with world.transaction(ALL_OWNERS) as session:
            slot = await session.get_one(SlotRow, (WASHER, DETERGENT.slot))
            slot.spec = {**slot.spec, "direction": "filled", "measure": "state"}
            slot.condition, slot.measured_at = condition, world.clock.now()
            slot.in_slot = 0 if condition == "empty" else None
        return await world.review(Occasion(is_requested=True))

    said = ["ok", "low", "full", "full", "unknown", "full", "ok", "full", "empty"]
    assert {await says(each) for each in said} == {Stop.CONTAINER}
    assert await world.notices() == ["container.empty", "container.empty"]
    assert await world.orders() == []


async def test_a_stock_switched_off_is_left_alone(world: World) -> None:
    await world.set(mode="off")
    await world.measure(0)
    assert await world.review() is Stop.OFF


async def test_mode_notify_tells_once_and_orders_nothing(world: World) -> None:
    await world.set(mode="notify")
    await world.measure(200)
    await world.review()
    await world.work()
    assert await world.review() is Stop.QUIET
    assert await world.notices() == ["notice.due"]
    assert await world.orders() == []
    await world.set(mode="ask")
    assert await world.review() is Result.ASKED


async def test_a_full_home_has_no_room(world: World) -> None:
    await world.set(most=200)
    await world.measure(200)
    assert await world.review() is Stop.NO_ROOM


async def test_spares_at_home_count(world: World) -> None:
    await world.set(spares=1500)
    await world.measure(200)
    assert await world.review() is Stop.ENOUGH


async def test_the_owners_margin_asks_earlier(world: World) -> None:
    await world.measure(700)
    assert await world.review() is Stop.ENOUGH
    await world.set(least=600)
    assert await world.review() is Stop.LOOKING


async def test_the_device_may_ask_before_the_reorder_point(world: World) -> None:
    await world.measure(1000)
    assert await world.review(Occasion(is_requested=True)) is Stop.LOOKING
    await world.work()
    assert await world.notices() == ["notice.ask"]


async def test_nothing_acceptable_is_told_once_with_the_rule(world: World) -> None:
    await world.want(preset().model_copy(update={"brands_blocked": ("Klarbach", "Reinwerk")}))
    await world.measure(200)
    await world.review()
    await world.work()
    assert await world.review() is Stop.QUIET
    assert await world.notices() == ["notice.blocked"]
    assert await world.orders() == []
    await world.want(preset())
    assert await world.review() is Result.ASKED


async def test_a_need_is_closed_when_the_stock_is_filled_from_elsewhere(world: World) -> None:
    order = await world.ask()
    await world.reject(order)
    await world.measure(1100)
    await world.review()
    [need] = await world.needs()
    assert need.closed_at == world.clock.now()


async def test_the_next_review_is_at_the_owners_midnight(world: World) -> None:
    await world.measure(1100)
    await world.review()
    stock = await world.stock()
    assert stock.next_review_at.isoformat() == "2026-11-20T23:00:00+00:00"


async def test_the_daily_review_finds_what_ran_low(world: World) -> None:
    async with world.transaction(ALL_OWNERS) as session:
        await start_timers(session, at=world.clock.now())
    await world.measure(1100)
    await world.work()
    await world.measure(200)
    await world.wait(DAY)
    order = await world.live()
    assert order is not None
    assert order.created_at.isoformat() == "2026-11-20T23:00:00+00:00"


async def test_a_review_that_fails_holds_up_no_other_stock(world: World) -> None:
    other_id = world.ids.uuid()
    now = world.clock.now()
    async with world.transaction(ALL_OWNERS) as session:
        (await session.get_one(SlotRow, (WASHER, DETERGENT.slot))).spec = {"slot": "broken"}
        (await session.get_one(StockRow, world.stock_id)).next_review_at = now - HOUR
        session.add(
            StockRow(
                stock_id=other_id,
                owner_id=world.owner_id,
                name="Softener",
                category="softener",
                unit="ml",
                fits=[],
                next_review_at=now,
            )
        )
    with pytest.raises(ValidationError):
        await review_due(world)
    assert await review_due(world) == 1
    async with world.database.snapshot(world.owner_id) as session:
        other = await session.get_one(StockRow, other_id)
    assert other.forecast is not None


async def test_the_daily_review_leaves_its_successor_for_the_next_stock(world: World) -> None:
    await world.measure(1100)
    assert await review_due(world) == 1
    async with world.database.snapshot(ALL_OWNERS) as session:
        rows = await session.exec(select(OutboxRow).where(OutboxRow.kind == work.REVIEW_DUE))
        [successor] = rows.all()
    next_review_at = (await world.stock()).next_review_at
    assert successor.due_at == min(next_review_at, world.clock.now() + replenish.LONGEST_PAUSE)
    assert next_review_at > world.clock.now()


async def test_blocks_are_taken_by_whoever_works_and_each_stock_once(world: World) -> None:
    now = world.clock.now()
    async with world.transaction(ALL_OWNERS) as session:
        session.add_all(
            StockRow(
                stock_id=world.ids.uuid(),
                owner_id=world.owner_id,
                name=f"Softener {number}",
                category="softener",
                unit="ml",
                fits=[],
                next_review_at=now,
            )
            for number in range(7)
        )
    assert await review_due(world, most=3) == 3
    assert await waiting_rows(world) == [now]  # for another worker
    counts = await asyncio.gather(*(review_due(world, most=3) for _ in range(3)))
    assert sorted(counts) == [0, 2, 3]
    async with world.database.snapshot(ALL_OWNERS) as session:
        stocks = (await session.exec(select(StockRow))).all()
    assert {each.forecast["at"] for each in stocks if each.forecast} == {now.isoformat()}
    assert all(each.forecast and each.next_review_at > now for each in stocks)


async def waiting_rows(world: World) -> list[datetime]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        rows = await session.exec(select(OutboxRow).where(OutboxRow.kind == work.REVIEW_DUE))
        return [each.due_at for each in rows]


async def review_due(world: World, most: int = replenish.BLOCK) -> int:
    return await replenish.review_due(
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
        forecaster=ExponentialForecaster(),
        most=most,
    )
