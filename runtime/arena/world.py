"""One world: what households will want on each day, what vendors list, and everyone's luck.

Pure. Everything random is drawn here, before anybody chooses, so that every contestant meets
the same wishes, prices and luck; and the honest vendors' prices are the same with and without
cheats beside them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain
from random import Random
from typing import Final

from core.money import PPM, Money
from replenishment.forecast import Forecast
from replenishment.lead_time import Supplier, lead_time
from replenishment.outlook import Outlook
from replenishment.position import Position
from replenishment.reorder import Demand, LeadTime
from runtime.arena.goods import GOODS, Good
from runtime.arena.vendors import CHEATS, HONEST, ArenaVendor
from vendor_policy.declarations import Remuneration
from vendor_policy.offers import SOURCES, Offer, Rating, offer_id

STARTS_AT: Final = datetime(2026, 1, 5, tzinfo=UTC)
PRICES_HOLD_DAYS: Final = 28
PRICES_MOVE: Final = 0.04  # up or down around a vendor's level, at most
SHARES: Final = (0.6, 1.4)  # of the usual use: small and large households
AT_START_DAYS: Final = (5, 30)  # of use at home when the season starts
SERVICE_LEVEL_PPM: Final = 950_000  # as a stock has it before its owner changes it
LABELLED: Final = 1.12  # price of the labelled product against the plain one


@dataclass(frozen=True, slots=True)
class Luck:
    """Of an order placed on one day, whoever delivers: five numbers in [0, 1)."""

    cancelled: float
    late: float
    delay: float
    window: float
    complained: float


@dataclass(frozen=True, kw_only=True)
class ArenaStock:
    """`wanted`, `luck`: by day. `demand` is the true one, so that no policy gains or loses by
    an error of the forecast. `reorder_at`: in units.
    """

    stock_id: str
    good: Good
    demand: Demand
    lead_time: LeadTime
    at_start: int
    wanted: tuple[int, ...]
    luck: tuple[Luck, ...]

    @cached_property
    def reorder_at(self) -> float:
        return self.outlook(0).reorder_at

    def outlook(self, on_hand: int) -> Outlook:
        return Outlook(
            forecast=Forecast(demand=self.demand, observed_days=0),
            lead_time=self.lead_time,
            position=Position(in_slot=on_hand, spares=0, on_order=0, waiting=0),
            service_level_ppm=SERVICE_LEVEL_PPM,
            least=0,
        )


@dataclass(frozen=True, kw_only=True)
class World:
    households: int
    days: int
    vendors: Mapping[str, ArenaVendor]
    stocks: tuple[ArenaStock, ...]
    moves: Mapping[str, float]  # of a price against its level, by `_price_key`

    def offers(self, category: str, day: int) -> tuple[Offer, ...]:
        return self._listed[category, day // PRICES_HOLD_DAYS]

    @cached_property
    def _listed(self) -> dict[tuple[str, int], tuple[Offer, ...]]:
        return {
            (good.category, period): tuple(
                _offer(vendor, good, period, is_labelled, self.moves)
                for vendor in self.vendors.values()
                for is_labelled in ((False, True) if vendor.sells_labelled else (False,))
            )
            for good in GOODS
            for period in range(_periods(self.days))
        }


def world(rng: Random, *, households: int, days: int, cheats: Iterable[str] = ()) -> World:
    """`cheats`: keys of CHEATS that are about."""
    everyone = {each.vendor: each for each in chain(HONEST, CHEATS.values())}
    moves = {
        _price_key(vendor, good, period): rng.uniform(-PRICES_MOVE, PRICES_MOVE)
        for vendor in everyone
        for good in GOODS
        for period in range(_periods(days))
    }
    about = {each.vendor for each in chain(HONEST, (CHEATS[name] for name in cheats))}
    vendors = {key: each for key, each in everyone.items() if key in about}
    stocks = tuple(
        _stock(rng, f"household-{household}:{good.category}", good, days, vendors)
        for household in range(households)
        for good in GOODS
    )
    return World(households=households, days=days, vendors=vendors, stocks=stocks, moves=moves)


def _stock(
    rng: Random, stock_id: str, good: Good, days: int, vendors: Mapping[str, ArenaVendor]
) -> ArenaStock:
    share = rng.uniform(*SHARES)
    demand = good.demand(share)
    suppliers = [Supplier(promise=each.promise) for each in vendors.values()]
    return ArenaStock(
        stock_id=stock_id,
        good=good,
        demand=demand,
        lead_time=lead_time(suppliers),
        at_start=round(demand.mean * rng.uniform(*AT_START_DAYS)),
        wanted=tuple(_wanted(rng, good, good.use_chance * share) for _ in range(days)),
        luck=tuple(Luck(*(rng.random() for _ in range(5))) for _ in range(days)),
    )


def _wanted(rng: Random, good: Good, chance: float) -> int:
    return good.dose * sum(rng.random() < chance for _ in range(good.uses_most))


def _periods(days: int) -> int:
    return -(-days // PRICES_HOLD_DAYS)


def _price_key(vendor: str, good: Good, period: int) -> str:
    return f"{vendor}/{good.category}/{period}"


def _offer(
    vendor: ArenaVendor, good: Good, period: int, is_labelled: bool, moves: Mapping[str, float]
) -> Offer:
    seen_at = STARTS_AT + timedelta(days=period * PRICES_HOLD_DAYS)
    sku = f"{good.category}-eco" if is_labelled else good.category
    level = vendor.level_ppm / PPM * (LABELLED if is_labelled else 1.0)
    price = good.price_minor * level * (1 + moves[_price_key(vendor.vendor, good, period)])
    return Offer(
        offer_id=offer_id(vendor.vendor, sku, seen_at),
        vendor=vendor.vendor,
        vendor_name=vendor.vendor.title(),
        sku=sku,
        gtin=f"{2 * GOODS.index(good) + is_labelled:014d}",
        title=sku,
        brand="Labelled" if is_labelled else "Plain",
        category=good.category,
        fits=(good.fits,),
        pack_quantity=good.pack_quantity,
        unit=good.unit,
        price=Money(round(price), "EUR"),
        in_stock=True,
        shipping=vendor.shipping,
        delivery=vendor.promise,
        attributes=("eco-label",) if is_labelled else (),
        rating=Rating(value_ppm=vendor.rating_ppm, count=vendor.ratings),
        trader_verified=True,
        remuneration=_remuneration(vendor),
        returns_days=14,
        seen_at=seen_at,
        expires_at=seen_at + timedelta(days=PRICES_HOLD_DAYS),
        sources=SOURCES,
    )


def _remuneration(vendor: ArenaVendor) -> Remuneration:
    if not vendor.kick_back_ppm:
        return Remuneration(share_ppm=0)
    return Remuneration(
        payer=vendor.vendor, payee="the platform", share_ppm=vendor.kick_back_ppm
    )
