"""A platform of its own for a simulated fleet: provisioned, claimed, then `nachschub all`.

Everything lies in one folder; the platform is a process of its own, as in production.
"""

import asyncio
import os
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from core.settings import Settings
from devices import ownership, registry
from devices.catalog import shelf
from devices.ownership import Claim
from devices.registry import Provisioned, Provisioning, ToProvision
from firmware_sim.fleet import Door, Member, Progress
from runtime import wiring
from runtime.provision import maker_named
from runtime.startup import CannotStart
from runtime.wiring import Platform

AT_ONCE: Final = 1_000  # devices in one transaction
HOUSEHOLDS_AT_ONCE: Final = 100
SPARE_CONNECTIONS: Final = 200
START_S: Final = 300.0  # on a busy machine
END_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Started:
    door: Door
    pid: int


def settings_for(folder: Path, devices: int) -> Settings:
    """All devices come from one address and at once: the limits say so, and do not depend on
    loopback being trusted. What one connection may send stays as shipped.
    """
    return Settings(
        home=folder,
        http_port=0,
        mqtt_port=0,
        mqtt_connections=devices + SPARE_CONNECTIONS,
        mqtt_connections_per_address=devices + SPARE_CONNECTIONS,
        mqtt_address_messages_per_s=1_000_000,
        log_level="WARNING",
    )


async def furnish(
    settings: Settings, fleet: Sequence[Member], progress: Progress
) -> dict[str, str]:
    """Provisions the fleet, and has its households claim it. Returns secrets by device id."""
    async with wiring.opened(settings, public_url="") as platform:
        made = await _provisioned(platform, fleet, progress)
        await _claim(platform, fleet, made, progress)
    return {device_id: each.secret for device_id, each in made.items()}


async def _provisioned(
    platform: Platform, fleet: Sequence[Member], progress: Progress
) -> dict[str, Provisioned]:
    transaction, clock, ids = platform.database.transaction, platform.clock, platform.ids
    maker = await maker_named(shelf.MAKER, platform)
    for model in shelf.MODELS:
        await registry.register_model(
            maker, model, transaction=transaction, clock=clock, ids=ids
        )
    made: dict[str, Provisioned] = {}

    def keep(outcomes: Sequence[registry.Outcome]) -> None:
        for each in outcomes:
            if not isinstance(each, Provisioned):
                raise CannotStart(f"{each.reason}. A fleet needs a platform without one.")
            made[each.device_id] = each

    left = iter(fleet)
    while part := list(islice(left, AT_ONCE)):
        wanted = [
            ToProvision(model=each.model, serial=each.serial, device_id=each.device_id)
            for each in part
        ]
        makes = Provisioning(maker, platform.device_key, clock, ids)
        await registry.provision_each(wanted, makes, shown=keep, transaction=transaction)
        progress("provisioning", len(made), len(fleet))
    return made


async def _claim(
    platform: Platform,
    fleet: Sequence[Member],
    made: Mapping[str, Provisioned],
    progress: Progress,
) -> None:
    of_household: defaultdict[int, list[Member]] = defaultdict(list)
    for each in fleet:
        if each.household is not None:
            of_household[each.household].append(each)
    claimed, total = 0, sum(map(len, of_household.values()))
    households = iter(of_household.items())
    while part := list(islice(households, HOUSEHOLDS_AT_ONCE)):
        async with platform.database.transaction(ALL_OWNERS) as session:
            for number, devices in part:
                codes = [made[each.device_id].claim_code for each in devices]
                await _claim_all(platform, session, number, codes)
                claimed += len(devices)
                progress("claiming", claimed, total)


async def _claim_all(
    platform: Platform, session: AsyncSession, number: int, codes: Sequence[str]
) -> None:
    """By the use case, within the session: a commit each would take a fleet an hour."""

    @asynccontextmanager
    async def within(scope: object) -> AsyncIterator[AsyncSession]:
        session.info["scope"] = scope
        yield session
        await session.flush()

    owner = _household(platform, number)
    session.add(owner)
    for code in codes:
        await ownership.claim(
            Claim(owner_id=owner.owner_id, code=code),
            key=platform.device_key,
            transaction=within,
            clock=platform.clock,
            ids=platform.ids,
        )


def _household(platform: Platform, number: int) -> OwnerRow:
    """Nobody signs in there, so nobody needs a password."""
    now = platform.clock.now()
    return OwnerRow(
        owner_id=platform.ids.uuid(),
        name=f"Household {number}",
        timezone="Europe/Berlin",
        language="en",
        created_at=now,
        changed_at=now,
    )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Started]:
    """`nachschub all` while the block runs; its log is `platform.log` in its home.

    Raises CannotStart.
    """
    log_path = settings.home / "platform.log"
    with log_path.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "runtime", "all"),
            env=_environment(settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
        try:
            yield Started(await _door(process, log_path), process.pid)
        finally:
            await _ended(process)


def _environment(settings: Settings) -> dict[str, str]:
    """Whatever else is set up on this machine must not get into it."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith("NACHSCHUB_")}
    wanted = settings.model_dump(mode="json", include=settings.model_fields_set)
    return mine | {f"NACHSCHUB_{name.upper()}": str(each) for name, each in wanted.items()}


async def _door(process: asyncio.subprocess.Process, log: Path) -> Door:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        async with asyncio.timeout(START_S):
            while line := (await process.stdout.readline()).decode():
                if line.startswith("Devices:"):
                    url = urlsplit(line.removeprefix("Devices:").strip())
                    return Door(url.hostname or "127.0.0.1", url.port or 1883)
    except TimeoutError:
        pass
    raise CannotStart(f"The platform did not start; see {log}")


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), END_S)
    except TimeoutError:
        process.kill()
        await process.wait()
