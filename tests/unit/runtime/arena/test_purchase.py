from dataclasses import replace

import pytest

from runtime.arena.purchase import checkout_minor, listed_minor, placed
from runtime.arena.vendors import CHEATS, HONEST, Conduct
from tests.unit.runtime.arena.builders import PLAIN_LUCK, a_world, one_pack


@pytest.mark.parametrize("vendor", [each.vendor for each in HONEST])
def test_an_honest_vendor_takes_what_it_lists(vendor: str) -> None:
    made = a_world()
    pick = one_pack(made, vendor)
    assert checkout_minor(pick, made.vendors[vendor].conduct) == listed_minor(pick)


def test_bait_takes_a_quarter_more_of_the_goods() -> None:
    pick = one_pack(a_world("bait price"), "bait")
    goods = pick.offer.price.minor
    raised = checkout_minor(pick, CHEATS["bait price"].conduct)
    assert raised == listed_minor(pick) + goods // 4


def test_a_hidden_fee_is_in_no_listed_total() -> None:
    pick = one_pack(a_world("hidden fee"), "fee")
    assert listed_minor(pick) == pick.offer.price.minor
    assert checkout_minor(pick, CHEATS["hidden fee"].conduct) == listed_minor(pick) + 590


def test_a_punctual_parcel_comes_within_the_promise() -> None:
    pick = one_pack(a_world(), "discounter")  # three to five days
    ends = {
        placed(pick, Conduct(), replace(PLAIN_LUCK, window=window), 10).ends_on
        for window in (0.0, 0.34, 0.99)
    }
    assert ends == {13, 14, 15}


def test_slow_delivery_is_late_in_any_luck() -> None:
    pick = one_pack(a_world("slow delivery"), "slow")
    conduct = CHEATS["slow delivery"].conduct
    orders = [placed(pick, conduct, replace(PLAIN_LUCK, delay=d), 0) for d in (0.0, 0.5, 0.99)]
    assert [each.late_days for each in orders] == [1, 5, 9]
    assert [each.ends_on for each in orders] == [2, 6, 10]


def test_fake_stock_is_cancelled_within_three_days() -> None:
    pick = one_pack(a_world("fake stock"), "fake")
    conduct = CHEATS["fake stock"].conduct
    fallen = placed(pick, conduct, replace(PLAIN_LUCK, cancelled=0.69, delay=0.99), 7)
    assert (fallen.is_cancelled, fallen.ends_on) == (True, 10)
    assert not placed(pick, conduct, replace(PLAIN_LUCK, cancelled=0.70), 7).is_cancelled


def test_the_late_switch_is_punctual_until_its_day() -> None:
    switch = CHEATS["late switch"]
    assert switch.conduct_on(179) == Conduct()
    assert switch.conduct_on(180).late_ppm == 700_000
