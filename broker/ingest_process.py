"""The ingest in a process of its own: devices are heard and acknowledged on one processor while
another records what they said.
"""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Final

import msgspec

from broker.ingest import Committed, ingest
from core.database import Writer
from core.offload import OtherProcess
from devices.intake import Arrival

# Pickled, a batch would take eight times as long.
PACKED: Final = msgspec.msgpack.Encoder().encode
BATCH: Final = msgspec.msgpack.Decoder(list[Arrival])
COMMITTED: Final = msgspec.msgpack.Decoder(Committed)


class IngestProcess:
    """`broker.ingest.ingest` of one database. Starts with the first batch, which may be empty.
    Raises what the ingest raises, and ProcessEnded.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._process = OtherProcess()

    async def __call__(self, batch: Sequence[Arrival]) -> Committed:
        return COMMITTED.decode(await self._process(_committed, self._url, PACKED(batch)))

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def close(self) -> None:
        self._process.close()


def _committed(url: str, packed: bytes) -> bytes:
    return PACKED(_runner().run(ingest(BATCH.decode(packed), writer=_writer(url))))


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


@cache
def _writer(url: str) -> Writer:
    return Writer(url)
