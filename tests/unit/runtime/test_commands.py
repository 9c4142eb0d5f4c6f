"""The list of commands; listing them, or being a bridge, loads no more than it needs."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from runtime.cli import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_helps_with_what_the_list_says_of_it(name: str) -> None:
    told = CliRunner().invoke(app, [name, "--help"])
    assert told.exit_code == 0
    if not COMMANDS[name].has_own_help:
        wanted = COMMANDS[name].about.split()
        assert " ".join(wanted) in " ".join(told.output.split())


def test_a_misspelt_command_is_told_the_right_one() -> None:
    told = CliRunner().invoke(app, ["dmo"])
    assert told.exit_code == 2
    assert "demo" in told.output


@pytest.mark.parametrize(
    ("code", "spared"),
    [
        (
            "from typer.testing import CliRunner; from runtime.cli import app;"
            "assert 'doctor' in CliRunner().invoke(app, ['--help']).output",
            {"sqlalchemy", "fastapi", "pysnmp", "numpy", "runtime.wiring"},
        ),
        ("import broker.bridges.snmp", {"pysnmp", "pysmi"}),
    ],
)
def test_what_is_not_called_is_not_loaded(code: str, spared: set[str]) -> None:
    asked = f"{code}\nimport sys; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", asked], check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert spared & set(run.stdout.split()) == set()


def test_a_package_that_only_the_called_command_needs_is_missed_by_name() -> None:
    code = (
        "import sys; sys.modules['alembic'] = None; sys.argv = ['nachschub', 'migrate'];"
        "from runtime.__main__ import start; start()"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr.strip() == "The package alembic is missing. Run: make venv"
