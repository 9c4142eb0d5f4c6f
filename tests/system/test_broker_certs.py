"""The TLS listener that mosquitto.conf documents, with the certificates that we make."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker import mosquitto
from broker.mosquitto_probe import Address, NoAnswer, opened
from core import mqtt
from core.mqtt import ConnackCode
from devices import passwords
from runtime import broker_certs, broker_process
from tests.processes import ROOT, free_port

SECRET = b"first-secret"


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    folder = tmp_path / "tls"
    hosts = ["localhost", "127.0.0.1"]
    device_ids = ["washer-0001"]
    broker_certs.make(folder, hosts=hosts, device_ids=device_ids, now=datetime.now(UTC))
    return folder


def documented(folder: Path, port: int, *, is_client_known: bool) -> str:
    """mosquitto.conf with its last part uncommented, beside the plain listener."""
    lines = []
    for line in (ROOT / "mosquitto.conf").read_text().splitlines():
        plain = line.removeprefix("#")
        if line.startswith("#") and not line.startswith("# "):
            is_wanted = is_client_known or "require_certificate" not in plain
            plain = plain.replace("var/mosquitto/tls", str(folder / "tls"))
            lines += [plain.replace("listener 8883", f"listener {port} 127.0.0.1")] * is_wanted
        else:
            lines.append(line)
    return "\n".join(lines)


def secured(folder: Path, *, client: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    if client:
        context.load_cert_chain(folder / f"{client}.crt", folder / f"{client}.key")
    return context


async def code(address: Address) -> ConnackCode:
    async with opened(address) as probe:
        packet = mqtt.Connect("washer-0001", username="washer-0001", password=SECRET)
        return (await probe.connect(packet)).code


def prepare(folder: Path) -> None:
    kept = passwords.kept(SECRET, salt=b"0" * 12)
    (folder / "passwords").write_text(mosquitto.password_line("washer-0001", kept))
    (folder / "acl").write_text(mosquitto.access_rules("platform"))


async def test_a_device_reaches_the_documented_listener_and_knows_the_broker(tls, tmp_path):
    prepare(tmp_path)
    port = free_port()
    text = documented(tmp_path, port, is_client_known=False)
    async with broker_process.running(text, tmp_path):
        address = Address("127.0.0.1", port, secured(tls))
        assert await code(address) is ConnackCode.ACCEPTED
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
            await code(Address("127.0.0.1", port, ssl.create_default_context()))


async def test_with_client_certificates_a_stolen_secret_alone_opens_nothing(tls, tmp_path):
    prepare(tmp_path)
    port = free_port()
    text = documented(tmp_path, port, is_client_known=True)
    async with broker_process.running(text, tmp_path):
        known = Address("127.0.0.1", port, secured(tls, client="washer-0001"))
        assert await code(known) is ConnackCode.ACCEPTED
        with pytest.raises(NoAnswer):
            await code(Address("127.0.0.1", port, secured(tls)))


def test_making_them_again_keeps_what_stands_and_adds_a_device(tls):
    before = (tls / "ca.crt").read_bytes()
    made = broker_certs.make(
        tls, hosts=["localhost"], device_ids=["dryer-0001"], now=datetime.now(UTC)
    )
    assert made == [tls / "dryer-0001.crt"]
    assert (tls / "ca.crt").read_bytes() == before
    assert (tls / "ca.key").stat().st_mode & 0o077 == 0
