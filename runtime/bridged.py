"""Kinds of bridges, by the word on the command line, and how each finds its device."""

import ssl
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from broker.bridges.clouds.table import DECODERS
from broker.bridges.described import DescribedDialect
from broker.bridges.ipp import IppDevice
from broker.bridges.mqtt.dialect import Dialect
from broker.bridges.mqtt.table import DIALECTS
from broker.bridges.mqtt_device import MqttAddress, MqttDevice
from broker.bridges.payload_device import PayloadAddress, PayloadDevice, WebhookDevice
from broker.bridges.publishing import Device
from broker.bridges.snmp import SnmpDevice
from devices.description import Binding, Description

Options = Mapping[str, str]
Bindings = tuple[Binding, ...]
OPTIONS: Final = (
    *("model", "description", "device", "token", "verify"),
    *("community", "user", "auth_key", "priv_key", "context"),  # SNMP
)
SNMP_PORT: Final = 161
MQTT_PORT: Final = 1883
MQTTS_PORT: Final = 8883
SHORTEST_TOKEN: Final = 16  # characters; whoever knows it can post


class UnknownInterface(Exception):
    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind}: no such interface; one of {', '.join(KINDS)}")


class WrongAddress(ValueError):
    def __init__(self, address: str, wanted: str) -> None:
        super().__init__(f"{address}: wanted is an address like {wanted}")


def device_of(
    kind: str, address: str, options: Options, description: Description | None = None
) -> Device:
    """`description`: to ask for what it binds. Raises UnknownInterface and WrongAddress."""
    if kind == DESCRIBED:
        return _mqtt(kind, address, options, _described(description))
    if kind in DIALECTS:
        return _mqtt(kind, address, options, DIALECTS[kind]())
    if kind in DECODERS:
        return _payload(kind, address, options)
    if kind not in OPENERS:
        raise UnknownInterface(kind)
    return OPENERS[kind](address, options, description.bindings if description else ())


def _described(description: Description | None) -> Dialect:
    if description is None:
        raise ValueError("mqtt: name the file that describes the device: description=FILE")
    return DescribedDialect(description)


def _ipp(address: str, options: Options, bindings: Bindings) -> Device:
    return IppDevice(
        address, tuple(sorted({each.ipp.attribute for each in bindings if each.ipp}))
    )


def _snmp(address: str, options: Options, bindings: Bindings) -> Device:
    host, port = _host(address, "snmp", SNMP_PORT)
    return SnmpDevice(
        host=host,
        port=port,
        community=options.get("community") or "public",
        user=options.get("user", ""),
        authentication_key=options.get("auth_key", ""),
        privacy_key=options.get("priv_key", ""),
        context=options.get("context", ""),
        extra=tuple(sorted({each.oid for each in bindings if each.oid})),
    )


def _mqtt(kind: str, address: str, options: Options, dialect: Dialect) -> Device:
    return MqttDevice(mqtt_address(address, options), kind, dialect)


def mqtt_address(address: str, options: Options) -> MqttAddress:
    """Of mqtt://user:password@host:port, or mqtts. Raises WrongAddress."""
    is_tls = address.startswith("mqtts://")
    host, port = _host(address, *(("mqtts", MQTTS_PORT) if is_tls else ("mqtt", MQTT_PORT)))
    parts = urlsplit(address)
    return MqttAddress(
        host=host,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        device_id=options.get("device", ""),
        tls=_tls(options) if is_tls else None,
    )


def _tls(options: Options) -> ssl.SSLContext:
    """`verify` no: of a printer that signs its own certificate, as a Bambu Lab does."""
    context = ssl.create_default_context()
    if options.get("verify") == "no":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _payload(kind: str, address: str, options: Options) -> Device:
    """A file, a URL that is asked, or `webhook://host:port` that is posted to."""
    where = PayloadAddress(
        kind=kind,
        where=address,
        device_id=options.get("device", ""),
        token=options.get("token", ""),
    )
    if not address.startswith("webhook:"):
        return PayloadDevice(where, DECODERS[kind])
    if len(where.token) < SHORTEST_TOKEN:
        raise ValueError(f"a webhook needs --token of at least {SHORTEST_TOKEN} characters")
    host, port = _host(address, "webhook", 0)
    return WebhookDevice(where, DECODERS[kind], host, port)


OPENERS: Final[dict[str, Callable[[str, Options, Bindings], Device]]] = {
    "ipp": _ipp,
    "snmp": _snmp,
}
DESCRIBED: Final = "mqtt"
KINDS: Final = (*OPENERS, DESCRIBED, *DIALECTS, *DECODERS)


def _host(address: str, scheme: str, default_port: int) -> tuple[str, int]:
    try:
        parts: SplitResult = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or not address.startswith(f"{scheme}://"):
        raise WrongAddress(address, f"{scheme}://host:port")
    return host, default_port if port is None else port
