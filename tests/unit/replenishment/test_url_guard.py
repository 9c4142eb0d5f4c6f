"""Which addresses may be called, and where the connection then goes."""

from collections.abc import Sequence

import httpx
import pytest

from replenishment.vendors.url_guard import GuardedTransport, UrlRefused, objection, shop_client

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "ftp://shop.example/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//shop.example",
        "https://",
        "https://user:secret@shop.example",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:0a00:0001::1]/",
        "http://127.0.0.1:8000",
        "https://[::1",
    ],
)
def test_what_is_not_public_https_is_refused(url: str) -> None:
    assert objection(url, allow_loopback=False) is not None


@pytest.mark.parametrize(
    "url", ["https://shop.example/ucp", f"https://{PUBLIC}:8443/", "https://[2606:4700::1111]/"]
)
def test_public_https_passes(url: str) -> None:
    assert objection(url, allow_loopback=False) is None


def test_the_loopback_switch_allows_one_plain_address_only() -> None:
    assert objection("http://127.0.0.1:8101/ucp", allow_loopback=True) is None
    for url in ("http://localhost:8101", "http://127.0.0.2", "http://[::1]", "http://10.0.0.1"):
        assert objection(url, allow_loopback=True) is not None


class Seen(httpx.AsyncBaseTransport):
    def __init__(self, response: httpx.Response | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._response = response or httpx.Response(200)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._response


def guarded(seen: Seen, *addresses: str) -> httpx.AsyncClient:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    transport = GuardedTransport(seen, allow_loopback=False, resolve=resolve)
    return httpx.AsyncClient(transport=transport)


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    seen = Seen()
    await guarded(seen, PUBLIC).get("https://shop.example:8443/ucp")
    (request,) = seen.requests
    assert str(request.url) == f"https://{PUBLIC}:8443/ucp"
    assert request.headers["Host"] == "shop.example:8443"
    assert request.extensions["sni_hostname"] == "shop.example"


@pytest.mark.parametrize("addresses", [("10.0.0.1",), (PUBLIC, "127.0.0.1"), ("::1",)])
async def test_a_name_that_means_a_private_address_is_refused(
    addresses: tuple[str, ...],
) -> None:
    seen = Seen()
    with pytest.raises(UrlRefused, match="not a public address"):
        await guarded(seen, *addresses).get("https://shop.example/")
    assert seen.requests == []


async def test_a_name_without_an_address_is_a_failed_connection() -> None:
    with pytest.raises(httpx.ConnectError, match=r"shop\.example has no address"):
        await guarded(Seen()).get("https://shop.example/")


async def test_a_redirect_is_not_followed() -> None:
    seen = Seen(httpx.Response(302, headers={"Location": "https://10.0.0.1/"}))
    response = await guarded(seen, PUBLIC).get("https://shop.example/")
    assert response.status_code == 302
    assert len(seen.requests) == 1


async def test_the_shop_client_refuses_loopback_unless_told() -> None:
    async with shop_client(allow_loopback=False) as client:
        with pytest.raises(UrlRefused, match="loopback is not allowed here"):
            await client.get("http://127.0.0.1:9/")
