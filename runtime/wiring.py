"""The only file that names concrete adapters: builds a platform from settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS
from broker.admission import admission
from broker.batches import Ingest
from broker.gateway import Gateway
from broker.ingest_process import IngestProcess
from broker.limits import Limits
from broker.subscriber import Broker, Subscriber
from broker.watch import Watch
from core.clock import Clock, WallClock
from core.database import Database
from core.ids import Ids, RandomIds
from core.keys import load_key
from core.offload import Offload, OtherProcess
from core.settings import Settings
from devices import mqtt_sessions, retention
from devices.credentials import DEVICE_KEY
from replenishment import calibrating, replenish
from replenishment.demand.families import shipped
from replenishment.forecast import Forecaster
from replenishment.learning import LearningForecaster
from replenishment.vendors.url_guard import shop_client
from runtime import witnesses
from runtime.broker_files import BrokerFiles, platform_password
from runtime.migrate import migrate
from runtime.owner_news import owner_news
from runtime.shops import Shops
from runtime.startup import CannotStart, prepare_home
from runtime.use_cases import UseCases
from runtime.worker import Worker
from vendor_policy import metering
from vendor_policy.log import store as log
from vendor_policy.log.cosigning import Post

PROFILE_PATH = "/.well-known/ucp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One process's share of the platform. `wall` is real time, `clock` business time."""

    settings: Settings
    database: Database
    ingest: Ingest
    worker: Worker
    device_key: bytes
    clock: Clock
    wall: Clock
    ids: Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where time, ids and the database come from, and where long work is done; simulations and
    tests bring their own.
    """

    clock: Clock = field(default_factory=WallClock)
    ids: Ids = field(default_factory=RandomIds)
    database: Database | None = None
    ingest: Ingest | None = None
    offload: Offload | None = None


@asynccontextmanager
async def opened(
    settings: Settings, *, public_url: str, sources: Sources | None = None
) -> AsyncIterator[Platform]:
    """Migrates the database, starts the timers, closes everything at the end.

    Raises CannotStart.
    """
    given = sources or Sources()
    prepare_home(settings.home)
    migrate(settings.database)
    database = given.database or Database(settings.database)
    ingest, offload = IngestProcess(settings.database), OtherProcess()
    try:
        async with shop_client(allow_loopback=settings.allow_loopback_shops) as client:
            shops = _shops(settings, database, client, public_url)
            async with database.transaction(ALL_OWNERS) as session:
                await _start(session, settings, at=given.clock.now())
            yield Platform(
                settings=settings,
                database=database,
                ingest=given.ingest or ingest,
                worker=_worker(
                    settings,
                    given,
                    database,
                    shops,
                    witnesses.poster(client),
                    given.offload or offload,
                ),
                device_key=load_key(settings.keys, DEVICE_KEY),
                clock=given.clock,
                wall=WallClock(),
                ids=given.ids,
            )
    finally:
        offload.close()
        ingest.close()
        await database.close()


def _shops(
    settings: Settings, database: Database, client: httpx.AsyncClient, public_url: str
) -> Shops:
    return Shops(
        transaction=database.transaction,
        client=client,
        profile_url=public_url + PROFILE_PATH,
        allow_loopback=settings.allow_loopback_shops,
    )


async def _start(session: AsyncSession, settings: Settings, *, at: datetime) -> None:
    """The timers, and the log of this instance."""
    await replenish.start_timers(session, at=at)
    await metering.start_timers(session, at=at)
    await retention.start_timers(session, at=at)
    await calibrating.start_timers(session, at=at)
    try:
        await log.open_log(session, witnesses.log_signer(settings))
    except log.LogKeyChanged as problem:
        raise CannotStart(str(problem)) from None


def forecaster() -> Forecaster:
    return LearningForecaster(shipped())


def _worker(
    settings: Settings,
    given: Sources,
    database: Database,
    shops: Shops,
    post: Post,
    offload: Offload,
) -> Worker:
    use_cases = UseCases(
        transaction=database.transaction,
        clock=given.clock,
        ids=given.ids,
        forecaster=forecaster(),
        vendor_of=shops.vendor_of,
        offload=offload,
        signer=witnesses.log_signer(settings),
        post=post,
        write_broker_files=(
            BrokerFiles.of(settings, database).write if settings.door == "mosquitto" else None
        ),
    )
    return Worker(
        use_cases=use_cases.table(),
        transaction=database.transaction,
        clock=given.clock,
        wall=WallClock(),
        lease=timedelta(seconds=settings.claim_lease_s),
    )


def gateway(platform: Platform) -> Gateway:
    """Door 1, not yet listening."""
    settings = platform.settings
    return Gateway(
        authenticate=admission(platform.database, platform.device_key, wall=platform.wall),
        ingest=platform.ingest,
        clock=platform.clock,
        find_session=partial(mqtt_sessions.find, snapshot=platform.database.snapshot),
        limits=Limits(
            connections=settings.mqtt_connections,
            connections_per_address=settings.mqtt_connections_per_address,
            messages_per_s=settings.mqtt_messages_per_s,
            burst_messages=settings.mqtt_burst_messages,
            address_messages_per_s=settings.mqtt_address_messages_per_s,
            failed_sign_ins_per_minute=settings.mqtt_failed_sign_ins_per_minute,
            slow_reader_s=settings.mqtt_slow_reader_s,
            packet_bytes=settings.mqtt_packet_bytes,
            trusted=settings.mqtt_trusted,
        ),
    )


def watch(platform: Platform, door: Gateway) -> Watch:
    """What the gateway looks for in the database; whoever owns the door calls it."""
    return Watch(
        door,
        database=platform.database,
        clock=platform.clock,
        wall=platform.wall,
        news_of=owner_news(platform.database, platform.clock),
    )


def subscriber(platform: Platform) -> Subscriber:
    """Door 2, not yet connected."""
    settings = platform.settings
    return Subscriber(
        broker=Broker(
            host=settings.mqtt_host,
            port=settings.mqtt_port,
            username=settings.mqtt_user,
            password=platform_password(settings),
        ),
        ingest=platform.ingest,
        clock=platform.clock,
    )
