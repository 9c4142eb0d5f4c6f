"""What the households of the arena use up.

Pure. Prices, packs and doses are those of a German supermarket's own kind of product, rounded;
only their proportions matter, since every policy buys the same goods.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

from replenishment.reorder import Demand
from vendor_policy.declarations import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """`price_minor`: what a pack costs on average, delivery out. A day has up to `uses_most`
    uses of `dose` units, each taking place with chance `use_chance`, which a household varies.
    """

    category: str
    fits: str
    unit: Unit
    pack_quantity: int
    price_minor: int
    dose: int
    uses_most: int
    use_chance: float

    def demand(self, share: float) -> Demand:
        """Of a household that uses `share` of the usual: mean and spread of a binomial day."""
        chance = self.use_chance * share
        return Demand(
            mean=self.dose * self.uses_most * chance,
            sd=self.dose * sqrt(self.uses_most * chance * (1 - chance)),
        )


GOODS: Final = (
    Good(
        category="laundry-detergent",
        fits="laundry-liquid",
        unit="ml",
        pack_quantity=1500,
        price_minor=840,
        dose=75,
        uses_most=2,
        use_chance=0.30,
    ),
    Good(
        category="coffee-beans",
        fits="coffee-beans",
        unit="g",
        pack_quantity=500,
        price_minor=790,
        dose=8,
        uses_most=8,
        use_chance=0.50,
    ),
    Good(
        category="dishwasher-tabs",
        fits="dishwasher-tab",
        unit="pieces",
        pack_quantity=40,
        price_minor=920,
        dose=1,
        uses_most=2,
        use_chance=0.60,
    ),
)
