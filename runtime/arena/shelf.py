"""A stock at home during a season: what is there, what comes, and what shops would not sell.

Pure. What a shop would not sell for a need counts as out of stock, as
`replenishment/questions.py` has it: cancelled lately, or ever changed at checkout.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from replenishment.reorder import Bounds, order_quantity
from runtime.arena.contestants import ArenaPick
from runtime.arena.purchase import ArenaOrder
from runtime.arena.world import STARTS_AT, ArenaStock
from vendor_policy.facts import LastPaid
from vendor_policy.needs import Need, micro
from vendor_policy.offers import Offer

REFUSAL_COUNTS_DAYS: Final = 1  # as questions.REFUSAL_COUNTS

Terms = tuple[str, str, int]  # vendor, SKU, price of a pack in minor units


@dataclass(slots=True)
class Shelf:
    """`asked`: what the owner will say yes to, and when. The lists are of the open need."""

    stock: ArenaStock
    on_hand: int
    needs: int = 0
    live: ArenaOrder | None = None
    asked: tuple[int, ArenaPick] | None = None
    is_changed_last: bool = False  # the need's last attempt ended at checkout
    cancelled: list[tuple[int, Terms]] = field(default_factory=list)
    changed: list[Terms] = field(default_factory=list)
    last: tuple[str, LastPaid] | None = None  # vendor and total of what was bought last
    before: tuple[str, LastPaid] | None = None  # the same, before the live order

    @property
    def is_due(self) -> bool:
        return not self.live and not self.asked and self.on_hand <= self.stock.reorder_at

    def believed(self, offers: Sequence[Offer], day: int) -> list[Offer]:
        unsold = {*_lately(self.cancelled, day), *self.changed}
        return [
            replace(offer, in_stock=False) if terms(offer) in unsold else offer
            for offer in offers
        ]

    def need(self, day: int) -> Need:
        """As the product describes it; only while something is due."""
        stock, today = self.stock, (STARTS_AT + timedelta(days=day)).date()
        depletion = stock.outlook(self.on_hand).depletion(self.on_hand, today)
        quantity = order_quantity(stock.demand, stock.reorder_at, self.on_hand, Bounds())
        if quantity is None:  # only for want of room, and there is no bound on it
            raise AssertionError
        return Need(
            need_id=f"{stock.stock_id}:{self.needs}",
            stock_id=stock.stock_id,
            category=stock.good.category,
            fits=(stock.good.fits,),
            unit=stock.good.unit,
            quantity_least=quantity.least,
            quantity_target=quantity.target,
            quantity_most=quantity.most,
            needed_by_on=depletion.p10_on,
            depletion=depletion,
            use_per_day_micro=micro(stock.demand.mean),
            reason="need.below_reorder_point",
        )

    def close_need(self) -> None:
        self.needs += 1
        self.is_changed_last = False
        self.cancelled.clear()
        self.changed.clear()


def terms(offer: Offer) -> Terms:
    return offer.vendor, offer.sku, offer.price.minor


def _lately(ended: Sequence[tuple[int, Terms]], day: int) -> list[Terms]:
    return [each for ended_on, each in ended if day - ended_on <= REFUSAL_COUNTS_DAYS]
