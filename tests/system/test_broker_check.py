"""`nachschub broker check` against a real Mosquitto, as shipped and as nobody should run it."""

from pathlib import Path

import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.settings import Settings
from devices.tables import DeviceRow
from runtime import broker_check, broker_process, wiring
from runtime.broker_check import Configuration
from runtime.broker_files import BrokerFiles
from runtime.doctor import Check
from runtime.startup import CannotStart
from tests.processes import ROOT, free_port

SHIPPED = (ROOT / "mosquitto.conf").read_text()
PATH = Path("mosquitto.conf")


def broken(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.fix for check in checks if check.fix}


def without(*names: str) -> str:
    return "\n".join(line for line in SHIPPED.splitlines() if line.split(" ")[0] not in names)


async def test_the_shipped_configuration_keeps_every_promise():
    checks = await broker_check.check_copy(Configuration(PATH, SHIPPED))
    assert broken(checks) == {}
    assert {check.found for check in checks} == {"kept"}


async def test_anonymous_access_is_found_and_its_line_named():
    text = SHIPPED.replace("allow_anonymous false", "allow_anonymous true")
    found = broken(await broker_check.check_copy(Configuration(PATH, text)))
    [line] = [n for n, each in enumerate(text.splitlines(), 1) if "anonymous true" in each]
    assert found == {
        "nobody comes in without a name": (
            f"mosquitto.conf:{line}: allow_anonymous true; write: allow_anonymous false"
        )
    }


async def test_defaults_of_mosquitto_lose_messages_and_say_which_lines_are_missing():
    text = without("max_queued_messages", "autosave_interval", "acl_file", "pid_file")
    found = broken(await broker_check.check_copy(Configuration(PATH, text)))
    assert found == {
        "no device publishes as another": "mosquitto.conf lacks: acl_file var/mosquitto/acl",
        "no device speaks for the platform": "mosquitto.conf lacks: acl_file var/mosquitto/acl",
        "no device reads as another": "mosquitto.conf lacks: acl_file var/mosquitto/acl",
        "1,200 messages wait for the platform": (
            "mosquitto.conf lacks: max_queued_messages 1000000"
        ),
        "kill -9 forgets nothing older than six seconds": (
            "mosquitto.conf lacks: autosave_interval 4"
        ),
        "a revoked device is out within 5 s": (
            "mosquitto.conf lacks: pid_file var/mosquitto/mosquitto.pid"
        ),
    }


async def test_a_running_broker_is_asked_through_devices_that_are_revoked_afterwards(tmp_path):
    settings = Settings(home=tmp_path, door="mosquitto")
    async with wiring.opened(settings, public_url="") as platform:
        files = BrokerFiles.of(settings, platform.database)
        await files.write()
        async with broker_process.running(SHIPPED, files.folder) as process:
            url = f"mqtt://127.0.0.1:{process.port}"
            configuration = Configuration(PATH, SHIPPED)
            checks = await broker_check.check_running(url, configuration, platform)
        async with platform.database.snapshot(ALL_OWNERS) as session:
            devices = (await session.exec(select(DeviceRow))).all()
    assert broken(checks) == {}
    assert [check.found for check in checks].count("kept") == len(checks) - 1  # but kill -9
    assert [device.revoked_at is None for device in devices] == [False, False]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:1883", "write mqtt://HOST:PORT"),
        ("mqtt://127.0.0.1:x", "Port could not be cast"),
        ("mqtt://127.0.0.1:{free}", "No broker answers"),
    ],
)
async def test_an_address_without_a_broker_is_said_in_one_line(tmp_path, url, said):
    address = url.replace("{free}", str(free_port()))
    async with wiring.opened(Settings(home=tmp_path), public_url="") as platform:
        with pytest.raises(CannotStart, match=said):
            await broker_check.check_running(address, Configuration(PATH, ""), platform)
