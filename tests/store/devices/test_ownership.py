"""Claiming a device by its code, counting slots together, giving a device away."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.outbox import OutboxRow
from devices import by_hand, ownership
from devices.by_hand import ManualDevice
from devices.ownership import (
    FREE_TRIES,
    Claim,
    ClaimCodeUnknown,
    NotYourDevice,
    SlotIsAlone,
    StocksDiffer,
    TooManyTries,
)
from devices.stock import StockUnknown
from devices.tables import (
    DayUseRow,
    DeviceEventRow,
    DeviceRow,
    OwnershipRow,
    QuarantineRow,
    ReadingRow,
    RefillRow,
    SlotRow,
    StockRow,
)
from tests.conftest import NOON
from tests.devices_world import KEY, World, a_model, a_spec, received


def means(world, *, key=True, ids=True):
    given = {"transaction": world.database.transaction, "clock": world.clock}
    return given | ({"key": KEY} if key else {}) | ({"ids": world.ids} if ids else {})


async def a_household_and_a_device(world, *slots):
    owner_id = await world.owner()
    made = await world.provisioned(await world.maker(a_model(*slots)))
    return owner_id, made


async def test_the_data_sheet_is_shown_before_the_claim_and_binds_nothing(world):
    owner_id, made = await a_household_and_a_device(world)
    seen = await ownership.look_up(owner_id, made.claim_code, **means(world, ids=False))
    assert (seen.device_id, seen.manufacturer) == ("washer-0001", "Hausgeraete Nord")
    assert seen.model.data_sheet.every_hours == 6
    assert await world.rows(OwnershipRow) == []


async def test_a_claim_binds_the_device_and_makes_one_stock_a_slot(world):
    owner_id, made = await a_household_and_a_device(
        world, a_spec("detergent"), a_spec("softener", fits=("softener-liquid",))
    )
    await world.claim(owner_id, made)
    (device,) = await world.rows(DeviceRow)
    assert (device.timezone, device.claim_hash) == ("Europe/Berlin", None)
    stocks = {each.name: each for each in await world.rows(StockRow)}
    assert set(stocks) == {"Detergent", "Softener"}
    assert stocks["Softener"].fits == ["softener-liquid"]
    assert stocks["Softener"].mode == "ask"
    berlin_midnight = datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert {each.next_review_at for each in stocks.values()} == {berlin_midnight}
    rows = await world.rows(OutboxRow)
    asked = {row.payload["stock_id"] for row in rows if row.kind == "review"}
    assert asked == {str(each.stock_id) for each in stocks.values()}


async def test_a_code_may_be_typed_in_any_case_with_spaces_and_hyphens(world):
    owner_id, made = await a_household_and_a_device(world)
    code = made.claim_code.lower()
    typed = Claim(owner_id=owner_id, code=f" {code[:4]}-{code[4:8]} {code[8:]}")
    assert (await ownership.claim(typed, **means(world))).name == "washer"


async def test_a_code_opens_once(world):
    owner_id, made = await a_household_and_a_device(world)
    await world.claim(owner_id, made)
    with pytest.raises(ClaimCodeUnknown):
        await world.claim(await world.owner(), made)


async def test_an_expired_code_opens_nothing(world):
    owner_id, made = await a_household_and_a_device(world)
    world.clock.step_to(NOON + timedelta(days=731))
    with pytest.raises(ClaimCodeUnknown):
        await world.claim(owner_id, made)


async def test_wrong_codes_are_counted_and_then_even_the_right_one_waits(world):
    owner_id, made = await a_household_and_a_device(world)
    for _ in range(FREE_TRIES):
        with pytest.raises(ClaimCodeUnknown):
            await ownership.look_up(owner_id, "WRONG", **means(world, ids=False))
    with pytest.raises(TooManyTries) as refusal:
        await world.claim(owner_id, made)
    assert refusal.value.retry_at == NOON + timedelta(hours=1)
    world.clock.step_to(refusal.value.retry_at)
    await world.claim(owner_id, made)


async def test_one_owners_wrong_codes_do_not_lock_out_another(world):
    owner_id, made = await a_household_and_a_device(world)
    stranger_id = await world.owner()
    for _ in range(FREE_TRIES):
        with pytest.raises(ClaimCodeUnknown):
            await ownership.look_up(stranger_id, "WRONG", **means(world, ids=False))
    await world.claim(owner_id, made)


async def test_two_slots_can_be_counted_and_bought_together(world):
    owner_id = await world.claimed(
        a_spec("left", fits=("a", "b")), a_spec("right", fits=("b",))
    )
    left, right = await world.stock(slot="left"), await world.stock(slot="right")
    await world.set_stock(right.stock_id, spares=70)
    await world.share(owner_id, left.stock_id, right.stock_id)
    together = await world.stock(slot="right")
    assert (together.stock_id, together.spares, together.fits) == (left.stock_id, 70, ["b"])
    modes = {each.name: each.mode for each in await world.rows(StockRow)}
    assert modes == {"Left": "ask", "Right": "off"}


async def test_a_slot_is_counted_by_itself_again(world):
    owner_id = await world.claimed(a_spec("left"), a_spec("right", title="Right tank"))
    left, right = await world.stock(slot="left"), await world.stock(slot="right")
    await world.share(owner_id, left.stock_id, right.stock_id)
    await part(world, owner_id, "right")
    alone = await world.stock(slot="right")
    assert alone.stock_id not in (left.stock_id, right.stock_id)
    assert (alone.name, alone.mode, alone.spares) == ("Right tank", "ask", 0)
    with pytest.raises(SlotIsAlone):
        await part(world, owner_id, "left")


async def test_nobody_parts_another_owners_slots(world):
    owner_id = await world.claimed(a_spec("left"), a_spec("right"))
    left, right = await world.stock(slot="left"), await world.stock(slot="right")
    await world.share(owner_id, left.stock_id, right.stock_id)
    with pytest.raises(NotYourDevice):
        await part(world, await world.owner(), "right")


async def part(world: World, owner_id: UUID, slot: str) -> None:
    async with world.database.transaction(owner_id) as session:
        await ownership.part_stock(
            session, owner_id, "washer-0001", slot, at=world.clock.now(), ids=world.ids
        )


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (a_spec("right", fits=("softener-liquid",)), "fits"),
        (a_spec("right", unit="g"), "unit"),
        (a_spec("right", category="fabric-softener"), "category"),
    ],
)
async def test_different_consumables_cannot_be_counted_together(world, other, field):
    owner_id = await world.claimed(a_spec("left"), other)
    left, right = await world.stock(slot="left"), await world.stock(slot="right")
    with pytest.raises(StocksDiffer) as refusal:
        await world.share(owner_id, left.stock_id, right.stock_id)
    assert refusal.value.field == field


async def test_another_owners_stock_does_not_exist(world):
    await world.claimed(a_spec("left"), a_spec("right"))
    left, right = await world.stock(slot="left"), await world.stock(slot="right")
    stranger_id = await world.owner()
    with pytest.raises(StockUnknown):
        await world.share(stranger_id, left.stock_id, right.stock_id)


async def test_a_device_given_away_forgets_its_owner_and_keeps_its_credentials(world):
    owner_id, made = await a_household_and_a_device(world)
    await world.claim(owner_id, made)
    for n, level in enumerate([0.5, 0.3, 0.9, 0.9, 0.1, 0.9]):
        at = NOON + timedelta(days=n)
        body = {"boot_id": 1, "seq": n, "measured_at": at.isoformat()}
        said = {"detergent": {"level": level}, "drum": {"level": 1}}
        await world.send(received("washer-0001", "telemetry", {**body, "slots": said}, at))
    event = {"boot_id": 1, "seq": 9, "measured_at": None, "event": "cycle_finished"}
    await world.send(received("washer-0001", "event", event, at))

    sent = (ReadingRow, DeviceEventRow, DayUseRow, RefillRow, QuarantineRow)
    assert all([await world.rows(table) for table in sent])
    code = await ownership.release(owner_id, "washer-0001", **means(world))
    assert [await world.rows(table) for table in (*sent, OwnershipRow)] == [[]] * 6
    slot = await world.slot()
    assert (slot.stock_id, slot.fold, slot.in_slot) == (None, None, None)
    assert [each.mode for each in await world.rows(StockRow)] == ["off"]

    next_owner_id = await world.owner()
    claim = Claim(owner_id=next_owner_id, code=code)
    assert (await ownership.claim(claim, **means(world))).owner_id == next_owner_id


async def test_nobody_gives_away_another_owners_device(world):
    await world.claimed()
    with pytest.raises(NotYourDevice):
        await ownership.release(await world.owner(), "washer-0001", **means(world))
    assert len(await world.rows(OwnershipRow)) == 1


async def test_a_dumb_appliance_given_away_is_gone(world):
    owner_id = await world.owner()
    cupboard = ManualDevice(
        name="Cupboard",
        title="Rice",
        category="rice",
        fits=("rice",),
        capacity=2000,
        unit="g",
        typical_use_per_day=60,
    )
    row = await by_hand.add(owner_id, cupboard, **means(world, key=False))
    assert (await world.stock(row.device_id, "rice")).unit == "g"
    await ownership.release(owner_id, row.device_id, **means(world))
    assert await world.rows(DeviceRow) == []
    assert await world.rows(SlotRow) == []
