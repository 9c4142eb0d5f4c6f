"""A Mosquitto of our own: a copy of a configuration on a free port of this machine."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from broker import mosquitto_config
from runtime.startup import CannotStart

START_S: Final = 10.0
LOOK_S: Final = 0.02
NEEDED: Final = "Install it: apt-get install mosquitto"


class BrokerProcess:
    """Can be killed and started again; keeps its port and its folder."""

    def __init__(self, text: str, folder: Path) -> None:
        """text: of the configuration. Raises CannotStart when Mosquitto is not installed."""
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise CannotStart(f"There is no mosquitto on this machine. {NEEDED}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.folder = folder
        self._config = folder / "mosquitto.conf"
        self._log = folder / "mosquitto.log"
        # Mosquitto gives root up, and could then not write to a folder of root.
        user = "root" if os.geteuid() == 0 else ""
        moved = mosquitto_config.moved(text, str(folder), self.port, user=user)
        self._config.write_text(moved)
        self._command = [program, "-c", str(self._config)]
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Until it takes connections. Raises CannotStart with its own last words."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)  # noqa: S603, ASYNC220 - our own words; it outlives this call
        deadline_s = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline_s:
                words = self._log.read_text(errors="replace").splitlines()[-3:]
                raise CannotStart(f"Mosquitto did not start: {'; '.join(words)}")
            await asyncio.sleep(LOOK_S)

    async def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@asynccontextmanager
async def running(text: str, folder: Path) -> AsyncIterator[BrokerProcess]:
    """Raises CannotStart."""
    process = BrokerProcess(text, folder)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()
