"""Recommendations, for owners who ask for them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.deps import Admin, Owner, PlatformDep
from api.schemas import Input, MoneyView, Output
from api.web import wording
from api.web.queries_policy import in_force
from core.money import Money
from vendor_policy import advice
from vendor_policy.policy import Policy

router = APIRouter(prefix="/recommendations", tags=["policy"])


class WantRecommendations(Input):
    is_on: bool


class DeclineRecommendation(Input):
    key: Annotated[str, Field(min_length=1, max_length=300)]


class RecommendationView(Output):
    """With the computation: `saved` over `needs` from `first_on` to `last_on`, of which
    `changed` would have gone to another offer; `late_*_ppm`: mean chance of running out first.
    `policy`: as it would be saved.
    """

    key: str
    sentence: str
    saved_a_year: MoneyView
    saved: MoneyView
    needs: int
    changed: int
    first_on: date
    last_on: date
    late_before_ppm: int
    late_after_ppm: int
    policy: Policy


class RecommendationsView(Output):
    is_on: bool
    version: int  # of the policy in force, for If-Match
    recommendations: list[RecommendationView]


@router.get("")
async def list_recommendations(platform: PlatformDep, owner: Owner) -> RecommendationsView:
    """Nothing unless you asked for it; what you declined is never repeated."""
    async with platform.database.snapshot(owner.party_id) as session:
        version, policy = await in_force(session, owner.party_id)
        is_on = await advice.is_wanted(session, owner.party_id)
    found = await advice.recommended(
        owner.party_id,
        policy,
        transaction=platform.database.snapshot,
        clock=platform.clock,
        offload=platform.offload,
    )
    words = platform.pages.words(owner.language, owner.timezone)
    views = []
    for each in found:
        saved_a_year = Money(each.saved_a_year_minor, each.currency)
        change = wording.said(each.change.words)
        views.append(
            RecommendationView(
                key=each.change.key,
                sentence=words.say("recommend.saves", amount=saved_a_year, change=change),
                saved_a_year=MoneyView.of(saved_a_year),
                saved=MoneyView.of(Money(each.saved_minor, each.currency)),
                needs=each.needs,
                changed=each.changed,
                first_on=each.first_on,
                last_on=each.last_on,
                late_before_ppm=each.late_before_ppm,
                late_after_ppm=each.late_after_ppm,
                policy=each.change.policy,
            )
        )
    return RecommendationsView(is_on=is_on, version=version, recommendations=views)


@router.put("", status_code=204)
async def want_recommendations(
    platform: PlatformDep, admin: Admin, wanted: WantRecommendations
) -> None:
    """Ask for recommendations, or stop them."""
    await advice.want(
        admin, is_on=wanted.is_on, transaction=platform.transaction, clock=platform.clock
    )


@router.post("/decline", status_code=204)
async def decline_recommendation(
    platform: PlatformDep, admin: Admin, wanted: DeclineRecommendation
) -> None:
    """For good."""
    await advice.decline(
        admin,
        wanted.key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
