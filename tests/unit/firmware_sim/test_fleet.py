"""Which devices a scenario makes."""

from firmware_sim import fleet_scenario
from firmware_sim.fleet import members

SCENARIO = """\
name: A hundred
seed: 5
days: 3
seconds: 5
households: {count: 10, devices: 3}
devices:
  - {model: washer-w7, count: 60}
  - {model: water-f1, count: 40, every_hours: 12}
faults:
  identical_serials: 0.2
  flood: {devices: 2, messages: 50}
"""


def test_every_device_has_an_id_of_its_own_but_not_every_one_a_serial() -> None:
    fleet = list(members(fleet_scenario.read(SCENARIO, "fleet.yaml")))
    assert len({each.device_id for each in fleet}) == len(fleet) == 100
    assert 70 <= len({each.serial for each in fleet}) <= 90
    assert [each.model for each in fleet].count("water-f1") == 40
    assert sum(each.flood for each in fleet) == 100


def test_households_claim_as_many_devices_as_was_said() -> None:
    fleet = list(members(fleet_scenario.read(SCENARIO, "fleet.yaml")))
    claimed = [each.household for each in fleet if each.household is not None]
    assert sorted(claimed) == sorted(list(range(10)) * 3)


def test_the_same_scenario_gives_the_same_fleet() -> None:
    scenario = fleet_scenario.read(SCENARIO, "fleet.yaml")
    assert list(members(scenario)) == list(members(scenario))
