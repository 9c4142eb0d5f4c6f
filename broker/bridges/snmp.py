"""A printer that is asked for its supplies over SNMP."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from broker.bridges import printer_mib, snmp_supplies
from broker.bridges.publishing import Sight

# Loaded by the first question: pysnmp takes half a second of every process that imports it.
QUESTIONS: Final = "broker.bridges.snmp_questions"

Walk = dict[str, int | bytes | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpDevice:
    """Version 3 where a user is named: SHA for the authentication key, AES-128 for the privacy
    key, either of which may be empty. Else version 2c with the community.
    """

    host: str
    port: int = 161
    community: str = "public"
    user: str = ""
    authentication_key: str = ""
    privacy_key: str = ""
    context: str = ""
    extra: tuple[str, ...] = ()  # objects that a description binds

    @property
    def firmware(self) -> str:
        return "bridge snmp 1"

    def opened(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def look(self) -> Sight:
        """Raises DeviceUnreadable."""
        walk = await asyncio.to_thread(_read_apart, self)
        return Sight(
            name=printer_mib.name(walk),
            serial=printer_mib.identity(walk),
            readings=snmp_supplies.supplies(walk),
            said=walk,
        )


def _read_apart(device: SnmpDevice) -> Walk:
    """In a thread and a loop of its own: making the engine takes a second of the processor."""
    walk: Walk = asyncio.run(import_module(QUESTIONS).read(device))
    return walk
