"""Where third-party facts and recordings lie; they are read from there, never copied here."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

VARIABLE = "NACHSCHUB_SHARED_DATA"
ABSENT = f"no shared data: set {VARIABLE}, or put the folder shared/data beside the checkout"


def find(environment: Mapping[str, str], checkout: Path) -> Path | None:
    """The folder that the variable names, else the nearest shared/data beside the checkout or
    one of the folders it is in.
    """
    named = environment.get(VARIABLE)
    places = [Path(named)] if named else [each / "shared" / "data" for each in checkout.parents]
    return next((place for place in places if place.is_dir()), None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Skips the test where the folder is absent."""
    folder = find(os.environ, Path(__file__).resolve().parents[1])
    if folder is None:
        pytest.skip(ABSENT)
    return folder


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and ABSENT in report.longrepr[2]
    ]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests were not run: {ABSENT}", yellow=True)
