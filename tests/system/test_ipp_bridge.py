"""The IPP bridge against Debian's ippeveprinter, and a Mosquitto in the platform's place."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from broker.bridges import ipp, ipp_supplies, publishing
from broker.bridges.publishing import DeviceCredential, DeviceUnreadable, Publishing
from devices import wire
from tests.system.mosquitto import Mosquitto
from tests.system.printer import Printer, ippeveprinter
from tests.system.programs import free_port

DEADLINE_S = 60
SECRETS = {"printer-0001": "secret of the printer", "platform": "secret of the platform"}


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[Printer]:
    with ippeveprinter(tmp_path) as running:
        yield running


async def test_a_real_printer_is_read_and_a_level_lowered_live_is_seen(
    printer: Printer,
) -> None:
    before = ipp_supplies.readings(await ipp.read(printer.url))
    assert {slot: reading.level for slot, reading in before.items()} == {
        "waste": 0.05,
        "black": 0.75,
        "cyan": 0.5,
        "magenta": 0.33,
        "yellow": 0.67,
    }
    printer.set_levels(black=7, waste=95)
    after = ipp_supplies.readings(await ipp.read(printer.url))
    assert after["black"].level == 0.07
    assert after["waste"].level == 0.95
    assert after["cyan"] == before["cyan"]


async def test_a_real_printer_is_described_by_what_it_reports(printer: Printer) -> None:
    model = ipp_supplies.describe(await ipp.read(printer.url))
    assert model.name == "Printhaus P-200"
    black = next(each for each in model.slots if each.slot == "black")
    assert (black.category, black.fits) == ("printer-toner", ("P-200-K",))
    assert [each.slot for each in model.slots if each.direction == "filled"] == ["waste"]


async def test_a_printer_that_is_switched_off_is_said_to_be_unreadable() -> None:
    url = f"ipp://localhost:{free_port()}/ipp/print"
    with pytest.raises(DeviceUnreadable, match="ConnectError"):
        await ipp.read(url)
    with pytest.raises(DeviceUnreadable, match="ipp://printer"):
        await ipp.read("http://localhost/ipp/print")


@pytest.mark.parametrize("answer", [b"", b"HTTP is not IPP", bytes(200), b"\x02\x00\x05\x01"])
async def test_an_answer_that_is_no_ipp_is_said_to_be_unreadable(answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(DeviceUnreadable):
            await ipp.read(f"ipp://127.0.0.1:{port}/ipp/print")


class Listener:
    """Hears what the bridge publishes."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def next_of(self, channel: wire.Channel) -> wire.Telemetry | wire.Event | wire.Status:
        async with asyncio.timeout(DEADLINE_S):
            async for message in self._client.messages:
                if wire.split_topic(str(message.topic)) == ("printer-0001", channel):
                    parsed = wire.parse(channel, message.payload)
                    assert isinstance(parsed, wire.Parsed)
                    assert parsed.faults == ()
                    return parsed.message
        raise AssertionError

    async def status(self) -> tuple[str, int]:
        heard = await self.next_of("status")
        assert isinstance(heard, wire.Status)
        return heard.state, heard.boot_id

    async def until_black_is(self, level: float) -> wire.Telemetry:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                heard = await self.next_of("telemetry")
                assert isinstance(heard, wire.Telemetry)
                if heard.slots["black"].level == level:
                    return heard


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path, SECRETS)
    with broker.running():
        yield broker


@pytest.fixture
async def listener(mosquitto: Mosquitto) -> AsyncIterator[Listener]:
    async with aiomqtt.Client(
        "127.0.0.1", mosquitto.port, username="platform", password=SECRETS["platform"]
    ) as client:
        await client.subscribe("v1/devices/+/#", qos=1)
        yield Listener(client)


def publishing_to(port: int, secret: str, folder: Path) -> Publishing:
    credential = DeviceCredential(
        host="127.0.0.1", port=port, device_id="printer-0001", secret=secret
    )
    slots = frozenset({"waste", "black", "cyan", "magenta", "yellow"})
    return Publishing(credential=credential, interval_s=0.05, state_folder=folder, slots=slots)


@asynccontextmanager
async def bridge(printer: Printer, port: int, folder: Path) -> AsyncIterator[None]:
    stop = asyncio.Event()
    to = publishing_to(port, SECRETS["printer-0001"], folder)
    running = asyncio.create_task(publishing.run(ipp.IppDevice(printer.url), to, stop=stop))
    yield
    stop.set()
    await asyncio.wait_for(running, DEADLINE_S)


async def test_the_bridge_publishes_as_a_device_until_it_is_stopped(
    printer: Printer, mosquitto: Mosquitto, listener: Listener, tmp_path: Path
) -> None:
    for boot_id in (1, 2):
        printer.set_levels(black=75)
        async with bridge(printer, mosquitto.port, tmp_path / "state"):
            assert await listener.status() == ("online", boot_id)
            first = await listener.until_black_is(0.75)
            assert (first.boot_id, first.seq) == (boot_id, 1)
            printer.set_levels(black=7)
            low = await listener.until_black_is(0.07)
            assert low.seq > first.seq
            assert low.slots["cyan"].level == 0.5
        assert await listener.status() == ("offline", boot_id)


async def test_a_bridge_with_a_wrong_secret_says_so(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with pytest.raises(publishing.CredentialRefused, match="printer-0001"):
        await publishing.run(
            ipp.IppDevice("ipp://localhost/ipp/print"),
            publishing_to(mosquitto.port, "wrong", tmp_path),
            stop=asyncio.Event(),
        )


def test_boots_rise_from_start_to_start(tmp_path: Path) -> None:
    path = tmp_path / "state" / "printer-0001.boot"
    assert [publishing.next_boot_id(path) for _ in range(3)] == [1, 2, 3]
    assert path.read_text() == "3"
