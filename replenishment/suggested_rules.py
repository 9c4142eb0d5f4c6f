"""Use case: an override becomes a rule, once the owner has confirmed it."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import notices
from accounts.principal import Principal
from core.clock import Clock
from core.database import Transaction
from core.ids import Ids
from replenishment import orders
from replenishment.automatic import MayNotChange
from vendor_policy import record, store
from vendor_policy.store import PolicyInForce
from vendor_policy.suggestions import Suggestion, suggestions


class PolicyMoved(Exception):
    """Another version was saved since the suggestions were read."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the present version is {version}; read the suggestions again")


class NoSuchSuggestion(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"`{name}` is not among the suggestions of this order")


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeRule:
    """`name`: of the suggestion; `version`: of the policy when it was read."""

    order_id: UUID
    name: str
    version: int


async def suggested(
    session: AsyncSession, order_id: UUID, in_force: PolicyInForce
) -> tuple[Suggestion, ...]:
    """Empty for an order that the policy chose itself. Raises UnknownOrder."""
    order = await orders.get(session, order_id)
    row = await store.decision(session, order.record_id) if order.is_override else None
    if row is None:
        return ()
    [line, *_] = await orders.lines(session, order_id)
    return suggestions(record.parsed(row.record), in_force.policy, line.offer_id)


async def make_rule(
    wanted: MakeRule,
    principal: Principal,
    *,
    transaction: Transaction,
    clock: Clock,
    ids: Ids,
) -> int:
    """The new version of the policy. Raises MayNotChange, UnknownOrder, PolicyMoved and
    NoSuchSuggestion.
    """
    if not principal.may_change:
        raise MayNotChange(principal)
    at = clock.now()
    async with transaction(principal.party_id) as session:
        in_force = await store.policy_in_force(session, principal.party_id, at=at, ids=ids)
        found = await suggested(session, wanted.order_id, in_force)
        if in_force.version != wanted.version:
            raise PolicyMoved(in_force.version)
        chosen = next((each for each in found if each.name == wanted.name), None)
        if chosen is None:
            raise NoSuchSuggestion(wanted.name)
        row = await store.save_policy(
            session,
            principal.party_id,
            chosen.policy,
            author=principal.name,
            at=at,
            ids=ids,
        )
        await notices.touch(session, principal.party_id, at=at)
        return row.version
