"""One batch of arrivals: bytes to committed readings, the same for both doors.

When `ingest` returns, the batch is committed and may be acknowledged; when it raises, nothing
of the batch was written.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from sqlalchemy import Connection

from core.database import Writer
from devices import readings, wire
from devices.readings import Outcome, Received

Record = Callable[[Connection, Sequence[Received]], list[Outcome]]

CHANNELS: Final[tuple[wire.Channel, ...]] = get_args(wire.Channel)

# An event with another outcome was not understood; its device keeps it.
SAFE: Final = frozenset({Outcome.RECORDED, Outcome.DUPLICATE, Outcome.LATE})


@dataclass(frozen=True, slots=True)
class Arrival:
    device_id: str
    channel: wire.Channel
    payload: bytes
    received_at: datetime
    fault: wire.Fault | None = None  # found at the door, which kept nothing of the payload


@dataclass(frozen=True, slots=True)
class Committed:
    outcomes: list[Outcome]  # one for each arrival, in order
    receipts: dict[str, list[tuple[int, int]]]  # device id: (boot_id, seq) of its safe events


async def ingest(
    batch: Sequence[Arrival], *, writer: Writer, record: Record = readings.record
) -> Committed:
    received = [_parsed(arrival) for arrival in batch]
    outcomes = await writer.run(lambda connection: record(connection, received))
    return Committed(outcomes, _receipts(received, outcomes))


def oversized(
    device_id: str, channel: wire.Channel, payload_bytes: int, received_at: datetime
) -> Arrival:
    """Stands in for a message whose payload the door refused to read."""
    fix = f"send at most {wire.LARGEST_PAYLOAD} bytes in one message"
    value = f"{payload_bytes} bytes"
    fault = wire.Fault(code="too_large", field="payload", value=value, fix=fix)
    return Arrival(device_id, channel, b"", received_at, fault)


def _parsed(arrival: Arrival) -> Received:
    return Received(
        device_id=arrival.device_id,
        channel=arrival.channel,
        topic=wire.topic(arrival.device_id, arrival.channel),
        payload=arrival.payload,
        parsed=wire.Quarantined(arrival.fault)
        if arrival.fault
        else wire.parse(arrival.channel, arrival.payload),
        received_at=arrival.received_at,
    )


def _receipts(
    received: Sequence[Received], outcomes: Sequence[Outcome]
) -> dict[str, list[tuple[int, int]]]:
    receipts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each, outcome in zip(received, outcomes, strict=True):
        match each.parsed:
            case wire.Parsed(wire.Event(boot_id=boot_id, seq=seq)) if outcome in SAFE:
                receipts[each.device_id].append((boot_id, seq))
    return receipts
