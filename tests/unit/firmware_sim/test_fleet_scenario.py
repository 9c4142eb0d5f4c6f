"""A scenario says what is wrong with it, where, and how to mend it."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from firmware_sim import fleet_scenario
from firmware_sim.fleet_scenario import MOST_DEVICES, WrongScenario

ROOT = Path(__file__).parents[3]
GOOD = """\
name: Two washers
days: 3
seconds: 5
households: {count: 1, devices: 1}
devices:
  - {model: washer-w7, count: 2}
faults:
  loss: 0.1
  delay: {chance: 0.1}
"""


def problem(text: str) -> str:
    with pytest.raises(WrongScenario) as wrong:
        fleet_scenario.read(text, "fleet.yaml")
    return str(wrong.value)


def test_what_is_not_said_has_a_default() -> None:
    scenario = fleet_scenario.read(GOOD, "fleet.yaml")
    assert (scenario.seed, scenario.count, scenario.claimed) == (1, 2, 1)
    assert scenario.devices[0].every_hours == 6
    assert scenario.faults.delay is not None
    assert scenario.faults.delay.hours == 6
    assert scenario.faults.garbage == 0


@pytest.mark.parametrize("name", ["fleet-small", "fleet-10k"])
def test_the_examples_can_be_read(name: str) -> None:
    file = ROOT / "examples" / f"{name}.yaml"
    assert fleet_scenario.read(file.read_text(), file.name).faults.garbage > 0


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("loss: 0.1", "los: 0.1", "fleet.yaml:8: faults.los: .*Fix: write `loss`"),
        ("loss: 0.1", "loss: 0.9", "fleet.yaml:8: faults.loss: .*less than or equal to 0.5"),
        ("loss: 0.1", "loss: often", "fleet.yaml:8: faults.loss: .*Fix: write a number"),
        ("loss: 0.1", "loss: [", "fleet.yaml:10: .*Fix: look at indentation"),
        ("washer-w7", "toaster", "fleet.yaml:6: devices.0.model: 'toaster' is not simul"),
        ("count: 2}", "count: 2.5}", "fleet.yaml:6: devices.0.count: .*whole number"),
        ("days: 3\n", "", "fleet.yaml:1: days: Field required. Fix: add it"),
        ("days: 3", "days: 1", "fleet.yaml:2: days: .*greater than or equal to 2"),
        ("devices: 1}", "devices: 3}", "fleet.yaml:1: scenario: households claim 3 devices"),
        ("count: 2}", f"count: {MOST_DEVICES}}}\n  - {{model: water-f1, count: 1}}", "25001"),
    ],
)
def test_a_flaw_is_named_with_line_field_and_fix(before: str, after: str, wanted: str) -> None:
    assert before in GOOD
    assert re.search(wanted, problem(GOOD.replace(before, after)))


def test_an_empty_file_is_no_scenario() -> None:
    assert problem("") == "fleet.yaml:1: is empty. Fix: begin with `name:`"


def test_all_flaws_are_named_at_once() -> None:
    said = problem(GOOD.replace("loss", "los").replace("days", "dys"))
    assert len(said.splitlines()) == 3


def test_the_page_explains_every_key() -> None:
    page = (ROOT / "docs" / "simulate.md").read_text()
    parts: tuple[type[BaseModel], ...] = (
        fleet_scenario.Scenario,
        fleet_scenario.Devices,
        fleet_scenario.Households,
        fleet_scenario.Faults,
        fleet_scenario.Delay,
        fleet_scenario.ClockSkew,
        fleet_scenario.Flood,
    )
    assert [
        name for part in parts for name in part.model_fields if f"`{name}`" not in page
    ] == []
