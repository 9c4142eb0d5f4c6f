"""Containers that are full: their owner is told once, and nothing is ordered."""

from collections.abc import Sequence

from sqlmodel import col, select

from accounts.notices import Notice
from devices import containers
from devices.stock import StockSlot
from devices.tables import OwnershipRow
from devices.wire import SlotState
from replenishment.case import Case


async def tell(case: Case, slots: Sequence[StockSlot]) -> None:
    """Works inside the review's transaction; again only after one was emptied."""
    full = [each for each in slots if each.condition is SlotState.FULL]
    if full and not case.stock.is_full_told:
        first = full[0]
        named = await case.session.exec(
            select(OwnershipRow.name).where(col(OwnershipRow.device_id) == first.device_id)
        )
        said: dict[str, str | int] = {
            "slot": first.spec.title_in(case.owner.language),
            "device": named.first() or "",
        }
        await case.tell(
            Notice(text_key=containers.chore(first.spec), params=said, link="/at-home")
        )
    if full or all(each.condition is not SlotState.UNKNOWN for each in slots):
        case.stock.is_full_told = bool(full)
