"""snmpsim: answers from a recorded walk as the recorded printer did."""

import getpass
import grp
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.system.programs import free_port

START_S = 60
USER, AUTHENTICATION_KEY, PRIVACY_KEY = "simulator", "auctoritas", "privatus"


@contextmanager
def snmpsim(recordings: Path, folder: Path) -> Iterator[int]:
    """Yields its UDP port. The community, or the context of version 3, is a file's name."""
    program = Path(sys.executable).with_name("snmpsim-command-responder")
    if not program.exists():
        pytest.skip("snmpsim is missing: pip install snmpsim pysmi")
    port = free_port()
    log = folder / "snmpsim.log"
    command = [
        str(program),
        f"--data-dir={recordings}",
        f"--cache-dir={folder / 'snmpsim'}",
        f"--agent-udpv4-endpoint=127.0.0.1:{port}",
        f"--process-user={getpass.getuser()}",
        f"--process-group={grp.getgrgid(os.getegid()).gr_name}",
        f"--v3-user={USER}",
        f"--v3-auth-key={AUTHENTICATION_KEY}",
        "--v3-auth-proto=SHA",
        f"--v3-priv-key={PRIVACY_KEY}",
        "--v3-priv-proto=AES",
    ]
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        until_s = monotonic() + START_S
        while "Listening at UDP/IPv4" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert monotonic() < until_s, "snmpsim does not listen"
            sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()
