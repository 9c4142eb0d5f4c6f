"""Shops' addresses are strangers' input: only public HTTPS is called, never ourselves.

The name is resolved here and the connection goes to the address that was checked, so that a
second look-up cannot answer otherwise (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

LOOPBACK = "127.0.0.1"
CONNECT_S = 5.0
WHOLE_S = 10.0  # one call from request to the last byte; kept by `exchange`
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class UrlRefused(httpx.TransportError):
    """The address may not be called; nothing was sent."""


def objection(url: str, *, allow_loopback: bool) -> str | None:
    """What is wrong with a shop's URL before any look-up; None when nothing is."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        return f"not a URL: {error}"
    if parts.userinfo:
        return "a URL with a user name or password"
    if is_loopback(parts):
        return None if allow_loopback else "loopback is not allowed here"
    if parts.scheme != "https" or not parts.host:
        return "not an https:// URL"
    return address_objection(parts.host)


def is_loopback(url: httpx.URL) -> bool:
    """The one plain-HTTP form there is: http://127.0.0.1, with any port."""
    return url.scheme == "http" and url.host == LOOPBACK


def address_objection(host: str) -> str | None:
    """None also when `host` is a name, which is judged when it is resolved."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return None if is_public(address) else f"{host} is not a public address"


def is_public(address: Address) -> bool:
    """Judges an IPv4 address inside an IPv6 one by the IPv4 address."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        inside = address.ipv4_mapped or address.sixtofour
        if inside is not None:
            return is_public(inside)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


async def resolved(host: str, port: int) -> Sequence[str]:
    """Addresses by the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends through `inner` only what may be sent; raises UrlRefused otherwise."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        *,
        allow_loopback: bool,
        resolve: Resolve = resolved,
    ) -> None:
        self._inner = inner
        self._allow_loopback = allow_loopback
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reason = objection(str(request.url), allow_loopback=self._allow_loopback)
        if reason is not None:
            raise UrlRefused(reason, request=request)
        if is_loopback(request.url):
            return await self._inner.handle_async_request(request)
        return await self._inner.handle_async_request(await self._pinned(request))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _pinned(self, request: httpx.Request) -> httpx.Request:
        """The same request to a checked address; Host and the certificate's name stay."""
        host = request.url.host
        try:
            addresses = await self._resolve(host, request.url.port or 443)
        except OSError as error:
            raise httpx.ConnectError(
                f"cannot resolve {host}: {error}", request=request
            ) from error
        for address in addresses:
            reason = address_objection(address)
            if reason is not None:
                raise UrlRefused(f"{host}: {reason}", request=request)
        if not addresses:
            raise httpx.ConnectError(f"{host} has no address", request=request)
        return httpx.Request(
            request.method,
            request.url.copy_with(host=addresses[0]),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )


def shop_client(*, allow_loopback: bool) -> httpx.AsyncClient:
    """The client to call shops with; close it at the end. Proxies from the environment are not
    used: they would resolve names behind the guard's back.
    """
    return httpx.AsyncClient(
        transport=GuardedTransport(httpx.AsyncHTTPTransport(), allow_loopback=allow_loopback),
        timeout=httpx.Timeout(WHOLE_S, connect=CONNECT_S),
        follow_redirects=False,
        trust_env=False,
    )
