"""A fresh clone can be set up: lock file, reasons for dependencies, and one line when not."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()


def name_of(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower()


def names(requirements: list[str]) -> set[str]:
    return {name_of(each) for each in requirements}


def reasons(heading: str) -> set[str]:
    """The packages of one table of docs/dependencies.md."""
    page = (ROOT / "docs" / "dependencies.md").read_text()
    [section] = re.findall(rf"## {heading}\n(.*?)(?=\n## |\Z)", page, flags=re.DOTALL)
    rows = re.findall(r"^\| ([\w-]+) \| \S", section, flags=re.MULTILINE)
    return set(rows) - {"Package"}


def test_every_dependency_has_a_reason() -> None:
    assert reasons("To run") == names(PROJECT["dependencies"])
    assert reasons("To test") == names(PROJECT["optional-dependencies"]["test"])
    assert reasons("To measure") == names(PROJECT["optional-dependencies"]["bench"])


def test_the_lock_file_holds_every_dependency_with_hashes_and_no_address() -> None:
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)==", LOCK, flags=re.MULTILINE)}
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    assert names(wanted) | {"setuptools"} <= pinned
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[\w.-]+==)", LOCK)[1:])
    assert "://" not in LOCK


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ROOT / "scripts" / script],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def put_program(folder: Path, name: str, body: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A folder of programs that has `dirname` and nothing else."""
    program = next(p for p in (Path("/usr/bin/dirname"), Path("/bin/dirname")) if p.exists())
    (tmp_path / "dirname").symlink_to(program)
    return tmp_path


def test_without_python_the_set_up_says_so_in_one_line(bare_path: Path) -> None:
    result = run("make_venv.sh", PATH=str(bare_path))
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert "Python 3.11 or newer is needed" in line


def test_an_old_python_is_not_taken(bare_path: Path) -> None:
    put_program(bare_path, "python3", "exit 1")  # as `sys.exit(version < (3, 11))` ends
    result = run("make_venv.sh", PATH=str(bare_path))
    assert result.returncode == 1
    assert "Python 3.11 or newer is needed" in result.stderr


def test_missing_debian_packages_are_named_with_the_command(bare_path: Path) -> None:
    result = run("debian_packages.sh", PATH=str(bare_path))
    assert result.returncode == 0
    assert re.search(r"sudo apt-get install .*\bchromium\b", result.stdout)


def in_ci(folder: Path, apt_get: str) -> subprocess.CompletedProcess[str]:
    put_program(folder, "id", "echo 0")
    put_program(folder, "apt-get", f"echo apt-get $1 >> {folder}/log\n{apt_get}")
    return run("debian_packages.sh", PATH=str(folder), CI="true")


def test_in_ci_missing_debian_packages_are_installed(bare_path: Path) -> None:
    result = in_ci(bare_path, "exit 0")
    assert result.returncode == 0, result.stderr
    assert (bare_path / "log").read_text() == "apt-get update\napt-get install\n"
    assert "chromium" in result.stdout


def test_in_ci_a_failed_installation_fails(bare_path: Path) -> None:
    assert in_ci(bare_path, "exit 100").returncode == 100
