"""How soon Mosquitto knows of a new or a revoked device: password file or dynamic security.

    python benchmarks/mosquitto_feed.py [--devices N] [--connected N] [--json FILE]

Both ways hold N devices with a right to their own topics only. Measured, in one run: what it
takes until the broker admits a hundred more, one more, and until the live connection of a
revoked one is closed while others stay connected. The dynamic-security plugin of Mosquitto 2.0
knows no `%u`, so that every device needs a role of its own.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from hashlib import pbkdf2_hmac
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from broker import mosquitto  # noqa: E402
from broker.mosquitto_probe import Address, NoAnswer, Probe, opened  # noqa: E402
from core import mqtt  # noqa: E402
from devices import passwords  # noqa: E402

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
PROGRAM = shutil.which("mosquitto", path=PATH) or "mosquitto"
PLUGIN = "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so"
CONTROL = "$CONTROL/dynamic-security/v1"
ANSWERS = "$CONTROL/dynamic-security/v1/response"
ADMIN = ("admin", "of-the-admin")


@dataclass(frozen=True, slots=True)
class Measured:
    way: str
    devices: int
    connected: int
    hundred_more_s: float  # from knowing their secrets until the last is admitted
    one_more_s: float
    revoked_s: float  # until its live connection is closed
    broker_rss_mb: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def broker(folder: Path, lines: str) -> Iterator[tuple[subprocess.Popen[bytes], Address]]:
    port = free_port()
    config = folder / "mosquitto.conf"
    user = "user root\n" if os.geteuid() == 0 else ""
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\n{user}{lines}")
    log = (folder / "log").open("ab")
    process = subprocess.Popen([PROGRAM, "-c", str(config)], stderr=log)  # noqa: S603
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if process.poll() is not None:
                raise SystemExit((folder / "log").read_text())
            time.sleep(0.02)
        yield process, Address("127.0.0.1", port)
    finally:
        process.terminate()
        process.wait()
        log.close()


def rss_mb(process: subprocess.Popen[bytes]) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def login(name: str, secret: str) -> mqtt.Connect:
    return mqtt.Connect(name, keep_alive_s=600, username=name, password=secret.encode())


@asynccontextmanager
async def client(address: Address, name: str, secret: str) -> AsyncIterator[Probe]:
    async with opened(address) as probe:
        answer = await probe.connect(login(name, secret))
        if answer.code:
            raise NoAnswer(answer.code.name)
        yield probe


async def admitted(address: Address, name: str, secret: str) -> None:
    """Tries until the broker lets the device in."""
    while True:
        try:
            async with client(address, name, secret):
                return
        except NoAnswer:
            await asyncio.sleep(0.005)


async def closed(probe: Probe) -> None:
    if not await probe.closed(120):
        raise SystemExit("a revoked device stayed connected for two minutes")


def fleet(count: int) -> dict[str, str]:
    return {f"device-{number:06}": secrets.token_urlsafe(32) for number in range(count)}


async def crowd(
    stack: AsyncExitStack, address: Address, fleet: dict[str, str], count: int
) -> None:
    for name, secret in list(fleet.items())[1 : count + 1]:
        await stack.enter_async_context(client(address, name, secret))


def line(name: str, secret: str, iterations: int) -> str:
    salt = secrets.token_bytes(12)
    kept = passwords.kept(secret.encode(), salt=salt, iterations=iterations)
    return mosquitto.password_line(name, kept)


def write(folder: Path, lines: dict[str, str]) -> None:
    (folder / "new").write_text("".join(lines.values()))
    (folder / "new").rename(folder / "passwords")


async def by_files(folder: Path, count: int, connected: int, iterations: int) -> Measured:
    known = fleet(count)
    (folder / "acl").write_text(mosquitto.access_rules("platform"))
    lines = f"password_file {folder}/passwords\nacl_file {folder}/acl\n"
    first, secret = next(iter(known.items()))
    lines_of = {name: line(name, each, iterations) for name, each in known.items()}
    write(folder, lines_of)
    with broker(folder, lines) as (process, address):

        async def tell(more: dict[str, str]) -> float:
            """A new line is hashed, all lines are written, the broker reads them."""
            start = time.perf_counter()
            for name, each in more.items():
                lines_of[name] = line(name, each, iterations)
            write(folder, lines_of)
            process.send_signal(signal.SIGHUP)
            if more:
                await admitted(address, *list(more.items())[-1])
            return time.perf_counter() - start

        async with AsyncExitStack() as stack:
            await crowd(stack, address, known, connected)
            hundred_s = await tell({f"more-{n}": secrets.token_urlsafe(32) for n in range(100)})
            one_s = await tell({"one-more": secrets.token_urlsafe(32)})
            revoked = await stack.enter_async_context(client(address, first, secret))
            del lines_of[first]
            start = time.perf_counter()
            await tell({})
            await closed(revoked)
            revoked_s = time.perf_counter() - start
            way = f"password file, {iterations} iterations"
            return Measured(way, count, connected, hundred_s, one_s, revoked_s, rss_mb(process))


def plugin_start(folder: Path, known: dict[str, str]) -> str:
    """The plugin's file as it would be after all `known` were created one by one."""
    admin_rights = [
        {"acltype": kind, "topic": f"{CONTROL}/#", "priority": 0, "allow": True}
        for kind in ("publishClientSend", "publishClientReceive", "subscribePattern")
    ]
    state = {
        "defaultACLAccess": dict.fromkeys(
            ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"), False
        ),
        "clients": [stored(*ADMIN), *(stored(*each) for each in known.items())],
        "groups": [],
        "roles": [
            {"rolename": ADMIN[0], "acls": admin_rights},
            *({"rolename": name, "acls": rights(name)} for name in known),
        ],
    }
    path = folder / "dynamic-security.json"
    path.write_text(json.dumps(state))
    return f"plugin {PLUGIN}\nplugin_opt_config_file {path}\n"


