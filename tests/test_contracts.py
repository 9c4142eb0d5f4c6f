"""Every import contract of pyproject.toml is broken on purpose once and seen to fail."""

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@dataclass(frozen=True, slots=True)
class Case:
    """A line added to a file, which is made where it is missing, and the contract to ask."""

    contract: str
    file: str
    line: str


BREAKS = [
    Case("layers", "core/intruder.py", "import accounts.tables"),
    Case("layers", "devices/intruder.py", "import vendor_policy.tables"),
    Case("shop-is-a-black-box", "demo_shop/intruder.py", "import runtime"),
    Case("shop-is-a-black-box", "demo_shop/intruder.py", "import core.money"),
    Case("simulator-is-a-black-box", "firmware_sim/intruder.py", "import devices.tables"),
    Case("simulator-is-a-black-box", "firmware_sim/intruder.py", "import core.database"),
    Case("bridges-are-devices", "broker/bridges/intruder.py", "import core.database"),
    Case("bridges-are-devices", "broker/bridges/intruder.py", "import broker.neighbour"),
    Case("ingest-does-not-decide", "broker/intruder.py", "import replenishment.order_states"),
    Case("ingest-does-not-decide", "broker/intruder.py", "import vendor_policy.tables"),
    Case("pure", "devices/wire.py", "import asyncio"),
    Case("pure", "replenishment/order_states.py", "import core.database"),
    Case("acyclic", "devices/models.py", "import devices.wire"),  # which imports models
]

ALLOWED = [
    Case("simulator-is-a-black-box", "firmware_sim/new.py", "import core.clock, devices.wire"),
    Case("bridges-are-devices", "broker/bridges/new.py", "import core.mqtt, devices.models"),
]


def copy_of_the_tree(target: Path) -> Path:
    """Python files of the linted packages and the configuration."""
    shutil.copy(ROOT / "pyproject.toml", target)
    for package in LINTER["root_packages"]:
        for file in (ROOT / package).rglob("*.py"):
            copy = target / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    return target


def add_line(tree: Path, file: str, line: str) -> None:
    with (tree / file).open("a") as written:
        written.write(f"\n{line}\n")


def lint_imports(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_tree_as_it_is_keeps_every_contract(tmp_path: Path) -> None:
    result = lint_imports(copy_of_the_tree(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(LINTER['contracts'])} kept, 0 broken" in result.stdout


@pytest.mark.parametrize("broken", BREAKS, ids=lambda each: f"{each.contract}: {each.line}")
def test_an_offending_import_breaks_its_contract(tmp_path: Path, broken: Case) -> None:
    tree = copy_of_the_tree(tmp_path)
    add_line(tree, "broker/neighbour.py", "")
    add_line(tree, broken.file, broken.line)
    result = lint_imports(tree, "--contract", broken.contract)
    assert "0 kept, 1 broken" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1


@pytest.mark.parametrize("kept", ALLOWED, ids=lambda each: f"{each.contract}: {each.line}")
def test_the_black_boxes_may_import_what_is_on_their_side(tmp_path: Path, kept: Case) -> None:
    tree = copy_of_the_tree(tmp_path)
    add_line(tree, kept.file, kept.line)
    result = lint_imports(tree, "--contract", kept.contract)
    assert "1 kept, 0 broken" in result.stdout, result.stdout + result.stderr


def test_every_contract_is_broken_by_some_case() -> None:
    assert {each.contract for each in BREAKS} == {each["id"] for each in LINTER["contracts"]}
