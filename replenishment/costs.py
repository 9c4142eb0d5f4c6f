"""What ordering and keeping one stock costs, as far as prices were seen.

Reads within the caller's transaction.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from core.money import PPM
from devices.tables import StockRow
from replenishment import track_record
from replenishment.reorder import OrderCosts
from vendor_policy import store
from vendor_policy.offers import Offer
from vendor_policy.policy import Policy

LATELY: Final = timedelta(days=30)  # an expired price still says what such a thing costs


async def order_costs(
    session: AsyncSession, stock: StockRow, policy: Policy, *, at: datetime
) -> OrderCosts | None:
    """Of the offer with the lowest price for one pack delivered, per unit; the price last paid
    is used where there is one. None: no shop was seen lately, or in other units or money.
    """
    seen = [
        offer
        for offer in await store.fresh_offers(session, stock.category, at - LATELY)
        if offer.unit == stock.unit
        and offer.price.currency == policy.currency
        and set(offer.fits) & set(stock.fits)
    ]
    if not seen:
        return None
    cheapest = min(seen, key=_per_unit)
    last = await track_record.last_bought(session, stock.stock_id)
    paid = None if last is None else await track_record.paid(session, last)
    is_same_money = paid is not None and paid.total.currency == policy.currency
    return OrderCosts(
        per_order=cheapest.shipping.cost_minor(cheapest.price.minor),
        per_unit=paid.total.minor / paid.quantity
        if paid is not None and is_same_money
        else _per_unit(cheapest),
        holding_per_year=policy.holding_ppm_per_year / PPM,
    )


def _per_unit(offer: Offer) -> float:
    minor = offer.price.minor + offer.shipping.cost_minor(offer.price.minor)
    return minor / offer.pack_quantity
