"""One household's supplies on the broker of its Home Assistant, and its buttons' presses.

Opt-in: whoever may write on that broker may press the buttons, so each press is checked as any
approval is, and stands in the order's history as "Home Assistant".
"""

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ssl import SSLContext
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import aiomqtt
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts import catalogues
from accounts.principal import Audience, Principal
from accounts.scoping import ALL_OWNERS
from accounts.tables import OwnerRow
from accounts.texts import Words
from api.web import household
from api.web.household import Household, OwnedDevice
from core.money import Money
from devices import by_hand
from devices.tables import SlotRow, StockRow
from replenishment import approvals
from replenishment.approvals import Rejection, Word
from replenishment.order_states import OrderState
from runtime import home_assistant
from runtime.adoption import Bridge
from runtime.bridged import WrongAddress, mqtt_address
from runtime.home_assistant import Ask, Messages, Press, Supply
from runtime.startup import CannotStart
from runtime.wiring import Platform

KIND: Final = "home-assistant-out"
RETRY_S: Final = 5.0
STATUS_TOPIC: Final = f"{home_assistant.PREFIX}/status"  # Home Assistant's own birth

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """`owner_name`: empty for the only one there is."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: SSLContext | None = None
    every_s: float = 30.0
    owner_name: str = ""


def read(bridge: Bridge) -> Link:
    """Raises CannotStart."""
    try:
        where = mqtt_address(bridge.address, bridge.options)
    except WrongAddress as error:
        raise CannotStart(str(error)) from None
    return Link(
        host=where.host,
        port=where.port,
        user=where.user or None,
        password=where.password or None,
        tls=where.tls,
        owner_name=bridge.options.get("owner", ""),
    )


@dataclass(slots=True)
class _Told:
    """What stands on the broker as far as we know."""

    messages: Messages = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


async def run(link: Link, platform: Platform, *, stop: asyncio.Event) -> None:
    """Until `stop` is set. A lost connection is made again. Raises CannotStart."""
    owner = await _owner(platform, link.owner_name)
    while not stop.is_set():
        try:
            await _linked(link, platform, owner, stop)
        except* aiomqtt.MqttError as errors:
            _log.warning("Home Assistant's broker: %s; trying again", errors.exceptions[0])
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await stop.wait()


async def _linked(
    link: Link, platform: Platform, owner: Principal, stop: asyncio.Event
) -> None:
    node = home_assistant.node_of(owner.party_id)
    availability = home_assistant.availability_topic(node)
    async with aiomqtt.Client(
        link.host,
        link.port,
        username=link.user,
        password=link.password,
        tls_context=link.tls,
        will=aiomqtt.Will(availability, home_assistant.OFFLINE, qos=1, retain=True),
        logger=_log,
    ) as client:
        told = _Told()
        for topic in (*home_assistant.config_topics(node), STATUS_TOPIC):
            await client.subscribe(topic, qos=1)
        await client.subscribe(home_assistant.press_topics(node), qos=1)
        await client.publish(availability, home_assistant.ONLINE, qos=1, retain=True)
        listening = asyncio.create_task(_listen(client, platform, owner, told))
        stopped = asyncio.create_task(stop.wait())
        telling = asyncio.create_task(_tell(client, platform, owner, told, link.every_s))
        try:
            done, _ = await asyncio.wait(
                (listening, telling, stopped), return_when=asyncio.FIRST_COMPLETED
            )
            for each in done - {stopped}:
                each.result()
        finally:
            await _end((listening, telling, stopped))
        await client.publish(availability, home_assistant.OFFLINE, qos=1, retain=True)


async def _end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """A cancellation may be swallowed by a publication that is confirmed at that moment."""
    pending: Collection[asyncio.Task[Any]] = tasks
    while pending:
        for each in pending:
            each.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)


async def _tell(
    client: aiomqtt.Client, platform: Platform, owner: Principal, told: _Told, every_s: float
) -> None:
    node = home_assistant.node_of(owner.party_id)
    words = _words(owner)
    while True:
        told.changed.clear()
        supplies = await _supplies(platform, owner)
        wanted = home_assistant.messages(node, supplies, words)
        # What is no longer wanted is removed: an empty retained payload.
        gone = dict.fromkeys(told.messages.keys() - wanted.keys(), "")
        for topic, payload in {**gone, **wanted}.items():
            if told.messages.get(topic) != payload:
                # Noted before it is sent: meanwhile all may have to be told again.
                told.messages[topic] = payload
                await client.publish(topic, payload, qos=1, retain=True)
        for topic in gone:
            told.messages.pop(topic, None)
        with suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await told.changed.wait()


async def _listen(
    client: aiomqtt.Client, platform: Platform, owner: Principal, told: _Told
) -> None:
    node = home_assistant.node_of(owner.party_id)
    async for message in client.messages:
        topic = str(message.topic)
        payload = message.payload.decode(errors="replace")
        press = home_assistant.pressed(node, topic, payload)
        if topic == STATUS_TOPIC and payload == home_assistant.ONLINE:
            told.messages = dict.fromkeys(told.messages, "?")  # it forgot: all of it again
        elif press:
            await _do(press, platform, owner)
        elif topic.endswith("/config") and payload and topic not in told.messages:
            told.messages[topic] = payload  # from an earlier start
        else:
            continue
        told.changed.set()


async def _do(press: Press, platform: Platform, owner: Principal) -> None:
    """A press that cannot be obeyed any more changes nothing and is logged."""
    word = Word(principal=owner, remark="Home Assistant")
    try:
        match press.button:
            case "approve":
                await approvals.approve(
                    UUID(press.payload),
                    word,
                    transaction=platform.database.transaction,
                    clock=platform.clock,
                    ids=platform.ids,
                )
            case "not_now":
                await approvals.reject(
                    UUID(press.payload),
                    Rejection.NOT_NOW,
                    word,
                    transaction=platform.database.transaction,
                    clock=platform.clock,
                    ids=platform.ids,
                )
            case "refilled":
                await _refill(press.stock_id, platform, owner)
    except Exception as refused:  # noqa: BLE001 - a press never ends the link
        _log.warning("%s of %s: %s", press.button, press.stock_id, refused)


async def _refill(stock_id: UUID, platform: Platform, owner: Principal) -> None:
    for supply in await _supplies(platform, owner):
        if supply.stock_id == stock_id and supply.by_hand:
            await by_hand.open_pack(
                owner.party_id,
                *supply.by_hand,
                transaction=platform.database.transaction,
                clock=platform.clock,
            )


async def _supplies(platform: Platform, owner: Principal) -> list[Supply]:
    now = platform.clock.now()
    async with platform.database.snapshot(owner.party_id) as session:
        home = await household.load(session, now, owner.language)
        return [
            _supply(each, home, now)
            for each in home.stocks.values()
            if any(slot.stock_id == each.stock_id for d in home.devices for slot in d.slots)
        ]


def _supply(row: StockRow, home: Household, now: datetime) -> Supply:
    slots = [(d, s) for d in home.devices for s in d.slots if s.stock_id == row.stock_id]
    levels = [home.gauge(device, slot).level_ppm for device, slot in slots]
    known = [each for each in levels if each is not None]
    empty_at = household.depletion_at(row)
    is_known = len(known) == len(levels) and not any(d.is_silent(now) for d, _ in slots)
    days = max(0.0, (empty_at - now) / timedelta(days=1)) if empty_at and is_known else None
    order = home.live_orders.get(row.stock_id)
    is_asked = order is not None and order.state == OrderState.AWAITING_APPROVAL
    return Supply(
        stock_id=row.stock_id,
        name=home.titles[row.stock_id],
        level_percent=sum(known) / len(known) / 10_000 if is_known and known else None,
        days_left=days,
        next_order_at=_next_order_at(row, slots, days, now) if order is None else None,
        ask=Ask(order_id=order.order_id, total=Money(order.total_minor, order.currency))
        if order is not None and is_asked
        else None,
        by_hand=_by_hand(slots),
    )


def _next_order_at(
    row: StockRow, slots: list[tuple[OwnedDevice, SlotRow]], days: float | None, now: datetime
) -> datetime | None:
    """When an even use reaches the level of review; None: unknown, or nothing is ordered."""
    on_hand = row.spares + sum(slot.in_slot or 0.0 for _, slot in slots)
    if days is None or row.review_level is None or row.mode == "off" or on_hand <= 0:
        return None
    share = max(0.0, 1 - row.review_level / on_hand)
    return (now + timedelta(days=days * share)).replace(microsecond=0)


def _by_hand(slots: list[tuple[OwnedDevice, SlotRow]]) -> tuple[str, str] | None:
    for device, slot in slots:
        if device.model is None:
            return device.device.device_id, slot.slot
    return None


def _words(owner: Principal) -> Words:
    sentences = catalogues.read_catalogue(owner.language)
    return Words(owner.language, sentences, ZoneInfo(owner.timezone))


async def _owner(platform: Platform, name: str) -> Principal:
    async with platform.database.snapshot(ALL_OWNERS) as session:
        rows = await _owners(session, name)
    if len(rows) != 1:
        found = ", ".join(each.name for each in rows) or "none"
        raise CannotStart(f"Name one household with --owner; found: {found}")
    return Principal(
        audience=Audience.OWNER,
        party_id=rows[0].owner_id,
        name="Home Assistant",
        language=rows[0].language,
        timezone=rows[0].timezone,
    )


async def _owners(session: AsyncSession, name: str) -> list[OwnerRow]:
    rows = list(await session.exec(select(OwnerRow)))
    return [each for each in rows if not name or each.name == name]
