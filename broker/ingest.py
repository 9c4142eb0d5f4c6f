"""One batch of arrivals: bytes to committed readings, the same for both doors.

When `ingest` returns, every message of the batch is committed, if only in quarantine, and may
be acknowledged. It raises when the database cannot be written; what was committed by then is a
duplicate when it is sent again.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar, get_args

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from core.database import Writer
from devices import quarantine, readings, telemetry, wire
from devices.batch import Outcome
from devices.intake import Arrival
from devices.quarantine import Quarantined

logger = logging.getLogger(__name__)

T = TypeVar("T")
Record = Callable[[Connection, Sequence[Arrival]], list[Outcome]]

# The database's own trouble: the same message can be committed a moment later.
OF_THE_DATABASE: Final = (OperationalError, InterfaceError, OSError)

CHANNELS: Final[tuple[wire.Channel, ...]] = get_args(wire.Channel)

# An event with another outcome was not understood; its device keeps it.
SAFE: Final = frozenset({Outcome.RECORDED, Outcome.DUPLICATE, Outcome.LATE})


@dataclass(frozen=True, slots=True)
class Committed:
    outcomes: list[Outcome]  # one for each arrival, in order
    receipts: dict[str, list[tuple[int, int]]]  # device id: (boot_id, seq) of its safe events


async def ingest(
    batch: Sequence[Arrival], *, writer: Writer, record: Record = readings.record
) -> Committed:
    outcomes = await _recorded(batch, writer, record)
    return Committed(outcomes, _receipts(batch, outcomes))


async def _recorded(batch: Sequence[Arrival], writer: Writer, record: Record) -> list[Outcome]:
    """In one transaction; where that fails, each message in its own: one that cannot be
    recorded must not make its neighbours come again and again.
    """
    outcomes = await _tried(writer.run(lambda connection: record(connection, batch)))
    if isinstance(outcomes, list):
        return outcomes
    logger.warning("a batch of %d messages failed", len(batch), exc_info=outcomes)
    return [await _recorded_alone(each, writer, record) for each in batch]


async def _recorded_alone(arrival: Arrival, writer: Writer, record: Record) -> Outcome:
    found = await _tried(writer.run(lambda connection: record(connection, [arrival])))
    if isinstance(found, list):
        return found[0]
    if isinstance(found, OF_THE_DATABASE):
        raise found
    set_aside = _not_processed(arrival, found)
    kept = await _tried(writer.run(lambda connection: quarantine.keep(connection, [set_aside])))
    if isinstance(kept, Exception):
        raise found
    logger.error("a message of %.80r is in quarantine", arrival.device_id, exc_info=found)
    return Outcome.QUARANTINED


def _not_processed(arrival: Arrival, failure: Exception) -> Quarantined:
    origin = getattr(failure, "orig", failure)  # the driver's, without the statement
    fault = wire.Fault(
        code="not_processed",
        field="payload",
        value=f"{type(origin).__name__}: {origin}"[: wire.LONGEST_VALUE],
        fix="the platform failed on this message; its operator finds the trace in the log",
    )
    return Quarantined(
        device_id=arrival.device_id,
        topic=arrival.topic,
        payload=arrival.payload,
        faults=(fault,),
        received_at=arrival.received_at,
    )


async def _tried(work: Coroutine[Any, Any, T]) -> T | Exception:
    found = await asyncio.gather(work, return_exceptions=True)
    result: T | BaseException = found[0]
    if isinstance(result, BaseException) and not isinstance(result, Exception):
        raise result
    return result


def oversized(
    device_id: str, channel: wire.Channel, payload_bytes: int, received_at: datetime
) -> Arrival:
    """Stands in for a message whose payload the door refused to read."""
    fix = f"send at most {wire.LARGEST_PAYLOAD} bytes in one message"
    value = f"{payload_bytes} bytes"
    fault = wire.Fault(code="too_large", field="payload", value=value, fix=fix)
    return Arrival(device_id, channel, b"", received_at, fault)


def _receipts(
    batch: Sequence[Arrival], outcomes: Sequence[Outcome]
) -> dict[str, list[tuple[int, int]]]:
    receipts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each, outcome in zip(batch, outcomes, strict=True):
        if each.channel == "event" and outcome in SAFE:
            match telemetry.parse(each.channel, each.payload):
                case telemetry.Parsed(wire.Event(boot_id=boot_id, seq=seq)):
                    receipts[each.device_id].append((boot_id, seq))
    return receipts
