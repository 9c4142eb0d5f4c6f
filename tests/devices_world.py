"""Builders for tests that need a claimed device and messages from it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select

from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.clock import Clock
from core.database import Database
from core.ids import SeededIds
from devices import ownership, readings, registry, wire
from devices.batch import Outcome
from devices.intake import Arrival
from devices.models import DataSheet, DeviceModel, Measure, SlotSpec
from devices.ownership import Claim
from devices.registry import Provisioned, ToProvision
from devices.tables import SlotRow, StockRow

KEY = b"k" * 32
OPERATOR = Principal(audience=Audience.OPERATOR, party_id=UUID(int=1), name="operator")


def a_spec(slot: str = "detergent", **changes: object) -> SlotSpec:
    return SlotSpec.model_validate(
        {
            "slot": slot,
            "title": slot.capitalize(),
            "category": "laundry-detergent",
            "fits": ("laundry-liquid",),
            "capacity": 1000,
            "unit": "ml",
            "measure": Measure.LEVEL,
            "typical_use_per_day": 50,
            "most_per_day": 300,
            **changes,
        }
    )


def a_model(*slots: SlotSpec, name: str = "washer", version: int = 1) -> DeviceModel:
    return DeviceModel(
        name=name,
        version=version,
        slots=slots or (a_spec(),),
        data_sheet=DataSheet(
            sends="levels of its tanks", every_hours=6, kept_where="here", kept_days=400
        ),
    )


def received(
    device_id: str, channel: wire.Channel, body: dict[str, Any], received_at: datetime
) -> Arrival:
    payload = json.dumps({"v": 1, **body}).encode()
    return Arrival(
        device_id=device_id,
        channel=channel,
        payload=payload,
        received_at=received_at,
    )


@dataclass
class World:
    """An owner, a maker, and what they do; ids are seeded."""

    database: Database
    clock: Clock
    ids: SeededIds

    async def owner(self, timezone: str = "Europe/Berlin") -> UUID:
        now = self.clock.now()
        row = OwnerRow(
            owner_id=self.ids.uuid(),
            name="Berger",
            timezone=timezone,
            language="de",
            created_at=now,
            changed_at=now,
        )
        async with self.database.transaction(ALL_OWNERS) as session:
            session.add(row)
        return row.owner_id

    async def maker(self, *models: DeviceModel, name: str = "Hausgeraete Nord") -> UUID:
        to = {"transaction": self.database.transaction, "ids": self.ids}
        maker_id = await registry.register_manufacturer(name, **to)
        for model in models:
            await registry.register_model(maker_id, model, clock=self.clock, **to)
        return maker_id

    async def provisioned(
        self, maker_id: UUID, device_id: str = "washer-0001", model: str = "washer"
    ) -> Provisioned:
        (made,) = await registry.provision(
            maker_id,
            [ToProvision(model=model, serial="SN 1", device_id=device_id)],
            key=KEY,
            transaction=self.database.transaction,
            clock=self.clock,
            ids=self.ids,
        )
        return made

    async def claim(self, owner_id: UUID, made: Provisioned) -> None:
        await ownership.claim(
            Claim(owner_id=owner_id, code=made.claim_code, name="Waschmaschine"),
            key=KEY,
            transaction=self.database.transaction,
            clock=self.clock,
            ids=self.ids,
        )

    async def share(self, owner_id: UUID, kept_id: UUID, joined_id: UUID) -> None:
        async with self.database.transaction(owner_id) as session:
            now = self.clock.now()
            await ownership.share_stock(session, owner_id, kept_id, joined_id, at=now)

    async def claimed(self, *slots: SlotSpec, device_id: str = "washer-0001") -> UUID:
        """A new owner of one new device; returns the owner."""
        owner_id = await self.owner()
        maker_id = await self.maker(a_model(*slots))
        await self.claim(owner_id, await self.provisioned(maker_id, device_id))
        return owner_id

    async def send(self, *batch: Arrival) -> list[Outcome]:
        async with self.database.engine.begin() as connection:
            return await connection.run_sync(_record, batch)

    async def slot(self, device_id: str = "washer-0001", slot: str = "detergent") -> SlotRow:
        async with self.database.snapshot(ALL_OWNERS) as session:
            return await session.get_one(SlotRow, (device_id, slot))

    async def stock(self, device_id: str = "washer-0001", slot: str = "detergent") -> StockRow:
        statement = (
            select(StockRow)
            .join(SlotRow, col(SlotRow.stock_id) == col(StockRow.stock_id))
            .where(SlotRow.device_id == device_id, SlotRow.slot == slot)
        )
        async with self.database.snapshot(ALL_OWNERS) as session:
            return (await session.exec(statement)).one()

    async def rows(self, table: type[Any]) -> list[Any]:
        async with self.database.snapshot(ALL_OWNERS) as session:
            return list(await session.exec(select(table)))

    async def set_stock(self, stock_id: UUID, **values: object) -> None:
        async with self.database.transaction(ALL_OWNERS) as session:
            stock = await session.get_one(StockRow, stock_id)
            for name, value in values.items():
                setattr(stock, name, value)


def _record(connection: Connection, batch: Sequence[Arrival]) -> list[Outcome]:
    return readings.record(connection, batch)
