"""The suite for firmware, tried with our example, with the simulator's device, and with a
firmware that does everything wrong.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from broker.mosquitto_probe import Address, opened
from core import mqtt
from core.clock import WallClock
from firmware_sim.device import Device, DeviceKind, SlotKind
from firmware_sim.faults import NO_FAULTS, Radio
from firmware_sim.publish import Publisher
from runtime import conformance_rules
from runtime.conformance import Suite, Wishes
from runtime.conformance_rules import RULES, Finding, State, judged
from tests.doors import eventually
from tests.processes import ROOT

SECRET = "its-secret"  # noqa: S105 - of a test
EXAMPLE = ROOT / "examples" / "firmware_paho.py"


@pytest.fixture
def suite() -> Suite:
    wishes = Wishes(
        device_id="filter-0001",
        secret=SECRET,
        host="127.0.0.1",
        port=0,
        longest_s=60,
        outage_s=1,
    )
    return Suite(wishes, WallClock(), lambda _said: None)


@asynccontextmanager
async def running(suite: Suite) -> AsyncIterator["asyncio.Task[list[Finding]]"]:
    judging = asyncio.create_task(suite.run())
    await eventually(lambda: suite.port)
    yield judging
    await judging


def states(findings: list[Finding]) -> dict[State, list[str]]:
    found: dict[State, list[str]] = {state: [] for state in State}
    for each in findings:
        found[each.state].append(f"{each.rule} {each.said}".strip())
    return found


def broken(suite: Suite) -> list[str]:
    return states(judged(suite.observed()))[State.BROKEN]


async def start_example(suite: Suite) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, EXAMPLE, "127.0.0.1", str(suite.port), "filter-0001", "its-secret",
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip


def say(firmware: asyncio.subprocess.Process, *lines: object) -> None:
    assert firmware.stdin is not None
    firmware.stdin.write("".join(f"{line}\n" for line in lines).encode())


async def test_the_example_firmware_keeps_every_rule(suite):
    async with running(suite) as judging:
        first = await start_example(suite)
        say(first, 0.5, 0.4, "refilled", 0.9)
        await eventually(lambda: suite.cut_at_s is not None, within_s=50)
        say(first, 0.8, 0.7)
        await eventually(lambda: suite.open_again_at_s is not None, within_s=50)
        say(first, 0.6)
        assert first.stdin is not None
        first.stdin.close()
        await asyncio.wait_for(first.wait(), 50)
        again = await start_example(suite)
        say(again, 0.5)
        again.stdin.close()
        await asyncio.wait_for(again.wait(), 50)
        findings = await judging
    assert states(findings)[State.KEPT] == list(RULES), states(findings)


async def test_the_simulators_device_keeps_every_rule(suite):
    slot = SlotKind(
        slot="filter", fits="x", capacity=100, begins=(0.5, 0.6), refilled_below=0.1
    )
    device = Device(DeviceKind(device_id="filter-0001", slots=(slot,)), seed=1)
    radio = Radio("filter-0001", 1, NO_FAULTS, lambda _fact: None)
    now = WallClock().now()
    async with running(suite) as judging:
        secrets = {"filter-0001": "its-secret"}
        async with Publisher(host="127.0.0.1", port=suite.port, secrets=secrets) as publisher:
            await publisher.publish(radio.boot(now, boot_id=1))
            said = device.refilled("filter", now - timedelta(hours=1))
            await publisher.publish(radio.send([*said, device.reading(now)], now))
            await eventually(lambda: suite.cut_at_s is not None, within_s=50)
            for minute in range(2):
                at = now + timedelta(seconds=minute)
                await publisher.publish(radio.send([device.reading(at)], at))
            assert await publisher.all_received(30)
            await publisher.publish(radio.boot(now, boot_id=2))
            await publisher.publish(radio.send([device.reading(now)], now))
            findings = await judging
    assert states(findings)[State.KEPT] == list(RULES), states(findings)


def numbered(seq: int, **body: object) -> bytes:
    """Of a clock that was never set."""
    at = "1970-01-01T00:00:09Z"
    return json.dumps({"v": 1, "boot_id": 5, "seq": seq, "measured_at": at, **body}).encode()


async def test_a_wrong_firmware_is_told_what_is_wrong(suite, monkeypatch):
    monkeypatch.setattr(conformance_rules, "RESEND_WITHIN_S", 2.0)

    own = "v1/devices/filter-0001/"
    birth = json.dumps({"v": 1, "state": "online", "boot_id": 5}).encode()
    older = json.dumps({"v": 1, "state": "online", "boot_id": 4}).encode()
    login = mqtt.Connect("filter-0001", username="filter-0001", password=b"its-secret")
    async with (
        running(suite) as judging,
        opened(Address("127.0.0.1", suite.port)) as firmware,
    ):
        await firmware.connect(login)
        delta = {"filter": {"delta_ml": -20}}
        await firmware.publish(own + "telemetry", [numbered(1, slots=delta)])
        await firmware.publish(own + "event", [numbered(1, event="refilled", slot="filter")])
        level = {"filter": {"level": 62}}
        await firmware.publish(own + "telemetry", [numbered(2, slots=level)])
        await firmware.publish(own + "status", [birth])
        await firmware.publish(own + "status", [older])
        await eventually(lambda: len(broken(suite)) == 8, within_s=50)
        suite.stop.set()
        findings = await judging
    said = {each.rule: each.said for each in findings if each.state is State.BROKEN}
    assert list(said) == [
        "announces itself first",
        "keeps to the wire schema",
        "says absolute values",
        "numbers every message once",
        "has a right clock, or says that it has none",
        "sends events again until a receipt",
        "leaves a last will",
        "counts its boots",
    ]
    assert said["keeps to the wire schema"] == (
        "slots.filter.level: Input should be less than or equal to 1 (it sent 62)"
    )
    assert said["says absolute values"].startswith("slot filter carries delta_ml; say level")
    assert said["counts its boots"] == "boot_id fell from 5 to 4; it must rise"
