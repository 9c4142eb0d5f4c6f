"""Which readings the mirror has yet to be given: noted by the database itself.

While there is a mirror, a trigger notes every reading in the transaction that stores it,
whichever process that is; what was stored before is walked through, in the order of its key.
Nothing is left out because it was committed late, and a note goes only when its point is taken.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, delete, func, insert, select, tuple_, update
from sqlmodel import col

from devices.mirror.points import Mirrored
from devices.tables import (
    DeviceModelRow,
    DeviceRow,
    MirrorNoteRow,
    MirrorRow,
    ReadingRow,
    SlotRow,
)

KEY: Final = ("device_id", "boot_id", "seq", "slot")  # of a reading
BEFORE_ALL: Final[list[Any]] = ["", -1, -1, ""]
THE_ONLY_ONE: Final = 1  # key of its row
START: Final = {
    "sqlite": (
        "CREATE TRIGGER IF NOT EXISTS mirror_note_reading AFTER INSERT ON reading BEGIN"
        " INSERT INTO mirror_note (device_id, boot_id, seq, slot)"
        " VALUES (NEW.device_id, NEW.boot_id, NEW.seq, NEW.slot); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION mirror_note_readings() RETURNS trigger AS $$ BEGIN"
        " INSERT INTO mirror_note (device_id, boot_id, seq, slot)"
        " SELECT device_id, boot_id, seq, slot FROM stored; RETURN NULL; END $$"
        " LANGUAGE plpgsql",
        # Waits for transactions that have stored readings without it.
        "CREATE OR REPLACE TRIGGER mirror_note_reading AFTER INSERT ON reading"
        " REFERENCING NEW TABLE AS stored FOR EACH STATEMENT"
        " EXECUTE FUNCTION mirror_note_readings()",
    ),
}
STOP: Final = {
    "sqlite": ("DROP TRIGGER IF EXISTS mirror_note_reading",),
    "postgresql": (
        "DROP TRIGGER IF EXISTS mirror_note_reading ON reading",
        "DROP FUNCTION IF EXISTS mirror_note_readings()",
    ),
}


class Batch(Struct, frozen=True, kw_only=True):
    """What to give the mirror next. `after`: where the walk will then be, None: at its end."""

    notes: list[int]
    readings: list[Mirrored]
    after: list[Any] | None
    is_walk_over: bool  # with this batch
    is_last: bool  # nothing else waits

    @property
    def is_empty(self) -> bool:
        return not (self.notes or self.readings or self.is_walk_over)


class Lag(Struct, frozen=True, kw_only=True):
    """How far the mirror is behind. `waiting`: readings noted, at most; what the walk
    has yet to reach is not among them.
    """

    target: str
    waiting: int
    oldest_at: datetime | None  # receipt of the reading that has waited longest
    is_walking: bool
    written: int
    refused: int
    refused_why: str  # the last time
    written_at: datetime | None
    failing_since: datetime | None
    problem: str


def start(connection: Connection, target: str) -> None:
    """Safe to call at every start. Another target is given all that is stored."""
    for statement in START[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    if _target(connection) != target:
        connection.execute(delete(MirrorRow))
        fresh = MirrorRow(mirror_id=THE_ONLY_ONE, target=target, after=BEFORE_ALL)
        connection.execute(insert(MirrorRow), [fresh.model_dump()])


def stop(connection: Connection) -> None:
    """Readings cost nothing any more. A later start walks through all of them again."""
    if _target(connection) is None:
        return
    for statement in STOP[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    connection.execute(delete(MirrorNoteRow))
    connection.execute(delete(MirrorRow))


def _target(connection: Connection) -> str | None:
    found: str | None = connection.execute(select(col(MirrorRow.target))).scalar_one_or_none()
    return found


def next_batch(connection: Connection, most: int) -> Batch:
    """New readings first; the walk goes on in the room they leave."""
    noted = connection.execute(_noted().limit(most)).all()
    # What was erased since it was noted is given to nobody.
    readings = [_mirrored(each[1:]) for each in noted if each[1] is not None]
    after = begun = connection.execute(select(col(MirrorRow.after))).scalar_one_or_none()
    room = most - len(noted)
    if after is not None and room > 0:
        walked = connection.execute(_after(after).limit(room)).all()
        known = {each.key for each in readings}
        readings += [each for each in map(_mirrored, walked) if each.key not in known]
        after = list(walked[-1][: len(KEY)]) if len(walked) == room else None
    return Batch(
        notes=[each.mirror_note_id for each in noted],
        readings=readings,
        after=after,
        is_walk_over=begun is not None and after is None,
        is_last=room > 0 and after is None,
    )


def taken(
    connection: Connection, batch: Batch, *, refused: int, why: str, at: datetime
) -> None:
    """why: the refused ones were; they are not given again."""
    noted = col(MirrorNoteRow.mirror_note_id).in_(batch.notes)
    connection.execute(delete(MirrorNoteRow).where(noted))
    changes: dict[str, Any] = {
        "after": batch.after,
        "written_at": at,
        "failing_since": None,
        "problem": "",
    }
    if refused:
        changes |= {"refused": MirrorRow.refused + refused, "refused_why": why}
    written = MirrorRow.written + len(batch.readings) - refused
    connection.execute(update(MirrorRow).values(written=written, **changes))


def failed(connection: Connection, why: str, *, at: datetime) -> None:
    since = func.coalesce(col(MirrorRow.failing_since), at)
    connection.execute(update(MirrorRow).values(failing_since=since, problem=why))


def lag(connection: Connection) -> Lag | None:
    """None: there is no mirror. Counts nothing one by one, however many readings wait."""
    found = connection.execute(select(MirrorRow)).one_or_none()
    if found is None:
        return None
    note_id = col(MirrorNoteRow.mirror_note_id)
    first, last = connection.execute(select(func.min(note_id), func.max(note_id))).one()
    oldest = (
        select(col(ReadingRow.received_at))
        .join(MirrorNoteRow, _of_note())
        .order_by(note_id)
        .limit(1)
    )
    return Lag(
        target=found.target,
        waiting=last - first + 1 if first and last else 0,
        oldest_at=connection.execute(oldest).scalar_one_or_none(),
        is_walking=found.after is not None,
        written=found.written,
        refused=found.refused,
        refused_why=found.refused_why,
        written_at=found.written_at,
        failing_since=found.failing_since,
        problem=found.problem,
    )


def _mirrored(row: Sequence[Any]) -> Mirrored:
    return Mirrored(*row)


def _key(table: type[ReadingRow | MirrorNoteRow]) -> tuple[Any, ...]:
    return tuple(col(getattr(table, name)) for name in KEY)


def _of_note() -> Any:
    pairs = zip(_key(ReadingRow), _key(MirrorNoteRow), strict=True)
    return and_(*(reading == note for reading, note in pairs))


MEASURED: Final = (
    *_key(ReadingRow),
    col(ReadingRow.measured_at),
    col(ReadingRow.level),
    col(ReadingRow.quantity),
    col(ReadingRow.used_total),
    col(ReadingRow.state),
    col(SlotRow.spec)["unit"].as_string(),
    col(DeviceModelRow.name),
)


def _noted() -> Select[Any]:
    note_id = col(MirrorNoteRow.mirror_note_id)
    noted = select(note_id, *MEASURED).select_from(MirrorNoteRow)
    return _described(noted.join(ReadingRow, _of_note(), isouter=True)).order_by(note_id)


def _after(key: list[Any]) -> Select[Any]:
    walked = select(*MEASURED).select_from(ReadingRow)
    later = tuple_(*_key(ReadingRow)) > tuple_(*key)
    return _described(walked).where(later).order_by(*_key(ReadingRow))


def _described(readings: Select[Any]) -> Select[Any]:
    """With what the slot and the device's model add; neither makes a reading disappear."""
    of_slot = and_(
        col(SlotRow.device_id) == col(ReadingRow.device_id),
        col(SlotRow.slot) == col(ReadingRow.slot),
    )
    return (
        readings.join(SlotRow, of_slot, isouter=True)
        .join(DeviceRow, col(DeviceRow.device_id) == col(ReadingRow.device_id), isouter=True)
        .join(
            DeviceModelRow,
            col(DeviceModelRow.model_id) == col(DeviceRow.model_id),
            isouter=True,
        )
    )
