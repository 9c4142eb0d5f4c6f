import json
from pathlib import Path

from typer.testing import CliRunner

from runtime.arena.contestants import NAMES
from runtime.cli import app


def test_the_command_prints_every_contestant_and_writes_what_it_counted(tmp_path: Path) -> None:
    file = tmp_path / "arena.json"
    arguments = ["arena", "--seeds", "1", "--households", "1", "--years", "1"]
    result = CliRunner().invoke(app, [*arguments, "--json", str(file)])
    assert result.exit_code in {0, 3}, result.output
    assert all(name in result.stdout for name in NAMES)
    assert "one cheat at a time" in result.stdout
    written = json.loads(file.read_text())
    assert written["size"]["years"] == 1
    assert {each["attack"] for each in written["rounds"]} >= {"under attack", "bait price"}
