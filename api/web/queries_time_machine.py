"""The time machine's page: what other rules would have bought, figure by figure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Share, Text, text
from api.web import queries_rules, titles
from api.web.policy_answers import Asked
from api.web.views_policy import Bought, ChangedOrder, Compared, TimeMachineView
from core.money import Money
from vendor_policy.policy import PRESETS, Policy
from vendor_policy.tables import DecisionRow
from vendor_policy.time_machine import DryRun, Purchase, Redecided, Totals

LISTED_MOST: Final = 50  # changed orders on the page; the REST answer holds all
PPM_DAYS: Final = 100_000  # a tenth of a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Other rules, and what they are called. `fields`: of a draft's form."""

    kind: Literal["draft", "version", "preset"]
    title: Text
    policy: Policy
    fields: tuple[tuple[str, str], ...] = ()


async def time_machine_view(
    session: AsyncSession, member: Principal, asked: Asked, trial: Trial, found: DryRun
) -> TimeMachineView:
    listed = found.changed[-LISTED_MOST:][::-1]
    names = await titles.of_stocks(session, member.language)
    records = await _records(session, [UUID(each.need_id) for each in listed])
    return TimeMachineView(
        kind=trial.kind,
        title=trial.title,
        changes=await queries_rules.differences(session, asked.present, trial.policy),
        needs=found.needs,
        unreadable=found.unreadable,
        first_on=found.first_on,
        last_on=found.last_on,
        figures=(*_figures(found), *_vendors(found)),
        changed=tuple(_changed(each, names, records) for each in listed),
        more_changed=len(found.changed) - len(listed),
        fields=trial.fields,
        presets=tuple(PRESETS),
        versions=tuple(each.version for each in await queries_rules.versions(session, member)),
        may_change=member.may_change,
    )


async def _records(session: AsyncSession, needs: list[UUID]) -> dict[UUID, UUID]:
    """The newest record of each need."""
    found = await session.exec(
        select(DecisionRow.need_id, DecisionRow.record_id)
        .where(col(DecisionRow.need_id).in_(needs))
        .order_by(col(DecisionRow.decided_at))
    )
    return dict(found.all())


def _figures(found: DryRun) -> Iterator[Compared]:
    left, right = found.before, found.after
    yield _counted("time.orders", left.orders, right.orders)
    yield _counted("time.asked", left.asked, right.asked)
    yield _counted("time.unmet", left.unmet, right.unmet)
    for currency in dict.fromkeys((*left.paid_minor, *right.paid_minor)):
        yield _paid("time.paid", currency, left.paid_minor, right.paid_minor)
        yield _paid("time.wanted", currency, left.wanted_minor, right.wanted_minor)
    yield Compared(
        label=text("time.late"),
        before=Share(left.late_ppm),
        after=Share(right.late_ppm),
        change=_way(left.late_ppm, right.late_ppm),
    )
    yield _days(left, right)


def _way(before: float, after: float) -> Text | None:
    if before == after:
        return None
    return text("time.more" if after > before else "time.less")


def _counted(key: str, before: int, after: int) -> Compared:
    change = after - before
    return Compared(
        label=text(key),
        before=text("time.count", n=before),
        after=text("time.count", n=after),
        change=text("time.change", sign=_sign(change), amount=abs(change)) if change else None,
    )


def _sign(change: int) -> str:
    return "+" if change > 0 else "\u2212"


def _paid(
    key: str, currency: str, before: Mapping[str, int], after: Mapping[str, int]
) -> Compared:
    left, right = before.get(currency, 0), after.get(currency, 0)
    amount = Money(abs(right - left), currency)
    return Compared(
        label=text(key),
        before=Money(left, currency),
        after=Money(right, currency),
        change=text("time.change", sign=_sign(right - left), amount=amount)
        if amount.minor
        else None,
    )


def _days(left: Totals, right: Totals) -> Compared:
    before, after = (round(each.days_without_ppm / PPM_DAYS) / 10 for each in (left, right))
    return Compared(
        label=text("time.days_without"),
        before=text("time.days", days=before),
        after=text("time.days", days=after),
        change=_way(before, after),
    )


def _vendors(found: DryRun) -> Iterator[Compared]:
    left, right = found.before.vendors, found.after.vendors
    for key in sorted({*left, *right}, key=lambda each: found.vendor_names.get(each, each)):
        before, after = left.get(key, 0), right.get(key, 0)
        change = after - before
        yield Compared(
            label=text("time.vendor", vendor=found.vendor_names.get(key, key)),
            before=text("time.count", n=before),
            after=text("time.count", n=after),
            change=text("time.change", sign=_sign(change), amount=abs(change))
            if change
            else None,
        )


def _changed(
    each: Redecided, names: Mapping[UUID, str], records: Mapping[UUID, UUID]
) -> ChangedOrder:
    return ChangedOrder(
        record_id=records.get(UUID(each.need_id)),
        stock_name=names.get(UUID(each.stock_id), ""),
        decided_on=each.decided_on,
        before=_bought(each.before),
        after=_bought(each.after),
    )


def _bought(purchase: Purchase | None) -> Bought | None:
    if purchase is None:
        return None
    return Bought(
        vendor=purchase.vendor_name,
        words=text("decision.packs", n=purchase.packs, title=purchase.title),
        paid=Money(purchase.paid_minor, purchase.currency),
    )
