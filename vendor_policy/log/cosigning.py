"""This instance's log before its witnesses: the newest checkpoint is shown to all of them, with
the proof that it goes on from the last one they signed.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from sqlmodel import col, select

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import Clock
from core.database import Transaction
from vendor_policy.log import store, tree, witnessing
from vendor_policy.log.notes import Malformed, VerifierKey
from vendor_policy.log.tables import LogCheckpointRow, WitnessRow
from vendor_policy.log.witnessing import WitnessAnswer, WitnessRequest

AGAIN_AFTER: Final = timedelta(minutes=15)

# To a URL with a body: status and text, or None when nobody answered.
Post = Callable[[str, str], Awaitable[tuple[int, str] | None]]


async def cosign(*, transaction: Transaction, clock: Clock, post: Post) -> int:
    """Returns how many witnesses signed; for one that did not a row for another try is left."""
    async with transaction(ALL_OWNERS) as session:
        checkpoint = await store.newest_checkpoint(session)
        rows = await session.exec(select(WitnessRow).order_by(col(WitnessRow.name)))
        witnesses = rows.all()
    if checkpoint is None:
        return 0
    count = 0
    for witness in witnesses:
        if witness.size < checkpoint.size:
            asked = _Asked(transaction, post, witness, checkpoint)
            count += await asked.sign()
    async with transaction(ALL_OWNERS) as session:
        if any(each.size < checkpoint.size for each in witnesses):
            await outbox.add(session, store.cosign_work(clock.now() + AGAIN_AFTER))
    return count


class _Asked:
    """One witness about one checkpoint."""

    def __init__(
        self,
        transaction: Transaction,
        post: Post,
        witness: WitnessRow,
        checkpoint: LogCheckpointRow,
    ) -> None:
        self._transaction, self._post = transaction, post
        self._witness, self._checkpoint = witness, checkpoint
        self._key = VerifierKey.parsed(witness.verifier_key)

    async def sign(self) -> bool:
        """A witness that says how far it has seen is asked once more from there."""
        answer = await self._ask(self._witness.size)
        if answer is not None and answer[0] == WitnessAnswer.OTHER_STATE:
            size = answer[1].strip()
            if size.isascii() and size.isdigit() and int(size) < self._checkpoint.size:
                answer = await self._ask(int(size))
        if answer is None:
            return await self._note("no answer")
        status, text = answer
        if status != WitnessAnswer.COSIGNED:
            return await self._note(f"refused with {status}: {text.strip()[:60]}")
        try:
            line = witnessing.cosignatures(self._checkpoint.note, text, self._key)
        except Malformed as problem:
            return await self._note(str(problem))
        return await self._note("", line)

    async def _ask(self, old: int) -> tuple[int, str] | None:
        ranges = tree.consistency_ranges(old, self._checkpoint.size)
        async with self._transaction(ALL_OWNERS) as session:
            nodes = await store.nodes(session, tree.needed(ranges))
        request = WitnessRequest(old, tuple(tree.path(ranges, nodes)), self._checkpoint.note)
        return await self._post(f"{self._witness.url}/add-checkpoint", request.text)

    async def _note(self, problem: str, line: str = "") -> bool:
        async with self._transaction(ALL_OWNERS) as session:
            row = await session.get_one(WitnessRow, self._witness.name)
            row.problem = problem
            if line:
                kept = await session.get_one(LogCheckpointRow, self._checkpoint.size)
                if line.split(" ")[1] not in kept.cosignatures:
                    kept.cosignatures += line
                row.size = self._witness.size = self._checkpoint.size
        return not problem
