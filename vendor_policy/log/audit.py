"""Looks at every row of the log: does the database still hold what was committed to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.canonical import digest
from vendor_policy.log import bundles, store, tree
from vendor_policy.log.bundles import NotProven
from vendor_policy.log.commitments import commitment
from vendor_policy.log.notes import Malformed, SignedNote, VerifierKey
from vendor_policy.log.tables import (
    LeafRow,
    ListingRow,
    LogCheckpointRow,
    LogEntryRow,
    LogHeadRow,
    TreeNodeRow,
    WitnessRow,
)
from vendor_policy.log.tree import Nodes
from vendor_policy.tables import DecisionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    leaves: int
    checkpoints: int
    records: int  # the rest of the leaves opens nothing any more: erased
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """`name`: for the complaint. `data` None: the row it belongs to is gone."""

    name: str
    leaf_id: int
    salt: bytes
    data: bytes | None


async def audit(session: AsyncSession) -> Audited:
    """Every record, leaf, node and checkpoint, computed again from the leaves up."""
    # Columns, not rows: a log of 100,000 leaves has 300,000 of them.
    places = select(LeafRow.leaf_id, LeafRow.leaf_index, LeafRow.commitment)
    leaves = (await session.exec(places.order_by(col(LeafRow.leaf_index)))).all()
    inside = [(index, committed) for _, index, committed in leaves if index is not None]
    nodes = tree.appended(0, [tree.leaf_hash(committed) for _, committed in inside], {})
    checkpoints = (await session.exec(select(LogCheckpointRow))).all()
    kept = select(TreeNodeRow.level, TreeNodeRow.position, TreeNodeRow.hash)
    stored = {(level, position): found for level, position, found in await session.exec(kept)}
    records = [*await _records(session), *await _listings(session)]
    head = await store.head(session)
    return Audited(
        leaves=len(leaves),
        checkpoints=len(checkpoints),
        records=len(records),
        problems=(
            *_misnumbered([index for index, _ in inside]),
            *_wrong_nodes(stored, nodes),
            *_wrong_checkpoints(head, checkpoints, nodes),
            *_wrong_cosignatures(checkpoints, await _witnesses(session)),
            *_wrong_records({leaf_id: made for leaf_id, _, made in leaves}, records),
            *await _wrong_decisions(session),
        ),
    )


def _misnumbered(indexes: Sequence[int]) -> Iterator[str]:
    if list(indexes) != list(range(len(indexes))):
        yield "leaves: their numbers have gaps"


def _wrong_nodes(stored: Nodes, nodes: Nodes) -> Iterator[str]:
    places = stored.keys() | nodes.keys()
    for level, position in sorted(at for at in places if stored.get(at) != nodes.get(at)):
        yield f"tree: node {position} of level {level} is not the hash of what is below it"


def _wrong_checkpoints(
    head: LogHeadRow | None, rows: Sequence[LogCheckpointRow], nodes: Nodes
) -> Iterator[str]:
    size = sum(level == 0 for level, _ in nodes)
    if head is None:
        yield from ["log: leaves, but no head"] if size else []
        return
    if max((row.size for row in rows), default=0) != size or head.size != size:
        yield f"checkpoint: none over all {size} leaves"
    for row in rows:
        try:
            found = bundles.checkpoint_of(row.note, VerifierKey.parsed(head.verifier_key))
        except (NotProven, ValueError) as problem:
            yield f"checkpoint of {row.size}: {problem}"
            continue
        is_inside = row.size <= size
        if not is_inside or found.head != (row.size, tree.subtree((0, row.size), nodes)):
            yield f"checkpoint of {row.size}: states another tree than the leaves make"


async def _witnesses(session: AsyncSession) -> list[VerifierKey]:
    rows = await session.exec(select(WitnessRow))
    return [VerifierKey.parsed(row.verifier_key) for row in rows]


def _wrong_cosignatures(
    rows: Sequence[LogCheckpointRow], witnesses: Sequence[VerifierKey]
) -> Iterator[str]:
    for row in rows:
        if row.cosignatures and not _is_cosigned(row, witnesses):
            yield f"cosignatures of {row.size}: not of the witnesses that are known"


def _is_cosigned(row: LogCheckpointRow, witnesses: Sequence[VerifierKey]) -> bool:
    text = row.note.partition("\n\n")[0]
    try:
        note = SignedNote.parsed(f"{text}\n\n{row.cosignatures}")
    except Malformed:
        return False
    signed = {each.name for each in witnesses if note.is_signed_by(each)}
    return {each.name for each in note.signatures} == signed


def _wrong_records(
    committed: Mapping[int | None, bytes], records: Sequence[StoredRecord]
) -> Iterator[str]:
    for each in records:
        if each.data is None:
            yield f"{each.name}: the record is gone, its salt is not"
        elif commitment(each.salt, each.data) != committed.get(each.leaf_id):
            yield f"{each.name}: not what its leaf commits to"


async def _records(session: AsyncSession) -> list[StoredRecord]:
    found = await session.exec(
        select(LogEntryRow, DecisionRow.record)
        .join(DecisionRow, col(DecisionRow.record_id) == LogEntryRow.record_id, isouter=True)
        .order_by(col(LogEntryRow.leaf_id))
    )
    return [
        StoredRecord(
            f"{entry.kind} of decision {entry.record_id}",
            entry.leaf_id,
            entry.salt,
            record if entry.kind == store.DECISION else entry.body,
        )
        for entry, record in found
    ]


async def _listings(session: AsyncSession) -> list[StoredRecord]:
    found = await session.exec(select(ListingRow).order_by(col(ListingRow.leaf_id)))
    return [
        StoredRecord(
            f"listing of {row.vendor_id} in {row.category}", row.leaf_id, row.salt, row.body
        )
        for row in found
    ]


async def _wrong_decisions(session: AsyncSession) -> list[str]:
    """Those whose hash is not theirs, and those that were never logged."""
    problems = []
    rows = await session.exec(
        select(DecisionRow.record_id, DecisionRow.record_hash, DecisionRow.record)
    )
    for record_id, record_hash, record in rows:
        if digest(record) != record_hash:
            problems.append(f"decision {record_id}: its hash is not {record_hash}")
    logged = select(LogEntryRow.record_id).where(LogEntryRow.kind == store.DECISION)
    missing = await session.exec(
        select(DecisionRow.record_id).where(col(DecisionRow.record_id).not_in(logged))
    )
    return [*problems, *(f"decision {each}: not in the log" for each in missing)]
