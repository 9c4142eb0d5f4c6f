"""One stock under review: what every step of the review needs at hand."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import notices
from accounts.notices import Notice
from accounts.tables import OwnerRow
from core.ids import Ids
from devices.tables import StockRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a review happens. `is_requested`: the device asked for a refill itself.
    `correlation`: `device_id/boot_id/seq` of the message, empty for the daily review.
    """

    is_requested: bool = False
    correlation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Inside one transaction that holds the stock's lock and sees the rows of all owners."""

    session: AsyncSession
    stock: StockRow
    owner: OwnerRow
    at: datetime
    today: date  # in the owner's time zone
    ids: Ids
    occasion: Occasion

    async def tell(self, notice: Notice) -> None:
        await notices.tell(self.session, self.owner.owner_id, notice, at=self.at, ids=self.ids)
