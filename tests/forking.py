"""`command(MODULE, ...)`: the command line of one of our programs, started by a fork."""

import atexit
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
COLUMNS = "200"  # read while importing: wide enough for every line that a test looks at
CLIENT = Path(__file__).with_name("forked.py")


def command(module: str, *arguments: str) -> list[str]:
    """As [python, -m, module, ...], but for the seconds that imports take."""
    return [sys.executable, "-I", "-S", str(CLIENT), _server(), module, *arguments]


@cache
def _server() -> str:
    """The socket of this process's own fork server."""
    path = Path(tempfile.mkdtemp(prefix="nachschub-forks-")) / "socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.fork_server", str(path)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": COLUMNS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(_end, server, path)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return str(path)


def _end(server: subprocess.Popen[bytes], path: Path) -> None:
    server.communicate()
    path.unlink()
    path.parent.rmdir()
