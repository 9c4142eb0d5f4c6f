"""The table of docs/interoperability.md, made by real clients at the gateway.

Each client is a program of its own, told by its command line what to do. Where a client is
missing, its column is not checked. `NACHSCHUB_WRITE_PAGES=1` writes what was found.
"""

import asyncio
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker import tls
from devices.commands import Waiting
from tests import doors
from tests.certificates import Authority
from tests.doors import SECRETS, Door, eventually, status, telemetry
from tests.processes import ROOT

PAGE = ROOT / "docs" / "interoperability.md"
CLIENTS = ROOT / "tests" / "system" / "clients"
NAME = "washer-0001"
OWN = f"v1/devices/{NAME}/"
NODE_MODULES = Path(os.environ.get("NACHSCHUB_NODE_MODULES", ROOT / "var" / "node_modules"))
YES = "yes"


def python_client(name: str) -> Callable[..., list[str]]:
    def command(act: str, **wanted: str) -> list[str]:
        options = [word for key, value in wanted.items() for word in (f"--{key}", value)]
        return [sys.executable, "-m", f"tests.system.clients.{name}_client", act, *options]

    return command


def node_client(act: str, **wanted: str) -> list[str]:
    options = [word for key, value in wanted.items() for word in (f"--{key}", value)]
    return ["node", str(CLIENTS / "mqttjs_client.mjs"), act, *options]


def mosquitto_client(act: str, **wanted: str) -> list[str]:
    version = {"4": "311", "5": "5"}[wanted.get("version", "4")]
    program = "mosquitto_pub" if act == "publish" else "mosquitto_sub"
    command = [program, "-h", "127.0.0.1", "-p", wanted["port"], "-V", version]
    command += ["-i", NAME, "-u", NAME, "-P", wanted["secret"], "-t", wanted["topic"]]
    command += ["-q", wanted.get("qos", "1")]
    if "ca" in wanted:
        command += ["--cafile", wanted["ca"]]
    if act == "publish":
        return [*command, "-m", wanted["payload"]]
    will = ["--will-topic", wanted["will"], "--will-payload", wanted["payload"]]
    line_by_line = ["stdbuf", "-oL"]  # of coreutils: it would print into a buffer
    return [*line_by_line, *command, "-d", *will, "--will-qos", "1", "--will-retain"]


COMMANDS = {
    "paho-mqtt": python_client("paho"),
    "aiomqtt": python_client("aiomqtt"),
    "gmqtt": python_client("gmqtt"),
    "mosquitto_pub / sub": mosquitto_client,
    "mqtt.js": node_client,
}


def is_here(client: str) -> bool:
    if client == "mqtt.js":
        return shutil.which("node") is not None and (NODE_MODULES / "mqtt").exists()
    if client == "gmqtt":
        return importlib.util.find_spec("gmqtt") is not None
    return not client.startswith("mosquitto") or shutil.which("mosquitto_pub") is not None


@dataclass
class Trial:
    """One client at one gateway."""

    door: Door
    client: str
    ca: str = ""

    def command(self, act: str, **wanted: str) -> list[str]:
        known = {"port": str(self.door.port), "name": NAME, "secret": SECRETS[NAME]}
        if self.ca:
            known["ca"] = self.ca
        return COMMANDS[self.client](act, **{**known, **wanted})

    async def publish(self, seq: int, **wanted: str) -> str:
        """What the client said."""
        message = {"topic": OWN + "telemetry", "payload": telemetry(seq).decode()}
        process = await started(self.command("publish", **message, **wanted))
        async with asyncio.timeout(60):
            said, _ = await process.communicate()
        return said.decode()

    async def published(self, seq: int, **wanted: str) -> str:
        said = await self.publish(seq, **wanted)
        try:
            await eventually(lambda: f"telemetry 17 {seq}" in self.door.book.names(), 10)
        except TimeoutError:
            return f"no: {said.strip()[:60]}"
        return YES

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """To all its own topics, with a will; killed at the end."""
        will = {"will": OWN + "status", "payload": status("offline").decode()}
        process = await started(self.command("listen", topic=OWN + "#", **will))
        try:
            await heard(process, "ready|Subscribed")
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def started(command: list[str]) -> asyncio.subprocess.Process:
    environment = {**os.environ, "NODE_MODULES": str(NODE_MODULES)}
    return await asyncio.create_subprocess_exec(
        *command, stdout=-1, stderr=asyncio.subprocess.STDOUT, env=environment, cwd=ROOT
    )


