"""Makes the files that prove, from one consistent view of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import loads
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from vendor_policy.log import bundles, store, tree
from vendor_policy.log.bundles import (
    EarlierCheckpoint,
    ListingReceipt,
    LoggedRecord,
    ProofBundle,
)
from vendor_policy.log.notes import from_base64, to_base64
from vendor_policy.log.store import ABOUT_LISTINGS, DECISION, EVENT
from vendor_policy.log.tables import (
    ListingRow,
    LogCheckpointRow,
    LogEntryRow,
    LogHeadRow,
    WitnessRow,
)
from vendor_policy.log.tree import Nodes, Range
from vendor_policy.tables import DecisionRow


class NotLoggedYet(Exception):
    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not under a signed checkpoint yet; try again in a moment")


class NoSuchTree(ValueError):
    """The log never had, or does not have yet, a tree of these sizes."""


@dataclass(frozen=True, slots=True)
class LogView:
    """The log as it stands: its head, a checkpoint, the keys of those who co-signed that."""

    head: LogHeadRow
    checkpoint: LogCheckpointRow
    witnesses: tuple[str, ...]

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @property
    def note(self) -> str:
        return self.checkpoint.note + self.checkpoint.cosignatures


async def log_view(session: AsyncSession, need_id: UUID | None = None) -> LogView:
    """Under the newest checkpoint; where all that is known of a need stands under one that
    witnesses have signed, under that. Raises NotLoggedYet while the log is empty.
    """
    head, newest = await store.head(session), await store.newest_checkpoint(session)
    if head is None or newest is None:
        raise NotLoggedYet("anything")
    cosigned = await store.cosigned_checkpoint(session) if need_id else None
    if need_id and cosigned:
        places = await store.entries_of_need(session, need_id, newest.size)
        if all(index < cosigned.size for _, index in places):
            newest = cosigned
    signed = newest.cosignatures.splitlines()
    found = await session.exec(select(WitnessRow))
    keys = {row.name: row.verifier_key for row in found}
    return LogView(head, newest, tuple(keys[line.split(" ")[1]] for line in signed))


async def order_proof(session: AsyncSession, order_id: UUID, decision: DecisionRow) -> bytes:
    """The proof bundle of an order that rests on `decision`. Raises NotLoggedYet."""
    view = await log_view(session, decision.need_id)
    entries = await store.entries_of_need(session, decision.need_id, view.size)
    about_it = [each for each in entries if each[0].record_id == decision.record_id]
    both = [*_of(DECISION, about_it), *_of(ABOUT_LISTINGS, about_it)]
    if len(both) != 2:
        raise NotLoggedYet(f"decision {decision.record_id}")
    made, about = both
    first = await store.first_checkpoint(session, max(made[1], about[1])) or view.checkpoint
    named = [
        from_base64(each["commitment"]) for each in loads(about[0].body or b"")["listings"]
    ]
    listed = await store.listings_of(session, named, view.size)
    events = _of(EVENT, entries)
    size = view.size
    ranges = [*_inclusions([made, about, *listed, *events], size)]
    ranges += tree.consistency_ranges(first.size, size)
    nodes = await store.nodes(session, tree.needed(ranges))
    bundle = ProofBundle(
        schema=bundles.PROOF,
        key=view.head.verifier_key,
        witnesses=view.witnesses,
        checkpoint=view.note,
        first=EarlierCheckpoint(
            checkpoint=first.note,
            consistency=_in_base64(tree.consistency_ranges(first.size, size), nodes),
        ),
        order=str(order_id),
        decision=_logged(made, size, nodes, decision.record),
        listings=_logged(about, size, nodes),
        listed=tuple(_logged(each, size, nodes) for each in listed),
        events=tuple(_logged(each, size, nodes) for each in events),
    )
    return bundles.written(bundles.BUNDLE, bundle)


async def listing_receipt(session: AsyncSession, vendor_id: str, category: str) -> bytes | None:
    """Of what the vendor lists now; None when it lists nothing there that is in the log."""
    found = await store.current_listing(session, vendor_id, category)
    if found is None:
        return None
    view = await log_view(session)
    nodes = await store.nodes(session, tree.needed(_inclusions([found], view.size)))
    receipt = ListingReceipt(
        schema=bundles.RECEIPT,
        key=view.head.verifier_key,
        witnesses=view.witnesses,
        checkpoint=view.note,
        listing=_logged(found, view.size, nodes),
    )
    return bundles.written(bundles.LISTING_RECEIPT, receipt)


async def inclusion(session: AsyncSession, index: int, size: int) -> tuple[str, ...]:
    """The proof of one leaf in the tree of `size`, in base64. Raises NoSuchTree."""
    if not 0 <= index < size <= (await log_view(session)).size:
        raise NoSuchTree(f"no leaf {index} in a tree of {size}")
    ranges = tree.inclusion_ranges(index, size)
    return _in_base64(ranges, await store.nodes(session, tree.needed(ranges)))


async def consistency(session: AsyncSession, old: int, new: int) -> tuple[str, ...]:
    """That the tree of `new` leaves begins with the one of `old`. Raises NoSuchTree."""
    if not 0 <= old <= new <= (await log_view(session)).size:
        raise NoSuchTree(f"no trees of {old} and {new} leaves")
    ranges = tree.consistency_ranges(old, new)
    return _in_base64(ranges, await store.nodes(session, tree.needed(ranges)))


Opened = tuple[LogEntryRow | ListingRow, int]  # with its place in the log


def _of(kind: str, entries: Sequence[tuple[LogEntryRow, int]]) -> list[tuple[LogEntryRow, int]]:
    return [each for each in entries if each[0].kind == kind]


def _inclusions(opened: Sequence[Opened], size: int) -> list[Range]:
    return [leaves for _, at in opened for leaves in tree.inclusion_ranges(at, size)]


def _in_base64(ranges: Sequence[Range], nodes: Nodes) -> tuple[str, ...]:
    return tuple(map(to_base64, tree.path(ranges, nodes)))


def _logged(
    opened: Opened, size: int, nodes: Nodes, record: bytes | None = None
) -> LoggedRecord:
    row, index = opened
    return LoggedRecord(
        record=loads(record or row.body or b""),
        salt=to_base64(row.salt),
        index=index,
        path=_in_base64(tree.inclusion_ranges(index, size), nodes),
    )
