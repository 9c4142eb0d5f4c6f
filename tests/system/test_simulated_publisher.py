"""The simulator's publisher against a real Mosquitto; a small client plays the platform."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import pytest

from firmware_sim.appliances import APPLIANCES
from firmware_sim.facts import Fact
from firmware_sim.faults import USUAL_FAULTS, Transmission
from firmware_sim.household import Household
from firmware_sim.publish import CredentialRefused, Publisher
from tests.system.mosquitto import Mosquitto

SECRETS = {kind.device_id: f"secret of {kind.device_id}" for kind in APPLIANCES}
START = datetime(2026, 5, 4, 9, tzinfo=UTC)
PLATFORM = "secret of the platform"
DEADLINE_S = 60


class FakePlatform:
    """Takes everything in; gives receipts once it is told to."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.statuses: dict[str, str] = {}
        self.gives_receipts = True
        self._client = client

    async def listen(self) -> None:
        async for message in self._client.messages:
            topic, payload = str(message.topic), bytes(message.payload)
            body = json.loads(payload)
            _, _, device_id, channel = topic.split("/")
            if channel == "status":
                self.statuses[device_id] = body["state"]
                continue
            self.taken.append((topic, payload))
            if channel == "event" and self.gives_receipts:
                receipt = {"events": [[body["boot_id"], body["seq"]]]}
                await self._client.publish(
                    f"v1/devices/{device_id}/receipt", json.dumps(receipt)
                )


@asynccontextmanager
async def platform_at(port: int) -> AsyncIterator[FakePlatform]:
    async with aiomqtt.Client(
        "127.0.0.1", port, username="platform", password=PLATFORM
    ) as client:
        for channel in ("telemetry", "event", "status"):
            await client.subscribe(f"v1/devices/+/{channel}", qos=1)
        platform = FakePlatform(client)
        listening = asyncio.create_task(platform.listen())
        yield platform
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not is_so():  # noqa: ASYNC110 - the broker is another process
            await asyncio.sleep(0.01)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Mosquitto:
    return Mosquitto(tmp_path, SECRETS | {"platform": PLATFORM})


def fortnight() -> list[Transmission]:
    """Two weeks with faults and with refills."""
    facts: list[Fact] = []
    home = Household(7, start_at=START, record=facts.append, faults=USUAL_FAULTS)
    for gtin in ("2001000000012", "2001000000173"):
        home.deliver(gtin, 1, START)
    return home.close(START + timedelta(days=14))


def said(transmissions: list[Transmission]) -> set[tuple[str, bytes]]:
    return {(each.topic, each.payload) for each in transmissions if not each.will}


async def test_all_that_is_published_arrives_and_every_event_gets_its_receipt(
    mosquitto: Mosquitto,
) -> None:
    sent = fortnight()
    with mosquitto.running():
        async with platform_at(mosquitto.port) as platform:
            async with Publisher(
                host="127.0.0.1", port=mosquitto.port, secrets=SECRETS
            ) as publisher:
                await publisher.publish(sent)
                assert await publisher.all_received(DEADLINE_S)
                await until(lambda: set(platform.taken) == said(sent))
                await until(lambda: platform.statuses == dict.fromkeys(SECRETS, "online"))
            await until(lambda: platform.statuses == dict.fromkeys(SECRETS, "offline"))


async def test_an_event_is_sent_again_until_its_receipt_comes(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_sim.publish.RESEND_S", 0.2)
    sent = fortnight()
    [first, *_] = [each for each in sent if each.channel == "event"]
    with mosquitto.running():
        async with platform_at(mosquitto.port) as platform:
            platform.gives_receipts = False
            async with Publisher(
                host="127.0.0.1", port=mosquitto.port, secrets=SECRETS
            ) as publisher:
                await publisher.publish(sent)
                assert not await publisher.all_received(0.5)
                assert publisher.unreceived() > 0
                platform.gives_receipts = True
                assert await publisher.all_received(DEADLINE_S)
    assert platform.taken.count((first.topic, first.payload)) > 1


async def test_nothing_is_lost_when_the_broker_is_away_for_a_while(
    mosquitto: Mosquitto,
) -> None:
    sent = fortnight()
    half = len(sent) // 2
    async with Publisher(host="127.0.0.1", port=mosquitto.port, secrets=SECRETS) as publisher:
        with mosquitto.running():
            async with platform_at(mosquitto.port) as before:
                await publisher.publish(sent[:half])
                await until(lambda: set(before.taken) == said(sent[:half]))
        rest = asyncio.create_task(publisher.publish(sent[half:]))
        with mosquitto.running():
            async with platform_at(mosquitto.port) as after:
                await asyncio.wait_for(rest, DEADLINE_S)
                await until(lambda: {*before.taken, *after.taken} == said(sent))


async def test_a_wrong_secret_is_named_and_not_tried_for_ever(mosquitto: Mosquitto) -> None:
    wrong = SECRETS | {"water-0001": "wrong"}
    with mosquitto.running():
        async with Publisher(host="127.0.0.1", port=mosquitto.port, secrets=wrong) as publisher:
            with pytest.raises(CredentialRefused, match="water-0001"):
                await publisher.publish(fortnight())


async def test_the_command_sends_back_dated_days_and_sums_up(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps(SECRETS))
    truth = tmp_path / "truth.jsonl"
    with mosquitto.running():
        async with platform_at(mosquitto.port) as platform:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "firmware_sim", "--port", str(mosquitto.port)),
                *("--credentials", credentials, "--days", "15", "--seed", "7"),
                *("--truth", truth, "--faults"),
                stdout=asyncio.subprocess.PIPE,
            )
            out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert b"Refill" in out
    measured = [json.loads(payload)["measured_at"] for _, payload in platform.taken]
    assert max(datetime.fromisoformat(each) for each in measured) <= datetime.now(UTC)
    lines = [json.loads(line) for line in truth.read_text().splitlines()]
    sent = [x for x in lines if x["fact"] == "MessageSent" and x["channel"] != "status"]
    assert len({(x["device_id"], x["boot_id"], x["seq"]) for x in sent}) == len(
        set(platform.taken)
    )


async def test_credentials_that_cannot_be_used_are_told_in_one_line(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials.json"
    credentials.write_text('{"washer-0001": "secret"}')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "firmware_sim", "--credentials", credentials),
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert err.decode().count("\n") == 1
    assert "no secret for printer-0001, coffee-0001, water-0001" in err.decode()
