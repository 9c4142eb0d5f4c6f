"""Looks around where the owner said so: printers by mDNS, and what an MQTT broker announces.

Nobody is asked unless an interface or a broker is named.
"""

import asyncio
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import aiomqtt
from zeroconf import DNSQuestionType, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from broker.bridges.announced import TOPICS, Announcements
from broker.bridges.mqtt_device import MqttAddress
from devices.discovered import LONGEST, MOST_FOUND, Found

PRINTERS: Final = "_ipp._tcp.local."
ANSWER_MS: Final = 2000.0
# An answer to one asker goes to whichever program of this computer the system picks, where
# several share the port; an answer to all is heard by all (RFC 6762, 15.1).
TO_ALL: Final = DNSQuestionType.QM

_log = logging.getLogger(__name__)


async def printers(interfaces: Sequence[str], wait_s: float) -> tuple[Found, ...]:
    """interfaces: own addresses on the networks to ask in. Raises OSError."""
    for each in interfaces:
        _check_own(each)
    names: set[str] = set()

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if state_change is not ServiceStateChange.Removed and len(names) < MOST_FOUND:
            names.add(name)

    async with AsyncZeroconf(interfaces=list(interfaces)) as mdns:
        browser = AsyncServiceBrowser(
            mdns.zeroconf, PRINTERS, handlers=[changed], question_type=TO_ALL
        )
        await asyncio.sleep(wait_s)
        await browser.async_cancel()
        infos = [AsyncServiceInfo(PRINTERS, name) for name in sorted(names)]
        told = await asyncio.gather(
            *(each.async_request(mdns.zeroconf, ANSWER_MS, TO_ALL) for each in infos)
        )
    return tuple(
        _printer(info)
        for info, is_told in zip(infos, told, strict=True)
        if is_told and info.port
    )


def _check_own(interface: str) -> None:
    """Raises OSError for an address that this computer does not have."""
    family = socket.AF_INET6 if ":" in interface else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as trial:
        trial.bind((interface, 0))


def _printer(info: AsyncServiceInfo) -> Found:
    said = info.decoded_properties
    host = next(iter(info.parsed_addresses()), info.server or "")
    shown = f"[{host}]" if ":" in host else host
    path = (said.get("rp") or "ipp/print").lstrip("/")
    name = said.get("ty") or info.name.removesuffix(f".{PRINTERS}")
    address = f"ipp://{shown}:{info.port}/{path}"
    return Found(kind="ipp", name=name[:LONGEST], address=address[:LONGEST])


async def on_broker(where: MqttAddress, wait_s: float) -> tuple[Found, ...]:
    """Listens and says nothing. Raises aiomqtt.MqttError."""
    scheme = "mqtts" if where.tls else "mqtt"
    heard = Announcements(f"{scheme}://{where.host}:{where.port}")
    async with aiomqtt.Client(
        where.host,
        where.port,
        username=where.user or None,
        password=where.password or None,
        tls_context=where.tls,
        logger=_log,
    ) as client:
        for topic in TOPICS:
            await client.subscribe(topic)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                async for message in client.messages:
                    payload = message.payload if isinstance(message.payload, bytes) else b""
                    heard.hear(str(message.topic), payload)
    return heard.found
