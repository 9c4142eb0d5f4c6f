"""Arrivals of one door, on their way to the ingest in batches.

Without an artificial delay: while the ingest is idle a batch of one goes at once, while it is
busy arrivals pile up for the next one. Arrivals are acknowledged after their commit, in their
order; when the ingest raises none is, and their sessions end, so that the other side delivers
again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeAlias

from broker.ingest import Committed
from devices import wire
from devices.intake import Arrival

logger = logging.getLogger(__name__)

# The rows of a device are read and written once a batch, so that a message costs the less the
# more of them come together.
LARGEST_BATCH: Final = 8_000
# A payload between wire.LARGEST_PAYLOAD and this is still read, acknowledged and quarantined.
LARGEST_PACKET: Final = 2 * wire.LARGEST_PAYLOAD  # bytes
# Above this, or with two batches waiting, the sessions stop reading.
MOST_WAITING_BYTES: Final = 32 * 1024 * 1024

Ingest = Callable[[Sequence[Arrival]], Awaitable[Committed]]
SendReceipts = Callable[[dict[str, list[tuple[int, int]]]], None]
Tell = Callable[[Sequence[Arrival], Committed], None]  # what was committed


class Session(Protocol):
    """One connection that arrivals came from."""

    def send(self, packets: bytes) -> None: ...

    def abandon(self, reason: str) -> None: ...

    def resume(self) -> None:
        """There is room again."""


# An arrival, whose it is, and what acknowledges it: nothing for qos 0. No class: it is made for
# every message, and a tuple takes a tenth of the time.
_Waiting: TypeAlias = tuple[Arrival, Session, bytes]


class Batches:
    def __init__(
        self,
        ingest: Ingest,
        send_receipts: SendReceipts,
        tell: Tell | None = None,
        *,
        largest: int = LARGEST_BATCH,
    ) -> None:
        self.largest = largest
        self._ingest = ingest
        self._tell = tell
        self._send_receipts = send_receipts
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._in_flight: list[_Waiting] = []
        self._arrivals: list[Arrival] = []  # of those in flight
        self._commit: asyncio.Task[Committed] | None = None
        self._held_back: set[Session] = set()

    @property
    def is_quiet(self) -> bool:
        return self._commit is None

    @property
    def is_full(self) -> bool:
        return (
            len(self._waiting) >= 2 * self.largest or self._waiting_bytes >= MOST_WAITING_BYTES
        )

    def add(self, arrival: Arrival, session: Session, reply: bytes = b"") -> None:
        self._waiting.append((arrival, session, reply))
        self._waiting_bytes += len(arrival.payload)
        if self._commit is None:
            self._start()

    def hold_back(self, session: Session) -> None:
        """`session` stopped reading; it is told when there is room."""
        self._held_back.add(session)

    async def drained(self) -> None:
        """Nothing waits any more; sessions that were held back are not called again."""
        self._held_back.clear()
        while self._commit is not None:
            await asyncio.wait([self._commit])  # `_finish` is the first to hear of its end

    def _start(self) -> None:
        self._commit = asyncio.create_task(self._commit_next())
        self._commit.add_done_callback(self._finish)

    async def _commit_next(self) -> Committed:
        count = min(self.largest, len(self._waiting))
        self._in_flight = [self._waiting.popleft() for _ in range(count)]
        self._arrivals = [arrival for arrival, _, _ in self._in_flight]
        self._waiting_bytes -= sum([len(each.payload) for each in self._arrivals])
        return await self._ingest(self._arrivals)

    def _finish(self, commit: asyncio.Task[Committed]) -> None:
        """The next batch is on its way before this one is answered: another processor works at
        it meanwhile.
        """
        if commit.cancelled():  # the process ends; what is not acknowledged comes again
            return
        batch, arrivals = self._in_flight, self._arrivals
        if self._waiting:
            self._start()
            asyncio.get_running_loop().call_soon(self._answer, batch, arrivals, commit)
            return
        try:
            self._answer(batch, arrivals, commit)
        finally:
            # Not before: the will of a session that is abandoned is an arrival, and a second
            # commit beside the next one would have its messages acknowledged too early.
            self._commit = None
            if self._waiting:
                self._start()

    def _answer(
        self,
        batch: Sequence[_Waiting],
        arrivals: Sequence[Arrival],
        commit: asyncio.Task[Committed],
    ) -> None:
        failure = commit.exception()
        if failure is None:
            self._acknowledge(batch)
            self._send_receipts(commit.result().receipts)
            if self._tell is not None:
                self._tell(arrivals, commit.result())
        else:
            logger.error("a batch of %d messages failed", len(batch), exc_info=failure)
            for session in {session for _, session, _ in batch}:
                session.abandon("its messages could not be committed")
        self._make_room()

    def _acknowledge(self, batch: Sequence[_Waiting]) -> None:
        replies: dict[Session, list[bytes]] = {}
        for _, session, reply in batch:
            if reply:
                replies.setdefault(session, []).append(reply)
        for session, packets in replies.items():
            session.send(b"".join(packets))

    def _make_room(self) -> None:
        is_roomy = self._waiting_bytes <= MOST_WAITING_BYTES // 2
        if self._held_back and is_roomy and len(self._waiting) <= self.largest:
            freed, self._held_back = self._held_back, set()
            for session in freed:
                session.resume()
