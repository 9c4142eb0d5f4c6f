"""Everything at home, and what can be added by hand."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text
from api.render import Pages
from api.web import household, kinds, queries_orders, wording
from api.web.household import Household, depletion_at, is_container
from api.web.kinds import Choices
from api.web.views import Coming
from api.web.views_at_home import AtHomeLine, AtHomeView, ByHandView
from devices.catalog import described, shelf
from devices.description import model_of
from devices.tables import StockRow
from replenishment.order_states import WAITING
from vendor_policy.declarations import ProductCard
from vendor_policy.tables import ProductCardRow


async def at_home_view(session: AsyncSession, member: Principal, now: datetime) -> AtHomeView:
    home = await household.load(session, now, member.language)
    orders = list(home.live_orders.values())
    known = await queries_orders.names(session, orders, member.language)
    coming = {each.stock_id: queries_orders.coming(each, known) for each in orders}
    lines = [
        _line(home, each, coming.get(each.stock_id))
        for each in sorted(home.stocks.values(), key=lambda row: _order(home, row))
        if any(not is_container(slot) for _, slot in home.places(each.stock_id))
    ]
    return AtHomeView(
        lines=tuple(lines),
        containers=tuple(
            home.gauge(owned, slot)
            for owned in home.devices
            for slot in owned.slots
            if is_container(slot)
        ),
        asks=sum(each.is_asked for each in lines),
        may_change=member.may_change,
    )


def _order(home: Household, row: StockRow) -> tuple[bool, datetime, str]:
    """What is empty first; what nobody can tell comes last."""
    at = depletion_at(row)
    return at is None, at or home.now, home.titles[row.stock_id]


def _line(home: Household, row: StockRow, order: Coming | None) -> AtHomeLine:
    places = home.places(row.stock_id)
    amounts = [home.in_slot(*each) for each in places]
    is_known = None not in amounts
    live = home.live_orders.get(row.stock_id)
    return AtHomeLine(
        gauge=home.stock_gauge(row),
        in_use=wording.measured(sum(each or 0.0 for each in amounts), row.unit)
        if is_known
        else None,
        order=order,
        is_asked=live is not None and live.state in WAITING,
        used_in=home.device_names(row.stock_id),
        taps=tuple(household.tap(owned, slot) for owned, slot in places if owned.model is None),
    )


async def consumables(session: AsyncSession, pages: Pages) -> Choices:
    def supplies(category: str) -> tuple[str, str]:
        said = wording.category(category)
        return pages.words("en", "UTC").say(said), pages.words("de", "UTC").say(said)

    rows = await session.exec(select(ProductCardRow))
    cards = [ProductCard.model_validate(row.card) for row in rows]
    models = [model_of(each) for each in described.all_described()]
    known = [*shelf.MODELS, *(each for each in models if each)]
    return Choices(sold=kinds.of_cards(cards, supplies), known=kinds.of_models(known))


def add_view(
    choices: Choices,
    language: str,
    filled: Mapping[str, str],
    problems: Mapping[str, Text],
) -> ByHandView:
    return ByHandView(
        sold=tuple(each.kind(language) for each in choices.sold),
        known=tuple(each.kind(language) for each in choices.known),
        filled=filled,
        problems=problems,
    )
