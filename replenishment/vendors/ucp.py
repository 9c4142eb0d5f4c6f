"""Shops that speak UCP REST 2026-04-08 (Universal Commerce Protocol).

Nothing is remembered between calls: the keys of one order are made from its id, so that a
repeated `prepare` finds the session it opened before. A checkout of the port is the shop's
session id. From the purchase on only that session's status is believed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4, uuid5

import httpx

from replenishment.vendors import ucp_answers as answers
from replenishment.vendors import ucp_judging as judging
from replenishment.vendors import ucp_requests as requests
from replenishment.vendors.exchange import Answer, NoAnswer, exchange
from replenishment.vendors.port import (
    Abandoned,
    AbandonResult,
    Acknowledged,
    CatalogueItem,
    Pinned,
    PlaceResult,
    Prepared,
    Progress,
    Refused,
    ShipTo,
    Unknown,
    Unreadable,
    Unsold,
)
from replenishment.vendors.url_guard import objection

SERVICE = "dev.ucp.shopping"
PAGE_SIZE = 50
MOST_PAGES = 20
UNDECIDED = (408, 409, 425, 429)  # of these a shop may still have done what was asked

Json = Mapping[str, Any]
Failed = Unknown | Unreadable


class UcpVendor:
    """`shop_url`: where the shop publishes /.well-known/ucp; `profile_url`: where we do.
    `client`: from url_guard.shop_client, so that no shop can send us to a private address.
    """

    def __init__(
        self,
        shop_url: str,
        *,
        client: httpx.AsyncClient,
        profile_url: str,
        allow_loopback: bool = False,
    ) -> None:
        self._shop_url = shop_url.rstrip("/")
        self._client = client
        self._agent = f'profile="{profile_url}"'
        self._allow_loopback = allow_loopback
        self._endpoint: str | None = None

    async def discover(self) -> str | Unknown | Unreadable:
        """The address of the shop's REST service; asked once."""
        if self._endpoint is not None:
            return self._endpoint
        answer = await self._call("GET", f"{self._shop_url}/.well-known/ucp")
        profile = _read(answers.Profile, answer)
        if not isinstance(profile, answers.Profile):
            return profile
        services = profile.ucp.services.get(SERVICE, [])
        endpoint = next((each.endpoint for each in services if each.transport == "rest"), None)
        field = f"ucp.services.{SERVICE}"
        if endpoint is None:
            return Unreadable(field, "no REST endpoint")
        reason = objection(endpoint, allow_loopback=self._allow_loopback)
        if reason is not None:
            return Unreadable(field, reason)
        self._endpoint = endpoint.rstrip("/")
        return self._endpoint

    async def search(self, category: str) -> Sequence[CatalogueItem] | Unknown | Unreadable:
        """All pages, MOST_PAGES at most: of more, none counts, since a place in the feed must
        not. The first mention of a SKU counts.
        """
        endpoint = await self.discover()
        if not isinstance(endpoint, str):
            return endpoint
        items: dict[str, CatalogueItem] = {}
        paging: dict[str, Any] = {"limit": PAGE_SIZE}
        for _ in range(MOST_PAGES):
            wanted = {"filters": {"categories": [category]}, "pagination": paging}
            answer = await self._call("POST", f"{endpoint}/catalog/search", body=wanted)
            page = _read(answers.SearchPage, answer)
            if not isinstance(page, answers.SearchPage):
                return page
            for item in _items(page, category):
                items.setdefault(item.sku, item)
            if not page.pagination.has_next_page:
                break
            if page.pagination.cursor is None:
                return Unreadable("pagination.cursor", "missing although there is a next page")
            paging = {"limit": PAGE_SIZE, "cursor": page.pagination.cursor}
        else:
            return Unreadable("pagination", f"more than {MOST_PAGES} pages of {PAGE_SIZE}")
        return list(items.values())

    async def prepare(
        self, idempotency_key: UUID, pinned: Pinned, ship_to: ShipTo
    ) -> Prepared | Unsold:
        """Also Prepared when it is sold already: `place` then tells."""
        endpoint = await self.discover()
        if not isinstance(endpoint, str):
            return Unknown(f"no profile: {endpoint.detail}")
        session = await self._opened(endpoint, idempotency_key, pinned)
        if isinstance(session, answers.Checkout):
            session = await self._filled_in(endpoint, session, idempotency_key, ship_to)
        if not isinstance(session, answers.Checkout):
            return session
        return (
            judging.unready(session)
            or judging.difference(session, pinned)
            or Prepared(session.id)
        )

    async def place(self, idempotency_key: UUID, checkout: str, pinned: Pinned) -> PlaceResult:
        found = await self._found(checkout)
        if isinstance(found, Unknown):
            return found
        url, session = found
        return (
            self._settled(session)
            or judging.unready(session)
            or judging.difference(session, pinned)
            or await self._completed(url, session, idempotency_key)
        )

    async def look(
        self,
        idempotency_key: UUID,  # noqa: ARG002 - the port's; UCP goes by the session
        checkout: str,
    ) -> PlaceResult:
        found = await self._found(checkout)
        if isinstance(found, Unknown):
            return found
        _, session = found
        return self._settled(session) or Unknown(f"the session is {session.status}")

    async def abandon(self, idempotency_key: UUID, checkout: str) -> AbandonResult:
        """Not every shop lets a session be cancelled; one that it shows open is not sold."""
        found = await self._found(checkout)
        if isinstance(found, Unknown):
            return found
        url, session = found
        if (left := judging.left_behind(session)) is not None:
            return left
        await self._call("POST", f"{url}/cancel", key=uuid5(idempotency_key, "cancel"))
        after = await self._session(url)
        if isinstance(after, Unknown):
            return after
        return judging.left_behind(after) or Abandoned()

    async def get_order(
        self,
        idempotency_key: UUID,  # noqa: ARG002 - the port's; UCP goes by the shop's number
        vendor_order_number: str,
    ) -> Progress | Unknown:
        order = await self._order(vendor_order_number)
        return order if isinstance(order, Unknown) else judging.progress(order)

    async def cancel(
        self,
        idempotency_key: UUID,  # noqa: ARG002 - the port's; UCP goes by the shop's number
        vendor_order_number: str,
    ) -> Acknowledged | Refused | Unknown:
        """UCP 2026-04-08 knows no cancelling of an order: its page at the shop is where that is
        done. An order that was cancelled there is acknowledged.
        """
        order = await self._order(vendor_order_number)
        if isinstance(order, Unknown):
            return order
        total = judging.grand_total(order)
        if judging.progress(order).state == "cancelled" and total is not None:
            return Acknowledged(vendor_order_number, total)
        page = order.permalink_url
        is_usable = objection(page, allow_loopback=self._allow_loopback) is None
        return Refused("not_supported", page if is_usable else "")

    async def _opened(
        self, endpoint: str, order_id: UUID, pinned: Pinned
    ) -> answers.Checkout | Prepared | Unsold:
        """The one session of this order, as it stands now.

        The body holds lines only: they never change for an order id, so a repeat is the same
        request. The answer to a repeat is as old as the first, therefore the session is read.
        """
        answer = await self._call(
            "POST",
            f"{endpoint}/checkout-sessions",
            body={"line_items": requests.lines(pinned)},
            key=uuid5(order_id, "create"),
        )
        created = _read(answers.Checkout, answer)
        if not isinstance(created, answers.Checkout):
            return _clear_no(answer) or Unknown(_told(created))
        session = await self._session(_session_url(endpoint, created.id))
        return session if isinstance(session, Unknown) else self._still_open(session)

    async def _filled_in(
        self, endpoint: str, session: answers.Checkout, order_id: UUID, ship_to: ShipTo
    ) -> answers.Checkout | Prepared | Unsold:
        """With address and buyer, and with the cheapest delivery chosen for every parcel."""
        url = _session_url(endpoint, session.id)
        filled = await self._replaced(url, order_id, requests.replacement(session, ship_to))
        if not isinstance(filled, answers.Checkout) or requests.is_cheapest(filled):
            return filled
        return await self._replaced(url, order_id, requests.replacement(filled, ship_to))

    async def _replaced(
        self, url: str, order_id: UUID, body: Json
    ) -> answers.Checkout | Prepared | Unsold:
        key = uuid5(order_id, json.dumps(body, sort_keys=True))
        answer = await self._call("PUT", url, body=body, key=key)
        session = _read(answers.Checkout, answer)
        if isinstance(session, answers.Checkout):
            return self._still_open(session)
        seen = await self._session(url)
        if isinstance(seen, Unknown):
            return seen
        left = self._still_open(seen)
        return left if left is not seen else _clear_no(answer) or Unknown(_told(session))

    async def _completed(
        self, url: str, session: answers.Checkout, order_id: UUID
    ) -> PlaceResult:
        """Whatever the shop answers, a purchase is believed only from the session's status."""
        handler_id = judging.invoice_handler(session)
        if handler_id is None:
            return judging.handed_over(session, allow_loopback=self._allow_loopback)
        instrument = {"id": "invoice", "handler_id": handler_id, "type": judging.INVOICE}
        body = {"payment": {"instruments": [{**instrument, "selected": True}]}}
        answer = await self._call("POST", f"{url}/complete", body=body, key=order_id)
        done = _read(answers.Checkout, answer)
        if isinstance(done, answers.Checkout):
            return self._settled(done) or _unsold(done)
        return await self._seen_after(url, answer, _told(done))

    async def _seen_after(
        self, url: str, answer: Answer | NoAnswer, detail: str
    ) -> PlaceResult:
        """What the session's status says after an answer that was none or could not be read."""
        seen = await self._session(url)
        if not isinstance(seen, answers.Checkout):
            return Unknown(detail)
        return self._settled(seen) or _clear_no(answer) or Unknown(detail)

    def _still_open(self, session: answers.Checkout) -> answers.Checkout | Prepared | Unsold:
        if session.status in judging.SOLD:
            return Prepared(session.id)
        return judging.ended(session, allow_loopback=self._allow_loopback) or session

    async def _found(self, checkout: str) -> tuple[str, answers.Checkout] | Unknown:
        """The address of a session and what stands there; any other answer is none."""
        endpoint = await self.discover()
        if not isinstance(endpoint, str):
            return Unknown(f"no profile: {endpoint.detail}")
        url = _session_url(endpoint, checkout)
        session = await self._session(url)
        if isinstance(session, Unknown):
            return session
        same = session.id == checkout
        return (url, session) if same else Unknown(f"asked, but got session {session.id}")

    async def _session(self, url: str) -> answers.Checkout | Unknown:
        session = _read(answers.Checkout, await self._call("GET", url))
        return session if isinstance(session, answers.Checkout) else Unknown(_told(session))

    async def _order(self, vendor_order_number: str) -> answers.Order | Unknown:
        endpoint = await self.discover()
        if not isinstance(endpoint, str):
            return Unknown(_told(endpoint))
        answer = await self._call(
            "GET", f"{endpoint}/orders/{quote(vendor_order_number, safe='')}"
        )
        order = _read(answers.Order, answer)
        if not isinstance(order, answers.Order):
            return Unknown(_told(order))
        return (
            order if order.id == vendor_order_number else Unknown(f"asked, but got {order.id}")
        )

    def _settled(self, session: answers.Checkout) -> PlaceResult | None:
        return judging.settled(session, allow_loopback=self._allow_loopback)

    async def _call(
        self, method: str, url: str, *, body: Json | None = None, key: UUID | None = None
    ) -> Answer | NoAnswer:
        headers = {"UCP-Agent": self._agent, "Request-Id": str(uuid4())}
        if key is not None:
            headers["Idempotency-Key"] = str(key)
        return await exchange(self._client, method, url, headers=headers, json_body=body)


