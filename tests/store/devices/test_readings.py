"""Recording batches: what is stored, what a slot becomes, and when a review is asked for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from accounts.tables import OwnerRow
from core.outbox import OutboxRow
from core.store import MOST_AS_JSON, MOST_AT_ONCE
from devices.batch import Outcome
from devices.intake import Arrival
from devices.tables import (
    DayUseRow,
    DeviceEventRow,
    QuarantineCountRow,
    QuarantineRow,
    ReadingRow,
    RefillRow,
)
from tests.conftest import NOON
from tests.devices_world import World, a_spec, received

WASHER = "washer-0001"


def reading(
    seq: int,
    level: float | None = None,
    *,
    hours: float | None = None,
    boot_id: int = 1,
    **slots: Any,
) -> Arrival:
    """One of the detergent's levels, or any slots; measured and received `hours` after noon."""
    at = NOON + timedelta(hours=seq if hours is None else hours)
    said = slots or {
        "detergent": {"level": level} if level is not None else {"state": "unknown"}
    }
    body = {"boot_id": boot_id, "seq": seq, "measured_at": at.isoformat(), "slots": said}
    return received(WASHER, "telemetry", body, at)


def an_event(seq: int, name: str = "refilled", slot: str | None = "detergent") -> Arrival:
    at = NOON + timedelta(hours=seq)
    body = {"boot_id": 1, "seq": seq, "measured_at": at.isoformat(), "event": name}
    return received(WASHER, "event", {**body, "slot": slot} if slot else body, at)


async def quiet(world: World) -> None:
    """Forgets the reviews asked for so far."""
    async with world.database.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM outbox")


async def reviews(world: World) -> list[tuple[dict[str, Any], str]]:
    rows = await world.rows(OutboxRow)
    return [(row.payload, row.correlation) for row in rows if row.kind == "review"]


async def test_a_reading_is_stored_and_makes_the_slot_known(world):
    await world.claimed()
    assert await world.send(reading(1, 0.8)) == [Outcome.RECORDED]
    slot = await world.slot()
    assert (slot.in_slot, slot.condition) == (800, "ok")
    assert slot.measured_at == slot.heard_at == NOON + timedelta(hours=1)
    (row,) = await world.rows(ReadingRow)
    assert (row.boot_id, row.seq, row.level, row.verdict) == (1, 1, 0.8, "applied")


async def test_the_same_message_again_is_a_duplicate_in_the_same_batch_and_in_a_later_one(
    world,
):
    await world.claimed()
    assert await world.send(reading(1, 0.8), reading(1, 0.8)) == ["recorded", "duplicate"]
    assert await world.send(reading(1, 0.8), reading(2, 0.7)) == ["duplicate", "recorded"]
    assert len(await world.rows(ReadingRow)) == 2


async def test_a_late_reading_is_folded_where_it_belongs(world):
    await world.claimed()
    await world.send(reading(1, 0.9), reading(3, 0.65, hours=30), reading(4, 0.95, hours=31))
    await world.send(reading(5, 0.94, hours=32))
    assert (await world.slot()).in_slot == 940
    assert await world.send(reading(2, 0.85)) == [Outcome.LATE]
    assert (await world.slot()).in_slot == 940
    assert [each.filled for each in await world.rows(RefillRow)] == [300]


async def test_a_reading_older_than_the_saved_state_is_history_only(world):
    await world.claimed()
    for seq in (2, 60, 120, 180):
        await world.send(reading(seq, 1 - seq / 1000))
    assert await world.send(reading(1, 0.01)) == [Outcome.LATE]
    assert (await world.slot()).in_slot == pytest.approx(820)
    verdicts = {each.seq: each.verdict for each in await world.rows(ReadingRow)}
    assert verdicts[1] == "history"


