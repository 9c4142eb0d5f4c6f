"""`nachschub broker check`: whether a broker keeps every promise the platform relies on.

Without an address, a copy of the configuration runs on a port of its own in a folder that is
removed afterwards, and may be killed. With one, the running broker is asked through two test
devices of the registry, which are revoked at the end.
"""

import asyncio
import secrets
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from accounts.principal import Audience, Principal
from broker import mosquitto, mosquitto_config
from broker.mosquitto_probe import Address, NoAnswer, opened
from broker.mosquitto_promises import PROMISES, SLOT, Login, Promise, Scene, tried
from core.mqtt import ConnackCode
from devices import custody, passwords, registry
from devices.models import DataSheet, DeviceModel, Measure, SlotSpec
from devices.registry import Provisioned, ToProvision
from runtime import broker_files, broker_process
from runtime.broker_files import BrokerFiles, platform_password
from runtime.broker_process import BrokerProcess
from runtime.doctor import Check
from runtime.provision import maker_named
from runtime.startup import CannotStart
from runtime.wiring import Platform

MAKER: Final = "Broker check"
PATIENCE_S: Final = 10.0  # until the broker knows two new devices
LOOK_S: Final = 0.1
SAVED_WITHIN_S: Final = 6.0
MODEL: Final = DeviceModel(
    name="broker-check",
    version=1,
    slots=(
        SlotSpec(
            slot=SLOT,
            title="Check of the broker",
            category="check",
            fits=("check",),
            capacity=1,
            unit="fill",
            measure=Measure.LEVEL,
            typical_use_per_day=0.1,
            most_per_day=1,
        ),
    ),
    data_sheet=DataSheet(
        sends="one invented level, while the broker is checked",
        every_hours=24,
        kept_where="on this instance",
        kept_days=1,
    ),
)


@dataclass(frozen=True, slots=True)
class Configuration:
    path: Path
    text: str  # empty: not at hand

    def fix(self, wanted: Sequence[str]) -> str:
        """The lines to change, by number where they stand."""
        if not self.text:
            return f"its configuration needs: {', '.join(wanted)}"
        stands = mosquitto_config.last_of(self.text)
        lines = [self._line(each, stands.get(each.split()[0])) for each in wanted]
        same = (
            "its lines are as shipped: start the broker again with them, see docs/mosquitto.md"
        )
        return "; ".join(filter(None, lines)) or f"{self.path}: {same}"

    def _line(self, wanted: str, stands: mosquitto_config.Directive | None) -> str:
        if stands is None:
            return f"{self.path} lacks: {wanted}"
        if str(stands) == wanted:
            return ""
        return f"{self.path}:{stands.line}: {stands}; write: {wanted}"


def read_configuration(path: Path, *, is_needed: bool) -> Configuration:
    """Raises CannotStart when it is needed and cannot be read."""
    try:
        return Configuration(path, path.read_text())
    except OSError as error:
        if is_needed:
            raise CannotStart(f"{path}: {error.strerror}. Name it: --config") from None
        return Configuration(path, "")


async def check_copy(configuration: Configuration) -> list[Check]:
    """Raises CannotStart when Mosquitto is missing or does not start with it."""
    folder = Path(tempfile.mkdtemp(prefix="nachschub-broker-"))
    try:
        logins = [
            Login(name, secrets.token_urlsafe(32))
            for name in ("platform", "check-a", "check-b")
        ]
        _admit(folder, logins)
        async with broker_process.running(
            mosquitto_config.plain(configuration.text), folder
        ) as process:
            scene = Scene(
                address=Address("127.0.0.1", process.port),
                platform=logins[0],
                device=logins[1],
                neighbour=logins[2],
                boot_id=1,
                kill_and_restart=lambda: _kill_and_restart(process),
                revoke_neighbour=lambda: _revoke_in_copy(folder, logins[:2]),
            )
            return [await _judged(each, scene, configuration) for each in PROMISES]
    finally:
        shutil.rmtree(folder)


