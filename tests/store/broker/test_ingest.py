"""One batch through a real transaction."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.ingest import Arrival, ingest, oversized
from tests.doors import Book, DiskFull, refilled, status, telemetry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    opened = Book(tmp_path)
    yield opened
    opened.close()


BATCH = [
    Arrival("washer-0001", "status", status("online"), NOON),
    Arrival("washer-0001", "telemetry", telemetry(1), NOON),
    Arrival("washer-0001", "telemetry", telemetry(2, level=1.7), NOON),
    Arrival("washer-0001", "event", refilled(3), NOON),
    Arrival("washer-0002", "event", b"{", NOON),
    Arrival("washer-0002", "event", refilled(1), NOON),
    oversized("washer-0002", "telemetry", 1_000_000, NOON),
]


async def test_a_batch_is_one_transaction_and_bad_messages_do_not_hold_up_good_ones(book):
    committed = await ingest(BATCH, writer=book.writer, record=book.record)
    assert book.batches == [len(BATCH)]
    good, bad = "recorded", "quarantined"
    assert committed.outcomes == [good, good, bad, good, bad, good, bad]
    assert book.names("washer-0002")[-1] == "too_large 1000000 bytes"


async def test_receipts_name_events_that_are_safe_and_nothing_else(book):
    expected = {"washer-0001": [(17, 3)], "washer-0002": [(17, 1)]}
    first = await ingest(BATCH, writer=book.writer, record=book.record)
    again = await ingest(BATCH, writer=book.writer, record=book.record)
    assert first.receipts == again.receipts == expected


async def test_a_failed_transaction_leaves_nothing(book):
    book.is_disk_full = True
    with pytest.raises(DiskFull):
        await ingest(BATCH, writer=book.writer, record=book.record)
    assert book.committed() == []
