"""Versions of the owner's policy: what differs, and what a draft would have bought."""

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from api.deps import Owner, Platform, PlatformDep, Reading
from api.refusals import NotFound
from api.schemas import MoneyView, Output
from api.web import wording
from api.web.queries_policy import in_force
from core.money import Money
from vendor_policy import dry_runs, policy_diff, store
from vendor_policy import policy as policies
from vendor_policy.policy import Policy
from vendor_policy.time_machine import Purchase, Redecided, Totals

router = APIRouter(prefix="/policies", tags=["policy"])


class VersionView(Output):
    version: int
    policy_hash: str
    author: str
    created_at: datetime


class ChangeView(Output):
    """`before` and `after` null: not set. `sentence`: in the reader's language."""

    field: str
    entry: str | None
    before: Any
    after: Any
    sentence: str


class PreviewView(Output):
    """`version`: in force, the one the draft is compared with."""

    version: int
    changes: list[ChangeView]


class TotalsView(Output):
    """`wanted`: what of `paid` pays for the quantity wanted, comparable over packs. `late_ppm`:
    mean chance of running out before the parcel comes. `vendors`: orders by vendor.
    """

    orders: int
    asked: int
    unmet: int
    paid: list[MoneyView]
    wanted: list[MoneyView]
    late_ppm: int
    days_without_ppm: int
    vendors: dict[str, int]

    @classmethod
    def of(cls, totals: Totals) -> "TotalsView":
        paid, wanted = totals.paid_minor, totals.wanted_minor
        return cls(
            orders=totals.orders,
            asked=totals.asked,
            unmet=totals.unmet,
            paid=[MoneyView(minor=minor, currency=each) for each, minor in paid.items()],
            wanted=[MoneyView(minor=minor, currency=each) for each, minor in wanted.items()],
            late_ppm=totals.late_ppm,
            days_without_ppm=totals.days_without_ppm,
            vendors=dict(totals.vendors),
        )


class PurchaseView(Output):
    vendor: str
    vendor_name: str
    title: str
    packs: int
    paid: MoneyView

    @classmethod
    def of(cls, purchase: Purchase | None) -> "PurchaseView | None":
        if purchase is None:
            return None
        return cls(
            vendor=purchase.vendor,
            vendor_name=purchase.vendor_name,
            title=purchase.title,
            packs=purchase.packs,
            paid=MoneyView.of(Money(purchase.paid_minor, purchase.currency)),
        )


class RedecidedView(Output):
    """null: nothing was acceptable."""

    stock_id: str
    decided_on: date
    before: PurchaseView | None
    after: PurchaseView | None

    @classmethod
    def of(cls, each: Redecided) -> "RedecidedView":
        return cls(
            stock_id=each.stock_id,
            decided_on=each.decided_on,
            before=PurchaseView.of(each.before),
            after=PurchaseView.of(each.after),
        )


class DryRunView(Output):
    """Over the needs of the last twelve months; of several decisions on one, the newest."""

    needs: int
    unreadable: int
    first_on: date | None
    last_on: date | None
    before: TotalsView
    after: TotalsView
    changed: list[RedecidedView]
    vendor_names: dict[str, str]


@router.get("")
async def list_versions(session: Reading, owner: Owner) -> list[VersionView]:
    """All versions, newest first. They never change."""
    return [
        VersionView(
            version=row.version,
            policy_hash=row.policy_hash,
            author=row.author,
            created_at=row.created_at,
        )
        for row in await store.policy_versions(session, owner.party_id)
    ]


@router.get("/diff")
async def get_diff(
    platform: PlatformDep, session: Reading, owner: Owner, before: int, after: int
) -> list[ChangeView]:
    """What differs between two versions."""
    left = await _version(session, owner, before)
    right = await _version(session, owner, after)
    return _changes(platform, owner, left, right)


@router.post("/preview")
async def preview(
    platform: PlatformDep, session: Reading, owner: Owner, draft: Policy
) -> PreviewView:
    """What saving the draft would change. Nothing is saved."""
    version, present = await in_force(session, owner.party_id)
    return PreviewView(version=version, changes=_changes(platform, owner, present, draft))


@router.post("/dry-run")
async def dry_run(platform: PlatformDep, owner: Owner, draft: Policy) -> DryRunView:
    """What the draft would have bought in the last twelve months. Nothing is saved."""
    found = await dry_runs.try_policy(
        owner.party_id,
        draft,
        transaction=platform.database.snapshot,
        clock=platform.clock,
        offload=platform.offload,
    )
    return DryRunView(
        needs=found.needs,
        unreadable=found.unreadable,
        first_on=found.first_on,
        last_on=found.last_on,
        before=TotalsView.of(found.before),
        after=TotalsView.of(found.after),
        changed=[RedecidedView.of(each) for each in found.changed],
        vendor_names=dict(found.vendor_names),
    )


async def _version(session: AsyncSession, owner: Principal, version: int) -> Policy:
    versions = await store.policy_versions(session, owner.party_id)
    row = next((each for each in versions if each.version == version), None)
    if row is None:
        raise NotFound(f"policy version {version}")
    return policies.from_json(row.body)


def _changes(
    platform: Platform, owner: Principal, before: Policy, after: Policy
) -> list[ChangeView]:
    words = platform.pages.words(owner.language, owner.timezone)
    return [
        ChangeView(
            field=each.field,
            entry=each.entry,
            before=each.before,
            after=each.after,
            sentence=words.say(wording.said(each.words)),
        )
        for each in policy_diff.diff(before, after)
    ]
