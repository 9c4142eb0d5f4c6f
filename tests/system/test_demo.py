"""The demo as a proof: what devices do to their messages changes nothing that matters."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from accounts.scoping import ALL_OWNERS
from core.settings import Settings
from devices.tables import SlotRow, StockRow
from firmware_sim.faults import NO_FAULTS, USUAL_FAULTS, FaultRates
from replenishment.tables import OrderLineRow, OrderRow
from runtime import demo, reconcile
from runtime.demo import DemoRun

ENDS_AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
DAYS = 12
ON_TIME = FaultRates(duplicate=0.1, reboot=0.03, unknown=0.1, reordered=0.3)
LATEST = timedelta(days=2)

Lines = tuple[tuple[str, str, int], ...]  # vendor, GTIN, packs


@dataclass(frozen=True)
class Bought:
    state: str
    lines: Lines
    created_at: datetime


@dataclass(frozen=True)
class Outcome:
    """`orders`: by stock and attempt, which name an order for good."""

    orders: dict[str, Bought]
    slots: dict[tuple[str, str], float | None]
    spares: dict[str, int]
    faults: int
    is_as_in_truth: bool
    told: list[dict[str, object]]  # to devices, of their orders


async def outcome(folder: Path, faults: FaultRates) -> Outcome:
    run = DemoRun(days=DAYS, ends=True, faults=faults, ends_at=ENDS_AT)
    settings = Settings(home=folder, http_port=0)
    async with demo.staged(run, settings) as stage:
        async for _ in stage.conductor.play(stage.ends_at):
            pass
        await stage.conductor.end()
        transaction = stage.platform.database.transaction
        told = stage.conductor.publisher.told()
        findings = await reconcile.compare(stage.folder / demo.TRUTH, transaction=transaction)
        async with transaction(ALL_OWNERS) as session:
            orders = (await session.exec(select(OrderRow))).all()
            lines = (await session.exec(select(OrderLineRow))).all()
            slots = (await session.exec(select(SlotRow))).all()
            stocks = (await session.exec(select(StockRow).order_by(col(StockRow.name)))).all()
    return Outcome(
        orders={
            str(order.order_id): Bought(
                order.state,
                tuple(
                    (order.vendor_id, line.gtin, line.packs)
                    for line in lines
                    if line.order_id == order.order_id
                ),
                order.created_at,
            )
            for order in orders
        },
        slots={(slot.device_id, slot.slot): slot.in_slot for slot in slots},
        spares={stock.name: stock.spares for stock in stocks},
        faults=findings.faults.total(),
        is_as_in_truth=findings.is_right,
        told=[json.loads(each) for heard in told.values() for each in heard],
    )


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return asyncio.run(outcome(tmp_path_factory.mktemp("clean"), NO_FAULTS))


def test_duplicates_reordering_and_reboots_change_no_order(
    clean: Outcome, tmp_path: Path
) -> None:
    faulty = asyncio.run(outcome(tmp_path, ON_TIME))
    assert faulty.faults > 50
    assert clean.orders
    assert faulty.orders == clean.orders
    assert {"placed", "shipped", "delivered"} <= {str(news["order"]) for news in clean.told}
    assert (faulty.slots, faulty.spares) == (clean.slots, clean.spares)
    assert clean.is_as_in_truth
    assert faulty.is_as_in_truth


def test_late_readings_end_in_the_same_state_and_double_nothing(
    clean: Outcome, tmp_path: Path
) -> None:
    late = asyncio.run(outcome(tmp_path, USUAL_FAULTS))
    assert late.is_as_in_truth
    assert late.slots == clean.slots
    assert set(late.orders) == set(clean.orders)
    for order_id, bought in late.orders.items():
        assert abs(bought.created_at - clean.orders[order_id].created_at) <= LATEST