def _read(
    model: type[answers.Model], answer: Answer | NoAnswer
) -> answers.Model | Unknown | Unreadable:
    """Unknown without an answer or with any status but 2xx."""
    if isinstance(answer, NoAnswer):
        return Unknown(answer.detail)
    if answer.status // 100 != 2:
        return Unknown(f"status {answer.status}")
    return answers.read(model, answer.body)


def _told(failed: Failed) -> str:
    if isinstance(failed, Unreadable):
        return f"unreadable {failed.field}: {failed.detail}"
    return failed.detail


def _clear_no(answer: Answer | NoAnswer) -> Refused | None:
    """A clear no: a business error, or a status that says the request itself is refused."""
    if isinstance(answer, NoAnswer):
        return None
    if answer.status == httpx.codes.PAYMENT_REQUIRED:
        return Refused("declined", "the shop declined the payment")
    problem = answers.read(answers.ErrorAnswer, answer.body)
    if isinstance(problem, answers.ErrorAnswer) and answer.status // 100 == 2:
        return judging.refused(problem.messages)
    if answer.status // 100 == 4 and answer.status not in UNDECIDED:
        return Refused("rejected", f"status {answer.status}")
    return None


def _unsold(session: answers.Checkout) -> PlaceResult:
    """A readable answer to complete whose session is still open."""
    if any(each.type == "error" for each in session.messages):
        return judging.refused(session.messages)
    return Unknown(f"asked to complete, the session is {session.status}")


def _items(page: answers.SearchPage, category: str) -> list[CatalogueItem]:
    """Without products that say they belong elsewhere: not every shop filters."""
    return [
        judging.catalogue_item(product, variant)
        for product in page.products
        if not product.categories or category in [each.value for each in product.categories]
        for variant in product.variants
    ]


def _session_url(endpoint: str, session_id: str) -> str:
    return f"{endpoint}/checkout-sessions/{quote(session_id, safe='')}"
