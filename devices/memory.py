"""What the last batches left in the rows of devices, slots and stocks, kept so that the next
batch need not read them again.

On SQLite only, which tells whether anybody else has committed since; then all is forgotten, as
after a transaction that was rolled back. (Where a commit fails, `core.database.Writer` gives up
the connection, and with it what was remembered.)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine, event

from core.store import Changes, changes_so_far
from devices.intake import Heard, KnownDevice, KnownSlot, StockId
from devices.slot_changes import KnownStock, SlotChange

MOST_DEVICES: Final = 20_000  # some kilobytes each
OF_CONNECTION: Final = "remembered of devices"


@dataclass(slots=True)
class Memory:
    """`changes`: at which it is true; None: it is of no use to a later batch."""

    changes: Changes | None
    devices: dict[str, KnownDevice] = field(default_factory=dict)
    stocks: dict[StockId, KnownStock] = field(default_factory=dict)


def recall(connection: Connection) -> Memory:
    """In a transaction that has begun to write, so that nothing becomes untrue until its end.
    What is recalled is forgotten until it is kept again.
    """
    kept: Memory | None = connection.info.pop(OF_CONNECTION, None)
    changes = changes_so_far(connection)
    if kept is None or kept.changes != changes or len(kept.devices) > MOST_DEVICES:
        return Memory(changes)
    return kept


def keep(
    connection: Connection,
    memory: Memory,
    changed: Iterable[SlotChange],
    heard: Iterable[Heard],
) -> None:
    """`memory` with what the transaction has written, as its last step."""
    memory.changes = changes_so_far(connection)
    if memory.changes is None:
        return
    for each in changed:
        slot = each.slot
        memory.devices[slot.device_id].slots[slot.slot] = KnownSlot(
            device_id=slot.device_id,
            slot=slot.slot,
            stock_id=slot.stock_id,
            spec=slot.spec,
            track=each.track,
            heard_at=each.heard_at,
        )
    for now in heard:
        memory.devices[now.device_id] = _as_heard(memory.devices[now.device_id], now)
    connection.info[OF_CONNECTION] = memory


def _as_heard(device: KnownDevice, now: Heard) -> KnownDevice:
    return KnownDevice(
        device_id=device.device_id,
        zone=device.zone,
        is_revoked=device.is_revoked,
        boot_id=now.boot_id,
        last_heard_at=now.last_heard_at,
        is_online=now.is_online,
        firmware=now.firmware,
        slots=device.slots,
    )


@event.listens_for(Engine, "rollback")
def _forget(connection: Connection) -> None:
    if not (connection.closed or connection.invalidated):
        connection.info.pop(OF_CONNECTION, None)
