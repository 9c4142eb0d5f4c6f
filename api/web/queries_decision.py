"""Why this order: a decision record, explained for its owner."""

from typing import Final
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text, text
from api.refusals import NotFound
from api.web import queries_orders, remarks, titles, wording
from api.web.views_orders import (
    Column,
    DecisionView,
    ExcludedOffer,
    FunnelStep,
    OverrideView,
    PaidPlace,
    RankedOffer,
    ReceiptLine,
    RefusedEntry,
)
from core.money import Money
from devices.tables import OwnershipRow, SlotRow
from replenishment.order_states import OrderState
from replenishment.tables import OrderRow
from vendor_policy import candidates, counterfactuals, explain, record, whatif
from vendor_policy.candidates import candidate
from vendor_policy.decide import Ranked
from vendor_policy.declarations import DeliveryPromise
from vendor_policy.funnel import funnel
from vendor_policy.offers import Offer
from vendor_policy.record import DecisionRecord
from vendor_policy.sums import Cell, SumLine, Sums, sums
from vendor_policy.tables import DecisionRow


async def find_decision(session: AsyncSession, record_id: UUID) -> DecisionRow:
    """Raises NotFound, also for another owner's record."""
    found = await session.exec(select(DecisionRow).where(DecisionRow.record_id == record_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"decision record {record_id}")
    return row


async def decision_view(
    session: AsyncSession, record_id: UUID, member: Principal
) -> DecisionView:
    row = await find_decision(session, record_id)
    made = record.parsed(row.record)
    names = await titles.of_stocks(session, member.language)
    order = await _newest_order(session, record_id)
    both = sums(made)
    is_open = order is not None and order.state == OrderState.AWAITING_APPROVAL
    return DecisionView(
        record_id=record_id,
        record_hash=row.record_hash,
        decided_at=row.decided_at,
        stock_id=row.stock_id,
        stock_name=names.get(row.stock_id, ""),
        device_name=await _device_names(session, row.stock_id),
        headline=_headline(made),
        lead=_lead(made),
        per=wording.per(both.per_quantity, both.unit) if both else text("decision.nothing"),
        columns=_columns(made),
        lines=tuple(_line(each, both) for each in both.lines) if both else (),
        counts_as=_counts_as(both) if both else (),
        runner_up=_runner_up(made, both) if both else None,
        what_if=_what_if(made),
        blocked=remarks.blocked(made),
        funnel=_funnel(made),
        ranked=_ranked_offers(made, member.language),
        excluded=_excluded_offers(made, member),
        refused=_refused(made),
        paid_places=_paid_places(made),
        asks=tuple(wording.said(part) for part in explain.asks(made)),
        order_id=order.order_id if order else None,
        order_state=wording.state(order.state) if order else None,
        may_choose=is_open and member.may_approve,
        may_change=member.may_change,
        may_contest=order is not None and queries_orders.may_contest(order),
        may_make_rule=order is not None and order.is_override and member.may_change,
    )


async def _newest_order(session: AsyncSession, record_id: UUID) -> OrderRow | None:
    """An override makes a second order on the same record."""
    found = await session.exec(select(OrderRow).where(OrderRow.record_id == record_id))
    return max(found, key=lambda each: each.attempt, default=None)


async def _device_names(session: AsyncSession, stock_id: UUID) -> str:
    found = await session.exec(
        select(OwnershipRow.name)
        .join(SlotRow, SlotRow.device_id == OwnershipRow.device_id)  # type: ignore[arg-type]  # SQLModel types columns as their values
        .where(SlotRow.stock_id == stock_id)
        .distinct()
    )
    return ", ".join(found)


def _headline(made: DecisionRecord) -> Text:
    if made.chosen is None:
        return text("decision.headline_nothing")
    offer = explain.by_id(made)[made.chosen.offer_id]
    return text("decision.headline", vendor=offer.vendor_name)


def _lead(made: DecisionRecord) -> Text:
    vendors = {each.vendor for each in made.offers.values()}
    seen = len(made.offers) + len(made.refused)
    return text(
        "decision.lead",
        n=seen,
        vendors=len(vendors | {each.vendor for each in made.refused}),
        need=text(made.needs[0].reason),
    )


def _column(offer: Offer, packs: int, total: Money) -> Column:
    return Column(
        offer_id=offer.offer_id,
        packs=packs,
        vendor=offer.vendor_name,
        title=offer.title,
        total=total,
    )


def _best(made: DecisionRecord) -> list[Ranked]:
    """The best number of packs of each offer, best offer first."""
    best: dict[str, Ranked] = {}
    for each in made.ranked:
        best.setdefault(each.offer_id, each)
    return list(best.values())


def _columns(made: DecisionRecord) -> tuple[Column, ...]:
    offers = explain.by_id(made)
    return tuple(
        _column(offers[each.offer_id], each.packs, each.total) for each in _best(made)[:2]
    )


def _line(line: SumLine, both: Sums) -> ReceiptLine:
    cells = [line.chosen, *([line.runner_up] if line.runner_up else [])]
    return ReceiptLine(
        label=wording.said(line.title),
        amounts=tuple(Money(each.minor, both.currency) for each in cells),
        note=_note(line.title.key, line.chosen),
        author=wording.author(line.title) if line.title.author else None,
    )


def _note(key: str, cell: Cell) -> Text | None:
    """What the amount was computed from, where that says something."""
    if key == "line.lateness" and cell.params:
        return wording.said(explain.Part("line.lateness.note", cell.params))
    return None


def _counts_as(both: Sums) -> tuple[Money, ...]:
    amounts = [both.chosen_minor]
    if both.runner_up_minor is not None:
        amounts.append(both.runner_up_minor)
    return tuple(Money(each, both.currency) for each in amounts)


CUTS_TOLD: Final = 3  # prices of losers told on the page; all are in the REST answer


def _what_if(made: DecisionRecord) -> tuple[Text, ...]:
    found = counterfactuals.counterfactuals(made, CUTS_TOLD)
    return tuple(wording.said(part) for part in whatif.sentences(made, found))


def _runner_up(made: DecisionRecord, both: Sums) -> Text:
    if both.runner_up_minor is None or made.runner_up is None:
        return text("why.no_runner_up")
    offer = explain.by_id(made)[made.runner_up.offer_id]
    dearer = Money(both.runner_up_minor - both.chosen_minor, both.currency)
    if dearer.minor == 0:
        return text("decision.equal", vendor=offer.vendor_name)
    per = wording.per(both.per_quantity, both.unit)
    return text("decision.dearer", vendor=offer.vendor_name, amount=dearer, per=per)


def _funnel(made: DecisionRecord) -> tuple[FunnelStep, ...]:
    passed = funnel(made)
    steps = (
        FunnelStep(
            left=step.left, words=wording.said(step.title), author=wording.author(step.title)
        )
        for step in passed.steps
    )
    return (FunnelStep(left=passed.seen, words=text("decision.seen")), *steps)


def _ranked_offers(made: DecisionRecord, language: str) -> tuple[RankedOffer, ...]:
    offers = explain.by_id(made)
    return tuple(
        RankedOffer(
            place=place,
            column=_column(offers[each.offer_id], each.packs, each.total),
            counts_as=Money(each.price.shown_minor, each.total.currency),
            arrives=arrives(each.delivery),
            notes=remarks.remarks(made, each.offer_id, language),
        )
        for place, each in enumerate(_best(made), start=1)
    )


def arrives(promise: DeliveryPromise) -> Text:
    if promise.earliest_days == promise.latest_days:
        return text("arrival.days_same", n=promise.latest_days)
    return text("arrival.days", earliest=promise.earliest_days, latest=promise.latest_days)


def _excluded_offers(made: DecisionRecord, member: Principal) -> tuple[ExcludedOffer, ...]:
    return tuple(
        ExcludedOffer(
            column=excluded_column(made, each.offer),
            objections=wording.objected(each.objections),
            notes=remarks.remarks(made, each.offer.offer_id, member.language),
            contestable=remarks.contestable(made, each.offer.offer_id),
        )
        for each in explain.excluded(made)
    )


def _refused(made: DecisionRecord) -> tuple[RefusedEntry, ...]:
    return tuple(
        RefusedEntry(
            vendor=each.vendor,
            title=each.title,
            objections=wording.objected(each.objections),
        )
        for each in explain.refused(made)
    )


def excluded_column(made: DecisionRecord, offer: Offer, packs: int | None = None) -> Column:
    """`packs` None: the fewest that were tried."""
    packs = packs or candidates.pack_counts(offer, made.needs[0])[0]
    return _column(offer, packs, candidate(offer, packs).total)


def _paid_places(made: DecisionRecord) -> tuple[PaidPlace, ...]:
    """Once for each vendor and what it pays, those who pay first."""
    paid = {
        (offer.vendor_name, offer.remuneration): offer.price.currency
        for offer in made.offers.values()
    }
    places = []
    for (vendor, remuneration), currency in paid.items():
        words = text("decision.pays_nothing")
        if remuneration.is_paid:
            words = wording.said(
                explain.Part(
                    "decision.pays_share" if remuneration.share_ppm else "decision.pays_amount",
                    {
                        "share_ppm": remuneration.share_ppm or 0,
                        "amount_minor": remuneration.amount_minor or 0,
                        "currency": currency,
                        "payee": remuneration.payee,
                    },
                )
            )
        places.append(PaidPlace(vendor=vendor, words=words, is_paid=remuneration.is_paid))
    return tuple(sorted(places, key=lambda each: (not each.is_paid, each.vendor)))


async def override_view(
    session: AsyncSession, order_id: UUID, offer_id: str, packs: int | None = None
) -> OverrideView:
    """Raises NotFound when the decision behind the order saw no such offer."""
    order = await queries_orders.find_order(session, order_id)
    made = record.parsed((await find_decision(session, order.record_id)).record)
    offer = explain.by_id(made).get(offer_id)
    if offer is None:
        raise NotFound(f"offer {offer_id}")
    return OverrideView(
        order_id=order_id,
        record_id=order.record_id,
        offer=ExcludedOffer(
            column=excluded_column(made, offer, packs),
            objections=wording.objected(explain.objections(made, offer_id)),
        ),
    )
