"""Where the public files lie: NACHSCHUB_SHARED_DATA, or `shared/data` in a parent folder."""

import os
from pathlib import Path

import pytest


def folder(name: str) -> Path:
    """Skips the test when the files are not there, and says what to set."""
    named = os.environ.get("NACHSCHUB_SHARED_DATA")
    parents = Path(__file__).resolve().parents
    candidates = [Path(named)] if named else [each / "shared" / "data" for each in parents]
    for candidate in candidates:
        if (candidate / name).is_dir():
            return candidate / name
    pytest.skip(f"no shared/data/{name} beside the checkout; set NACHSCHUB_SHARED_DATA")