async def test_a_held_reading_is_judged_by_the_next_one_even_in_another_batch(world):
    await world.claimed()
    assert await world.send(reading(1, 0.3)) == ["recorded"]
    assert await world.send(reading(2, 0.9)) == ["held"]
    assert (await world.slot()).in_slot == 300
    await world.send(reading(3, 0.3))
    verdicts = {each.seq: each.verdict for each in await world.rows(ReadingRow)}
    assert verdicts == {1: "applied", 2: "glitch", 3: "applied"}
    (kept,) = await world.rows(QuarantineRow)
    assert (kept.code, kept.field, kept.value) == ("glitch", "slots.detergent", "900 ml")


async def test_a_late_reading_can_clear_what_was_held_as_a_glitch(world):
    await world.claimed()
    await world.send(reading(1, 0.3), reading(3, 0.9), reading(5, 0.25))
    assert (await world.slot()).in_slot == 250
    await world.send(reading(4, 0.9))
    verdicts = {each.seq: each.verdict for each in await world.rows(ReadingRow)}
    assert verdicts == {1: "applied", 3: "applied", 4: "applied", 5: "held"}
    assert (await world.slot()).in_slot == 900


async def test_unknown_updates_when_the_slot_was_heard_and_nothing_else(world):
    await world.claimed()
    await world.send(reading(1, 0.8), reading(2))
    slot = await world.slot()
    assert (slot.in_slot, slot.condition) == (800, "unknown")
    assert slot.heard_at == NOON + timedelta(hours=2)
    assert slot.measured_at == NOON + timedelta(hours=1)


async def test_day_use_is_stored_for_whole_local_days(world):
    await world.claimed()
    await world.send(*(reading(n, 1 - n / 1000) for n in range(0, 72, 6)))
    days = [
        (each.day_on.day, each.used, each.exposure_days) for each in await world.rows(DayUseRow)
    ]
    assert [(day, round(used), n) for day, used, n in days] == [
        (21, 24, 1),
        (22, 24, 1),
        (23, 12, 1),
    ]


async def test_a_device_without_a_clock_is_taken_at_the_time_of_receipt(world):
    await world.claimed()
    body = {"boot_id": 1, "seq": 1, "measured_at": None, "slots": {"detergent": {"level": 0.5}}}
    await world.send(received(WASHER, "telemetry", body, NOON))
    (row,) = await world.rows(ReadingRow)
    assert (row.measured_at, row.has_clock) == (NOON, False)


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        (received("nobody", "telemetry", {"boot_id": 1}, NOON), "unknown_device", "topic"),
        (received(WASHER, "telemetry", {"boot_id": "x"}, NOON), "bad_payload", "boot_id"),
        (reading(1, drum={"level": 0.5}), "unknown_slot", "slots.drum"),
        (reading(1, detergent={"level": 1.7}), "bad_payload", "slots.detergent.level"),
        (
            reading(1, detergent={"quantity_ml": 5000}),
            "bad_payload",
            "slots.detergent.quantity_ml",
        ),
        (reading(1, detergent={"quantity_g": 50}), "bad_payload", "slots.detergent.level"),
        (an_event(1, slot="drum"), "unknown_slot", "slot"),
    ],
)
async def test_what_cannot_be_used_is_quarantined_with_code_field_and_fix(
    world, message, code, field
):
    await world.claimed()
    good = reading(9, 0.5)
    assert await world.send(message, good) == [Outcome.QUARANTINED, Outcome.RECORDED]
    (kept,) = await world.rows(QuarantineRow)
    assert (kept.code, kept.field, kept.payload) == (code, field, message.payload)
    assert kept.fix
    assert (await world.slot()).in_slot == 500


async def test_a_clock_more_than_a_day_ahead_is_quarantined(world):
    await world.claimed()
    ahead = (NOON + timedelta(days=2)).isoformat()
    body = {
        "boot_id": 1,
        "seq": 1,
        "measured_at": ahead,
        "slots": {"detergent": {"level": 0.5}},
    }
    assert await world.send(received(WASHER, "telemetry", body, NOON)) == ["quarantined"]
    assert [each.code for each in await world.rows(QuarantineRow)] == ["clock_ahead"]
    assert (await world.slot()).in_slot is None


