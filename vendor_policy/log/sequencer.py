"""Use case of the sequencer: one outbox row puts all that waits into the tree."""

from accounts.scoping import ALL_OWNERS
from core import outbox
from core.clock import Clock
from core.database import Transaction
from vendor_policy.log import store
from vendor_policy.log.notes import Signer


async def sequence(*, transaction: Transaction, clock: Clock, signer: Signer) -> int:
    """Returns how many leaves; when more wait, another row is left for them."""
    at = clock.now()
    async with transaction(ALL_OWNERS) as session:
        count = await store.sequence(session, signer, at=at)
        if count == store.AT_ONCE:
            await outbox.add(session, store.sequence_work(at))
        return count
