"""The decision log in the database: leaves, the tree's nodes, checkpoints, entries, listings.

Works inside the caller's transaction. What is appended waits outside the tree until `sequence`
numbers it and signs a checkpoint over it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from json import loads
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import outbox
from core.canonical import dumps
from core.ids import Ids
from core.outbox import Work
from vendor_policy.log import listings, tree
from vendor_policy.log.commitments import commitment, event_salt
from vendor_policy.log.listings import Entry
from vendor_policy.log.notes import LogCheckpoint, Signer
from vendor_policy.log.tables import (
    LeafRow,
    ListingRow,
    LogCheckpointRow,
    LogEntryRow,
    LogHeadRow,
    TreeNodeRow,
    WitnessRow,
)
from vendor_policy.log.tree import Node
from vendor_policy.tables import DecisionRow

SEQUENCE: Final = "sequence_log"  # kinds of outbox rows
COSIGN: Final = "cosign_checkpoint"
COSIGN_AFTER: Final = timedelta(seconds=10)  # one question for all checkpoints in between
AT_ONCE: Final = 1000  # leaves under one new checkpoint
DECISION, ABOUT_LISTINGS, EVENT = "decision", "listings", "event"


class LogKeyChanged(Exception):
    def __init__(self, origin: str, expected: str) -> None:
        super().__init__(
            f"the log in this database is {origin}, but the key at hand signs {expected}; "
            "restore keys/log from the backup"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSight:
    """A look at a vendor's category that went well."""

    vendor_id: str
    category: str
    entries: Sequence[Entry]
    at: datetime
    expires_at: datetime


def sequence_work(at: datetime) -> Work:
    """Due at once: what comes before it is claimed goes into the same batch."""
    return Work(kind=SEQUENCE, payload={}, due_at=at, dedupe_key=SEQUENCE)


def cosign_work(at: datetime) -> Work:
    return Work(kind=COSIGN, payload={}, due_at=at, dedupe_key=COSIGN)


async def open_log(session: AsyncSession, signer: Signer) -> LogHeadRow:
    """The log's head, locked; made on first use. Raises LogKeyChanged."""
    found = await session.exec(select(LogHeadRow).with_for_update())
    head = found.one_or_none()
    if head is None:
        head = LogHeadRow(origin=signer.name, verifier_key=signer.key.text)
        session.add(head)
        await session.flush()
    if head.verifier_key != signer.key.text:
        raise LogKeyChanged(head.origin, signer.name)
    return head


async def append_decision(
    session: AsyncSession, row: DecisionRow, categories: Iterable[str], *, ids: Ids
) -> None:
    """Commits to the record, and to the listings of its categories as they stand now."""
    seen = await _current(session, categories)
    about = dumps(listings.listings(row.record_hash, row.decided_at, seen))
    salt, other_salt = ids.salt(), ids.salt()
    await _append(
        session,
        [
            (commitment(salt, row.record), _entry(row, DECISION, salt, seed=ids.salt())),
            (
                commitment(other_salt, about),
                _entry(row, ABOUT_LISTINGS, other_salt, body=about),
            ),
        ],
        at=row.decided_at,
    )


async def append_event(
    session: AsyncSession, record_id: UUID, event: dict[str, Any], *, at: datetime
) -> None:
    """What became of a decision, as a record of its own that names the decision's hash."""
    row = await session.get_one(DecisionRow, record_id)
    found = await session.exec(
        select(LogEntryRow.seed).where(
            LogEntryRow.record_id == record_id, LogEntryRow.kind == DECISION
        )
    )
    body = dumps({**event, "record": row.record_hash})
    salt = event_salt(found.one() or b"", body)
    await _append(
        session, [(commitment(salt, body), _entry(row, EVENT, salt, body=body))], at=at
    )


def _entry(
    row: DecisionRow,
    kind: str,
    salt: bytes,
    *,
    body: bytes | None = None,
    seed: bytes | None = None,
) -> LogEntryRow:
    return LogEntryRow(
        leaf_id=0,  # known when the leaf is written
        owner_id=row.owner_id,
        kind=kind,
        record_id=row.record_id,
        need_id=row.need_id,
        body=body,
        salt=salt,
        seed=seed,
    )


