"""The platform's session with a real Mosquitto: nothing accepted is lost, whatever stops."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import mqtt
from core.mqtt import Publish
from devices.batch import Outcome
from tests import processes
from tests.conftest import NOON
from tests.doors import SECRETS, Book, eventually, subscriber, telemetry, washer

TOPIC = "v1/devices/washer-0001/telemetry"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    opened = Book(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with processes.mosquitto(tmp_path, SECRETS) as bound:
        yield bound


async def publish(port: int, *levels: int) -> None:
    async with washer(port) as client:
        for seq in levels:
            client.send(Publish(TOPIC, telemetry(seq), 1, seq))
        assert {await client.receive() for _ in levels} == {mqtt.Puback(seq) for seq in levels}


async def test_what_came_while_the_platform_was_away_is_delivered(port, book):
    async with subscriber(port, book):
        pass
    await publish(port, *range(1, 1_201))  # more than Mosquitto keeps by default
    async with subscriber(port, book):
        await eventually(lambda: len(book.names()) == 1_200)
    assert book.outcomes == ["recorded"] * 1_200


async def test_what_was_not_committed_is_delivered_again(port, book):
    async with subscriber(port, book) as door:
        book.is_disk_full = True
        await publish(port, 1, 2, 3)
        await eventually(lambda: not door.is_subscribed)
        assert book.names() == []
        book.is_disk_full = False
        await eventually(lambda: len(book.names()) == 3 and door.is_quiet)
    # What a lost session still committed comes once more with the next one, and is known.
    assert book.outcomes.count(Outcome.RECORDED) == 3
    assert set(book.outcomes) <= {Outcome.RECORDED, Outcome.DUPLICATE}


async def test_a_committed_message_is_not_delivered_again(port, book):
    async with subscriber(port, book):
        await publish(port, 1)
        await eventually(book.names)
    async with subscriber(port, book):
        await publish(port, 2)
        await eventually(lambda: len(book.names()) == 2)
    assert book.outcomes == ["recorded"] * 2


async def test_a_broker_that_restarts_is_found_again_with_what_it_kept(tmp_path, book):
    bound = processes.free_port()
    with processes.mosquitto(tmp_path, SECRETS, port=bound):
        async with subscriber(bound, book):
            pass
        await publish(bound, 1)
    async with asyncio.TaskGroup() as group:
        session = subscriber(bound, book)
        entering = group.create_task(session.__aenter__())
        with processes.mosquitto(tmp_path, SECRETS, port=bound):
            await entering
            await eventually(lambda: book.names() == ["telemetry 17 1"])
            await session.__aexit__(None, None, None)


async def test_a_topic_that_is_no_device_channel_is_counted_and_skipped(port, book):
    async with subscriber(port, book) as door:
        nowhere = Publish("v1/devices//telemetry", telemetry(1))
        not_ours = Publish("v1/devices/washer-0001/command", b"{}")
        door._session._receive([nowhere, not_ours], NOON)
        assert door.counters.refused == 2
        assert door.is_quiet


async def test_two_processes_share_the_load(port, book):
    group = "ingest"
    async with (
        subscriber(port, book, share_group=group, client_id="first") as first,
        subscriber(port, book, share_group=group, client_id="second") as second,
    ):
        await publish(port, *range(1, 41))
        await eventually(lambda: len(book.names()) == 40)
        assert first.counters.messages + second.counters.messages == 40
        assert first.counters.messages
        assert second.counters.messages
    assert book.outcomes == ["recorded"] * 40


async def test_a_wrong_password_of_the_platform_is_said(port, book, caplog, monkeypatch):
    monkeypatch.setattr(processes, "PLATFORM_PASSWORD", "guess")
    entering = asyncio.create_task(subscriber(port, book).__aenter__())
    await eventually(lambda: "refused the platform's user, NOT_AUTHORISED" in caplog.text)
    assert not entering.done()
    entering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await entering