async def test_one_bad_slot_does_not_cost_the_reading_of_its_neighbour(world):
    await world.claimed(a_spec("detergent"), a_spec("softener"))
    both = reading(1, detergent={"level": 1.7}, softener={"level": 0.4})
    assert await world.send(both) == [Outcome.RECORDED]
    assert (await world.slot(slot="softener")).in_slot == 400
    assert len(await world.rows(QuarantineRow)) == 1


async def test_a_late_message_of_an_earlier_boot_is_folded(world):
    await world.claimed()
    await world.send(reading(1, 0.9), reading(1, 0.6, boot_id=3, hours=20))
    assert await world.send(reading(4, 0.8, boot_id=2, hours=10)) == [Outcome.LATE]
    assert (await world.slot()).in_slot == 600
    assert [each.verdict for each in await world.rows(ReadingRow)] == ["applied"] * 3


async def test_a_boot_counter_that_fell_back_is_quarantined(world):
    await world.claimed()
    for day in range(6):
        await world.send(reading(day, 0.9 - day / 50, boot_id=7, hours=24 * day))
    assert await world.send(reading(1, 0.5, boot_id=0, hours=24 * 6)) == ["quarantined"]
    assert [each.code for each in await world.rows(QuarantineRow)] == ["old_boot"]
    assert (await world.slot()).in_slot == pytest.approx(800)


async def test_a_revoked_device_is_quarantined(world):
    await world.claimed()
    async with world.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE device SET revoked_at = '2026-11-01 00:00:00'")
    assert await world.send(reading(1, 0.5)) == [Outcome.QUARANTINED]
    assert [each.code for each in await world.rows(QuarantineRow)] == ["revoked_device"]


async def test_of_a_flood_a_hundred_payloads_are_kept_and_the_rest_is_counted(world):
    await world.claimed()
    bad = [received(WASHER, "telemetry", {"seq": n}, NOON) for n in range(130)]
    await world.send(*bad[:90])
    await world.send(*bad[90:])
    assert len(await world.rows(QuarantineRow)) == 100
    assert [each.messages for each in await world.rows(QuarantineCountRow)] == [130]


async def test_an_event_is_stored_once_and_a_resent_one_is_a_duplicate(world):
    await world.claimed()
    assert await world.send(an_event(1, "cycle_finished", None)) == [Outcome.RECORDED]
    assert await world.send(an_event(1, "cycle_finished", None)) == [Outcome.DUPLICATE]
    assert [each.event for each in await world.rows(DeviceEventRow)] == ["cycle_finished"]


async def test_a_refill_without_its_slot_means_the_only_one_or_is_quarantined(world):
    await world.claimed()
    await world.send(an_event(1, slot=None))
    assert [each.slot for each in await world.rows(DeviceEventRow)] == ["detergent"]


async def test_a_slot_that_just_became_known_asks_for_its_first_review(world):
    await world.claimed()
    await quiet(world)
    stock_id = (await world.stock()).stock_id
    await world.send(reading(1, 0.8))
    assert await reviews(world) == [({"stock_id": str(stock_id)}, "washer-0001/1/1")]
    await quiet(world)
    await world.send(reading(2, 0.75))
    assert await reviews(world) == []


async def test_crossing_the_review_level_downward_asks_once(world):
    await world.claimed()
    await world.send(reading(1, 0.8))
    await world.set_stock((await world.stock()).stock_id, review_level=600.0, spares=100)
    await quiet(world)
    await world.send(reading(2, 0.6))
    assert await reviews(world) == []
    await world.send(reading(3, 0.5))
    assert [correlation for _, correlation in await reviews(world)] == ["washer-0001/1/3"]
    await quiet(world)
    await world.send(reading(4, 0.4))
    assert await reviews(world) == []


async def test_unknown_levels_never_ask_for_a_review(world):
    await world.claimed()
    await quiet(world)
    await world.send(reading(1), reading(2))
    assert await reviews(world) == []


