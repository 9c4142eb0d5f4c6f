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
from devices.intake import KnownDevice, StockId
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
) -> None:
    """`memory` with what the transaction has written, as its last step."""
    memory.changes = changes_so_far(connection)
    if memory.changes is None:
        return
    for each in changed:
        each.slot.track, each.slot.heard_at = each.track, each.heard_at
    connection.info[OF_CONNECTION] = memory


@event.listens_for(Engine, "rollback")
def _forget(connection: Connection) -> None:
    if not (connection.closed or connection.invalidated):
        connection.info.pop(OF_CONNECTION, None)
