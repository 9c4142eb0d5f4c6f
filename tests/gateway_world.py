"""The gateway before the platform's own tables, and what makers and owners do beside it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from broker.admission import admission
from broker.gateway import Gateway
from broker.ingest import ingest
from broker.watch import Watch
from core import mqtt
from core.database import Writer
from devices import commands, mqtt_sessions
from devices.registry import Provisioned
from runtime.owner_news import owner_news
from tests.devices_world import KEY, World, a_model
from tests.doors import RawClient, raw_client


@dataclass
class Scene:
    """`look` stands for the half second between two looks of the running platform."""

    world: World
    made: Provisioned
    owner_id: UUID
    gateway: Gateway
    watch: Watch
    port: int

    async def look(self) -> None:
        await self.watch.look()

    @property
    def own(self) -> str:
        return f"v1/devices/{self.made.device_id}/"

    @asynccontextmanager
    async def connected(
        self, *, is_clean: bool = True, secret: str = "", has_session: bool = False
    ) -> AsyncIterator[RawClient]:
        async with raw_client(self.port) as client:
            client.send(self.connect(is_clean=is_clean, secret=secret))
            assert await client.receive() == mqtt.Connack(has_session=has_session)
            yield client

    def connect(self, *, is_clean: bool = True, secret: str = "") -> mqtt.Connect:
        name, password = self.made.device_id, secret or self.made.secret
        return mqtt.Connect(name, is_clean, username=name, password=password.encode())

    async def tell(self, **news: object) -> None:
        """A command to every device of the detergent's stock."""
        stock_id = (await self.world.stock()).stock_id
        async with self.world.database.transaction(self.owner_id) as session:
            await commands.send(session, stock_id, news, at=self.world.clock.now())


@asynccontextmanager
async def scene_of(world: World) -> AsyncIterator[Scene]:
    """One owner with one washer."""
    maker_id = await world.maker(a_model())
    made = await world.provisioned(maker_id)
    owner_id = await world.owner()
    await world.claim(owner_id, made)
    async with AsyncExitStack() as stack:
        yield await scene_at(stack, world, made, owner_id)


async def scene_at(
    stack: AsyncExitStack, world: World, made: Provisioned, owner_id: UUID
) -> Scene:
    """A gateway of its own, as a restarted platform has."""
    gateway, watch = a_gateway(world)
    port = await gateway.start("127.0.0.1", 0)
    stack.push_async_callback(gateway.close)
    return Scene(world, made, owner_id, gateway, watch, port)


def a_gateway(world: World) -> tuple[Gateway, Watch]:
    database = world.database
    gateway = Gateway(
        authenticate=admission(database, KEY, wall=world.clock),
        ingest=partial(ingest, writer=Writer(database.url)),
        clock=world.clock,
        find_session=partial(mqtt_sessions.find, snapshot=database.snapshot),
    )
    watch = Watch(
        gateway,
        database=database,
        clock=world.clock,
        wall=world.clock,
        news_of=owner_news(database, world.clock),
    )
    return gateway, watch
