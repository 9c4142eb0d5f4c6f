from dataclasses import replace

import pytest

from runtime.arena.contestants import FAVOURITE, LIST_PRICE, SHIPPED
from runtime.arena.rounds import (
    ALL_CHEATS,
    ATTACKS,
    HONEST_ONLY,
    RIVALS,
    ArenaSize,
    PlayedRound,
    Round,
    played,
    rounds,
    to_json,
)
from runtime.arena.season import Tally
from runtime.arena.standings import Standings

A_ROUND = Round(seed=1, attack=ALL_CHEATS, households=3, days=730, names=(SHIPPED, *RIVALS))


def paying(seed: int, **paid_minor: int) -> PlayedRound:
    names = {"shipped": SHIPPED, "list_price": LIST_PRICE, "favourite": FAVOURITE}
    return PlayedRound(
        replace(A_ROUND, seed=seed),
        {names[key]: Tally(paid_minor=paid) for key, paid in paid_minor.items()},
    )


def test_the_shipped_preset_serves_owners_better_under_attack() -> None:
    """By more than chance, on a few worlds; the command plays more."""
    standings = Standings([played(replace(A_ROUND, seed=seed)) for seed in range(1, 6)])
    for each in standings.of(ALL_CHEATS):
        if each.name in RIVALS:
            assert each.behind.half_width is not None
            assert each.behind.mean > each.behind.half_width, each.name


def test_the_best_stands_first_and_differences_are_seed_by_seed() -> None:
    found = [
        paying(1, shipped=80_000, list_price=90_000, favourite=100_000),
        paying(2, shipped=40_000, list_price=50_000, favourite=60_000),
    ]
    standings = Standings(found)
    assert [each.name for each in standings.of(ALL_CHEATS)] == [SHIPPED, *RIVALS]
    [_, list_price, _] = standings.of(ALL_CHEATS)
    assert list_price.welfare.mean == pytest.approx(-70_000 / 6)  # over six household-years
    assert list_price.behind.mean == pytest.approx(10_000 / 6)
    assert list_price.behind.half_width == pytest.approx(0, abs=1e-6)
    assert list_price.a_year["paid_minor"] == pytest.approx(70_000 / 6)
    assert not list(standings.losses())


def test_a_loss_is_told_and_one_to_a_rival_under_attack_beats() -> None:
    lost = [paying(1, shipped=80_000, list_price=70_000, favourite=90_000)]
    standings = Standings(lost)
    assert [(attack, each.name) for attack, each in standings.losses()] == [
        (ALL_CHEATS, LIST_PRICE)
    ]
    assert standings.is_beaten


def test_a_loss_among_honest_vendors_does_not_beat() -> None:
    lost = paying(1, shipped=80_000, list_price=70_000)
    honest = PlayedRound(replace(lost.round, attack=HONEST_ONLY), lost.tallies)
    assert not Standings([honest]).is_beaten


def test_a_day_without_weighs_as_the_owner_says() -> None:
    found = [PlayedRound(A_ROUND, {SHIPPED: Tally(days_without=4)})]
    [standing] = Standings(found).at(day_without_minor=2_000).of(ALL_CHEATS)
    assert standing.welfare.mean == pytest.approx(-4 * 2_000 / 6)


def test_every_attack_is_played_with_the_shipped_preset_and_its_rivals() -> None:
    found = list(rounds(ArenaSize(seeds=2)))
    assert {each.attack for each in found} == set(ATTACKS)
    assert all({SHIPPED, *RIVALS} <= set(each.names) for each in found)
    assert len(found) == len(set(found))


def test_json_holds_every_tally() -> None:
    written = to_json(ArenaSize(seeds=1), [paying(1, shipped=5, list_price=6)])
    assert written["rounds"] == [
        {
            "seed": 1,
            "attack": ALL_CHEATS,
            "tallies": {
                SHIPPED: _counts(5),
                LIST_PRICE: _counts(6),
            },
        }
    ]


def _counts(paid_minor: int) -> dict[str, float]:
    return {
        name: paid_minor if name == "paid_minor" else 0 for name in Tally.__dataclass_fields__
    }