async def check_running(
    url: str, configuration: Configuration, platform: Platform
) -> list[Check]:
    """Raises CannotStart when the broker cannot be reached or never learns of a new device."""
    async with _two_devices(platform) as (device, neighbour):
        scene = Scene(
            address=address_of(url),
            platform=Login(platform.settings.mqtt_user, platform_password(platform.settings)),
            device=Login(device.device_id, device.secret),
            neighbour=Login(neighbour.device_id, neighbour.secret),
            boot_id=int(platform.wall.now().timestamp()),
            revoke_neighbour=lambda: _revoke(neighbour.device_id, platform),
        )
        await _known(scene)
        return [await _judged(each, scene, configuration) for each in PROMISES]


def address_of(url: str) -> Address:
    """Of mqtt://host:port, or mqtts:// with the authorities this machine trusts. Raises
    CannotStart.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise CannotStart(f"{url}: {error}") from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise CannotStart(f"{url}: write mqtt://HOST:PORT or mqtts://HOST:PORT")
    if parts.scheme == "mqtt":
        return Address(parts.hostname, port or 1883)
    return Address(parts.hostname, port or 8883, ssl.create_default_context())


async def _judged(promise: Promise, scene: Scene, configuration: Configuration) -> Check:
    if not promise.is_possible(scene):
        return Check(name=promise.name, found="tried on a copy only: leave --url out")
    seen = await tried(promise, scene)
    if not seen:
        return Check(name=promise.name, found="kept")
    return Check(name=promise.name, found=seen, fix=configuration.fix(promise.directives))


def _admit(folder: Path, logins: Iterable[Login]) -> None:
    lines = [
        mosquitto.password_line(
            each.username,
            passwords.kept(each.secret.encode(), salt=secrets.token_bytes(12)),
        )
        for each in logins
    ]
    broker_files.place(folder / broker_files.PASSWORDS, lines)
    broker_files.place(folder / broker_files.ACCESS, [mosquitto.access_rules("platform")])


async def _kill_and_restart(process: BrokerProcess) -> None:
    await asyncio.sleep(SAVED_WITHIN_S)
    await process.kill()
    await process.start()


async def _revoke_in_copy(folder: Path, left: Iterable[Login]) -> None:
    _admit(folder, left)
    broker_files.read_again(folder / broker_files.PROCESS)


async def _known(scene: Scene) -> None:
    """Waits until the broker admits the platform and both devices."""
    missing = [scene.platform, scene.device, scene.neighbour]
    try:
        async with asyncio.timeout(PATIENCE_S):
            while missing:
                if await _is_admitted(scene.address, missing[0]):
                    missing.pop(0)
                else:
                    await asyncio.sleep(LOOK_S)
    except NoAnswer as problem:
        raise CannotStart(
            f"No broker answers: {problem}. Start it, or name it: --url"
        ) from None
    except TimeoutError:
        raise CannotStart(
            f"The broker did not admit {missing[0].username} within {PATIENCE_S:g} s: it does"
            " not read the files of this registry. See docs/mosquitto.md"
        ) from None


async def _is_admitted(address: Address, login: Login) -> bool:
    async with opened(address) as probe:
        answer = await probe.connect(login.connect(f"nachschub-check-{login.username}"[:60]))
        return answer.code is ConnackCode.ACCEPTED


@asynccontextmanager
async def _two_devices(platform: Platform) -> AsyncIterator[list[Provisioned]]:
    transaction, clock, ids = platform.database.transaction, platform.clock, platform.ids
    maker = await maker_named(MAKER, platform)
    await registry.register_model(maker, MODEL, transaction=transaction, clock=clock, ids=ids)
    wanted = [
        ToProvision(model=MODEL.name, serial=f"check {letter}", is_test=True)
        for letter in ("a", "b")
    ]
    made = await registry.provision(
        maker,
        wanted,
        key=platform.device_key,
        transaction=transaction,
        clock=clock,
        ids=ids,
    )
    await BrokerFiles.of(platform.settings, platform.database).write()
    try:
        yield made
    finally:
        by = Principal(audience=Audience.MAKER, party_id=maker, name=MAKER)
        for each in made:
            await custody.deregister(each.device_id, by, transaction=transaction, clock=clock)
        await BrokerFiles.of(platform.settings, platform.database).write()


async def _revoke(device_id: str, platform: Platform) -> None:
    desk = Principal(audience=Audience.OPERATOR, party_id=platform.ids.uuid(), name=MAKER)
    await custody.revoke(
        device_id, desk, transaction=platform.database.transaction, clock=platform.clock
    )
    await BrokerFiles.of(platform.settings, platform.database).write()
