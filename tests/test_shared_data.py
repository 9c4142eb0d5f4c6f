import os
import subprocess
import sys
from pathlib import Path

from tests.shared_data import VARIABLE, find

ROOT = Path(__file__).parents[1]
TWO_TESTS = """
def test_one(shared_data): assert shared_data.is_dir()
def test_two(shared_data): assert shared_data.is_dir()
"""


def run(tmp_path: Path, shared_data: Path) -> str:
    (tmp_path / "test_two.py").write_text(TWO_TESTS)
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.shared_data",
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=ROOT,
        env=os.environ | {VARIABLE: str(shared_data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return result.stdout


def test_tests_without_their_data_are_skipped_and_counted(tmp_path: Path) -> None:
    output = run(tmp_path, tmp_path / "nowhere")
    assert f"2 tests were not run: no shared data: set {VARIABLE}" in output
    assert "2 skipped" in output


def test_tests_with_their_data_run(tmp_path: Path) -> None:
    assert "2 passed" in run(tmp_path, tmp_path)


def test_the_folder_is_found_beside_the_checkout_or_further_up(tmp_path: Path) -> None:
    (tmp_path / "shared" / "data").mkdir(parents=True)
    assert find({}, tmp_path / "main") == tmp_path / "shared" / "data"
    assert find({}, tmp_path / "worktrees" / "one") == tmp_path / "shared" / "data"


def test_a_named_folder_wins_and_is_not_replaced_when_missing(tmp_path: Path) -> None:
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    assert find({VARIABLE: str(tmp_path / "other")}, tmp_path / "main") == tmp_path / "other"
    assert find({VARIABLE: str(tmp_path / "gone")}, tmp_path / "main") is None
