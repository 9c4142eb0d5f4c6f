"""Which readings the mirror has yet to be given: noted by the database itself.

While there is a mirror, a trigger notes every reading in the transaction that stores it,
whichever process that is; what was stored before is noted on a walk in the order of its key.
Nothing is left out because it was committed late. A note stays for a while after its point is
given: a server that falls over may have forgotten what it had taken, and is given it again.
"""

from datetime import datetime, timedelta
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

KEY: Final = ("device_id", "slot", "boot_id", "seq")  # of a reading
BEFORE_ALL: Final[list[Any]] = ["", "", -1, -1]
THE_ONLY_ONE: Final = 1  # key of its row
# Servers write to disk within seconds of their answer; VictoriaMetrics says five.
SETTLED: Final = timedelta(minutes=5)
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
    """What to give the mirror next."""

    notes: list[int]
    readings: list[Mirrored]  # what was erased since it was noted is not among them
    is_walking: bool  # what was stored before is not all noted yet


class Lag(Struct, frozen=True, kw_only=True):
    """How far the mirror is behind. `waiting`: readings noted, at most; what the walk has
    yet to reach is not among them.
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
    noted = connection.execute(_noted().limit(most)).all()
    walking = connection.execute(select(col(MirrorRow.after).is_not(None)))
    return Batch(
        is_walking=bool(walking.scalar_one_or_none()),
        notes=[each[0] for each in noted],
        readings=[Mirrored(*each[1:]) for each in noted if each[1] is not None],
    )


def walk_on(connection: Connection, most: int) -> bool:
    """Notes some of what was stored before the mirror was; False: there was nothing left."""
    after = connection.execute(select(col(MirrorRow.after))).scalar_one_or_none()
    if after is None:
        return False
    key = _key(ReadingRow)
    later = select(*key).where(tuple_(*key) > tuple_(*after)).order_by(*key).limit(most)
    found = connection.execute(later).all()
    if found:
        notes = [dict(zip(KEY, each, strict=True)) for each in found]
        connection.execute(insert(MirrorNoteRow), notes)
    here = list(found[-1]) if len(found) == most else None
    connection.execute(update(MirrorRow).values(after=here))
    return bool(found)


def taken(
    connection: Connection, batch: Batch, *, refused: int, why: str, at: datetime
) -> None:
    """why: the refused ones were."""
    given = update(MirrorNoteRow).where(col(MirrorNoteRow.mirror_note_id).in_(batch.notes))
    connection.execute(given.values(given_at=at))
    settled = col(MirrorNoteRow.given_at) < at - SETTLED
    connection.execute(delete(MirrorNoteRow).where(settled))
    changes: dict[str, Any] = {"written_at": at, "failing_since": None, "problem": ""}
    if refused:
        changes |= {"refused": MirrorRow.refused + refused, "refused_why": why}
    written = MirrorRow.written + len(batch.readings) - refused
    connection.execute(update(MirrorRow).values(written=written, **changes))


def failed(connection: Connection, why: str, *, at: datetime) -> None:
    """What was given lately is given again, once the server is back."""
    given = update(MirrorNoteRow).where(col(MirrorNoteRow.given_at).is_not(None))
    connection.execute(given.values(given_at=None))
    since = func.coalesce(col(MirrorRow.failing_since), at)
    connection.execute(update(MirrorRow).values(failing_since=since, problem=why))


def lag(connection: Connection) -> Lag | None:
    """None: there is no mirror. Counts nothing one by one, however many readings wait."""
    found = connection.execute(select(MirrorRow)).one_or_none()
    if found is None:
        return None
    note_id = col(MirrorNoteRow.mirror_note_id)
    ends = select(func.min(note_id), func.max(note_id)).where(WAITS)
    first, last = connection.execute(ends).one()
    oldest = (
        select(col(ReadingRow.received_at))
        .join(MirrorNoteRow, _of_note())
        .where(WAITS)
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


def _key(table: type[ReadingRow | MirrorNoteRow]) -> tuple[Any, ...]:
    return tuple(col(getattr(table, name)) for name in KEY)


def _of_note() -> Any:
    pairs = zip(_key(ReadingRow), _key(MirrorNoteRow), strict=True)
    return and_(*(reading == note for reading, note in pairs))


WAITS: Final = col(MirrorNoteRow.given_at).is_(None)
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
    """With what the slot and the device's model add; neither makes a reading disappear."""
    note_id = col(MirrorNoteRow.mirror_note_id)
    of_slot = and_(
        col(SlotRow.device_id) == col(ReadingRow.device_id),
        col(SlotRow.slot) == col(ReadingRow.slot),
    )
    of_model = col(DeviceModelRow.model_id) == col(DeviceRow.model_id)
    return (
        select(note_id, *MEASURED)
        .select_from(MirrorNoteRow)
        .join(ReadingRow, _of_note(), isouter=True)
        .join(SlotRow, of_slot, isouter=True)
        .join(DeviceRow, col(DeviceRow.device_id) == col(ReadingRow.device_id), isouter=True)
        .join(DeviceModelRow, of_model, isouter=True)
        .where(WAITS)
        .order_by(note_id)
    )
