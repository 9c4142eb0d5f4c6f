"""The running platform's own looks: what a maker withdraws over REST ends a live connection."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from accounts import principal
from accounts.principal import Audience
from accounts.scoping import ALL_OWNERS
from api import deps
from api.app import create_app
from core import mqtt
from core.ids import RandomIds
from core.settings import Settings
from devices import registry
from devices.registry import Provisioned, ToProvision
from runtime import serve, wiring
from runtime.wiring import Platform
from tests.devices_world import a_model
from tests.doors import DiskFull, RawClient, raw_client

WITHIN_S = 5.0


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    settings = Settings(home=tmp_path, mqtt_port=0)
    async with wiring.opened(settings, public_url="") as opened:
        yield opened


@asynccontextmanager
async def door(platform: Platform) -> AsyncIterator[int]:
    """As `nachschub serve` opens it; yields its port."""
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        url = await serve._open_door(stack, platform, stop)
        yield int(url.rpartition(":")[2])
        stop.set()


async def factory(platform: Platform) -> tuple[str, Provisioned]:
    """A maker's key and its device."""
    parts = {"transaction": platform.database.transaction, "ids": RandomIds()}
    maker_id = await registry.register_manufacturer("Hausgeraete Nord", **parts)
    await registry.register_model(maker_id, a_model(), clock=platform.clock, **parts)
    (made,) = await registry.provision(
        maker_id,
        [ToProvision(model="washer", serial="SN 1")],
        key=platform.device_key,
        clock=platform.clock,
        **parts,
    )
    async with platform.database.transaction(ALL_OWNERS) as session:
        key = principal.issue_api_key(
            session,
            Audience.MAKER,
            maker_id,
            label="factory",
            ids=RandomIds(),
            wall=platform.wall.now(),
        )
    return key, made


def rest(platform: Platform, key: str) -> httpx.AsyncClient:
    app = create_app(
        deps.Platform(
            database=platform.database,
            clock=platform.clock,
            wall=platform.wall,
            ids=RandomIds(),
            device_key=platform.device_key,
            forecaster=wiring.forecaster(),
        )
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://platform",
        headers={"Authorization": f"Bearer {key}"},
    )


@asynccontextmanager
async def connected(port: int, device_id: str, secret: str) -> AsyncIterator[RawClient]:
    async with raw_client(port) as client:
        client.send(mqtt.Connect("", username=device_id, password=secret.encode()))
        assert await client.receive() == mqtt.Connack()
        yield client


@pytest.mark.parametrize("act", ["revoke", "secret"])
async def test_a_withdrawn_secret_ends_its_live_connection_within_five_seconds(platform, act):
    key, made = await factory(platform)
    async with (
        door(platform) as port,
        rest(platform, key) as client,
        connected(port, made.device_id, made.secret) as line,
    ):
        began_s = time.monotonic()
        answer = await client.post(f"/api/makers/devices/{made.device_id}/{act}")
        assert answer.is_success
        assert await line.is_closed()
        assert time.monotonic() - began_s < WITHIN_S
        if act == "secret":
            async with connected(port, made.device_id, answer.json()["secret"]) as again:
                again.send(mqtt.Pingreq())
                assert await again.receive() == mqtt.Pingresp()


async def test_a_look_that_fails_is_logged_and_the_next_one_is_made(
    platform, monkeypatch, caplog
):
    key, made = await factory(platform)
    failures = 0

    async def away(*_: object, **__: object) -> dict[str, str | None]:
        nonlocal failures
        failures += 1
        raise DiskFull

    async with (
        door(platform) as port,
        rest(platform, key) as client,
        connected(port, made.device_id, made.secret) as line,
    ):
        with monkeypatch.context() as patched:
            patched.setattr("devices.credentials.changed_since", away)
            await client.post(f"/api/makers/devices/{made.device_id}/revoke")
            async with asyncio.timeout(60):
                while failures == 0:  # noqa: ASYNC110 - the loop sets no event
                    await asyncio.sleep(0.05)
        assert await line.is_closed()
    assert "the door could not look into the database" in caplog.text
