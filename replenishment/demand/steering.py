"""Keeping the promised service level: a margin learned from how cycles ended.

Pure. After every cycle (an order and the wait for it) the margin, in normal scores on top of
the one of the service level, moves by STEP (stock-out - (1 - service level)). It stays where
the realised share of stock-outs is the promised one, whatever the model got wrong: adaptive
conformal inference, Gibbs & Candes (2021), arXiv:2106.00170. Nothing moves before
FIRST_CYCLES of a family have ended.
"""

from dataclasses import dataclass, replace
from typing import Final

STEP: Final = 0.06
FIRST_CYCLES: Final = 100
MOST: Final = 1.0  # normal scores, either way: 95 % becomes 74 or 99.6 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """Of one family. `stock_outs` and `allowed` count the first cycles, which then move the
    margin together.
    """

    margin: float = 0.0  # normal scores
    cycles: int = 0
    surplus: float = 0.0  # stock-outs beyond those allowed, not yet acted on

    def after(self, *, is_stock_out: bool, service_level: float) -> "Steering":
        surplus = self.surplus + float(is_stock_out) - (1.0 - service_level)
        cycles = self.cycles + 1
        if cycles < FIRST_CYCLES:
            return replace(self, cycles=cycles, surplus=surplus)
        margin = min(max(self.margin + STEP * surplus, -MOST), MOST)
        return replace(self, margin=margin, cycles=cycles, surplus=0.0)
