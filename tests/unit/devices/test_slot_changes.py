"""When stored messages are folded again, and what a refill takes from the spares."""

from datetime import timedelta

import pytest

from devices.checkpoints import Saved, Track
from devices.intake import KnownSlot
from devices.levels import Held, Refill, SlotFold
from devices.slot_changes import KnownStock, refold_start, units_filled
from tests.conftest import NOON
from tests.devices_world import a_spec


def a_slot(track: Track) -> KnownSlot:
    return KnownSlot(
        place=("washer-0001", "detergent"),
        device_id="washer-0001",
        slot="detergent",
        stock_id=None,
        gauge=a_spec(),
        track=track,
        heard_at=None,
    )


SAVED = SlotFold(key=(2, 10), at=NOON)
NEWEST = SlotFold(key=(3, 5), at=NOON + timedelta(days=3))


@pytest.mark.parametrize(
    ("keys", "start"),
    [
        ([(3, 6)], None),  # in order
        ([(2, 9)], None),  # older than the saved state: history
        ([(2, 11)], (2, 10)),
        ([(3, 6), (3, 4)], (2, 10)),
    ],
)
def test_only_a_message_between_saved_and_newest_state_makes_a_slot_fold_again(keys, start):
    assert refold_start(a_slot(Track(fold=NEWEST, saved=Saved(older=SAVED))), keys) == start


def test_a_jump_that_was_held_in_the_saved_state_is_judged_again():
    held = Held(key=(2, 8), at=NOON, value=900, bound=500, is_rise=True)
    saved = SlotFold(key=(2, 10), at=NOON, held=held)
    assert refold_start(a_slot(Track(fold=NEWEST, saved=Saved(older=saved))), [(2, 11)]) == (
        2,
        8,
    )


def a_stock(*amounts: float | None, level: float | None = 500, spares: int = 0) -> KnownStock:
    in_slot = {("washer-0001", str(n)): amount for n, amount in enumerate(amounts)}
    return KnownStock("stock", "owner", spares, level, in_slot)


@pytest.mark.parametrize(
    ("stock", "before", "is_due"),
    [
        (a_stock(400), 600, True),
        (a_stock(500), 501, True),
        (a_stock(400), 450, False),  # was below already
        (a_stock(400), None, True),  # unknown until now
        (a_stock(400, spares=200), 700, False),
        (a_stock(400, 50), 600, True),
        (a_stock(400, None), 600, False),  # unknown never asks
        (a_stock(900, level=None), None, True),  # never reviewed while known
        (a_stock(900, level=None), 950, False),
    ],
)
def test_a_review_is_due_when_on_hand_crosses_the_review_level_downward(stock, before, is_due):
    assert stock.is_due(before) is is_due


@pytest.mark.parametrize(
    ("unit", "filled", "units"),
    [("ml", 612.4, 612), ("fill", 0.93, 1), ("fill", 0.3, 1), ("fill", 0.04, 0), ("g", -3, 0)],
)
def test_a_cartridge_goes_in_whole_and_anything_else_by_what_rose(unit, filled, units):
    spec = a_spec(unit=unit, capacity=1) if unit == "fill" else a_spec(unit=unit)
    refill = Refill(key=(1, 2), at=NOON, amount=1, filled=filled)
    assert units_filled(refill, spec) == units
