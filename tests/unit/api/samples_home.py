"""Sample Views of the daily pages, of the demo household."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.texts import Share, text
from api.web.charts import Depletion, Happened, Holder, Measured, level_chart
from api.web.reliability import reliability_chart
from api.web.views import (
    AskCard,
    ByHand,
    Coming,
    DataSheetView,
    DeviceCard,
    ErrorView,
    Gauge,
    HomeView,
    MandateLine,
    Month,
    Notice,
    NoticesView,
    OtherOffer,
    ProductChoice,
    SharingView,
    SheetSlot,
    SignUpView,
    StockSettings,
    StockView,
    Tap,
)
from api.web.views_forecast import (
    CorrectionLine,
    ErrorLine,
    FactLine,
    ForecastView,
    RecordView,
)
from core.money import Money

NOW = datetime(2026, 11, 20, 8, 12, tzinfo=UTC)


def euro(amount: str) -> Money:
    return Money(round(float(amount) * 100), "EUR")


def an_id(number: int) -> UUID:
    return UUID(int=number, version=4)


def days(n: int, least: int, most: int) -> Any:
    return text("supply.days", n=n, least=least, most=most)


def gauge(
    name: str, ppm: int | None, condition: Any, supply: Any, tag: str, **more: Any
) -> Gauge:
    return Gauge(
        name=name,
        stock_id=an_id(len(name)),
        level_ppm=ppm,
        condition=condition,
        supply=supply,
        tag=text(tag),
        **more,
    )


def heard(**passed: int) -> Any:
    return text("device.heard", ago=timedelta(**passed))


WASHER = DeviceCard(
    device_id="washer-0001",
    name="Waschmaschine",
    place="Waschküche",
    heard=heard(minutes=6),
    model="Washing machine W7",
    is_online=True,
    quarantined=2,
    gauges=(
        gauge("Waschmittel", 620_000, "ok", days(18, 15, 22), "mode.auto.tag"),
        gauge("Weichspüler", 210_000, "low", days(6, 5, 8), "tag.on_the_way"),
    ),
)
PRINTER = DeviceCard(
    device_id="printer-0001",
    name="Farbdrucker",
    place="Arbeitszimmer",
    heard=heard(hours=1),
    model="Colour printer C200",
    is_online=True,
    gauges=(
        gauge("Toner schwarz", 90_000, "empty", days(5, 4, 8), "tag.asks"),
        gauge("Toner cyan", 480_000, "ok", days(40, 31, 52), "mode.ask.tag"),
        gauge("Toner magenta", None, "unknown", text("supply.unknown"), "mode.ask.tag"),
        gauge("Toner gelb", 550_000, "ok", text("supply.long", n=60), "mode.ask.tag"),
    ),
)
COFFEE = DeviceCard(
    device_id="coffee-0001",
    name="Kaffeemaschine",
    place="Küche",
    heard=heard(minutes=2),
    model="Coffee machine B4",
    is_online=False,
    gauges=(
        gauge(
            "Bohnen",
            480_000,
            "ok",
            days(11, 9, 14),
            "mode.auto.tag",
            remark=text("supply.spares", amount=text("amount.g", n=1000)),
        ),
        gauge("Entkalker", 800_000, "ok", text("supply.learning"), "mode.notify.tag"),
    ),
)
ASK = AskCard(
    order_id=an_id(101),
    record_id=an_id(102),
    stock_name="Toner schwarz",
    device_name="Farbdrucker",
    product="Printhaus P-200 K Toner schwarz",
    packs=1,
    vendor="Haushaltshof",
    total=euro("54.90"),
    earliest_on=date(2026, 11, 23),
    latest_on=date(2026, 11, 24),
    supply=days(5, 4, 8),
    reasons=(text("rule.ask_above.objection", most=euro("40")),),
    runner_up=OtherOffer(vendor="Tintenwelt", title="P-200 K", total=euro("56.20")),
    expires_at=NOW + timedelta(days=2),
    may_approve=True,
)
COMING = Coming(
    order_id=an_id(103),
    stock_name="Weichspüler",
    vendor="Haushaltshof",
    total=euro("8.85"),
    state=text("order.state.shipped"),
    expected_on=date(2026, 11, 23),
)
TAP = Tap(
    stock_id=an_id(50),
    device_id="by-hand-1",
    slot="detergent",
    title="Vorratsschrank",
    dose=text("amount.ml", n=75),
)
HOME = HomeView(
    headline=text("home.asks_all_stocked", n=1),
    lead=text("home.next", stock="Bohnen", day_on=date(2026, 11, 29)),
    asks=(ASK,),
    devices=(WASHER, PRINTER, COFFEE),
    chores=(text("container.replace", slot="Resttonerbehälter", device="Farbdrucker"),),
    coming=(COMING,),
    month=Month(
        month_on=date(2026, 11, 1), spent=euro("23.48"), orders=2, waiting=euro("54.90")
    ),
    may_change=True,
    is_auto_stopped=False,
    has_address=True,
)
EMPTY_HOME = HomeView(
    headline=text("home.empty"),
    lead=None,
    asks=(),
    devices=(),
    chores=(),
    coming=(),
    month=Month(month_on=date(2026, 11, 1), spent=euro("0"), orders=0, waiting=euro("0")),
    may_change=True,
    is_auto_stopped=True,
    has_address=False,
)


def sawtooth() -> list[Measured]:
    """Sixty days of detergent: 45 ml a day, refilled twice, unknown for two days."""
    history = []
    for day in range(60):
        quantity: float | None = 1100 - 45 * (day % 22) - 12 * (day % 7 == 6)
        if day in (30, 31):
            quantity = None
        history.append(Measured(NOW - timedelta(days=60 - day), quantity))
    return history


CHART = level_chart(
    Holder(capacity=1100, unit="ml", reorder_level=280),
    sawtooth(),
    [
        Happened(NOW - timedelta(days=42), "order"),
        Happened(NOW - timedelta(days=38), "refill"),
        Happened(NOW - timedelta(days=20), "order"),
        Happened(NOW - timedelta(days=16), "refill"),
    ],
    now=NOW,
    forecast=Depletion(p10_days=8, p50_days=10, p90_days=13),
)
PRODUCTS = (
    ProductChoice(
        gtin="02001000000012",
        title="Klarbach Color Flüssigwaschmittel 1,5 l",
        brand="Klarbach",
        pack=text("amount.ml", n=1500),
        is_chosen=True,
    ),
    ProductChoice(
        gtin="02001000000043",
        title="Ecolind Flüssigwaschmittel 2 l",
        brand="Ecolind",
        pack=text("amount.ml", n=2000),
        is_chosen=False,
    ),
)
FORECAST = ForecastView(
    facts=(
        FactLine(
            name=text("fact.level", device="Waschmaschine"),
            value=text("fact.measured", amount=text("amount.ml", n=462), at=NOW),
        ),
        FactLine(
            name=text("fact.use"),
            value=text(
                "fact.range",
                p10=text("amount.ml", n=41),
                p50=text("amount.ml", n=46.2),
                p90=text("amount.ml", n=52),
            ),
        ),
        FactLine(name=text("fact.lead"), value=text("fact.days", n=4.6, sd=1.4)),
        FactLine(
            name=text("fact.risk_tomorrow"), value=text("fact.share", share=Share(61_000))
        ),
    ),
    corrections=(
        CorrectionLine(
            correction_id=an_id(41),
            words=text(
                "correction.nobody",
                from_on=date(2026, 12, 20),
                until_on=date(2027, 1, 3),
            ),
            is_for_everything=True,
        ),
        CorrectionLine(
            correction_id=an_id(42),
            words=text("correction.change", from_on=date(2026, 10, 1), share=Share(1_666_667)),
            is_for_everything=False,
        ),
    ),
    record=RecordView(
        errors=(
            ErrorLine(cover_days=7, error_days=1.2),
            ErrorLine(cover_days=14, error_days=2.4),
            ErrorLine(cover_days=28, error_days=3.9),
        ),
        covered_ppm=780_000,
        promised_ppm=800_000,
        chart=reliability_chart([(n / 10, (n / 10) ** 1.3) for n in range(1, 10)]),
        cycles=6,
        ran_out=0,
        excess_days=4.1,
    ),
    today_on=date(2026, 11, 20),
    week_ago_on=date(2026, 11, 13),
    in_a_week_on=date(2026, 11, 27),
)
STOCK = StockView(
    stock_id=an_id(11),
    name="Waschmittel",
    device_names=("Waschmaschine",),
    unit="ml",
    supply=days(10, 8, 13),
    gauges=(gauge("Waschmaschine", 420_000, "ok", days(10, 8, 13), "mode.auto.tag"),),
    chart=CHART,
    waiting=text(
        "explained.waiting",
        delivery=text("explained.delivery", least=2, n=4),
        day=date(2026, 11, 21),
        risk=Share(61_000),
    ),
    learned=(
        text("stock.learned_days", n=58, use=text("amount.ml", n=46.2)),
        text("stock.left_out", n=7),
        text("stock.learned_reorder", level=text("amount.ml", n=280)),
    ),
    forecast=FORECAST,
    mode="auto",
    mandate=MandateLine(
        mandate_id=an_id(12),
        products=("Klarbach Color Flüssigwaschmittel 1,5 l",),
        vendors=("Haushaltshof",),
        cap=euro("25"),
        days_between=14,
        ends_on=date(2027, 5, 31),
    ),
    settings=StockSettings(
        spares=1500,
        least=0,
        target=None,
        most=6000,
        keeps_days=None,
        service_level_ppm=950_000,
        stock_out=euro("1.50"),
        priced_ppm=984_000,
    ),
    on_shelf=text("supply.spares", amount=text("amount.ml", n=1500)),
    products=PRODUCTS,
    live_order=None,
    past_orders=(COMING,),
    by_hand=(
        ByHand(
            capacity=6000,
            unit="ml",
            tap=TAP,
        ),
    ),
    sharing=SharingView(
        others=((an_id(51), "Waschmittel (Waschmaschine im Keller)"),),
        slots=(
            ("washer-0001", "detergent", "Waschmaschine, Waschmittel"),
            ("by-hand-1", "detergent", "Vorratsschrank, Waschmittel"),
        ),
    ),
    may_change=True,
)
SHEET = DataSheetView(
    code="K7QMP2XW9RTA",
    model="Washing machine W7",
    maker="Hausgeräte Nord",
    device_id="washer-0001",
    sends="Level of detergent and softener, finished cycles, faults. No sound, no location.",
    every_hours=6,
    kept_where="On this platform, in Germany",
    kept_days=400,
    slots=(
        SheetSlot(
            title="Detergent",
            capacity=text("amount.ml", n=1100),
            measure=text("measure.level"),
            order_at_percent=20,
        ),
    ),
)
NOTICES = NoticesView(
    notices=(
        Notice(
            notice_id=an_id(31),
            words=text("mandate.above_cap"),
            link="/approvals",
            created_at=NOW,
            is_new=True,
        ),
    )
)
ERROR = ErrorView(
    status=409,
    title=text("error.conflict.title"),
    meaning=text("error.conflict.meaning"),
    act=text("act.home"),
    act_link="/",
    code="illegal_transition",
)
SIGN_UP = SignUpView(
    timezones=("Europe/Berlin", "Europe/Vienna", "America/Argentina/ComodRivadavia"),
    timezone="Europe/Berlin",
    email="nora@",
    problems={"email": text("sign_up.email_wrong")},
)