async def test_a_confirmed_refill_asks_and_takes_what_went_in_from_the_spares(world):
    await world.claimed()
    await world.send(reading(1, 0.3))
    await world.set_stock((await world.stock()).stock_id, spares=1500, review_level=100.0)
    await quiet(world)
    await world.send(reading(2, 0.9))
    assert await reviews(world) == []
    await world.send(reading(3, 0.9))
    assert len(await reviews(world)) == 1
    assert (await world.stock()).spares == 900
    (refill,) = await world.rows(RefillRow)
    assert (refill.filled, refill.from_spares) == (600, 600)


async def test_a_refill_bought_elsewhere_leaves_no_debt(world):
    await world.claimed()
    await world.send(reading(1, 0.3))
    await world.set_stock((await world.stock()).stock_id, spares=200)
    await world.send(reading(2, 0.9), reading(3, 0.9))
    assert (await world.stock()).spares == 0


async def test_a_late_reading_does_not_take_the_same_refill_twice(world):
    await world.claimed()
    await world.send(reading(1, 0.3))
    await world.set_stock((await world.stock()).stock_id, spares=1500)
    await world.send(reading(3, 0.9), reading(4, 0.9))
    assert (await world.stock()).spares == 900
    await world.send(reading(2, 0.2))
    assert (await world.stock()).spares == 800


async def test_a_new_cartridge_takes_one_spare_whatever_the_old_one_held(world):
    await world.claimed(
        a_spec(unit="fill", capacity=1, typical_use_per_day=0.02, most_per_day=0.5)
    )
    await world.send(reading(1, 0.07))
    await world.set_stock((await world.stock()).stock_id, spares=2)
    await world.send(reading(2, 1.0), reading(3, 1.0))
    assert (await world.stock()).spares == 1


async def test_a_devices_own_request_is_not_swallowed_by_a_waiting_review(world):
    await world.claimed()
    await world.send(reading(1, 0.8))
    await world.send(an_event(2, "replenish_requested"))
    stock_id = str((await world.stock()).stock_id)
    asked = [payload for payload, _ in await reviews(world)]
    assert asked == [{"stock_id": stock_id}, {"stock_id": stock_id, "requested": True}]


async def test_between_refill_event_and_next_reading_the_stock_is_unknown(world):
    await world.claimed()
    await world.send(reading(1, 0.1))
    await world.set_stock((await world.stock()).stock_id, review_level=500.0)
    await world.send(an_event(2))
    assert (await world.slot()).in_slot is None
    await world.send(reading(3, 0.95))
    assert (await world.slot()).in_slot == 950


async def test_a_changed_slot_lets_the_owners_pages_reload(world):
    owner_id = await world.claimed()
    await world.send(reading(1, 0.8))
    [owner] = await world.rows(OwnerRow)
    assert (owner.owner_id, owner.changed_at) == (owner_id, NOON + timedelta(hours=1))


async def test_the_number_of_statements_does_not_grow_with_the_batch(world):
    slots = [a_spec(f"slot{n}") for n in range(20)]
    await world.claimed(*slots)

    async def statements(*batch: Arrival) -> int:
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        engine = world.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        await world.send(*batch)
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    def busy(first: int, messages: int) -> list[Arrival]:
        """Readings of all slots with refills, late ones, duplicates and garbage."""
        sent = [
            reading(n, **{each.slot: {"level": 0.3 + 0.6 * (n % 4 > 1)} for each in slots})
            for n in range(first, first + messages)
        ]
        garbage = [received(WASHER, "telemetry", {"seq": n}, NOON) for n in range(messages)]
        return [*reversed(sent), *sent, *garbage]

    few, many = await statements(*busy(10, 8)), await statements(*busy(1, 200))
    is_sqlite = world.database.engine.dialect.name == "sqlite"
    parts = 200 * len(slots) // (MOST_AT_ONCE if is_sqlite else MOST_AS_JSON)
    assert many <= few + parts + 6  # the second batch also folds again
