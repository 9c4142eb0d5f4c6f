import ast
from pathlib import Path

import pytest

import vendor_policy
from core.money import Money
from tests.unit.vendor_policy.builders import a_need, an_offer, day, some_facts
from vendor_policy.candidates import candidate, candidates
from vendor_policy.facts import Deliveries
from vendor_policy.needs import Depletion, ImpossibleNeed, micro


@pytest.mark.parametrize(
    ("pack_quantity", "packs"),
    [
        (1500, [1, 2]),  # 1.0 to 3.0 l are wanted
        (750, [2, 3, 4]),
        (3000, [1]),
        (4000, [1]),  # too much: kept, so that a rule can say so
        (10, list(range(100, 112))),  # twelve numbers of packs, no more
    ],
)
def test_numbers_of_packs_follow_the_range_of_the_need(pack_quantity, packs):
    found = candidates([an_offer(pack_quantity=pack_quantity)], a_need())
    assert [each.packs for each in found] == packs


def test_an_offer_in_another_unit_is_still_a_candidate():
    assert [each.packs for each in candidates([an_offer(unit="g")], a_need())] == [1]


def test_the_total_counts_packs_and_shipping_once():
    assert candidate(an_offer(), 2).total == Money(2 * 840 + 390, "EUR")
    assert candidate(an_offer(), 5).total == Money(5 * 840, "EUR")  # free from 39.00


def test_candidates_are_made_in_one_place_only():
    root = Path(vendor_policy.__file__).parent.parent
    packages = ("vendor_policy", "replenishment", "api", "broker", "runtime")
    makers = [
        path.relative_to(root).as_posix()
        for package in packages
        for path in (root / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Candidate")
    ]
    assert makers == ["vendor_policy/candidates.py"]


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"quantity_least": 2000}, "quantity_target"),
        ({"quantity_most": 1000}, "quantity_target"),
        ({"quantity_least": 0}, "quantity_target"),
        ({"fits": ()}, "fits"),
        ({"use_per_day_micro": 0}, "use_per_day_micro"),
    ],
)
def test_an_impossible_need_names_its_field(overrides, field):
    with pytest.raises(ImpossibleNeed) as caught:
        a_need(**overrides)
    assert caught.value.field == field


def test_quantiles_of_depletion_do_not_fall():
    with pytest.raises(ImpossibleNeed, match="must not fall"):
        Depletion(p10_on=day(5), p50_on=day(4), p90_on=day(9))


def test_use_is_kept_in_millionths_of_a_unit():
    assert (micro(0.025), micro(45), micro(0)) == (25_000, 45_000_000, 1)


def test_facts_need_an_aware_now_and_possible_counts():
    with pytest.raises(ValueError, match="aware"):
        some_facts(now_at=some_facts().now_at.replace(tzinfo=None))
    with pytest.raises(ValueError, match="late <= delivered"):
        Deliveries(delivered=1, late=2, late_days=2)
    with pytest.raises(ValueError, match="prior"):
        some_facts(prior=Deliveries(delivered=0, late=0, late_days=0))
