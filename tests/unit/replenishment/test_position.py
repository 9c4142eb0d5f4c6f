"""Stock position = in slot + spares + on order + waiting for approval."""

from replenishment.position import Position


def test_all_four_parts_count():
    position = Position(in_slot=120.5, spares=1500, on_order=2000, waiting=1000)
    assert position.on_hand == 1620.5
    assert position.total == 4620.5


def test_an_unknown_slot_makes_the_position_unknown():
    position = Position(in_slot=None, spares=1500, on_order=0, waiting=0)
    assert position.on_hand is None
    assert position.total is None
