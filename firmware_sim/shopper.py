"""Shops for a household that no platform orders for: some days after running low, by itself.

Pure. Used when the simulator feeds a broker on its own; parcels of real orders come by
`Household.deliver` instead.
"""

from datetime import datetime, timedelta
from typing import Final

from firmware_sim.goods import GOODS
from firmware_sim.household import Household

TRIP: Final = timedelta(days=3)  # from noticing to the goods being at home


class Shopper:
    def __init__(self, household: Household) -> None:
        self._household = household
        self._brought_at: dict[str, datetime] = {}  # by specification

    def go(self, at: datetime) -> None:
        """To be called after each tick, with its time."""
        for fits in self._household.low():
            self._brought_at.setdefault(fits, at + TRIP)
        for fits in [each for each, due_at in self._brought_at.items() if due_at <= at]:
            del self._brought_at[fits]
            gtin = next(gtin for gtin, goods in GOODS.items() if goods.fits == fits)
            self._household.deliver(gtin, 1, at)
