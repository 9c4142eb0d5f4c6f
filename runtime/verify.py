"""`nachschub verify FILE`: does the proof bundle of an order hold; `--database`: the whole log.

Signatures, inclusion, consistency, the story of the records, the decision computed again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from runtime.startup import CannotStart
from vendor_policy import record
from vendor_policy.log import audit, bundles, proofs, stories
from vendor_policy.log.bundles import NotProven, ProvenBundle
from vendor_policy.log.notes import LogCheckpoint, Malformed, VerifierKey, from_base64
from vendor_policy.record import Differs


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """`problem` None: everything holds."""

    holds: tuple[str, ...]
    problem: str | None = None

    def lines(self) -> list[str]:
        said = [f"ok     {each}" for each in self.holds]
        said += [] if self.problem is None else [f"FAILS  {self.problem}"]
        return [_plain(each) for each in said]


def _plain(text: str) -> str:
    """Nothing of a file moves the cursor or colours a terminal."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """An older bundle, or a checkpoint as text, that the new one must go on from; `proof`: the
    answer of /api/log/consistency.
    """

    older: Path
    proof: Path | None = None


def verify_file(
    path: Path,
    key: str | None = None,
    since: Since | None = None,
    witnesses: Sequence[str] = (),
) -> Verified:
    """key: the log's; witnesses: keys that must have co-signed; both known from elsewhere.
    Raises CannotStart when a file cannot be read.
    """
    holds: list[str] = []
    try:
        trusted = (VerifierKey.parsed(key),) if key else ()
        proven = bundles.signatures_and_leaves(_bytes(path), trusted)
        _cosigned(proven, witnesses)
        holds += _signed(proven)
        stories.check(proven)
        holds.append("records     tell one story: listed, decided, then bought")
        _replayed(proven)
        holds.append("decision    computed again from the record alone: the same")
        if since is not None:
            holds.append(_goes_on(proven, since))
    except CannotStart:
        raise
    except (NotProven, Malformed) as problem:
        return Verified(holds=tuple(holds), problem=str(problem))
    except Exception as problem:  # noqa: BLE001  whatever a malformed file leads to
        return Verified(holds=tuple(holds), problem=f"file: not a proof bundle: {problem!r}")
    return Verified(holds=tuple(holds))


def _cosigned(proven: ProvenBundle, witnesses: Sequence[str]) -> None:
    """`signatures_and_leaves` has checked the signature of every witness in the file."""
    for each in witnesses:
        wanted = VerifierKey.parsed(each).text
        if wanted not in proven.bundle.witnesses:
            raise NotProven("checkpoint", f"not co-signed by {wanted}")


def _signed(proven: ProvenBundle) -> list[str]:
    bundle = proven.bundle
    count = 2 + len(bundle.listed) + len(bundle.events)
    return [
        f"record      {proven.record_hash}",
        f"signature   {proven.checkpoint.origin}, {proven.checkpoint.size} leaves",
        f"witnesses   {len(bundle.witnesses)} co-signed",
        f"inclusion   {count} records stand in the log",
        f"consistency nothing rewritten from {proven.first.size} leaves on",
    ]


def _replayed(proven: ProvenBundle) -> None:
    result = record.replay(proven.bundle.decision.data)
    if isinstance(result, Differs):
        why = f"differs at {result.where}: {result.stored}, computed {result.computed}"
        raise NotProven("decision", why)


def _goes_on(proven: ProvenBundle, since: Since) -> str:
    key = VerifierKey.parsed(proven.bundle.key)
    older = _older(_bytes(since.older), key)
    for ours in (proven.first, proven.checkpoint):
        if ours.size == older.size and ours.root != older.root:
            raise NotProven(
                "history", f"two different trees of {older.size} leaves were signed"
            )
    sizes = f"old={older.size}&new={proven.checkpoint.size}"
    if older.size in (proven.first.size, proven.checkpoint.size):
        return f"history     goes on from the older one: {sizes}"
    if since.proof is None:
        raise NotProven(
            "history", f"not shown; give the answer of /api/log/consistency?{sizes}"
        )
    steps = [from_base64(each) for each in json.loads(_bytes(since.proof))["path"]]
    if not proofs.is_consistent(older.head, proven.checkpoint.head, steps):
        raise NotProven("history", f"{sizes}: the newer log does not begin with the older one")
    return f"history     goes on from the older one: {sizes}"


def _older(data: bytes, key: VerifierKey) -> LogCheckpoint:
    if data.startswith(b"{"):
        return bundles.signatures_and_leaves(data, (key,)).checkpoint
    return bundles.checkpoint_of(data.decode(), key)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}") from None


async def verify_database(transaction: Transaction) -> Verified:
    """Every row of the log, computed again."""
    async with transaction(ALL_OWNERS) as session:
        found = await audit.audit(session)
    holds = (
        f"{found.leaves} leaves, {found.checkpoints} checkpoints, {found.records} records",
        f"{found.leaves - found.records} leaves whose record was erased",
    )
    problem = "; ".join(found.problems[:5]) if found.problems else None
    return Verified(holds=holds, problem=problem)
