"""Batches without a network: what waits, what is acknowledged, who ends."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from broker.batches import LARGEST_BATCH, Batches
from broker.ingest import Committed
from devices.batch import Outcome
from devices.intake import Arrival

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def arrival(payload: bytes = b"") -> Arrival:
    return Arrival("washer-0001", "telemetry", payload, NOON)


class DatabaseGone(Exception):
    pass


def forget(receipts: object) -> None:
    """Receipts are not what is tested."""


class SlowIngest:
    """Commits when it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.is_gone = False
        self.commit = asyncio.Event()

    async def __call__(self, batch: Sequence[Arrival]) -> Committed:
        self.batches.append([each.payload for each in batch])
        await self.commit.wait()
        if self.is_gone:
            raise DatabaseGone
        return Committed([Outcome.RECORDED] * len(batch), {"washer-0001": [(17, len(batch))]})


class Line:
    """A session that remembers what was done to it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ends: list[str] = []
        self.resumed_count = 0

    def send(self, packets: bytes) -> None:
        self.sent.append(packets)

    def abandon(self, reason: str) -> None:
        self.ends.append(reason)

    def resume(self) -> None:
        self.resumed_count += 1


async def test_one_message_goes_at_once_and_the_next_ones_wait_together():
    ingest, line = SlowIngest(), Line()
    batches = Batches(ingest, forget)
    batches.add(arrival(b"1"), line, b"a")
    await asyncio.sleep(0)
    batches.add(arrival(b"2"), line, b"b")
    batches.add(arrival(b"3"), line)
    batches.add(arrival(b"4"), line, b"d")
    assert not batches.is_quiet
    ingest.commit.set()
    await batches.drained()
    assert batches.is_quiet
    assert ingest.batches == [[b"1"], [b"2", b"3", b"4"]]
    assert line.sent == [b"a", b"bd"]


async def test_no_batch_is_larger_than_a_thousand():
    ingest, line = SlowIngest(), Line()
    batches = Batches(ingest, forget)
    for _ in range(LARGEST_BATCH + 1):
        batches.add(arrival(), line)
    ingest.commit.set()
    await batches.drained()
    assert [len(batch) for batch in ingest.batches] == [LARGEST_BATCH, 1]


async def test_a_failed_batch_acknowledges_nothing_and_ends_its_sessions_only():
    ingest, line, other = SlowIngest(), Line(), Line()
    receipts: list[object] = []
    batches = Batches(ingest, receipts.append)
    ingest.is_gone = True
    ingest.commit.set()
    batches.add(arrival(), line, b"a")
    batches.add(arrival(), line, b"b")
    await batches.drained()
    ingest.is_gone = False
    batches.add(arrival(), other, b"c")
    await batches.drained()
    assert (line.sent, len(line.ends)) == ([], 1)
    assert (other.sent, other.ends) == ([b"c"], [])
    assert receipts == [{"washer-0001": [(17, 1)]}]


async def test_a_session_that_was_held_back_resumes_when_there_is_room():
    ingest, line = SlowIngest(), Line()
    batches = Batches(ingest, forget)
    batches.add(arrival(), line)
    await asyncio.sleep(0)
    while not batches.is_full:
        batches.add(arrival(), line)
    batches.hold_back(line)
    assert line.resumed_count == 0
    ingest.commit.set()
    async with asyncio.timeout(60):
        while not batches.is_quiet:  # noqa: ASYNC110 - `drained` would forget the session
            await asyncio.sleep(0)
    assert line.resumed_count == 1
    assert sum(map(len, ingest.batches)) == 2 * LARGEST_BATCH + 1


class FailingOnce:
    """Takes its time; the first batch fails."""

    def __init__(self) -> None:
        self.at_once = 0
        self.most_at_once = 0
        self.committed: list[bytes] = []

    async def __call__(self, batch: Sequence[Arrival]) -> Committed:
        is_first = self.most_at_once == 0
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(3):
            await asyncio.sleep(0)
        self.at_once -= 1
        if is_first:
            raise DatabaseGone
        self.committed += [each.payload for each in batch]
        return Committed([Outcome.RECORDED] * len(batch), {})


class WithWill(Line):
    """A session whose will is an arrival too, and which sees what is acknowledged when."""

    def __init__(self, batches: Batches, ingest: FailingOnce) -> None:
        super().__init__()
        self._batches = batches
        self._ingest = ingest
        self.too_early: list[bytes] = []

    def send(self, packets: bytes) -> None:
        super().send(packets)
        self.too_early += [
            packets[n : n + 1]
            for n in range(len(packets))
            if packets[n : n + 1] not in self._ingest.committed
        ]

    def abandon(self, reason: str) -> None:
        super().abandon(reason)
        self._batches.add(arrival(b"will"), self)


async def test_the_wills_of_abandoned_sessions_wait_their_turn():
    """Or two batches would be in flight, and one be acknowledged at the end of the other."""
    ingest = FailingOnce()
    batches = Batches(ingest, forget)
    first, second = WithWill(batches, ingest), WithWill(batches, ingest)
    batches.add(arrival(b"1"), first, b"1")
    await asyncio.sleep(0)
    for name in (b"2", b"3"):
        batches.add(arrival(name), second, name)
    await batches.drained()
    assert ingest.most_at_once == 1
    assert ingest.committed == [b"2", b"3", b"will"]
    assert (first.sent, second.sent) == ([], [b"23"])
    assert second.too_early == []
