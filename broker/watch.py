"""What the gateway does in the database, twice a second: the errands of its clients, commands
that were written meanwhile, and secrets that are no longer good.

What fails is tried again with the next look; nothing is forgotten before it is done.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from accounts import api_keys
from accounts.scoping import ALL_OWNERS
from broker.gateway import Gateway
from broker.line import WaitsForCommands
from core.clock import Clock
from core.database import Database
from devices import commands, credentials, mqtt_sessions, owners

logger = logging.getLogger(__name__)

T = TypeVar("T")

# owner id -> payload by topic below the owner's: devices, stocks, orders as they are now
NewsOf = Callable[[UUID], Awaitable[dict[str, bytes]]]

# Rows are looked for this much before the last look: their transactions may have been open.
OVERLAP: Final = timedelta(seconds=60)
NEWS_SHARE: Final = 20  # as long as the last news took, times this, is between two
REPORT_EVERY_S: Final = 60.0
AT_ONCE: Final = 500  # devices in one statement


class Watch:
    def __init__(
        self,
        gateway: Gateway,
        *,
        database: Database,
        clock: Clock,
        wall: Clock,
        news_of: NewsOf,
    ) -> None:
        """wall: real time, in which API keys expire."""
        self._gateway = gateway
        self._errands = gateway.errands
        self._stream = gateway.stream
        self._wall = wall
        self._news_of = news_of
        self._told: dict[UUID, tuple[datetime | None, float]] = {}  # when, and not before
        self._database = database
        self._clock = clock
        self._looked_at = clock.now()
        self._reported: dict[str, int] = {}
        self._reported_s = -REPORT_EVERY_S

    async def look(self) -> None:
        """Raises what the database raises; what was not done stays to be done."""
        now = self._clock.now()
        since = self._looked_at - OVERLAP
        await self._acknowledge()
        await self._keep_sessions()
        await self._end_revoked(since)
        changed_at = await self._learn_owners()
        await self._tell_statuses()
        await self._send_commands(since)
        self._looked_at = now
        self._report()
        for owner_id, at in changed_at.items():
            await self._tell_news(owner_id, at)

    def _report(self) -> None:
        """What went wrong at the door, at most once a minute."""
        now_s, incidents = time.monotonic(), self._gateway.counters.incidents()
        if incidents != self._reported and now_s - self._reported_s > REPORT_EVERY_S:
            self._reported, self._reported_s = incidents, now_s
            counts = ", ".join(f"{name} {count}" for name, count in incidents.items())
            logger.warning("at the gateway, since its start: %s", counts)

    async def _acknowledge(self) -> None:
        done = self._errands.acknowledged  # grows at its end meanwhile
        while done:
            part = done[:AT_ONCE]
            await commands.acknowledge(
                part, transaction=self._database.transaction, clock=self._clock
            )
            del done[: len(part)]

    async def _keep_sessions(self) -> None:
        wanted = self._errands.sessions
        for device_ids in chunks(list(wanted)):
            part = {device_id: wanted[device_id] for device_id in device_ids}
            await mqtt_sessions.keep(part, transaction=self._database.transaction)
            for device_id, filters in part.items():
                if wanted.get(device_id) is filters:  # nothing newer since
                    del wanted[device_id]

    async def _end_revoked(self, since: datetime) -> None:
        changed = await credentials.changed_since(since, snapshot=self._database.snapshot)
        for device_id, secret_hash in changed.items():
            device = self._gateway.devices.get(device_id)
            if device is not None and device.secret_hash != secret_hash:
                self._gateway.disconnect(device_id, "its secret is no longer good")

    async def _learn_owners(self) -> dict[UUID, datetime]:
        """Whose devices are, and when something of each connected owner has changed."""
        owner_ids = self._stream.owner_ids
        if not owner_ids:
            return {}
        async with self._database.snapshot(ALL_OWNERS) as session:
            keys = {each.key_hash for each in self._stream.clients.values()}
            good = await api_keys.still_good(session, keys, wall=self._wall.now())
            self._stream.learn(await owners.devices_of(session, owner_ids))
            changed_at = await owners.changed_at(session, owner_ids)
        for client in list(self._stream.clients.values()):
            if client.key_hash not in good and client.key_hash in keys:
                self._gateway.disconnect(client.name, "its key is no longer good")
        return changed_at

    async def _tell_news(self, owner_id: UUID, changed_at: datetime) -> None:
        """Computed once an owner, and so seldom that the door does not notice."""
        began_s = time.monotonic()
        told_at, next_s = self._told.get(owner_id, (None, 0.0))
        listeners = [
            each for each in self._stream.clients.values() if each.owner_id == owner_id
        ]
        is_asked = any(each.is_new for each in listeners)
        if not is_asked and (changed_at == told_at or began_s < next_s):
            return
        present = await self._news_of(owner_id)
        for each in listeners:
            each.news(present)
        now_s = time.monotonic()
        self._told[owner_id] = changed_at, now_s + NEWS_SHARE * (now_s - began_s)

    async def _tell_statuses(self) -> None:
        asking = list(self._errands.statuses)
        wanted = {device_id for each in asking for device_id in each.device_ids}
        known: dict[str, bytes] = {}
        for device_ids in chunks(sorted(wanted)):
            known |= await mqtt_sessions.last_statuses(
                device_ids, snapshot=self._database.snapshot
            )
        del self._errands.statuses[: len(asking)]
        for each in asking:
            for device_id in each.device_ids:
                if device_id in known:
                    each.retained(device_id, known[device_id])

    async def _send_commands(self, since: datetime) -> None:
        for device_id in await commands.written_since(since, snapshot=self._database.snapshot):
            device = self._gateway.devices.get(device_id)
            if device is not None and device.hears_commands:
                self._errands.commands[device_id] = device
        asking, self._errands.commands = self._errands.commands, {}
        try:
            for device_ids in chunks(list(asking)):
                await self._send_waiting({each: asking[each] for each in device_ids})
                for device_id in device_ids:
                    del asking[device_id]
        finally:  # whom the database failed asks again
            self._errands.commands = asking | self._errands.commands

    async def _send_waiting(self, asking: Mapping[str, WaitsForCommands]) -> None:
        waiting = await commands.take_waiting(
            asking, transaction=self._database.transaction, clock=self._clock
        )
        for each in waiting:
            asking[each.device_id].command(each)
        if len(waiting) == commands.AT_ONCE:  # perhaps some were left out: they ask again
            served = {each.device_id for each in waiting}
            left_out = {name: each for name, each in asking.items() if name not in served}
            self._errands.commands |= left_out


def chunks(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(whole), AT_ONCE):
        yield whole[start : start + AT_ONCE]
