"""What one decision may teach the rules: a contested objection, a choice of the owner's own."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from api.refusals import NotFound
from api.web import queries_orders, remarks, titles, wording
from api.web.filled import FilledForm
from api.web.queries_decision import excluded_column, find_decision
from api.web.rule_ideas import ideas
from api.web.views_orders import ContestView, MakeRuleView
from replenishment import orders
from vendor_policy import explain, record
from vendor_policy.rules import text_id


async def contest_view(
    session: AsyncSession, record_id: UUID, offer_id: str, rule_id: str, language: str
) -> ContestView:
    """Raises NotFound for what that decision holds no technical objection to."""
    row = await find_decision(session, record_id)
    made = record.parsed(row.record)
    offer = explain.by_id(made).get(offer_id)
    open_rules = dict(remarks.contestable(made, offer_id)) if offer else {}
    if offer is None or rule_id not in open_rules:
        raise NotFound(f"objection of {rule_id}")
    found = next(
        part
        for part in explain.objections(made, offer_id)
        if part.key == f"rule.{text_id(rule_id)}.objection"
    )
    names = await titles.of_stocks(session, language)
    return ContestView(
        record_id=record_id,
        offer_id=offer_id,
        rule_id=rule_id,
        product=offer.title,
        stock_name=names.get(row.stock_id, ""),
        rule=open_rules[rule_id],
        said=wording.said(found),
    )


async def make_rule_view(
    session: AsyncSession, order_id: UUID, form: FilledForm, version: int
) -> MakeRuleView:
    """form: the answers of the rules page as they are. Raises NotFound."""
    order = await queries_orders.find_order(session, order_id)
    line = (await orders.lines(session, order_id))[0]
    made = record.parsed((await find_decision(session, order.record_id)).record)
    offers, entries = explain.by_id(made), {each.rule_id: each for each in made.rules}
    chosen = offers[line.offer_id]
    proposed = offers[made.chosen.offer_id] if made.chosen else None
    objected = {
        each.rule_id: remarks.rule_title(entries[each.rule_id])
        for each in made.findings
        if each.offer_id == line.offer_id and each.packs in (None, line.packs)
    }
    held = FilledForm({"version": (str(version),), **form.values})
    return MakeRuleView(
        order_id=order_id,
        chosen=excluded_column(made, chosen, line.packs),
        proposed=excluded_column(made, proposed) if proposed and proposed != chosen else None,
        ideas=ideas(held, chosen, proposed, objected),
    )
