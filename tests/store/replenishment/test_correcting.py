"""The owner's corrections change the forecast at once, and leave no trace when taken back."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlmodel import select

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from core.outbox import OutboxRow
from devices.stock import StockUnknown
from devices.tables import DayUseRow
from replenishment import correcting
from replenishment.correcting import NewCorrection, UnknownCorrection
from replenishment.corrections import CorrectionKind
from replenishment.replenish import Stop
from replenishment.tables import CorrectionRemovalRow, CorrectionRow
from tests.conftest import NOON
from tests.household import DETERGENT, WASHER
from tests.world import World

TODAY = NOON.date()
STRANGER = Principal(audience=Audience.OWNER, party_id=uuid4(), name="eve@example.org")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


async def used(world: World, *amounts: float) -> None:
    """One row a day, the last one yesterday."""
    async with world.transaction(ALL_OWNERS) as session:
        for n, amount in enumerate(reversed(amounts), start=1):
            session.add(
                DayUseRow(device_id=WASHER, slot=DETERGENT.slot, day_on=ago(n), used=amount)
            )


async def say(world: World, by: Principal | None = None, **said: object) -> CorrectionRow:
    return await correcting.say(
        NewCorrection.model_validate({"stock_id": world.stock_id, **said}),
        by or world.anna,
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )


async def take_back(world: World, row: CorrectionRow, by: Principal | None = None) -> None:
    await correcting.take_back(
        row.correction_id,
        by or world.anna,
        transaction=world.transaction,
        clock=world.clock,
    )


async def forecast(world: World) -> dict[str, object]:
    """After whatever review the last act made due."""
    await world.work()
    told = (await world.stock()).forecast
    assert told is not None
    return told


async def test_a_correction_is_counted_with_at_once(world: World) -> None:
    await used(world, *[45.0] * 20, *[200.0] * 7)
    await world.measure(1100)
    await world.review()
    before = await forecast(world)
    await say(world, kind="ignore", from_on=ago(7), until_on=ago(1))
    after = await forecast(world)
    assert after["use_per_day"]["mean"] == pytest.approx(45)
    assert before["use_per_day"]["mean"] > 60
    assert (after["lesson"]["days"], after["lesson"]["left_out_days"]) == (20, 7)


async def test_taken_back_it_leaves_the_forecast_as_it_was(world: World) -> None:
    await used(world, *[45.0] * 20, *[200.0] * 7)
    await world.measure(1100)
    await world.review()
    before = await forecast(world)
    said = await say(world, kind="change", from_on=ago(7), factor_ppm=500_000)
    changed = await forecast(world)
    assert changed["use_per_day"] != before["use_per_day"]
    await take_back(world, said)
    assert await forecast(world) == before


async def test_away_for_everything_at_home_delays_the_order(world: World) -> None:
    await used(world, *[45.0] * 60)
    await world.measure(300)
    away = {"from_on": TODAY, "until_on": TODAY + timedelta(days=20), "factor_ppm": 0}
    await say(world, stock_id=None, kind="away", **away)
    assert await world.review() is Stop.ENOUGH
    assert (await world.stock()).forecast["days_of_supply"]["p10"] > 20
    (said,) = await in_force(world)
    await take_back(world, said)
    await world.work()
    assert await world.live() is not None


async def in_force(world: World) -> list[CorrectionRow]:
    async with world.database.snapshot(world.owner_id) as session:
        return list(await correcting.in_force(session, world.owner_id, world.stock_id))


async def test_nothing_that_was_said_is_ever_changed_or_removed(world: World) -> None:
    said = await say(world, kind="ignore", from_on=ago(3), until_on=ago(2), remark="guests")
    await take_back(world, said)
    assert await in_force(world) == []
    async with world.database.snapshot(world.owner_id) as session:
        (row,) = (await session.exec(select(CorrectionRow))).all()
        (removal,) = (await session.exec(select(CorrectionRemovalRow))).all()
    assert (row.remark, row.by, row.created_at) == ("guests", world.anna.name, NOON)
    assert (removal.correction_id, removal.by) == (row.correction_id, world.anna.name)
    with pytest.raises(UnknownCorrection):
        await take_back(world, said)


async def test_nobody_corrects_or_takes_back_for_another_household(world: World) -> None:
    with pytest.raises(StockUnknown):
        await say(world, STRANGER, kind="ignore", from_on=ago(3), until_on=ago(2))
    said = await say(world, kind="ignore", from_on=ago(3), until_on=ago(2))
    with pytest.raises(UnknownCorrection):
        await take_back(world, said, STRANGER)


async def test_every_stock_concerned_is_reviewed(world: World) -> None:
    await say(world, stock_id=None, kind="change", from_on=ago(1), factor_ppm=1_500_000)
    async with world.database.snapshot(ALL_OWNERS) as session:
        rows = (await session.exec(select(OutboxRow).where(OutboxRow.kind == "review"))).all()
    assert [each.payload["stock_id"] for each in rows] == [str(world.stock_id)]


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "away", "from_on": TODAY},  # no end
        {"kind": "away", "from_on": TODAY, "until_on": ago(1)},
        {"kind": "away", "from_on": TODAY, "until_on": TODAY, "factor_ppm": 1_000_000},
        {"kind": "event", "from_on": TODAY, "until_on": TODAY, "factor_ppm": 500_000},
        {"kind": "change", "from_on": TODAY, "until_on": TODAY, "factor_ppm": 2_000_000},
        {"kind": "change", "from_on": TODAY, "factor_ppm": 0},
        {"kind": "ignore", "from_on": ago(400), "until_on": TODAY},
        {"kind": "party", "from_on": TODAY, "until_on": TODAY},
    ],
)
def test_what_makes_no_sense_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewCorrection.model_validate(said)


def test_every_kind_has_its_limits() -> None:
    assert set(correcting.FACTORS) == set(CorrectionKind)
