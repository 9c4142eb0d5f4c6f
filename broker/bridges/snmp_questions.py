"""Questions over SNMP, versions 2c and 3.

Version 1 is left out: it fails the whole question over one object that a printer lacks.
"""

from collections.abc import Iterable
from typing import Final

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulk_walk_cmd,
    get_cmd,
    usmAesCfb128Protocol,
    usmHMACSHAAuthProtocol,
)
from pysnmp.proto.rfc1902 import Integer32, ObjectIdentifier, OctetString
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from broker.bridges import brother, printer_mib, snmp_supplies
from broker.bridges.publishing import DeviceUnreadable
from broker.bridges.snmp import SnmpDevice, Walk

TIMEOUT_S: Final = 3
RETRIES: Final = 2
ROWS_AT_ONCE: Final = 20
MOST_OBJECTS: Final = 4096  # of one walk; the largest table seen has 1,100
VERSION_2C: Final = 1  # as pysnmp counts
ABSENT: Final = (NoSuchObject, NoSuchInstance, EndOfMibView)


async def read(device: SnmpDevice) -> Walk:
    """The supplies' tables and what names the printer. Raises DeviceUnreadable."""
    engine = SnmpEngine()
    try:
        question = await _Question.to(device, engine)
        walk = await question.ask((*printer_mib.ASKED, *device.extra))
        for prefix in printer_mib.WALKED:
            walk |= await question.walk(prefix)
        if snmp_supplies.is_brother(walk):
            walk |= await question.ask(brother.ASKED)
    except (PySnmpError, OSError) as error:
        raise DeviceUnreadable(device.host, f"{type(error).__name__} {error}") from error
    finally:
        engine.close_dispatcher()
    return walk


class _Question:
    def __init__(
        self, device: SnmpDevice, engine: SnmpEngine, target: UdpTransportTarget
    ) -> None:
        self._host = device.host
        context = ContextData(contextName=device.context.encode())
        self._asked = engine, _credential(device), target, context

    @classmethod
    async def to(cls, device: SnmpDevice, engine: SnmpEngine) -> "_Question":
        address = device.host, device.port
        target = await UdpTransportTarget.create(address, timeout=TIMEOUT_S, retries=RETRIES)
        return cls(device, engine, target)

    async def ask(self, oids: Iterable[str]) -> Walk:
        """What the printer lacks is left out."""
        objects = (ObjectType(ObjectIdentity(oid)) for oid in oids)
        problem, status, _, found = await get_cmd(*self._asked, *objects, lookupMib=False)
        self._check(problem, status)
        return _values(found)

    async def walk(self, prefix: str) -> Walk:
        walk: Walk = {}
        rows = bulk_walk_cmd(
            *self._asked,
            0,
            ROWS_AT_ONCE,
            ObjectType(ObjectIdentity(prefix)),
            lookupMib=False,
            lexicographicMode=False,
        )
        async for problem, status, _, found in rows:
            self._check(problem, status)
            walk |= _values(found)
            if len(walk) >= MOST_OBJECTS:
                break
        return walk

    def _check(self, problem: object, status: object) -> None:
        if problem or status:
            raise DeviceUnreadable(self._host, f"SNMP: {problem or status}")


def _credential(device: SnmpDevice) -> CommunityData | UsmUserData:
    if not device.user:
        return CommunityData(device.community, mpModel=VERSION_2C)
    keys = {}
    if device.authentication_key:
        keys = {"authKey": device.authentication_key, "authProtocol": usmHMACSHAAuthProtocol}
    if device.privacy_key:
        keys |= {"privKey": device.privacy_key, "privProtocol": usmAesCfb128Protocol}
    return UsmUserData(device.user, **keys)  # noqa: S509 - as the owner set the printer up


def _values(found: Iterable[ObjectType]) -> Walk:
    return {str(oid): _value(value) for oid, value in found if not isinstance(value, ABSENT)}


def _value(value: object) -> int | bytes | str:
    if isinstance(value, OctetString):
        return bytes(value)
    if isinstance(value, ObjectIdentifier):
        return str(value)
    return (
        int(value) if isinstance(value, Integer32) or hasattr(value, "__int__") else str(value)
    )
