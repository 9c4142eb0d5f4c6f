"""`nachschub replay RECORD`: decides again from a record alone and compares."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from runtime.startup import CannotStart
from vendor_policy import record, store
from vendor_policy.record import Agrees, Differs


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`expected_hash` None: a file, whose hash nobody vouches for here."""

    record_hash: str
    expected_hash: str | None
    result: Agrees | Differs

    @property
    def is_right(self) -> bool:
        return isinstance(self.result, Agrees) and self.expected_hash in (
            None,
            self.record_hash,
        )

    def lines(self) -> list[str]:
        said = [f"record  {self.record_hash}"]
        if self.expected_hash not in (None, self.record_hash):
            said.append(
                f"hash    differs: {self.expected_hash} was expected; bytes were changed"
            )
        match self.result:
            case Agrees():
                said.append(
                    "replay  agrees: same offers, rules and policy give the same choice"
                )
            case Differs(where, stored, computed):
                said.append(f"replay  differs at {where}: stored {stored}, computed {computed}")
        return said


async def replay_stored(record_id: UUID, *, transaction: Transaction) -> Replayed:
    """Raises CannotStart when there is no such record."""
    async with transaction(ALL_OWNERS) as session:
        row = await store.decision(session, record_id)
    if row is None:
        raise CannotStart(f"There is no decision record {record_id} in this database.")
    return _replayed(row.record, row.record_hash)


def replay_file(path: Path, expected_hash: str | None) -> Replayed:
    """Raises CannotStart when the file cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}") from None
    return _replayed(data, expected_hash)


def _replayed(data: bytes, expected_hash: str | None) -> Replayed:
    return Replayed(
        record_hash=record.record_hash(data),
        expected_hash=expected_hash,
        result=record.replay(data),
    )
