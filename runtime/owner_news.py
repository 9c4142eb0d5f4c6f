"""What an owner's own stream tells besides what devices say: his devices, his stocks with their
forecasts and his orders, in the words of REST.
"""

from datetime import datetime
from uuid import UUID

from accounts.principal import Audience, Principal
from accounts.tables import OwnerRow
from api import claims, orders, stocks
from api.claims import DeviceView
from api.schemas import Output
from api.web import household
from api.web.household import Household
from broker.watch import NewsOf
from core.clock import Clock
from core.database import Database
from devices.models import DeviceModel


class StreamedDeviceView(DeviceView):
    """With all that its maker can see of it."""

    serial: str
    model_id: UUID | None
    is_test: bool
    firmware: str | None
    boot_id: int
    created_at: datetime
    revoked_at: datetime | None
    timezone: str
    model: DeviceModel | None
    quarantined_messages: int  # of the last seven days


def owner_news(database: Database, clock: Clock) -> NewsOf:
    async def news_of(owner_id: UUID) -> dict[str, bytes]:
        async with database.snapshot(owner_id) as session:
            owner = _principal(await session.get_one(OwnerRow, owner_id))
            now = clock.now()
            home = await household.load(session, now, owner.language)
            return {
                **{
                    f"devices/{each.device_id}": _json(_streamed(each, home))
                    for each in await claims.devices(session, owner, now)
                },
                **{
                    f"stocks/{each.stock_id}": _json(each)
                    for each in await stocks.list_stocks(session, owner, now)
                },
                **{
                    f"orders/{each.order_id}": _json(each)
                    for each in await orders.list_orders(session, owner)
                },
            }

    return news_of


def _principal(owner: OwnerRow) -> Principal:
    return Principal(
        audience=Audience.OWNER,
        party_id=owner.owner_id,
        name="stream",
        language=owner.language,
        timezone=owner.timezone,
    )


def _streamed(view: DeviceView, home: Household) -> StreamedDeviceView:
    (owned,) = (each for each in home.devices if each.device.device_id == view.device_id)
    more = set(StreamedDeviceView.model_fields) - set(DeviceView.model_fields)
    return StreamedDeviceView(
        **view.model_dump(),
        **owned.device.model_dump(include=more),
        model=owned.model,
        quarantined_messages=home.quarantined.get(view.device_id, 0),
    )


def _json(view: Output) -> bytes:
    return view.model_dump_json().encode()
