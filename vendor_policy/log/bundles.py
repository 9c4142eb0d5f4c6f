"""Files that prove: the proof bundle of an order, the listing receipt of a vendor.

Pure. A file is canonical JSON and proves itself offline: every record in it opens a leaf of the
log with its salt, and all leaves stand under one signed checkpoint. Checking ends at the first
thing that does not hold and names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from json import loads
from typing import Any, Final, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from core.canonical import NotCanonical, digest, dumps
from vendor_policy.log.commitments import committed_leaf
from vendor_policy.log.notes import (
    SIGNATURE,
    LogCheckpoint,
    Malformed,
    SignedNote,
    VerifierKey,
    from_base64,
)
from vendor_policy.log.proofs import is_consistent, is_included

PROOF: Final = "nachschub/proof/1"
RECEIPT: Final = "nachschub/listing-receipt/1"
F = TypeVar("F")


class NotProven(Exception):
    """`what` part of the file does not hold, and why."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what, self.why = what, why


def require(what: str, holds: bool, why: str) -> None:
    """Raises NotProven."""
    if not holds:
        raise NotProven(what, why)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRecord:
    """A record, the salt that opens its leaf, and the leaf's inclusion proof in base64."""

    record: dict[str, Any]
    salt: str
    index: int
    path: tuple[str, ...]

    __pydantic_config__ = ConfigDict(extra="forbid")

    @property
    def data(self) -> bytes:
        return dumps(self.record)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCheckpoint:
    """The first that the decision stood under, and that the newer one begins with it."""

    checkpoint: str
    consistency: tuple[str, ...]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofBundle:
    """`listings`: what stood listed at the decision. `listed`: these listings. `events`: what
    became of every order for the same need. `witnesses`: whose cosignatures must be there.
    """

    schema: str
    key: str
    witnesses: tuple[str, ...]
    checkpoint: str
    first: EarlierCheckpoint
    order: str
    decision: LoggedRecord
    listings: LoggedRecord
    listed: tuple[LoggedRecord, ...]
    events: tuple[LoggedRecord, ...]

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingReceipt:
    schema: str
    key: str
    witnesses: tuple[str, ...]
    checkpoint: str
    listing: LoggedRecord

    __pydantic_config__ = ConfigDict(extra="forbid")


BUNDLE: Final = TypeAdapter(ProofBundle)
LISTING_RECEIPT: Final = TypeAdapter(ListingReceipt)


def written(adapter: TypeAdapter[F], file: F) -> bytes:
    return dumps(adapter.dump_python(file, mode="json"))


def read(adapter: TypeAdapter[F], schema: str, data: bytes) -> F:
    """The file exactly as it was written, to the byte. Raises NotProven."""
    try:
        value = loads(data)
        file = adapter.validate_python(value)
        is_as_written = written(adapter, file) == data
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NotProven("file", f"{where}: {first['msg']}") from None
    except (ValueError, NotCanonical, RecursionError) as error:
        raise NotProven("file", f"not canonical JSON: {error}") from None
    if not is_as_written or value["schema"] != schema:
        raise NotProven("file", f"not the canonical JSON of {schema}")
    return file


@dataclass(frozen=True, slots=True)
class ProvenBundle:
    bundle: ProofBundle
    checkpoint: LogCheckpoint
    first: LogCheckpoint

    @property
    def record_hash(self) -> str:
        return digest(self.bundle.decision.data)


def signatures_and_leaves(data: bytes, trusted: Sequence[VerifierKey] = ()) -> ProvenBundle:
    """What arithmetic can prove: signatures, inclusion of every record, consistency.

    trusted: keys known from elsewhere; without any, the log key in the file is taken.
    Raises NotProven.
    """
    bundle = read(BUNDLE, PROOF, data)
    keys = _keys(bundle.key, bundle.witnesses, trusted)
    newest = _checkpoint("checkpoint", bundle.checkpoint, keys)
    first = _checkpoint("first checkpoint", bundle.first.checkpoint, keys[:1])
    steps = _decoded("consistency proof", bundle.first.consistency)
    if not is_consistent(first.head, newest.head, steps):
        raise NotProven(
            "consistency proof", "the newer checkpoint does not begin with the first"
        )
    _included("decision", bundle.decision, newest)
    _included("listings", bundle.listings, newest)
    for name, several in (("listing", bundle.listed), ("event", bundle.events)):
        for at, logged in enumerate(several):
            _included(f"{name} {at}", logged, newest)
    return ProvenBundle(bundle, newest, first)


def receipt(
    data: bytes, trusted: Sequence[VerifierKey] = ()
) -> tuple[ListingReceipt, VerifierKey]:
    """Raises NotProven."""
    found = read(LISTING_RECEIPT, RECEIPT, data)
    keys = _keys(found.key, found.witnesses, trusted)
    _included("listing", found.listing, _checkpoint("checkpoint", found.checkpoint, keys))
    return found, keys[0]


def checkpoint_of(note: str, key: VerifierKey) -> LogCheckpoint:
    """Raises NotProven."""
    return _checkpoint("checkpoint", note, (key,), is_complete=False)


def _keys(
    log_key: str, witnesses: Sequence[str], trusted: Sequence[VerifierKey]
) -> tuple[VerifierKey, ...]:
    """The log's first."""
    try:
        keys = tuple(VerifierKey.parsed(each) for each in (log_key, *witnesses))
    except Malformed as error:
        raise NotProven("key", str(error)) from None
    if keys[0].kind != SIGNATURE:
        raise NotProven("key", "not the key of a log")
    if trusted and keys[0] not in trusted:
        raise NotProven(
            "key", f"the log signs with {keys[0].text}, which is not the trusted key"
        )
    return keys


def _checkpoint(
    what: str, text: str, keys: Sequence[VerifierKey], *, is_complete: bool = True
) -> LogCheckpoint:
    """is_complete: no signature may be there that is not checked."""
    try:
        note = SignedNote.parsed(text)
        checkpoint = LogCheckpoint.parsed(note.text)
    except Malformed as error:
        raise NotProven(what, str(error)) from None
    if checkpoint.origin != keys[0].name or checkpoint.text != note.text:
        raise NotProven(what, f"not a checkpoint of {keys[0].name}")
    for key in keys:
        if not note.is_signed_by(key):
            raise NotProven(what, f"not signed by {key.name}")
    unknown = note.unknown_signers(keys)
    if is_complete and unknown:
        raise NotProven(what, f"a signature by {unknown[0]}, whose key the file does not name")
    return checkpoint


def _included(what: str, logged: LoggedRecord, checkpoint: LogCheckpoint) -> None:
    (salt,) = _decoded(what, (logged.salt,))
    leaf = committed_leaf(salt, logged.data)
    steps = _decoded(what, logged.path)
    if not is_included(leaf, logged.index, checkpoint.size, steps, checkpoint.root):
        raise NotProven(what, "its record is not what was put into the log at this place")


def _decoded(what: str, texts: Sequence[str]) -> list[bytes]:
    """Hashes and salts: 32 bytes each."""
    try:
        found = [from_base64(each) for each in texts]
    except Malformed as error:
        raise NotProven(what, str(error)) from None
    if any(len(each) != 32 for each in found):
        raise NotProven(what, "a hash or salt that is not 32 bytes long")
    return found
