"""The peer: aiomqtt, pydantic and one SQLModel commit a message, as tutorials write it.

python -m benchmarks.ingest_naive --database URL --broker PORT --messages 2000
"""

import argparse
import asyncio
import time
from datetime import datetime

import aiomqtt
from pydantic import BaseModel
from sqlmodel import Field, Session, SQLModel, create_engine

from core.database import synchronous
from tests.processes import PLATFORM, PLATFORM_PASSWORD


class NaiveReading(SQLModel, table=True):
    reading_id: int | None = Field(default=None, primary_key=True)
    device_id: str
    seq: int
    slot: str
    measured_at: datetime
    level: float


class Slot(BaseModel):
    level: float


class Message(BaseModel):
    seq: int
    measured_at: datetime
    slots: dict[str, Slot]


async def run(url: str, broker_port: int, messages: int) -> None:
    engine = create_engine(synchronous(url))
    SQLModel.metadata.create_all(engine, tables=[NaiveReading.__table__])  # type: ignore[attr-defined]
    account = {"username": PLATFORM, "password": PLATFORM_PASSWORD}
    async with aiomqtt.Client("127.0.0.1", broker_port, **account) as client:  # type: ignore[arg-type]
        await client.subscribe("v1/devices/+/telemetry", qos=1)
        print("ready", flush=True)
        left = messages
        async for each in client.messages:
            store(engine, str(each.topic).split("/")[2], bytes(each.payload))  # type: ignore[arg-type]
            left -= 1
            if left == 0:
                break
    print(time.time(), flush=True)


def store(engine: object, device_id: str, payload: bytes) -> None:
    message = Message.model_validate_json(payload)
    with Session(engine) as session:  # type: ignore[arg-type]
        for slot, said in message.slots.items():
            session.add(
                NaiveReading(
                    device_id=device_id,
                    seq=message.seq,
                    slot=slot,
                    measured_at=message.measured_at,
                    level=said.level,
                )
            )
        session.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--broker", type=int, required=True)
    parser.add_argument("--messages", type=int, required=True)
    asked = parser.parse_args()
    asyncio.run(run(asked.database, asked.broker, asked.messages))


if __name__ == "__main__":
    main()
