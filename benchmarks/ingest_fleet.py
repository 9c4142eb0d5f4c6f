"""A provisioned and claimed fleet for benchmarks/ingest.py, and what its devices send."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, insert

from accounts.tables import OwnerRow
from core.database import blocking_engine
from devices.credentials import hash_secret
from devices.models import Measure, SlotSpec
from devices.tables import DeviceRow, OwnershipRow, SlotRow, StockRow

MESSAGE_BYTES: Final = 192
ROWS_A_STATEMENT: Final = 5_000
OWNERS: Final = 100
NAMESPACE: Final = UUID("6f1d1c55-98b7-4a0c-a7a1-0f9c8f7a2c11")
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
SPEC: Final = SlotSpec(
    slot="detergent",
    title="Detergent",
    category="laundry-detergent",
    fits=("laundry-liquid",),
    capacity=1_000_000,
    unit="ml",
    measure=Measure.LEVEL,
    typical_use_per_day=50,
    most_per_day=1_000_000,
)


def device_id(number: int) -> str:
    return f"washer-{number:06d}"


def secret(number: int) -> str:
    return hashlib.sha256(device_id(number).encode()).hexdigest()


def provision(url: str, devices: int, key: bytes) -> None:
    """Claimed devices with one slot and one stock each, as after registration and claim."""
    engine = blocking_engine(url)
    with engine.begin() as connection:
        _add(connection, OwnerRow, [_owner(n) for n in range(OWNERS)])
        for first in range(0, devices, ROWS_A_STATEMENT):
            some = range(first, min(devices, first + ROWS_A_STATEMENT))
            _add(connection, DeviceRow, [_device(n, key) for n in some])
            _add(connection, OwnershipRow, [_ownership(n) for n in some])
            _add(connection, StockRow, [_stock(n) for n in some])
            _add(connection, SlotRow, [_slot(n) for n in some])
    engine.dispose()


def payload(seq: int, at: datetime, level: float) -> bytes:
    """One slot, padded by its remark to 192 bytes."""
    body: dict[str, Any] = {
        "v": 1,
        "boot_id": 1,
        "seq": seq,
        "measured_at": stamp(at),
        "slots": {"detergent": {"level": round(level, 6), "raw": ""}},
    }
    bare = len(json.dumps(body, separators=(",", ":")))
    body["slots"]["detergent"]["raw"] = "x" * (MESSAGE_BYTES - bare)
    return json.dumps(body, separators=(",", ":")).encode()


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refilled(seq: int, at: datetime) -> bytes:
    said = {"event": "refilled", "slot": "detergent", "measured_at": stamp(at)}
    return json.dumps({"v": 1, "boot_id": 1, "seq": seq, **said}).encode()


def _add(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    left = iter(rows)
    while some := list(islice(left, ROWS_A_STATEMENT)):
        connection.execute(insert(table), some)


def _owner_id(number: int) -> UUID:
    return uuid5(NAMESPACE, f"owner {number % OWNERS}")


def _owner(number: int) -> dict[str, Any]:
    owner = OwnerRow(
        owner_id=_owner_id(number),
        name=f"Household {number}",
        timezone="Europe/Berlin",
        language="en",
        created_at=BEGAN,
        changed_at=BEGAN,
    )
    return owner.model_dump()


def _device(number: int, key: bytes) -> dict[str, Any]:
    device = DeviceRow(
        device_id=device_id(number),
        serial=str(number),
        secret_hash=hash_secret(secret(number), key),
        timezone="Europe/Berlin",
        created_at=BEGAN,
    )
    return device.model_dump()


def _ownership(number: int) -> dict[str, Any]:
    return OwnershipRow(
        owner_id=_owner_id(number),
        device_id=device_id(number),
        name="Washing machine",
        claimed_at=BEGAN,
    ).model_dump()


def _stock(number: int) -> dict[str, Any]:
    return StockRow(
        stock_id=uuid5(NAMESPACE, f"stock {number}"),
        owner_id=_owner_id(number),
        name="Detergent",
        category=SPEC.category,
        unit="ml",
        fits=list(SPEC.fits),
        spares=1_000_000_000,
        review_level=-1.0,
        next_review_at=BEGAN + timedelta(days=3650),
    ).model_dump()


def _slot(number: int) -> dict[str, Any]:
    return SlotRow(
        device_id=device_id(number),
        slot=SPEC.slot,
        stock_id=uuid5(NAMESPACE, f"stock {number}"),
        spec=SPEC.model_dump(mode="json"),
    ).model_dump()
