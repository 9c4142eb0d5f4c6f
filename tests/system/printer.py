"""A real IPP printer to test against: Debian's ippeveprinter, whose levels can be set live."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx

from tests.system.programs import free_port, is_listening, require

START_S = 60
SUPPLIES = ("waste", "black", "cyan", "magenta", "yellow")  # in the printer's own order
FRESH = {"waste": 5, "black": 75, "cyan": 50, "magenta": 33, "yellow": 67}  # percent

ATTRIBUTES = """
ATTR text printer-make-and-model "Printhaus P-200"
ATTR text printer-supply-description {descriptions}
ATTR octetString printer-supply {supplies}
"""
DESCRIPTIONS = (
    "Waste Toner Box",
    "Black P-200-K",
    "Cyan P-200-C",
    "Magenta P-200-M",
    "Yellow P-200-Y",
)


class Printer:
    def __init__(self, port: int) -> None:
        self.url = f"ipp://localhost:{port}/ipp/print"
        self._web = f"http://localhost:{port}"
        self._levels = dict(FRESH)

    def set_levels(self, **percent: int) -> None:
        """By colour, or `waste`; the others stay."""
        self._levels |= percent
        form = {f"supply{n}": self._levels[supply] for n, supply in enumerate(SUPPLIES)}
        httpx.get(f"{self._web}/supplies", params=form).raise_for_status()


@contextmanager
def ippeveprinter(folder: Path) -> Iterator[Printer]:
    """Needs a D-Bus of its own; announces nothing and listens on loopback only."""
    bus, conf, port = folder / "bus.sock", folder / "printer.conf", free_port()
    conf.write_text(_attributes())
    (folder / "spool").mkdir()
    daemon = require("dbus-daemon", "dbus-daemon")
    program = require("ippeveprinter", "cups-ipp-utils")
    with ExitStack() as running:
        address = f"--address=unix:path={bus}"
        running.enter_context(_process(daemon, "--session", "--nofork", address))
        _wait_until_exists(bus)
        printing = running.enter_context(
            _process(
                *(program, "-r", "off", "-n", "localhost", "-p", str(port)),
                *("-a", str(conf), "-d", str(folder / "spool"), "loop"),
                DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={bus}",
            )
        )
        until_s = monotonic() + START_S
        while not is_listening(port):
            assert printing.poll() is None, "ippeveprinter ended at once"
            assert monotonic() < until_s, "ippeveprinter does not listen"
            sleep(0.02)
        yield Printer(port)


def _attributes() -> str:
    supplies = (_supply(n, supply) for n, supply in enumerate(SUPPLIES, start=1))
    return ATTRIBUTES.format(descriptions=_quoted(DESCRIPTIONS), supplies=_quoted(supplies))


def _supply(index: int, supply: str) -> str:
    is_waste = supply == "waste"
    kind = "receptacleThatIsFilled" if is_waste else "supplyThatIsConsumed"
    return (
        f"index={index};class={kind};type={'wasteToner' if is_waste else 'toner'};unit=percent;"
        f"maxcapacity=100;level={FRESH[supply]};"
        f"colorantname={'unknown' if is_waste else supply};"
    )


def _quoted(texts: Iterator[str] | tuple[str, ...]) -> str:
    return ",".join(f'"{each}"' for each in texts)


@contextmanager
def _process(*command: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=os.environ | env, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_until_exists(path: Path) -> None:
    until_s = monotonic() + START_S
    while not path.exists():
        assert monotonic() < until_s, f"{path} does not appear"
        sleep(0.02)