async def heard(process: asyncio.subprocess.Process, pattern: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while line := (await process.stdout.readline()).decode():
            if re.search(pattern, line):
                return line
    raise EOFError(pattern)


async def wrong_secret(trial: Trial) -> str:
    said = await trial.publish(90, secret="guess")  # noqa: S106 - wrong on purpose
    is_told = re.search(r"refused|not authori|bad user", said, re.IGNORECASE)
    return YES if is_told and not trial.door.book.names() else f"no: {said.strip()[:60]}"


async def receipt(trial: Trial) -> str:
    async with trial.listening() as process:
        deliver = trial.door.door.deliver
        assert deliver(NAME, OWN + "receipt", b'{"events":[[17,4211]]}')
        await heard(process, r"\[\[17,4211\]\]")
    return YES


async def command(trial: Trial) -> str:
    async with trial.listening() as process:
        device = trial.door.door.devices[NAME]
        device.command(Waiting(7, NAME, b'{"order":"placed"}', is_repeat=False))
        await heard(process, '"order":"placed"')
        await eventually(lambda: trial.door.door.errands.acknowledged == [7])
    return YES


async def last_will(trial: Trial) -> str:
    async with trial.listening() as process:
        process.kill()
        await eventually(lambda: any("offline" in each for each in trial.door.book.names()))
    return YES


async def asks_for_mqtt_5(trial: Trial) -> str:
    said = await trial.publish(5, version="5")
    if trial.door.book.names():
        return "falls back to 3.1.1"
    is_told = re.search(r"protocol version", said, re.IGNORECASE)
    return "says that the version is not spoken" if is_told else f"no: {said.strip()[:60]}"


Task = Callable[[Trial], Awaitable[str]]
TASKS: dict[str, Task] = {
    "is told that its secret is wrong": wrong_secret,
    "reports with QoS 0": lambda trial: trial.published(1, qos="0"),
    "reports with QoS 1": lambda trial: trial.published(2, qos="1"),
    "reports with QoS 2": lambda trial: trial.published(3, qos="2"),
    "hears a receipt": receipt,
    "acknowledges a command": command,
    "its last will is spoken": last_will,
    "set to MQTT 5": asks_for_mqtt_5,
}
THROUGH_TLS = "reports through TLS"


async def column(client: str, folder: Path) -> dict[str, str]:
    """What the client can do, by task."""
    found = {}
    for number, (task, tried) in enumerate(TASKS.items()):
        home = folder / str(number)
        home.mkdir()
        async with doors.gateway(home) as door:
            found[task] = await tried(Trial(door, client))
    authority = Authority(folder)
    context = tls.context(authority.issue("127.0.0.1"))
    home = folder / "tls"
    home.mkdir()
    async with doors.gateway(home, tls=context) as door:
        found[THROUGH_TLS] = await Trial(door, client, str(authority.file)).published(4)
    return found


def table() -> dict[str, dict[str, str]]:
    """By client and task, as the page says."""
    _, head, rest = PAGE.read_text().partition("| Client")
    lines = (head + rest).partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    clients = cells[0][1:]
    return {
        client: {row[0]: row[place] for row in cells[2:]}
        for place, client in enumerate(clients, start=1)
    }


def write(client: str, found: dict[str, str]) -> None:
    present = {**table(), client: found}
    head = ["Client", *COMMANDS]
    rows = [
        [task, *(present.get(each, {}).get(task, "?") for each in COMMANDS)] for task in found
    ]
    lines = [head, ["---"] * len(head), *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    before, _, rest = PAGE.read_text().partition("\n| Client")
    after = re.sub(r"^.*\n(\|.*\n)*", "", rest)
    PAGE.write_text(f"{before}\n{text}\n{after}")


@pytest.mark.parametrize("client", COMMANDS)
async def test_the_page_says_what_the_client_can_do(client: str, tmp_path: Path) -> None:
    if not is_here(client):
        pytest.skip(f"{client} is not installed; the page says how")
    found = await column(client, tmp_path)
    if os.environ.get("NACHSCHUB_WRITE_PAGES"):
        write(client, found)
    assert table()[client] == found, json.dumps(found, indent=2)
