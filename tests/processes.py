"""Programs that tests start: on 127.0.0.1, on a free port, and end again."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker import mosquitto as mosquitto_files
from demo_shop.records import Order
from demo_shop.store import Ledger
from devices import passwords
from tests import forking

ROOT = Path(__file__).parents[1]
PLATFORM, PLATFORM_PASSWORD = "platform", "of-the-platform"


def program(name: str, package: str, *, also_in: str = "/usr/sbin") -> str:
    """Its path. Missing, it skips the test, or fails it where CI=true promises everything."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{also_in}")
    if path is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say(f"{name} is missing: apt-get install {package}")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mosquitto(folder: Path, secrets: dict[str, str], *, port: int = 0) -> Iterator[int]:
    """A broker with the shipped configuration, moved to `folder`; yields its port.

    secrets: by device id; the platform's own user is added.
    """
    port = port or free_port()
    state = folder / "mosquitto"
    state.mkdir(exist_ok=True)
    users = {PLATFORM: PLATFORM_PASSWORD, **secrets}
    (state / "passwords").write_text(
        "".join(
            mosquitto_files.password_line(
                user, passwords.kept(secret.encode(), salt=os.urandom(passwords.SALT_BYTES))
            )
            for user, secret in users.items()
        )
    )
    (state / "acl").write_text(mosquitto_files.access_rules(PLATFORM))
    shipped = (ROOT / "mosquitto.conf").read_text()
    moved = shipped.replace("listener 1883 ", f"listener {port} ").replace("var/", f"{folder}/")
    if os.geteuid() == 0:
        moved += "user root\n"  # the folder of a test belongs to whoever runs it
    (folder / "mosquitto.conf").write_text(moved)
    command = [program("mosquitto", "mosquitto"), "-c", str(folder / "mosquitto.conf")]
    with (folder / "mosquitto.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port), what=f"mosquitto, see {folder}/mosquitto.log")
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def shop(folder: Path, assortment: str = "haushaltshof") -> Iterator[str]:
    """A demo shop with its ledger in `folder`; yields its address."""
    options = ("--assortment", assortment, "--folder", str(folder))
    command = forking.command("demo_shop", *options)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def ledger(folder: Path, assortment: str = "haushaltshof") -> list[Order]:
    """What a shop has sold, from its own file."""
    opened = Ledger(folder / f"{assortment}.db")
    try:
        return opened.orders()
    finally:
        opened.close()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool], *, what: str, within_s: float = 60) -> None:
    """Polls a process that cannot tell by itself."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {within_s} s: {what}")
        time.sleep(0.02)
