"""Needs: what a stock lacks, by when, and how sure that is.

Pure: integers, dates and words; no float.
"""

from dataclasses import dataclass
from datetime import date

from core.money import PPM
from vendor_policy.claims import Claim
from vendor_policy.declarations import Unit


class ImpossibleNeed(ValueError):
    """`field` cannot have its value beside the others."""

    def __init__(self, field: str, fix: str) -> None:
        super().__init__(f"{field}: {fix}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Depletion:
    """The day on which what is at home runs out, as quantiles: 10, 50 and 90 in 100."""

    p10_on: date
    p50_on: date
    p90_on: date

    def __post_init__(self) -> None:
        if not self.p10_on <= self.p50_on <= self.p90_on:
            raise ImpossibleNeed("depletion", "p10_on, p50_on and p90_on must not fall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Quantities are in `unit`; `reason` is a text key such as `need.below_reorder_point`."""

    need_id: str
    stock_id: str
    category: str
    fits: tuple[str, ...]  # specifications, any of which will do
    unit: Unit
    quantity_least: int
    quantity_target: int
    quantity_most: int
    needed_by_on: date
    depletion: Depletion
    use_per_day_micro: int  # millionths of a unit
    reason: str
    products: tuple[str, ...] = ()  # GTINs the owner picked, of 14 digits; empty: any that fits
    claims: tuple[Claim, ...] = ()  # of the manufacturers of the devices that use it

    def __post_init__(self) -> None:
        if not 0 < self.quantity_least <= self.quantity_target <= self.quantity_most:
            raise ImpossibleNeed("quantity_target", "0 < least <= target <= most must hold")
        if not self.fits:
            raise ImpossibleNeed("fits", "name at least one specification")
        if self.use_per_day_micro < 1:
            raise ImpossibleNeed("use_per_day_micro", "at least 1, a millionth of a unit")


def micro(units_per_day: float) -> int:
    """Use per day as millionths of a unit, at least one."""
    return max(1, round(units_per_day * PPM))
