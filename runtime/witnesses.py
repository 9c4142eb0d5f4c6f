"""Witnesses over HTTP, and the commands that introduce two instances to each other."""

from typing import Final

import httpx

from core.database import Transaction
from core.keys import load_key
from core.settings import Settings
from runtime.startup import CannotStart
from vendor_policy.log import witness
from vendor_policy.log.cosigning import Post
from vendor_policy.log.notes import COSIGNATURE, SIGNATURE, Malformed, Signer, VerifierKey
from vendor_policy.log.tables import WitnessRow

LOG_KEY: Final = "log"  # names of files below `Settings.keys`
WITNESS_KEY: Final = "witness"
ANSWER_S: Final = 10.0
MOST_ANSWER: Final = 16_384  # bytes


def log_signer(settings: Settings) -> Signer:
    return Signer.of_seed(load_key(settings.keys, LOG_KEY), "nachschub.log")


def witness_signer(settings: Settings) -> Signer:
    seed = load_key(settings.keys, WITNESS_KEY)
    return Signer.of_seed(seed, "nachschub.witness", COSIGNATURE)


def poster(client: httpx.AsyncClient) -> Post:
    """client: one that calls no address of our own network, see `url_guard`."""

    async def post(url: str, body: str) -> tuple[int, str] | None:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            answer = await client.post(url, content=body, headers=headers, timeout=ANSWER_S)
        except httpx.HTTPError:
            return None
        if len(answer.content) > MOST_ANSWER:
            return None
        return answer.status_code, answer.text

    return post


async def add(url: str, key: str, *, transaction: Transaction) -> str:
    """A witness of this log; returns its name. Raises CannotStart."""
    found = _parsed(key, COSIGNATURE)
    async with transaction(None) as session:
        row = await session.get(WitnessRow, found.name)
        if row is None:
            row = WitnessRow(name=found.name, verifier_key=found.text, url="")
            session.add(row)
        row.url = url.rstrip("/")
    return found.name


async def watch(key: str, *, transaction: Transaction) -> str:
    """A log that this instance is a witness of; returns its origin. Raises CannotStart."""
    found = _parsed(key, SIGNATURE)
    async with transaction(None) as session:
        await witness.watch(session, found)
    return found.name


def _parsed(key: str, kind: int) -> VerifierKey:
    try:
        found = VerifierKey.parsed(key)
    except Malformed as problem:
        raise CannotStart(f"{problem}. `nachschub witness keys` prints both there.") from None
    if found.kind != kind:
        raise CannotStart("That is the other of the two keys of `nachschub witness keys`.")
    return found
