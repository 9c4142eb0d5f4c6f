from runtime.arena.vendors import CHEATS, HONEST
from runtime.arena.world import STARTS_AT
from tests.unit.runtime.arena.builders import COFFEE, a_world, offers_of, vendors_of


def test_the_same_seed_makes_the_same_world() -> None:
    assert a_world("bait price", seed=3) == a_world("bait price", seed=3)
    assert a_world(seed=3).stocks != a_world(seed=4).stocks


def test_cheats_change_neither_wishes_nor_luck_nor_honest_prices() -> None:
    quiet, attacked = a_world(), a_world(*CHEATS)
    for before, after in zip(quiet.stocks, attacked.stocks, strict=True):
        assert (before.wanted, before.luck, before.at_start) == (
            after.wanted,
            after.luck,
            after.at_start,
        )
    honest = vendors_of(quiet.offers(COFFEE, 40))
    assert honest == {each.vendor for each in HONEST}
    assert [each for each in attacked.offers(COFFEE, 40) if each.vendor in honest] == list(
        quiet.offers(COFFEE, 40)
    )


def test_more_households_leave_the_first_ones_as_they_are() -> None:
    few, more = a_world(households=1), a_world(households=2)
    assert more.stocks[: len(few.stocks)] == few.stocks


def test_every_offer_is_fresh_on_every_day_of_its_period() -> None:
    made = a_world(days=60)
    for day in range(60):
        for offer in made.offers(COFFEE, day):
            assert (offer.seen_at - STARTS_AT).days <= day < (offer.expires_at - STARTS_AT).days


def test_use_is_as_the_demand_says() -> None:
    made = a_world(seed=5, days=4000)
    for stock in made.stocks:
        assert abs(sum(stock.wanted) / 4000 - stock.demand.mean) < 0.1 * stock.demand.mean


def test_bait_lists_below_every_honest_vendor_on_average() -> None:
    made = a_world("bait price")
    least = min(each.level_ppm for each in HONEST)
    assert CHEATS["bait price"].level_ppm < least
    assert {each.remuneration.share_ppm for each in offers_of(made, "bait")} == {80_000}