async def _append(
    session: AsyncSession,
    committed: Sequence[tuple[bytes, LogEntryRow | ListingRow]],
    *,
    at: datetime,
) -> None:
    leaves = [LeafRow(commitment=each) for each, _ in committed]
    session.add_all(leaves)
    await session.flush()
    for leaf, (_, row) in zip(leaves, committed, strict=True):
        row.leaf_id = leaf.leaf_id or 0
        session.add(row)
    await outbox.add(session, sequence_work(at))
    await session.flush()


async def note_listing(session: AsyncSession, seen: ListingSight, *, ids: Ids) -> None:
    """Logs the listing when it is not what the vendor listed before; also of a category that a
    SKU was moved from, since a SKU is offered once.
    """
    found = await session.exec(
        select(ListingRow).where(
            ListingRow.vendor_id == seen.vendor_id, col(ListingRow.is_current)
        )
    )
    current = {row.category: row for row in found}
    await _list(session, seen, current.pop(seen.category, None), ids=ids)
    skus = {entry["sku"] for entry in seen.entries}
    for row in current.values():
        entries = loads(row.body)["entries"]
        left = [entry for entry in entries if entry["sku"] not in skus]
        if left != entries:
            rest = replace(seen, category=row.category, entries=left, at=row.seen_at)
            await _list(session, replace(rest, expires_at=row.expires_at), row, ids=ids)


async def _list(
    session: AsyncSession, seen: ListingSight, before: ListingRow | None, *, ids: Ids
) -> None:
    if before is not None:
        before.seen_at, before.expires_at = seen.at, seen.expires_at
        if loads(before.body)["entries"] == seen.entries:
            return
        before.is_current = False
    body = dumps(listings.listing(seen.vendor_id, seen.category, seen.entries, seen.at))
    salt = ids.salt()
    row = ListingRow(
        leaf_id=0,
        vendor_id=seen.vendor_id,
        category=seen.category,
        is_current=True,
        body=body,
        salt=salt,
        seen_at=seen.at,
        expires_at=seen.expires_at,
    )
    await _append(session, [(commitment(salt, body), row)], at=seen.at)


async def _current(
    session: AsyncSession, categories: Iterable[str]
) -> Sequence[dict[str, Any]]:
    found = await session.exec(
        select(ListingRow, LeafRow.commitment)
        .join(LeafRow, col(LeafRow.leaf_id) == ListingRow.leaf_id)
        .where(col(ListingRow.category).in_(list(categories)), col(ListingRow.is_current))
        .order_by(col(ListingRow.category), col(ListingRow.vendor_id))
    )
    return [
        listings.listed(row.vendor_id, row.category, committed, row.seen_at, row.expires_at)
        for row, committed in found
    ]


async def sequence(session: AsyncSession, signer: Signer, *, at: datetime) -> int:
    """Puts what waits into the tree, AT_ONCE at most, and signs a checkpoint over it. Returns
    how many leaves that were. One at a time, under the lock of the head.
    """
    head = await open_log(session, signer)
    found = await session.exec(
        select(LeafRow)
        .where(col(LeafRow.leaf_index).is_(None))
        .order_by(col(LeafRow.leaf_id))
        .limit(AT_ONCE)
    )
    waiting = found.all()
    if not waiting:
        return 0
    known = await nodes(session, tree.cover((0, head.size)))
    hashes = [tree.leaf_hash(row.commitment) for row in waiting]
    new = tree.appended(head.size, hashes, known)
    await session.exec(insert(TreeNodeRow), params=[_node(*each) for each in new.items()])
    numbered = [
        {"leaf_id": row.leaf_id, "leaf_index": index}
        for index, row in enumerate(waiting, start=head.size)
    ]
    await session.exec(update(LeafRow), params=numbered)
    head.size += len(waiting)
    root = tree.subtree((0, head.size), {**known, **new})
    note = LogCheckpoint(head.origin, head.size, root).signed(signer)
    session.add(LogCheckpointRow(size=head.size, note=note, signed_at=at))
    if (await session.exec(select(WitnessRow.name).limit(1))).first() is not None:
        await outbox.add(session, cosign_work(at + COSIGN_AFTER))
    return len(waiting)


def _node(node: Node, found: bytes) -> dict[str, Any]:
    return {"level": node[0], "position": node[1], "hash": found}


