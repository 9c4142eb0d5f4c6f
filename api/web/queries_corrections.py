"""What one decision may teach the rules: a contested objection, a choice of the owner's own."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from api.refusals import NotFound
from api.web import queries_orders, remarks, titles, wording
from api.web.queries_decision import excluded_column, find_decision
from api.web.queries_policy import in_force
from api.web.queries_rules import differences
from api.web.views_orders import ContestView, MakeRuleView, RuleIdea
from replenishment import orders, suggested_rules
from vendor_policy import explain, record
from vendor_policy.rules import text_id
from vendor_policy.store import PolicyInForce


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
    session: AsyncSession, order_id: UUID, owner: Principal
) -> MakeRuleView:
    """Raises NotFound."""
    order = await queries_orders.find_order(session, order_id)
    line = (await orders.lines(session, order_id))[0]
    made = record.parsed((await find_decision(session, order.record_id)).record)
    offers = explain.by_id(made)
    version, policy = await in_force(session, owner.party_id)
    found = await suggested_rules.suggested(
        session, order_id, PolicyInForce(version=version, policy=policy)
    )
    was_other = made.chosen is not None and made.chosen.offer_id != line.offer_id
    return MakeRuleView(
        order_id=order_id,
        version=version,
        chosen=excluded_column(made, offers[line.offer_id], line.packs),
        proposed=excluded_column(made, offers[made.chosen.offer_id])
        if made.chosen and was_other
        else None,
        ideas=tuple(
            [
                RuleIdea(
                    name=each.name,
                    words=wording.said(each.words),
                    changes=await differences(session, policy, each.policy),
                )
                for each in found
            ]
        ),
    )
