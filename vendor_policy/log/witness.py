"""This instance as a witness of other logs: it remembers the last checkpoint of each and signs
the next one only when it goes on from there.
"""

from dataclasses import dataclass

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.clock import Clock
from core.database import Transaction
from vendor_policy.log import witnessing
from vendor_policy.log.notes import (
    LogCheckpoint,
    Malformed,
    SignedNote,
    Signer,
    VerifierKey,
)
from vendor_policy.log.tables import WitnessedLogRow
from vendor_policy.log.tree import EMPTY_ROOT
from vendor_policy.log.witnessing import WitnessAnswer, Witnessed, WitnessRequest


@dataclass(frozen=True, slots=True)
class Answered:
    """`text`: cosignatures when signed; the size last seen when that is another one."""

    answer: WitnessAnswer
    text: str = ""


async def watch(session: AsyncSession, key: VerifierKey) -> None:
    """From now on checkpoints of this log are answered."""
    if await session.get(WitnessedLogRow, key.name) is None:
        session.add(
            WitnessedLogRow(
                origin=key.name, verifier_key=key.text, size=0, root=EMPTY_ROOT, note=""
            )
        )


async def add_checkpoint(
    body: str, *, transaction: Transaction, wall: Clock, signer: Signer
) -> Answered:
    """What it has seen is committed before the signature leaves."""
    try:
        request = WitnessRequest.parsed(body)
        checkpoint = LogCheckpoint.parsed(SignedNote.parsed(request.note).text)
    except Malformed:
        return Answered(WitnessAnswer.MALFORMED)
    async with transaction(None) as session:
        found = await session.exec(
            select(WitnessedLogRow)
            .where(WitnessedLogRow.origin == checkpoint.origin)
            .with_for_update()
        )
        row = found.one_or_none()
        if row is None:
            return Answered(WitnessAnswer.UNKNOWN_LOG)
        seen = Witnessed(VerifierKey.parsed(row.verifier_key), row.size, row.root)
        answer = witnessing.judged(request, checkpoint, seen)
        if answer is not WitnessAnswer.COSIGNED:
            return Answered(answer, f"{row.size}\n")
        row.size, row.root, row.note = checkpoint.size, checkpoint.root, request.note
    text = SignedNote.parsed(request.note).text
    return Answered(answer, signer.cosigned_line(text, int(wall.now().timestamp())))
