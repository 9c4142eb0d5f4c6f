"""One call to a shop: exact, bounded in size and time."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from replenishment.vendors import exchange as module
from replenishment.vendors.exchange import Answer, NoAnswer, exchange

SHOP = "https://shop.example/x"


async def sent(response: httpx.Response | Exception) -> Answer | NoAnswer:
    def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        return await exchange(client, "GET", SHOP, headers={})


async def test_decimals_arrive_exact() -> None:
    answer = await sent(httpx.Response(200, content=b'{"price": 12.10}'))
    assert answer == Answer(200, {"price": Decimal("12.10")})


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b"9" * 5000]
)
async def test_what_is_not_json_has_no_body(body: bytes) -> None:
    assert await sent(httpx.Response(502, content=body)) == Answer(502, None)


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectTimeout("late"), httpx.RemoteProtocolError("cut"), httpx.ReadError("x")],
)
async def test_a_broken_connection_is_no_answer(error: Exception) -> None:
    answer = await sent(error)
    assert isinstance(answer, NoAnswer)
    assert type(error).__name__ in answer.detail


class Endless(httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.given += 1 << 20
            yield b" " * (1 << 20)


async def test_an_answer_without_end_is_cut_off() -> None:
    endless = Endless()
    answer = await sent(httpx.Response(200, stream=endless))
    assert isinstance(answer, NoAnswer)
    assert endless.given <= module.LARGEST_ANSWER + (1 << 20)


async def test_a_packed_answer_is_not_unpacked() -> None:
    packed = httpx.ByteStream(gzip.compress(b" " * 1_000_000))
    headers = {"Content-Encoding": "gzip"}
    answer = await sent(httpx.Response(200, headers=headers, stream=packed))
    assert isinstance(answer, NoAnswer)


class Hanging(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()


async def test_an_answer_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_S", 0.05)
    answer = await sent(httpx.Response(200, stream=Hanging()))
    assert answer == NoAnswer("no whole answer within 0.05 s")
