"""Proof bundles and receipts from the wired household of `tests.world`."""

import importlib.util
from pathlib import Path
from types import ModuleType

from replenishment import approvals
from replenishment.overrides import Choice
from replenishment.tables import OrderRow
from tests.world import World
from vendor_policy.log import exports
from vendor_policy.tables import DecisionRow

VERIFIER = Path(__file__).parents[1] / "verifier" / "nachschub_verify.py"


async def bundle_of(world: World, order: OrderRow) -> bytes:
    async with world.database.snapshot(world.owner_id) as session:
        decision = await session.get_one(DecisionRow, order.record_id)
        return await exports.order_proof(session, order.order_id, decision)


async def receipt_of(world: World, vendor_id: str, category: str) -> bytes:
    async with world.database.snapshot(None) as session:
        receipt = await exports.listing_receipt(session, vendor_id, category)
    assert receipt is not None
    return receipt


async def bought(world: World) -> OrderRow:
    """Asked, approved and placed."""
    order = await world.ask()
    await world.approve(order)
    await world.work()
    return order


async def choose(world: World, order: OrderRow, offer_id: str) -> OrderRow:
    return await approvals.choose(
        order.order_id,
        Choice(offer_id=offer_id, accepts_warning=True),
        approvals.Word(principal=world.anna),
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
    )


def stand_alone() -> ModuleType:
    spec = importlib.util.spec_from_file_location("nachschub_verify", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
