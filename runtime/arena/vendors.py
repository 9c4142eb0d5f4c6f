"""Honest vendors and cheats of the arena: what they say, and what they do.

Pure. A cheat differs from an honest vendor in one behaviour and in the price that makes the
behaviour pay; the reason stands beside each number. Shares are in ppm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.money import PPM
from vendor_policy.declarations import DeliveryPromise, Shipping


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What a vendor does with an order, whatever it says. Late parcels come after the last
    promised day, by one day to twice `late_days` - 1.
    """

    late_ppm: int = 50_000  # one in twenty by two days, as `vendor_policy.facts.PRIOR` assumes
    late_days: int = 2
    cancelled_ppm: int = 5_000
    complained_ppm: int = 10_000
    raised_ppm: int = 0  # of the listed goods, added at checkout
    fee_minor: int = 0  # of an order, shown at checkout only


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaVendor:
    """`level_ppm`: its listed prices against the average of the goods. From day
    `turns_on_day` on it conducts itself as in `turned`.
    """

    vendor: str
    level_ppm: int
    shipping: Shipping
    promise: DeliveryPromise
    rating_ppm: int
    ratings: int
    kick_back_ppm: int = 0  # of the order's goods, paid to the platform
    sells_labelled: bool = False
    conduct: Conduct = field(default_factory=Conduct)
    turns_on_day: int = 0
    turned: Conduct | None = None

    def conduct_on(self, day: int) -> Conduct:
        if self.turned is None or day < self.turns_on_day:
            return self.conduct
        return self.turned


def _promise(earliest_days: int, latest_days: int) -> DeliveryPromise:
    return DeliveryPromise(earliest_days=earliest_days, latest_days=latest_days)


def _shipping(flat_minor: int, free_from_minor: int | None) -> Shipping:
    return Shipping(flat_minor=flat_minor, free_from_minor=free_from_minor)


# Price, speed and punctuality are traded against each other, so that no vendor is best at all.
HONEST: Final = (
    ArenaVendor(
        vendor="discounter",
        level_ppm=940_000,
        shipping=_shipping(490, None),
        promise=_promise(3, 5),
        rating_ppm=840_000,
        ratings=2_100,
        conduct=Conduct(late_ppm=80_000, complained_ppm=20_000),
    ),
    ArenaVendor(
        vendor="allround",
        level_ppm=1_000_000,
        shipping=_shipping(390, 3_900),
        promise=_promise(2, 3),
        rating_ppm=880_000,
        ratings=1_400,
    ),
    ArenaVendor(
        vendor="neighbour",
        level_ppm=1_040_000,
        shipping=_shipping(290, 2_500),
        promise=_promise(1, 2),
        rating_ppm=920_000,
        ratings=300,
        sells_labelled=True,
        conduct=Conduct(late_ppm=30_000, late_days=1),
    ),
    ArenaVendor(  # pays for its place out of its prices
        vendor="express",
        level_ppm=1_100_000,
        shipping=_shipping(190, 2_900),
        promise=_promise(1, 1),
        rating_ppm=900_000,
        ratings=900,
        kick_back_ppm=60_000,
        conduct=Conduct(late_ppm=20_000, late_days=1),
    ),
    ArenaVendor(
        vendor="green",
        level_ppm=1_030_000,
        shipping=_shipping(390, 3_500),
        promise=_promise(2, 4),
        rating_ppm=900_000,
        ratings=500,
        sells_labelled=True,
    ),
)

_USUAL_SHIPPING: Final = _shipping(390, 3_900)  # as `allround`
_USUAL_PROMISE: Final = _promise(2, 3)

CHEATS: Final[Mapping[str, ArenaVendor]] = {
    # Lists below the cheapest honest vendor and takes more than the average at checkout.
    "bait price": ArenaVendor(
        vendor="bait",
        level_ppm=880_000,
        shipping=_USUAL_SHIPPING,
        promise=_USUAL_PROMISE,
        rating_ppm=860_000,
        ratings=1_200,
        kick_back_ppm=80_000,  # from what it takes at checkout
        conduct=Conduct(raised_ppm=250_000),  # 88 % x 1.25 = 110 % of the average
    ),
    # Half a year of good service at a good price, then it sells without having the goods.
    "late switch": ArenaVendor(
        vendor="switch",
        level_ppm=950_000,
        shipping=_USUAL_SHIPPING,
        promise=_USUAL_PROMISE,
        rating_ppm=920_000,
        ratings=1_500,
        turns_on_day=180,
        turned=Conduct(late_ppm=700_000, late_days=6),
    ),
    # Declares free delivery; the fee stands on the last page of the checkout.
    "hidden fee": ArenaVendor(
        vendor="fee",
        level_ppm=970_000,
        shipping=_shipping(0, None),
        promise=_USUAL_PROMISE,
        rating_ppm=870_000,
        ratings=1_000,
        conduct=Conduct(fee_minor=590),
    ),
    # Lists what it does not have and orders it itself where it can: seven in ten fall through.
    "fake stock": ArenaVendor(
        vendor="fake",
        level_ppm=900_000,
        shipping=_USUAL_SHIPPING,
        promise=_USUAL_PROMISE,
        rating_ppm=850_000,
        ratings=800,
        conduct=Conduct(cancelled_ppm=700_000),
    ),
    # Promises tomorrow, as only the fastest do, at an average price; parcels take six days.
    "slow delivery": ArenaVendor(
        vendor="slow",
        level_ppm=980_000,
        shipping=_USUAL_SHIPPING,
        promise=_promise(1, 1),
        rating_ppm=880_000,
        ratings=700,
        conduct=Conduct(late_ppm=PPM, late_days=5),
    ),
    # Bought ratings, bought places: both are paid out of price and quality.
    "review gaming": ArenaVendor(
        vendor="gamer",
        level_ppm=1_080_000,
        shipping=_USUAL_SHIPPING,
        promise=_USUAL_PROMISE,
        rating_ppm=990_000,
        ratings=4_000,
        kick_back_ppm=100_000,
        conduct=Conduct(late_ppm=200_000, late_days=3, complained_ppm=150_000),
    ),
}
