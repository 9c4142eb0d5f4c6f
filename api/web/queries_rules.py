"""The owner's policy as questions, its versions, and what differs between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text, text
from api.refusals import NotFound
from api.web import queries_orders, titles, wording
from api.web.filled import FilledForm
from api.web.policy_answers import (
    CREDITS,
    OWN_RULES_MOST,
    SPARE_ROWS,
    Asked,
    answers,
    contest_key,
)
from api.web.policy_form import own_rows
from api.web.queries_policy import category_cards, in_force
from api.web.rule_lines import rule_lines
from api.web.views_policy import (
    CategoryCriteria,
    Choice,
    Contested,
    Instead,
    OwnRule,
    PolicyVersion,
    PolicyView,
    VersionsView,
    Worth,
)
from core.money import Money
from devices.tables import StockRow
from vendor_policy import policy as policies
from vendor_policy import policy_diff, store
from vendor_policy.conditions import CLAIM
from vendor_policy.declarations import ProductCard
from vendor_policy.expression_fields import FIELDS
from vendor_policy.policy import PRESETS, Policy
from vendor_policy.pricing import PER_QUANTITY

VERSIONS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What was typed, and what is wrong with it."""

    form: FilledForm
    problems: tuple[Text, ...] = ()
    rules: Mapping[int, Text] = field(default_factory=dict)


async def asked_of(
    session: AsyncSession, member: Principal, now: datetime
) -> tuple[int, Asked]:
    """And the version in force."""
    version, policy = await in_force(session, member.party_id)
    picked = {gtin for stock in await session.exec(select(StockRow)) for gtin in stock.products}
    return version, Asked(
        present=policy,
        cards=await category_cards(session),
        picked=tuple(sorted(picked)),
        vendors=await queries_orders.vendor_names(session),
        today_on=now.astimezone(ZoneInfo(member.timezone)).date(),
    )


async def policy_view(
    session: AsyncSession,
    member: Principal,
    now: datetime,
    typed: Callable[[Money], str],
    refused: Refused | None = None,
) -> PolicyView:
    """refused: is shown as it was typed, instead of what is in force."""
    version, asked = await asked_of(session, member, now)
    form = refused.form if refused else answers(asked, typed)
    stocks = await titles.of_stocks(session, member.language)
    return PolicyView(
        version=version,
        preset=form.one("preset") or asked.present.preset,
        presets=tuple((name, text(f"preset.{name}.means")) for name in PRESETS),
        **{name: form.one(name) for name in TYPED},
        categories=tuple(_criteria(asked, form, each) for each in asked.cards),
        worth=_worth(asked, form),
        vendors=_choices(dict(asked.vendors), form.many("vendors_blocked")),
        contested=_contested(asked, {str(key): name for key, name in stocks.items()}),
        own_rules=_own_rules(form, refused.rules if refused else {}),
        fields=tuple(f"{root}.{name}" for root in FIELDS for name in sorted(FIELDS[root])),
        rules=rule_lines(asked.present, asked.vendors),
        versions=(await versions(session, member))[:VERSIONS_SHOWN],
        may_change=member.may_change,
        problems=refused.problems if refused else (),
    )


TYPED = ("ask_above", "ask_rise", "price_rise", "late", "loyalty", "stock_out_per_day")


def _choices(labels: Mapping[str, Text | str], chosen: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=value, label=label, is_chosen=value in chosen)
        for value, label in labels.items()
    )


def _criteria(asked: Asked, form: FilledForm, category: str) -> CategoryCriteria:
    cards, policy = asked.cards[category], asked.present
    unit, band = cards[0].unit, policy.band(category)
    brands = {each.brand for each in cards} | set(policy.names(policy.brands_allowed, category))
    required = policy.names(policy.attributes_required, category)
    known = sorted({name for each in cards for name in each.attributes} | set(required))
    return CategoryCriteria(
        category=category,
        title=wording.category(category),
        brands=_choices(
            {each: each for each in sorted(brands)}, form.many(f"brand:{category}")
        ),
        per=wording.per(band.per_quantity if band else PER_QUANTITY[unit], unit),
        band_most=form.one(f"band:{category}"),
        days_most=form.one(f"days:{category}"),
        packs_most=form.one(f"packs:{category}"),
        days_between=form.one(f"gap:{category}"),
        attributes=_choices(
            {name: wording.attributes([name]) for name in known},
            form.many(f"attribute:{category}"),
        ),
        instead=tuple(_instead(asked, form, each) for each in asked.replaceable(category)),
    )


