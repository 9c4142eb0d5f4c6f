"""Stock position: everything that is there or will come, so that nothing is ordered twice.

Pure.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """In units of the stock. `in_slot` is None while any of its slots is unknown."""

    in_slot: float | None
    spares: int  # at home, not in a slot
    on_order: int  # approved, sent or on its way
    waiting: int  # proposed, no answer of the owner yet

    @property
    def on_hand(self) -> float | None:
        return None if self.in_slot is None else self.in_slot + self.spares

    @property
    def total(self) -> float | None:
        """None: unknown, which never causes an order."""
        return None if self.on_hand is None else self.on_hand + self.on_order + self.waiting
