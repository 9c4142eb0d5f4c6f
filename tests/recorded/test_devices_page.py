"""docs/devices.md says what is there."""

import re
from pathlib import Path

import pytest

from broker.bridges.described import DescribedDialect
from devices.description_file import BadDescription, read
from runtime.bridges import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "devices.md").read_text()


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_every_kind_of_bridge_has_its_row() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE)
    named = {kind for row in rows for kind in re.findall(r"`([a-z0-9-]+)`", row)}
    assert set(KINDS) <= named


def test_the_example_is_a_description_that_is_followed() -> None:
    dialect = DescribedDialect(read(example(), "cistern.yaml"))
    [water] = dialect.hear("tele/cistern/SENSOR", b'{"VL53L0X": {"Distance": 500}}')
    assert (water.slot, water.level_pct) == ("water", 75)


def test_the_flaw_that_is_shown_is_the_one_that_is_said() -> None:
    shown = re.search(r"^ +(cistern.yaml:10: .*)$", PAGE, re.MULTILINE)
    assert shown
    with pytest.raises(BadDescription) as caught:
        read(example().replace("category:", "categroy:"), "cistern.yaml")
    assert shown[1] in str(caught.value)
