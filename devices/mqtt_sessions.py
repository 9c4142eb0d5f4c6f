"""What devices left behind at the gateway: sessions that last, and their last status."""

import json
from collections.abc import Collection, Mapping

from sqlmodel import col, select

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from devices.tables import DeviceRow, MqttSessionRow


async def find(device_id: str, *, snapshot: Transaction) -> dict[str, int] | None:
    """Topic filters with their qos; None: it left none."""
    async with snapshot(ALL_OWNERS) as session:
        row = await session.get(MqttSessionRow, device_id)
        return None if row is None else dict(row.filters)


async def keep(
    wanted: Mapping[str, Mapping[str, int] | None], *, transaction: Transaction
) -> None:
    """wanted: by device id; None: it wants none any more."""
    async with transaction(ALL_OWNERS) as session:
        found = await session.exec(
            select(MqttSessionRow).where(col(MqttSessionRow.device_id).in_(wanted))
        )
        stored = {row.device_id: row for row in found}
        for device_id, filters in wanted.items():
            row = stored.get(device_id)
            if filters is None:
                if row is not None:
                    await session.delete(row)
            elif row is None:
                session.add(MqttSessionRow(device_id=device_id, filters=dict(filters)))
            else:
                row.filters = dict(filters)


async def last_statuses(
    device_ids: Collection[str], *, snapshot: Transaction
) -> dict[str, bytes]:
    """What each device said last of itself, as a payload; without those that said nothing."""
    async with snapshot(ALL_OWNERS) as session:
        rows = await session.exec(
            select(DeviceRow).where(
                col(DeviceRow.device_id).in_(device_ids), col(DeviceRow.boot_id) >= 0
            )
        )
        return {row.device_id: _status(row) for row in rows}


def _status(row: DeviceRow) -> bytes:
    status = {
        "v": 1,
        "state": "online" if row.is_online else "offline",
        "boot_id": row.boot_id,
        **({"firmware": row.firmware} if row.firmware else {}),
    }
    return json.dumps(status).encode()
