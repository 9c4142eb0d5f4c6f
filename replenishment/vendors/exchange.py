"""One call to a shop and its answer as a value: bounded in size and time, no redirects."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from replenishment.vendors.url_guard import WHOLE_S

LARGEST_ANSWER = 10 * 1024 * 1024  # bytes
PLAIN = {"Accept": "application/json", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing came back, or nothing that ends; what was asked may have been done."""

    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`body`: parsed JSON with decimals exact, or None when it is not JSON."""

    status: int
    body: Any


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json_body: Mapping[str, Any] | None = None,
) -> Answer | NoAnswer:
    try:
        async with (
            asyncio.timeout(WHOLE_S),
            client.stream(
                method,
                url,
                headers={**headers, **PLAIN},
                json=json_body,
                follow_redirects=False,
            ) as response,
        ):
            body = await _bounded(response)
    except TimeoutError:
        return NoAnswer(f"no whole answer within {WHOLE_S:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return NoAnswer(f"{type(error).__name__}: {error}")
    if body is None:
        return NoAnswer(f"an answer packed or of more than {LARGEST_ANSWER} bytes")
    return Answer(response.status_code, _parsed(body))


async def _bounded(response: httpx.Response) -> bytes | None:
    """None when it is too long or packed: unasked for, and a small one could unpack large."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return None
    received = bytearray()
    async for chunk in response.aiter_bytes():
        received += chunk
        if len(received) > LARGEST_ANSWER:
            return None
    return bytes(received)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
