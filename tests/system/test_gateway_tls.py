"""The gateway behind TLS, with and without certificates of clients; the CA is of ours."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from broker import tls
from core import mqtt
from core.mqtt import ConnackCode, Publish
from core.settings import Settings
from runtime import serve
from runtime.startup import CannotStart
from tests import doors
from tests.certificates import Authority
from tests.doors import SECRETS, Door, RawClient, eventually, telemetry

TELEMETRY = "v1/devices/washer-0001/telemetry"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def secured(
    folder: Path, authority: Authority, *, client_ca: Path | None = None
) -> AsyncIterator[Door]:
    context = tls.context(authority.issue("127.0.0.1"), client_ca=client_ca)
    async with doors.gateway(folder, tls=context) as door:
        yield door


def trusting(authority: Authority, certificate: Path | None = None) -> ssl.SSLContext:
    """A client's side."""
    context = ssl.create_default_context(cafile=authority.file)
    if certificate is not None:
        context.load_cert_chain(certificate)
    return context


@asynccontextmanager
async def raw_client(port: int, context: ssl.SSLContext) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


def connect(device_id: str = "washer-0001") -> mqtt.Connect:
    return mqtt.Connect(device_id, username=device_id, password=SECRETS[device_id].encode())


async def test_a_level_arrives_through_tls_and_is_acknowledged(tmp_path, authority):
    async with (
        secured(tmp_path, authority) as door,
        aiomqtt.Client(
            "127.0.0.1",
            door.port,
            username="washer-0001",
            password=SECRETS["washer-0001"],
            tls_context=trusting(authority),
        ) as client,
    ):
        await client.publish(TELEMETRY, telemetry(1), qos=1)
        assert door.book.names() == ["telemetry 17 1"]


async def test_a_client_that_does_not_trust_the_ca_does_not_connect(tmp_path, authority):
    async with secured(tmp_path, authority) as door:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", door.port, ssl=True)


async def test_plain_mqtt_is_not_spoken_beside_tls(tmp_path, authority):
    async with secured(tmp_path, authority) as door, doors.raw_client(door.port) as client:
        client.send(connect())
        assert await client.is_closed()
        assert door.door.counters.connections == 0


async def test_a_device_with_its_own_certificate_and_secret_comes_in(tmp_path, authority):
    own = trusting(authority, authority.issue("washer-0001"))
    async with secured(tmp_path, authority, client_ca=authority.file) as door:
        async with raw_client(door.port, own) as client:
            client.send(connect(), Publish(TELEMETRY, telemetry(1), 1, 7))
            assert await client.receive() == mqtt.Connack()
            assert await client.receive() == mqtt.Puback(7)
        await eventually(lambda: door.door.connected_count == 0)


async def test_a_certificate_of_another_device_does_not_help(tmp_path, authority):
    other = trusting(authority, authority.issue("washer-0002"))
    async with secured(tmp_path, authority, client_ca=authority.file) as door:
        async with raw_client(door.port, other) as client:
            client.send(connect("washer-0001"))
            assert await client.receive() == mqtt.Connack(ConnackCode.NOT_AUTHORISED)
            assert await client.is_closed()
        assert door.door.counters.refused == 1


async def test_a_certificate_alone_is_not_enough(tmp_path, authority):
    own = trusting(authority, authority.issue("washer-0001"))
    async with (
        secured(tmp_path, authority, client_ca=authority.file) as door,
        raw_client(door.port, own) as client,
    ):
        client.send(mqtt.Connect("a", username="washer-0001", password=b"guess"))
        assert await client.receive() == mqtt.Connack(ConnackCode.BAD_CREDENTIALS)


@pytest.mark.parametrize("whose", ["nobody", "another CA"])
async def test_without_a_certificate_of_the_right_ca_there_is_no_connection(
    tmp_path, authority, whose
):
    stranger = Authority(tmp_path, "other CA").issue("washer-0001")
    context = trusting(authority, None if whose == "nobody" else stranger)
    async with secured(tmp_path, authority, client_ca=authority.file) as door:
        assert not await is_admitted(door.port, context)
        assert door.door.counters.connections == 0


async def is_admitted(port: int, context: ssl.SSLContext) -> bool:
    """TLS 1.3 tells a client after its handshake that its certificate is missing."""
    try:
        async with raw_client(port, context) as client:
            client.send(connect())
            return await client.receive() == mqtt.Connack()
    except (ssl.SSLError, EOFError, ConnectionError):
        return False


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken(tmp_path, authority, version):
    context = trusting(authority)
    context.minimum_version = context.maximum_version = version
    async with (
        secured(tmp_path, authority) as door,
        raw_client(door.port, context) as client,
    ):
        client.send(connect())
        assert await client.receive() == mqtt.Connack()


def test_files_that_cannot_be_used_are_named(tmp_path, authority):
    for certificate in (tmp_path / "missing.pem", authority.file):  # the latter has no key
        with pytest.raises(CannotStart, match="NACHSCHUB_MQTT_CERTIFICATE"):
            serve._tls(Settings(mqtt_certificate=certificate))
    with pytest.raises(ValueError, match="mqtt_certificate is missing"):
        Settings(mqtt_client_ca=authority.file)
    assert serve._tls(Settings()) is None
