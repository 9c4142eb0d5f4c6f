"""What stocks are called in the reader's language.

A stock is named after its slot when the device is claimed, in the owner's language then. While
it still bears that title it is said in the reader's; a name of the owner's own stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from devices.models import SlotSpec
from devices.tables import SlotRow, StockRow


async def of_stocks(session: AsyncSession, language: str) -> dict[UUID, str]:
    """Of all stocks in the session's scope."""
    found = await session.exec(
        select(StockRow.stock_id, StockRow.name, SlotRow.spec).outerjoin(
            SlotRow, col(SlotRow.stock_id) == col(StockRow.stock_id)
        )
    )
    names: dict[UUID, str] = {}
    specs: dict[UUID, list[SlotSpec]] = defaultdict(list)
    for stock_id, name, spec in found:
        names[stock_id] = name
        if spec is not None:
            specs[stock_id].append(SlotSpec.model_validate(spec))
    return {key: title_in(name, specs[key], language) for key, name in names.items()}


async def by_name(session: AsyncSession, language: str) -> dict[str, str]:
    """Of the names that stand in notices."""
    titles = await of_stocks(session, language)
    stocks = await session.exec(select(StockRow.stock_id, StockRow.name))
    return {name: titles[stock_id] for stock_id, name in stocks}


def title_in(name: str, specs: Iterable[SlotSpec], language: str) -> str:
    return next(
        (each.title_in(language) for each in specs if name in (each.title, each.title_de)), name
    )


def with_title(params: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """The params of a notice, its stock in the reader's language."""
    name = params.get("stock")
    return {**params, "stock": titles.get(name, name)} if isinstance(name, str) else {**params}
