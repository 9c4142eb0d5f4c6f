"""One contestant's season in one world: reviews, orders, parcels, and what they came to.

Pure. The platform's side is the product's own, in days: a stock is reviewed each day and has
one live order at most. An order whose total changed at checkout is not placed; the next
proposal for that need waits for the owner, who says yes to whatever is proposed.
"""

from dataclasses import dataclass
from typing import Final

from core.money import Money
from runtime.arena.contestants import ArenaPick, Contestant
from runtime.arena.purchase import ArenaOrder, checkout_minor, listed_minor, placed
from runtime.arena.recorded import TrackRecord
from runtime.arena.shelf import Shelf, terms
from runtime.arena.vendors import HONEST
from runtime.arena.world import ArenaStock, World
from vendor_policy.facts import LastPaid

HONEST_KEYS: Final = frozenset(each.vendor for each in HONEST)
OWNER_ANSWERS_AFTER_DAYS: Final = 1  # the mean of replenishment.lead_time.ANSWERS


@dataclass(slots=True)
class Tally:
    """Of all households over the whole season; amounts in minor units."""

    orders: int = 0  # delivered
    paid_minor: int = 0  # for what was not cancelled
    lost_minor: int = 0  # of it to cheats, above the best honest total for as many packs
    left_minor: float = 0.0  # worth of what is at home or coming at the end
    held_minor_days: float = 0.0  # worth of what is at home, summed over days
    days_without: int = 0  # on which a household wanted more of something than it had
    asked: int = 0
    cancelled: int = 0  # by the vendor
    complained: int = 0
    late: int = 0
    labelled: int = 0


class Season:
    def __init__(self, world: World, contestant: Contestant) -> None:
        self._world = world
        self._contestant = contestant
        self._record = TrackRecord()
        self._shelves = [Shelf(stock, stock.at_start) for stock in world.stocks]
        self.tally = Tally()

    def play(self) -> Tally:
        for day in range(self._world.days):
            for shelf in self._shelves:
                self._receive(shelf, day)
            for shelf in self._shelves:
                self._review(shelf, day)
            for shelf in self._shelves:
                self._use(shelf, day)
        for shelf in self._shelves:
            coming = shelf.live.units if shelf.live else 0
            self.tally.left_minor += _worth_minor(shelf.stock, shelf.on_hand + coming)
        return self.tally

    def _receive(self, shelf: Shelf, day: int) -> None:
        order = shelf.live
        if order is None or order.ends_on > day:
            return
        shelf.live = None
        if order.is_cancelled:
            self.tally.cancelled += 1
            self.tally.paid_minor -= order.total_minor
            shelf.cancelled.append((day, terms(order.pick.offer)))
            self._record.failed(day, order.pick.offer.vendor)
            shelf.last = shelf.before
        else:
            self._keep(shelf, order, day)

    def _keep(self, shelf: Shelf, order: ArenaOrder, day: int) -> None:
        offer = order.pick.offer
        self._record.delivered(day, offer.vendor, order.late_days)
        self.tally.orders += 1
        self.tally.late += order.late_days > 0
        self.tally.complained += order.is_complained
        self.tally.labelled += bool(offer.attributes)
        if offer.vendor not in HONEST_KEYS:
            beyond = order.total_minor - self._best_honest_minor(order.pick, order.placed_on)
            self.tally.lost_minor += max(0, beyond)
        shelf.on_hand += order.units
        shelf.close_need()

    def _best_honest_minor(self, pick: ArenaPick, day: int) -> int:
        return min(
            listed_minor(ArenaPick(offer, pick.packs))
            for offer in self._world.offers(pick.offer.category, day)
            if offer.vendor in HONEST_KEYS
        )

    def _review(self, shelf: Shelf, day: int) -> None:
        if shelf.asked and shelf.asked[0] <= day:
            (_, approved), shelf.asked = shelf.asked, None
            self._submit(shelf, approved, day)
        while shelf.is_due:
            pick = self._choice(shelf, day)
            if pick is None:
                return
            if shelf.is_changed_last:
                shelf.asked = (day + OWNER_ANSWERS_AFTER_DAYS, pick)
                self.tally.asked += 1
            else:
                self._submit(shelf, pick, day)

    def _choice(self, shelf: Shelf, day: int) -> ArenaPick | None:
        offers = shelf.believed(self._world.offers(shelf.stock.good.category, day), day)
        facts = self._record.facts(day, shelf.stock.stock_id, shelf.last)
        return self._contestant.choose(shelf.need(day), offers, facts)

    def _submit(self, shelf: Shelf, pick: ArenaPick, day: int) -> None:
        conduct = self._world.vendors[pick.offer.vendor].conduct_on(day)
        is_changed = checkout_minor(pick, conduct) != listed_minor(pick)
        shelf.is_changed_last = is_changed and not self._contestant.pays_changed_total
        if shelf.is_changed_last:
            shelf.changed.append(terms(pick.offer))
            self._record.failed(day, pick.offer.vendor)
            return
        order = placed(pick, conduct, shelf.stock.luck[day], day)
        self.tally.paid_minor += order.total_minor
        shelf.live = order
        paid = LastPaid(total=Money(order.total_minor, "EUR"), quantity=order.units)
        shelf.before, shelf.last = shelf.last, (pick.offer.vendor, paid)

    def _use(self, shelf: Shelf, day: int) -> None:
        wanted = shelf.stock.wanted[day]
        self.tally.days_without += wanted > shelf.on_hand
        shelf.on_hand = max(0, shelf.on_hand - wanted)
        self.tally.held_minor_days += _worth_minor(shelf.stock, shelf.on_hand)


def _worth_minor(stock: ArenaStock, units: int) -> float:
    return units * stock.good.price_minor / stock.good.pack_quantity
