"""A real Mosquitto on loopback that knows some users and their secrets."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from time import monotonic, sleep

from tests.system.programs import free_port, is_listening, require

START_S = 60

CONFIG = """
user {user}
listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/passwords
persistence false
"""


class Mosquitto:
    def __init__(self, folder: Path, secrets: Mapping[str, str]) -> None:
        self.port = free_port()
        self._program = require("mosquitto", "mosquitto")
        self._config = folder / "mosquitto.conf"
        self._config.write_text(CONFIG.format(port=self.port, folder=folder, user=getuser()))
        passwords = folder / "passwords"
        passwords.write_text("".join(f"{name}:{word}\n" for name, word in secrets.items()))
        passwords.chmod(0o600)
        hashing = require("mosquitto_passwd", "mosquitto")
        subprocess.run([hashing, "-U", str(passwords)], check=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        process = subprocess.Popen(
            [self._program, "-c", str(self._config)], stderr=subprocess.DEVNULL
        )
        try:
            until_s = monotonic() + START_S
            while not is_listening(self.port):
                assert process.poll() is None
                assert monotonic() < until_s
                sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait()
