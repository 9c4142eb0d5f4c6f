"""Asks a printer for its supplies over IPP, which is HTTP with a body of its own."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from broker.bridges import ipp_attributes, ipp_supplies
from broker.bridges.publishing import DeviceUnreadable, Sight

TIMEOUT_S: Final = 20.0  # a printer may have to wake up first
PORT: Final = 631
SCHEMES: Final = {"ipp": "http", "ipps": "https"}
SUCCESSFUL: Final = range(0x200)  # IPP status codes, informational ones included
HEADERS: Final = {"Content-Type": "application/ipp", "Accept": "application/ipp"}


@dataclass(frozen=True, slots=True)
class IppDevice:
    """`url`: as ipp://printer.local/ipp/print. `extra`: attributes that a description binds."""

    url: str
    extra: tuple[str, ...] = ()

    @property
    def firmware(self) -> str:
        return "bridge ipp 2"

    def opened(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def look(self) -> Sight:
        """Raises DeviceUnreadable."""
        attributes = await read(self.url, self.extra)
        return Sight(
            name=ipp_supplies.name(attributes),
            serial=ipp_supplies.serial(attributes) or "",
            readings=ipp_supplies.supplies(attributes),
            said=attributes,
        )


async def read(url: str, extra: tuple[str, ...] = ()) -> ipp_attributes.Attributes:
    """The printer's attributes about itself and its supplies. Raises DeviceUnreadable."""
    asked = ipp_attributes.request(url, (*ipp_supplies.WANTED, *extra))
    # Printers sign their own certificates: there is nobody to check them with.
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=TIMEOUT_S) as client:  # noqa: S501
        try:
            reply = await client.post(_http(url), content=asked, headers=HEADERS)
            reply.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = f"{type(error).__name__} {error}".strip()
            raise DeviceUnreadable(url, why) from error
    answer = ipp_attributes.decoded(reply.content)
    if answer.status is None:
        raise DeviceUnreadable(url, "an answer that is no IPP")
    if answer.status not in SUCCESSFUL:
        raise DeviceUnreadable(url, f"IPP status {answer.status:#06x}")
    return answer.attributes


def _http(url: str) -> str:
    """Raises DeviceUnreadable."""
    parts = urlsplit(url)
    scheme = SCHEMES.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise DeviceUnreadable(url, "wanted is an address like ipp://printer.local/ipp/print")
    default = "" if parts.port else f":{PORT}"
    return f"{scheme}://{parts.netloc}{default}{parts.path}"
