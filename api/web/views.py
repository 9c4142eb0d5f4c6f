"""What the daily pages show: home, approvals, stock, devices, notices, errors.

Pure: frozen values without words. Sentences are `Text`; numbers, dates and money get their
form in the reader's language when the template shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from accounts.texts import Text
from api.web.charts import LevelChart
from api.web.views_forecast import ForecastView
from core.money import Money
from devices.discovered import Discovery

Condition = Literal["ok", "low", "empty", "unknown"]
Mode = Literal["off", "notify", "ask", "auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One tank. `level_ppm`: share of the capacity; None: unknown."""

    name: str
    stock_id: UUID | None
    level_ppm: int | None
    condition: Condition
    supply: Text  # "18 days left (15 to 22)", or why it is not known
    remark: Text | None = None
    tag: Text | None = None  # on the way, asks you, automatic, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A slot of which its owner says what he does. `dose`: of one use; None: not counted."""

    stock_id: UUID | None
    device_id: str
    slot: str
    title: str
    dose: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCard:
    device_id: str
    name: str
    place: str
    heard: Text
    gauges: tuple[Gauge, ...]
    quarantined: int = 0  # messages of the last seven days
    has_cycles: bool = False  # of a plug, with a page of their own
    model: str = ""
    is_online: bool = False
    is_revoked: bool = False  # locked out for good
    taps: tuple[Tap, ...] = ()  # of a device whose owner looks and reports


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherOffer:
    vendor: str
    title: str
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCard:
    """One order that waits for the owner's yes."""

    order_id: UUID
    record_id: UUID
    stock_name: str
    device_name: str
    product: str
    packs: int
    vendor: str
    total: Money  # tax and delivery included
    earliest_on: date | None
    latest_on: date | None
    supply: Text | None
    reasons: tuple[Text, ...]  # why it was not ordered without asking
    runner_up: OtherOffer | None
    expires_at: datetime | None
    may_approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    order_id: UUID
    stock_name: str
    vendor: str
    total: Money
    state: Text
    expected_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    month_on: date  # its first day
    spent: Money
    orders: int
    waiting: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    headline: Text
    lead: Text | None
    asks: tuple[AskCard, ...]
    devices: tuple[DeviceCard, ...]
    chores: tuple[Text, ...]  # what nobody can sell: empty a container
    coming: tuple[Coming, ...]
    month: Month
    may_change: bool
    is_auto_stopped: bool
    has_address: bool  # without one nothing can be ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView:
    """Where parcels go."""

    recipient: str
    street: str
    postal_code: str
    city: str
    region: str
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """Whether the outcomes of this household are counted."""

    is_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsView:
    asks: tuple[AskCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChoice:
    gtin: str
    title: str
    brand: str
    pack: Text
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateLine:
    mandate_id: UUID
    products: tuple[str, ...]
    vendors: tuple[str, ...]
    cap: Money
    days_between: int | None
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """A slot whose owner looks and reports."""

    capacity: int
    unit: str
    tap: Tap


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingView:
    """`others`: stocks that could be counted together with this one, by id. `slots`: device,
    slot and name of those that are, when there are several.
    """

    others: tuple[tuple[UUID, str], ...]
    slots: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSettings:
    """Amounts in the stock's unit."""

    spares: int
    least: int
    target: int | None
    most: int | None
    keeps_days: int | None
    service_level_ppm: int  # in words, if not from `stock_out`
    stock_out: Money | None  # what a day without costs
    priced_ppm: int | None  # the service level that follows from it


@dataclass(frozen=True, slots=True, kw_only=True)
class StockView:
    stock_id: UUID
    name: str
    device_names: tuple[str, ...]
    unit: str
    supply: Text
    gauges: tuple[Gauge, ...]
    chart: LevelChart | None
    waiting: Text | None  # how long a delivery takes, what another day would risk
    learned: tuple[Text, ...]
    forecast: ForecastView
    mode: Mode
    mandate: MandateLine | None
    settings: StockSettings
    on_shelf: Text | None  # the spares in words
    products: tuple[ProductChoice, ...]
    live_order: Coming | None
    past_orders: tuple[Coming, ...]
    by_hand: tuple[ByHand, ...]
    sharing: SharingView
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesView:
    devices: tuple[DeviceCard, ...]
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeCodeView:
    """With what a bridge adds one device; `command` holds its code and is shown once."""

    command: str
    is_plug: bool = False  # the owner says what hangs on it


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideView:
    """The ways to add a device. `told` None: nobody has looked around yet."""

    can_look: bool
    told: Discovery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseView:
    """What is asked before a device leaves the household."""

    device_id: str
    device_name: str
    stocks: tuple[str, ...]  # nothing is ordered for them any more
    is_by_hand: bool  # it has no next owner: it is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedView:
    """`code`: the next owner claims the device with it; shown once. Empty: it is gone."""

    device_name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    code: str = ""
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSlot:
    title: str
    capacity: Text
    measure: Text
    order_at_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSheetView:
    """What a device does, read before it is claimed."""

    code: str
    model: str
    maker: str
    device_id: str
    sends: str
    every_hours: int
    kept_where: str
    kept_days: int
    slots: tuple[SheetSlot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    notice_id: UUID
    words: Text
    link: str
    created_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesView:
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    email: str = ""
    then: str = "/"  # where to go afterwards
    problem: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpView:
    timezones: tuple[str, ...]
    timezone: str
    name: str = ""
    email: str = ""
    problems: Mapping[str, Text] | None = None  # by field


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    status: int
    title: Text
    meaning: Text
    act: Text
    act_link: str
    code: str  # small print, for support
    fields: str = ""  # what there is to mend, by name


def ago(since: datetime, now: datetime) -> timedelta:
    return max(now - since, timedelta())
