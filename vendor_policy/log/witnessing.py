"""What a witness is asked and how it judges, as C2SP tlog-witness prescribes. Pure."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from vendor_policy.log.notes import (
    DASH,
    LogCheckpoint,
    Malformed,
    SignedNote,
    VerifierKey,
    from_base64,
    to_base64,
)
from vendor_policy.log.proofs import is_consistent

MOST_STEPS = 63  # of a consistency proof


class WitnessAnswer(IntEnum):
    """As HTTP status."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_LOG = 404
    OTHER_STATE = 409  # the witness has seen another size, or another tree of this size
    INCONSISTENT = 422


@dataclass(frozen=True, slots=True)
class WitnessRequest:
    """A checkpoint, with the proof that it goes on from the tree of `old` leaves."""

    old: int
    steps: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        proof = "".join(f"{to_base64(step)}\n" for step in self.steps)
        return f"old {self.old}\n{proof}\n{self.note}"

    @classmethod
    def parsed(cls, body: str) -> Self:
        """Raises Malformed."""
        head, _, note = body.partition("\n\n")
        first, *steps = head.split("\n")
        size = first.removeprefix("old ")
        is_size = first.startswith("old ") and size.isascii() and size.isdigit()
        if not is_size or str(int(size[:20])) != size or len(steps) > MOST_STEPS:
            raise Malformed("not `old SIZE` and at most 63 hashes")
        return cls(int(size), tuple(from_base64(step) for step in steps), note)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The last checkpoint of a log that this witness signed; size 0: none yet."""

    key: VerifierKey
    size: int
    root: bytes


def judged(
    request: WitnessRequest, checkpoint: LogCheckpoint, seen: Witnessed
) -> WitnessAnswer:
    if not SignedNote.parsed(request.note).is_signed_by(seen.key):
        return WitnessAnswer.NOT_SIGNED
    if request.old > checkpoint.size:
        return WitnessAnswer.MALFORMED
    if request.old != seen.size:
        return WitnessAnswer.OTHER_STATE
    if request.old == checkpoint.size and checkpoint.size:
        is_same = checkpoint.root == seen.root and not request.steps
        return WitnessAnswer.COSIGNED if is_same else WitnessAnswer.OTHER_STATE
    goes_on = is_consistent((seen.size, seen.root), checkpoint.head, request.steps)
    return WitnessAnswer.COSIGNED if goes_on else WitnessAnswer.INCONSISTENT


def cosignatures(note: str, answer: str, key: VerifierKey) -> str:
    """The lines of an answer that are the witness's and right. Raises Malformed."""
    text = SignedNote.parsed(note).text
    begin = f"{DASH}{key.name} "
    lines = [line for line in answer.splitlines() if line.startswith(begin)]
    mine = "".join(f"{line}\n" for line in lines[:1])
    if not SignedNote.parsed(f"{text}\n{mine}").is_signed_by(key):
        raise Malformed(f"{key.name} did not sign this checkpoint")
    return mine