def stored(name: str, secret: str) -> dict[str, object]:
    salt = secrets.token_bytes(12)
    digest = pbkdf2_hmac("sha512", secret.encode(), salt, 101)
    return {
        "username": name,
        "password": b64encode(digest).decode(),
        "salt": b64encode(salt).decode(),
        "iterations": 101,
        "roles": [{"rolename": name}],
    }


def rights(name: str) -> list[dict[str, object]]:
    own = f"v1/devices/{name}/"
    return [
        {"acltype": kind, "topic": own + channel, "priority": 0, "allow": True}
        for kind, channels in (
            ("publishClientSend", mosquitto.DEVICE_WRITES),
            ("subscribeLiteral", mosquitto.DEVICE_READS),
            ("publishClientReceive", mosquitto.DEVICE_READS),
        )
        for channel in channels
    ]


def creation(name: str, secret: str) -> list[dict[str, object]]:
    return [
        {"command": "createRole", "rolename": name, "acls": rights(name)},
        {
            "command": "createClient",
            "username": name,
            "password": secret,
            "roles": [{"rolename": name}],
        },
    ]


async def command(probe: Probe, commands: list[dict[str, object]]) -> None:
    probe.send(mqtt.Publish(CONTROL, json.dumps({"commands": commands}).encode()))
    answer = json.loads((await probe.receive(600)).payload)
    wrong = [each for each in answer["responses"] if "error" in each]
    if wrong:
        raise SystemExit(f"the plugin refused: {wrong[:2]}")


async def by_plugin(folder: Path, count: int, connected: int) -> Measured:
    known = fleet(count)
    first, secret = next(iter(known.items()))
    with broker(folder, plugin_start(folder, known)) as (process, address):
        async with AsyncExitStack() as stack:
            admin = await stack.enter_async_context(client(address, *ADMIN))
            await admin.subscribe(ANSWERS)
            await crowd(stack, address, known, connected)

            async def tell(more: dict[str, str]) -> float:
                start = time.perf_counter()
                await command(admin, [c for each in more.items() for c in creation(*each)])
                await admitted(address, *list(more.items())[-1])
                return time.perf_counter() - start

            hundred_s = await tell({f"more-{n}": secrets.token_urlsafe(32) for n in range(100)})
            one_s = await tell({"one-more": secrets.token_urlsafe(32)})
            revoked = await stack.enter_async_context(client(address, first, secret))
            start = time.perf_counter()
            await command(admin, [{"command": "disableClient", "username": first}])
            await closed(revoked)
            revoked_s = time.perf_counter() - start
            way = "dynamic security"
            return Measured(way, count, connected, hundred_s, one_s, revoked_s, rss_mb(process))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--connected", type=int, default=1_000)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    found = []
    for way in (
        lambda folder: by_files(folder, wanted.devices, wanted.connected, 1),
        lambda folder: by_files(folder, wanted.devices, wanted.connected, 101),
        lambda folder: by_plugin(folder, wanted.devices, wanted.connected),
    ):
        with tempfile.TemporaryDirectory() as folder:
            found.append(asyncio.run(way(Path(folder))))
        each = found[-1]
        print(
            f"{each.way:32} {each.devices} devices, {each.connected} connected:"
            f" a hundred more {each.hundred_more_s:.2f} s, one more {each.one_more_s:.2f} s,"
            f" revoked {each.revoked_s:.2f} s, broker {each.broker_rss_mb:.0f} MB",
            flush=True,
        )
    if wanted.json:
        wanted.json.write_text(json.dumps([asdict(each) for each in found], indent=1))


if __name__ == "__main__":
    main()
