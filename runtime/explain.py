"""`nachschub explain ORDER`: the chain from payload to parcel, read from what is stored."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from core.money import Money
from devices.tables import DeviceEventRow, ReadingRow
from replenishment import orders
from replenishment.tables import OrderRow
from runtime.startup import CannotStart
from vendor_policy import explain, record, store
from vendor_policy.funnel import funnel
from vendor_policy.record import DecisionRecord
from vendor_policy.tables import DecisionRow

Entry = tuple[str, str]  # (hop, what happened)


async def chain(order_id: UUID, *, transaction: Transaction) -> list[Entry]:
    """Oldest first. Raises CannotStart when there is no such order."""
    async with transaction(ALL_OWNERS) as session:
        order = await session.get(OrderRow, order_id)
        if order is None:
            raise CannotStart(f"There is no order {order_id} in this database.")
        row = await store.decision(session, order.record_id)
        if row is None:
            raise CannotStart(f"Order {order_id} has lost its record {order.record_id}.")
        return [
            *await _cause(session, order.correlation),
            *_decided(row),
            *await _ordered(session, order),
            *_parcel(order),
        ]


async def _cause(session: AsyncSession, correlation: str) -> list[Entry]:
    match correlation.split("/"):
        case [device_id, boot_id, seq]:
            return await _message(session, (device_id, int(boot_id), int(seq)))
        case ["owner", _]:
            return [("cause", "the owner changed something of this stock")]
    return [("cause", "the daily review, not a single message")]


async def _message(session: AsyncSession, name: tuple[str, int, int]) -> list[Entry]:
    device_id, boot_id, seq = name
    said = [("message", f"{device_id}, boot {boot_id}, number {seq}")]
    readings = await session.exec(
        select(ReadingRow).where(
            ReadingRow.device_id == device_id,
            ReadingRow.boot_id == boot_id,
            ReadingRow.seq == seq,
        )
    )
    said += [("reading", _reading(each)) for each in readings]
    event = await session.get(DeviceEventRow, name)
    if event is not None:
        said.append(
            ("event", f"{event.event} {event.slot or ''} at {_time(event.measured_at)}")
        )
    return said


def _reading(reading: ReadingRow) -> str:
    level = "no level" if reading.level is None else f"level {reading.level:.1%}"
    used = "" if reading.used_total is None else f", used {reading.used_total:g} in all"
    return (
        f"{reading.slot}: {level}{used}, measured {_time(reading.measured_at)},"
        f" received {_time(reading.received_at)}, {reading.verdict}"
    )


def _decided(row: DecisionRow) -> Iterator[Entry]:
    made = record.parsed(row.record)
    need = made.needs[0]
    yield (
        "need",
        (
            f"{need.quantity_target} {need.unit} of {need.category} by {need.needed_by_on}"
            f" ({need.reason}); runs out {need.depletion.p10_on} to {need.depletion.p90_on}"
        ),
    )
    passed = funnel(made)
    yield (
        "decision",
        (
            f"record {row.record_id} at {_time(row.decided_at)}, policy {made.policy_version},"
            f" hash {row.record_hash}"
        ),
    )
    yield "offers", f"{passed.seen} seen, {passed.ranked} acceptable"
    yield from _ranked(made)


def _ranked(made: DecisionRecord) -> Iterator[Entry]:
    seen = explain.by_id(made)
    for title, pick in (("chosen", made.chosen), ("runner-up", made.runner_up)):
        if pick is not None:
            offer = seen[pick.offer_id]
            yield title, f"{pick.packs} x {offer.title} at {offer.vendor_name}"


async def _ordered(session: AsyncSession, order: OrderRow) -> list[Entry]:
    total = _money(Money(order.total_minor, order.currency))
    said = [("order", f"{order.order_id}, {total} from {order.vendor_id}")]
    lines = await orders.lines(session, order.order_id)
    said += [("line", f"{line.packs} x {line.title} ({line.sku})") for line in lines]
    for move in await orders.history(session, order.order_id):
        remark = f": {move.remark}" if move.remark else ""
        said.append((_time(move.at), f"{move.before} -> {move.after} by {move.by}{remark}"))
    return said


def _parcel(order: OrderRow) -> Iterator[Entry]:
    if order.vendor_order_number:
        yield "vendor", f"order number {order.vendor_order_number}"
    if order.shipped_at:
        yield "parcel", f"shipped {_time(order.shipped_at)}"
    if order.delivered_at:
        yield "parcel", f"delivered {_time(order.delivered_at)}"


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _money(amount: Money) -> str:
    return f"{amount.minor // 100}.{amount.minor % 100:02d} {amount.currency}"
