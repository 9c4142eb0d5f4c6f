"""An override made a rule, if the owner wants that."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, Owner, PlatformDep, Reading
from api.schemas import Input, Output
from api.web import wording
from api.web.queries_policy import in_force
from replenishment import suggested_rules
from replenishment.suggested_rules import MakeRule
from vendor_policy.policy import Policy
from vendor_policy.store import PolicyInForce

router = APIRouter(tags=["policy"])


class SuggestionView(Output):
    """`policy`: as it would be saved. `sentence`: in the reader's language."""

    name: str
    sentence: str
    policy: Policy


class SuggestionsView(Output):
    """`version`: in force; say it when one is taken. Empty: the policy chose, or would now."""

    version: int
    suggestions: list[SuggestionView]


class TakeSuggestion(Input):
    name: str
    version: int


class SavedView(Output):
    version: int


@router.get("/orders/{order_id}/suggestions")
async def list_suggestions(
    platform: PlatformDep, session: Reading, owner: Owner, order_id: UUID
) -> SuggestionsView:
    """Rules by which the policy would have chosen what the owner chose instead."""
    version, policy = await in_force(session, owner.party_id)
    words = platform.pages.words(owner.language, owner.timezone)
    found = await suggested_rules.suggested(
        session, order_id, PolicyInForce(version=version, policy=policy)
    )
    return SuggestionsView(
        version=version,
        suggestions=[
            SuggestionView(
                name=each.name,
                sentence=words.say(wording.said(each.words)),
                policy=each.policy,
            )
            for each in found
        ],
    )


@router.post("/orders/{order_id}/make-rule")
async def make_rule(
    platform: PlatformDep, admin: Admin, order_id: UUID, wanted: TakeSuggestion
) -> SavedView:
    """Save one of the suggestions as the next version of the policy."""
    version = await suggested_rules.make_rule(
        MakeRule(order_id=order_id, name=wanted.name, version=wanted.version),
        admin,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return SavedView(version=version)