def _instead(asked: Asked, form: FilledForm, card: ProductCard) -> Instead:
    others = {
        each.gtin: each.title
        for each in asked.cards[card.category]
        if each.gtin != card.gtin and set(each.fits) & set(card.fits)
    }
    return Instead(
        gtin=card.gtin,
        title=card.title,
        others=_choices(dict(others), form.many(f"instead:{card.gtin}")),
        worth=form.one(f"worth:{card.gtin}"),
    )


def _worth(asked: Asked, form: FilledForm) -> tuple[Worth, ...]:
    attribute, vendor = CREDITS
    fields: dict[str, Text | str] = {
        f"{attribute}:{each}": wording.attributes([each])
        for each in asked.creditable(CREDITS[attribute])
    }
    shops: dict[str, Text | str] = {
        f"{vendor}:{each}": asked.vendors.get(each, each)
        for each in asked.creditable(CREDITS[vendor])
    }
    return tuple(
        Worth(field=name, label=label, share=form.one(name))
        for name, label in (fields | shops).items()
    )


def _contested(asked: Asked, stocks: Mapping[str, str]) -> tuple[Contested, ...]:
    found = []
    for at, each in enumerate(asked.present.contested):
        card = asked.product(each.product or "")
        about = card.title if card else stocks.get(each.stock_id or "", each.product or "")
        is_claim = each.rule_id.startswith(CLAIM)
        rule = text("contested.claim" if is_claim else f"rule.{each.rule_id}.title")
        found.append(Contested(key=contest_key(at, asked.present), rule=rule, about=about))
    return tuple(found)


def _own_rules(form: FilledForm, problems: Mapping[int, Text]) -> tuple[OwnRule, ...]:
    filled = own_rows(form)
    spare = [at for at in range(OWN_RULES_MOST) if at not in filled][:SPARE_ROWS]
    return tuple(
        OwnRule(
            at=at,
            name=form.one(f"own_name:{at}"),
            wording=form.one(f"own_wording:{at}"),
            expression=form.one(f"own_expression:{at}"),
            asks=form.one(f"own_otherwise:{at}") == "ask",
            problem=problems.get(at),
        )
        for at in (*filled, *spare)
    )


async def versions(session: AsyncSession, member: Principal) -> tuple[PolicyVersion, ...]:
    return tuple(
        PolicyVersion(
            version=each.version,
            author=wording.policy_author(each.author),
            created_at=each.created_at,
        )
        for each in await store.policy_versions(session, member.party_id)
    )


async def policy_of_version(session: AsyncSession, owner: Principal, version: int) -> Policy:
    """Raises NotFound."""
    rows = await store.policy_versions(session, owner.party_id)
    row = next((each for each in rows if each.version == version), None)
    if row is None:
        raise NotFound(f"policy version {version}")
    return policies.from_json(row.body)


async def versions_view(
    session: AsyncSession, member: Principal, before: int | None, after: int | None
) -> VersionsView:
    """Not said: the newest against the one before it."""
    listed = await versions(session, member)
    newest = listed[0].version if listed else 0
    after = newest if after is None else after
    before = max(after - 1, min(1, newest)) if before is None else before
    if not listed:
        return VersionsView(versions=(), before=0, after=0, changes=())
    return VersionsView(
        versions=listed,
        before=before,
        after=after,
        changes=await differences(
            session,
            await policy_of_version(session, member, before),
            await policy_of_version(session, member, after),
        ),
    )


async def differences(session: AsyncSession, before: Policy, after: Policy) -> tuple[Text, ...]:
    names = await queries_orders.vendor_names(session)
    return tuple(wording.difference(each, names) for each in policy_diff.diff(before, after))