async def nodes(session: AsyncSession, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """Level by level: SQLite would read the whole table for a list of pairs."""
    places: dict[int, list[int]] = defaultdict(list)
    for level, position in wanted:
        places[level].append(position)
    if not places:
        return {}
    found = await session.exec(
        select(TreeNodeRow).where(
            or_(
                *(
                    (col(TreeNodeRow.level) == level) & col(TreeNodeRow.position).in_(positions)
                    for level, positions in places.items()
                )
            )
        )
    )
    return {(row.level, row.position): row.hash for row in found}


async def head(session: AsyncSession) -> LogHeadRow | None:
    return (await session.exec(select(LogHeadRow))).one_or_none()


async def newest_checkpoint(session: AsyncSession) -> LogCheckpointRow | None:
    found = await session.exec(
        select(LogCheckpointRow).order_by(col(LogCheckpointRow.size).desc()).limit(1)
    )
    return found.one_or_none()


async def first_checkpoint(session: AsyncSession, leaf_index: int) -> LogCheckpointRow | None:
    """The first that a leaf stood under."""
    found = await session.exec(
        select(LogCheckpointRow)
        .where(col(LogCheckpointRow.size) > leaf_index)
        .order_by(col(LogCheckpointRow.size))
        .limit(1)
    )
    return found.one_or_none()


async def cosigned_checkpoint(session: AsyncSession) -> LogCheckpointRow | None:
    """The newest that any witness has signed."""
    found = await session.exec(
        select(LogCheckpointRow)
        .where(LogCheckpointRow.cosignatures != "")
        .order_by(col(LogCheckpointRow.size).desc())
        .limit(1)
    )
    return found.one_or_none()


async def is_logged(session: AsyncSession, record_id: UUID) -> bool:
    """Whether a decision record stands under a signed checkpoint."""
    found = await session.exec(
        select(LeafRow.leaf_index)
        .join(LogEntryRow, col(LogEntryRow.leaf_id) == LeafRow.leaf_id)
        .where(LogEntryRow.record_id == record_id, LogEntryRow.kind == DECISION)
    )
    index = found.one_or_none()
    return index is not None and await first_checkpoint(session, index) is not None


async def entries_of_need(
    session: AsyncSession, need_id: UUID, size: int
) -> list[tuple[LogEntryRow, int]]:
    """What was decided and done about a need, with its place in the log, oldest first."""
    found = await session.exec(
        select(LogEntryRow, LeafRow.leaf_index)
        .join(LeafRow, col(LeafRow.leaf_id) == LogEntryRow.leaf_id)
        .where(LogEntryRow.need_id == need_id, col(LeafRow.leaf_index) < size)
        .order_by(col(LeafRow.leaf_index))
    )
    return [(row, index) for row, index in found if index is not None]


async def listings_of(
    session: AsyncSession, commitments: Iterable[bytes], size: int
) -> list[tuple[ListingRow, int]]:
    """In the order of the log."""
    found = await session.exec(
        select(ListingRow, LeafRow.leaf_index)
        .join(LeafRow, col(LeafRow.leaf_id) == ListingRow.leaf_id)
        .where(col(LeafRow.commitment).in_(list(commitments)), col(LeafRow.leaf_index) < size)
        .order_by(col(LeafRow.leaf_index))
    )
    return [(row, index) for row, index in found if index is not None]


async def current_listing(
    session: AsyncSession, vendor_id: str, category: str
) -> tuple[ListingRow, int] | None:
    """None also while it is not yet in the tree."""
    found = await session.exec(
        select(ListingRow, LeafRow.leaf_index)
        .join(LeafRow, col(LeafRow.leaf_id) == ListingRow.leaf_id)
        .where(
            ListingRow.vendor_id == vendor_id,
            ListingRow.category == category,
            col(ListingRow.is_current),
            col(LeafRow.leaf_index).is_not(None),
        )
    )
    first = found.first()
    return None if first is None or first[1] is None else (first[0], first[1])


async def erase(session: AsyncSession, owner_id: UUID) -> None:
    """What the owner's leaves commit to, and the salts; the leaves stay and every proof holds.
    The decision records themselves are erased by whoever erases the owner.
    """
    await session.exec(delete(LogEntryRow).where(col(LogEntryRow.owner_id) == owner_id))
