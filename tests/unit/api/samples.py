"""One sample View for each page, of the demo household, for the gallery and its pictures."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.texts import Share, text
from api.web.charts import Depletion, Happened, Holder, Measured, level_chart
from api.web.views import (
    AddressView,
    ApprovalsView,
    AskCard,
    ByHand,
    ClaimView,
    Coming,
    DataSheetView,
    DeviceCard,
    DevicesView,
    ErrorView,
    Gauge,
    HomeView,
    MandateLine,
    Month,
    Notice,
    NoticesView,
    OtherOffer,
    ProductChoice,
    QuarantinedMessage,
    QuarantineView,
    SheetSlot,
    SignInView,
    SignUpView,
    StockView,
)
from api.web.views_orders import (
    CategoryCriteria,
    Column,
    DecisionView,
    ExcludedOffer,
    FunnelStep,
    MandateView,
    Moment,
    Objected,
    Option,
    OrderLine,
    OrderSummary,
    OrdersView,
    OrderView,
    OverrideView,
    PaidPlace,
    PolicyVersion,
    PolicyView,
    RankedOffer,
    ReceiptLine,
    RefusedEntry,
    RuleLine,
)
from core.money import Money
from vendor_policy.rules import Author

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
HOME = HomeView(
    headline=text("home.asks_all_stocked", n=1),
    lead=text("home.next", stock="Bohnen", day_on=date(2026, 11, 29)),
    asks=(ASK,),
    devices=(WASHER, PRINTER, COFFEE),
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
STOCK = StockView(
    stock_id=an_id(11),
    name="Waschmittel",
    device_names=("Waschmaschine",),
    unit="ml",
    supply=days(10, 8, 13),
    gauges=(gauge("Waschmaschine", 420_000, "ok", days(10, 8, 13), "mode.auto.tag"),),
    chart=CHART,
    learned=(
        text("stock.learned_days", n=58, use=46.2, unit=text("unit.ml")),
        text("stock.learned_reorder", level=280, unit=text("unit.ml")),
    ),
    mode="auto",
    mandate=MandateLine(
        mandate_id=an_id(12),
        products=("Klarbach Color Flüssigwaschmittel 1,5 l",),
        vendors=("Haushaltshof",),
        cap=euro("25"),
        ends_on=date(2027, 5, 31),
    ),
    spares=1500,
    least=0,
    most=6000,
    service_level_ppm=950_000,
    products=PRODUCTS,
    live_order=None,
    past_orders=(COMING,),
    by_hand=(
        ByHand(
            device_id="by-hand-1",
            slot="detergent",
            title="Vorratsschrank",
            capacity=6000,
            unit="ml",
        ),
    ),
    may_change=True,
)
WINNER = Column(
    offer_id="a" * 32,
    packs=1,
    vendor="Haushaltshof",
    title="Printhaus P-200 K Toner schwarz",
    total=euro("54.90"),
)
SECOND = Column(
    offer_id="b" * 32,
    packs=1,
    vendor="Tintenwelt",
    title="Printhaus P-200 K Toner schwarz",
    total=euro("56.20"),
)
REFILLED = Column(
    offer_id="c" * 32,
    packs=1,
    vendor="Billigblitz",
    title="Tonerfix für P-200 K, wiederbefüllt",
    total=euro("34.80"),
)
OTHER_PRINTER = Column(
    offer_id="d" * 32,
    packs=1,
    vendor="Tintenwelt",
    title="Printhaus P-300 K Toner schwarz",
    total=euro("61.90"),
)
NOT_BRAND = Objected(
    words=text("rule.brand_allowed.objection", brand="Tonerfix", brands="Printhaus"),
    author=Author.OWNER,
)
EXCLUDED = (
    ExcludedOffer(column=REFILLED, objections=(NOT_BRAND,)),
    ExcludedOffer(
        column=OTHER_PRINTER,
        objections=(
            Objected(
                words=text("rule.fits.objection", offered="P-300-K", wanted="P-200-K"),
                author=Author.TECHNICAL,
            ),
            Objected(words=text("rule.trader_verified.objection"), author=Author.LAW),
        ),
    ),
)
PER_FILL = text("decision.per", amount=text("amount.fill", n=1))


def line(key: str, *amounts: str, **more: Any) -> ReceiptLine:
    return ReceiptLine(
        label=text(key), amounts=tuple(euro(amount) for amount in amounts), **more
    )


DECISION = DecisionView(
    record_id=an_id(102),
    record_hash="7f3a09c2" * 8,
    decided_at=NOW,
    stock_id=an_id(13),
    stock_name="Toner schwarz",
    device_name="Farbdrucker",
    headline=text("decision.headline", vendor="Haushaltshof"),
    lead=text("decision.lead", n=6, vendors=3, need=text("need.below_reorder_point")),
    per=PER_FILL,
    columns=(WINNER, SECOND),
    lines=(
        line("line.price", "51.00", "53.30"),
        line("line.shipping", "3.90", "2.90"),
        line(
            "line.lateness",
            "0.24",
            "0.08",
            note=text("line.lateness.note", late=Share(120_000), stock_out_per_day=euro("2")),
        ),
        line("line.holding", "0.10", "0.10"),
        line("line.loyalty_credit", "-1.02", "0.00", author=Author.OWNER),
    ),
    counts_as=(euro("54.22"), euro("56.38")),
    counterfactuals=(
        text("decision.dearer", vendor="Tintenwelt", amount=euro("2.16"), per=PER_FILL),
    ),
    funnel=(
        FunnelStep(left=6, words=text("decision.seen")),
        FunnelStep(left=5, words=text("rule.fits.title"), author=Author.TECHNICAL),
        FunnelStep(left=4, words=text("rule.trader_verified.title"), author=Author.LAW),
        FunnelStep(left=4, words=text("rule.in_stock.title"), author=Author.PLATFORM),
        FunnelStep(
            left=2,
            words=text("rule.brand_allowed.title", names="Printhaus"),
            author=Author.OWNER,
        ),
    ),
    ranked=(
        RankedOffer(
            place=1,
            column=WINNER,
            counts_as=euro("54.22"),
            arrives=text("arrival.days", earliest=2, latest=3),
        ),
        RankedOffer(
            place=2,
            column=SECOND,
            counts_as=euro("56.38"),
            arrives=text("arrival.days_same", n=1),
        ),
    ),
    excluded=EXCLUDED,
    refused=(
        RefusedEntry(
            vendor="Billigblitz",
            title="Toner",
            objections=(
                Objected(
                    words=text("objection.missing_fact", fact="gtin", source="catalogue"),
                    author=Author.PLATFORM,
                ),
            ),
        ),
    ),
    paid_places=(
        PaidPlace(
            vendor="Billigblitz",
            words=text("decision.pays_share", share=Share(50_000), payee="Nachschub"),
            is_paid=True,
        ),
        PaidPlace(vendor="Haushaltshof", words=text("decision.pays_nothing"), is_paid=False),
        PaidPlace(vendor="Tintenwelt", words=text("decision.pays_nothing"), is_paid=False),
    ),
    asks=(text("rule.ask_above.objection", most=euro("40")),),
    order_id=an_id(101),
    order_state=text("order.state.awaiting_approval"),
    may_choose=True,
)
WAITING = OrderSummary(
    order_id=an_id(101),
    stock_name="Toner schwarz",
    product="Printhaus P-200 K Toner schwarz",
    vendor="Haushaltshof",
    total=euro("54.90"),
    state=text("order.state.awaiting_approval"),
    tone="waiting",
    created_at=NOW,
    expected_on=date(2026, 11, 24),
)
SHIPPED = OrderSummary(
    order_id=an_id(103),
    stock_name="Weichspüler",
    product="Klarbach Weich 1 l",
    vendor="Haushaltshof",
    total=euro("8.85"),
    state=text("order.state.shipped"),
    tone="coming",
    created_at=NOW - timedelta(days=2),
    expected_on=date(2026, 11, 23),
)
EXPIRED = OrderSummary(
    order_id=an_id(104),
    stock_name="Bohnen",
    product="Bergkaffee Espresso 2 kg",
    vendor="Billigblitz",
    total=euro("38.40"),
    state=text("order.state.expired"),
    tone="ended",
    created_at=NOW - timedelta(days=9),
    expected_on=None,
)
ORDER = OrderView(
    summary=WAITING,
    record_id=an_id(102),
    stock_id=an_id(13),
    lines=(
        OrderLine(
            title="Printhaus P-200 K Toner schwarz",
            packs=1,
            pack=text("amount.fill", n=1),
            price=euro("51.00"),
            sum=euro("51.00"),
        ),
    ),
    delivery=euro("3.90"),
    timeline=(
        Moment(
            at=NOW - timedelta(minutes=1),
            words=text("order.event.propose"),
            by=text("by.platform"),
            remark="",
        ),
        Moment(at=NOW, words=text("order.event.ask"), by=text("by.platform"), remark=""),
    ),
    vendor_order_number=None,
    continue_url=None,
    is_override=False,
    expires_at=NOW + timedelta(days=2),
    may_approve=True,
    may_cancel=True,
)
POLICY = PolicyView(
    version=3,
    preset="balanced",
    presets=tuple(
        (name, text(f"preset.{name}.means"))
        for name in ("balanced", "cheapest", "fastest", "greenest", "loyal", "price_only")
    ),
    ask_above=euro("40"),
    categories=(
        CategoryCriteria(
            category="laundry-detergent",
            title=text("category.laundry-detergent"),
            brands=(
                Option(value="Klarbach", label="Klarbach", is_chosen=True),
                Option(value="Reinwerk", label="Reinwerk", is_chosen=False),
                Option(value="Ecolind", label="Ecolind", is_chosen=True),
            ),
            per=text("decision.per", amount=text("amount.ml", n=1000)),
            band_most=euro("8"),
        ),
        CategoryCriteria(
            category="printer-toner",
            title=text("category.printer-toner"),
            brands=(
                Option(value="Printhaus", label="Printhaus", is_chosen=True),
                Option(value="Tonerfix", label="Tonerfix", is_chosen=False),
            ),
            per=PER_FILL,
            band_most="",
        ),
    ),
    vendors=(
        Option(value="haushaltshof", label="Haushaltshof", is_chosen=False),
        Option(value="tintenwelt", label="Tintenwelt", is_chosen=False),
        Option(value="billigblitz", label="Billigblitz", is_chosen=True),
    ),
    stock_out_per_day=euro("2"),
    rules=(
        RuleLine(words=text("policy.rule.compatible"), author=Author.TECHNICAL),
        RuleLine(words=text("policy.rule.verified"), author=Author.LAW),
        RuleLine(words=text("policy.rule.fresh"), author=Author.PLATFORM),
        RuleLine(words=text("policy.rule.ask_above", most=euro("40")), author=Author.OWNER),
    ),
    versions=(
        PolicyVersion(
            version=3, author=text("by.member", member="nora@example.org"), created_at=NOW
        ),
        PolicyVersion(
            version=2,
            author=text("by.member", member="nora@example.org"),
            created_at=NOW - timedelta(days=9),
        ),
    ),
    may_change=True,
    problems=(text("policy.problem.amount", value="vierzig"),),
)
MANDATE = MandateView(
    stock_id=an_id(11),
    stock_name="Waschmittel",
    device_name="Waschmaschine",
    products=tuple(
        Option(value=each.gtin, label=each.title, is_chosen=each.is_chosen) for each in PRODUCTS
    ),
    vendors=(
        Option(value="haushaltshof", label="Haushaltshof", is_chosen=True),
        Option(value="billigblitz", label="Billigblitz", is_chosen=False),
    ),
    cap=euro("25"),
    currency="EUR",
    ends_on=date(2027, 5, 31),
    least_ends_on=date(2026, 11, 21),
    most_ends_on=date(2027, 11, 20),
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
        ),
    ),
)
QUARANTINE = QuarantineView(
    device_id="washer-0001",
    device_name="Waschmaschine",
    total=2,
    messages=(
        QuarantinedMessage(
            received_at=NOW,
            reason=text("quarantine.bad_payload"),
            field="slots.detergent.level",
            value="1.7",
            fix="send a fraction between 0 and 1",
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

# name of the picture -> (template, view, section of the navigation)
PAGES: Mapping[str, tuple[str, Any, str]] = {
    "home": ("home.html", HOME, "home"),
    "home_empty": ("home.html", EMPTY_HOME, "home"),
    "address": (
        "address.html",
        AddressView(
            recipient="Nora Nord",
            street="Hafenweg 7",
            postal_code="24103",
            city="Kiel",
            region="DE",
        ),
        "",
    ),
    "approvals": ("approvals.html", ApprovalsView(asks=(ASK,)), "approvals"),
    "approvals_empty": ("approvals.html", ApprovalsView(asks=()), "approvals"),
    "stock": ("stock.html", STOCK, "home"),
    "decision": ("decision.html", DECISION, "orders"),
    "override": (
        "override.html",
        OverrideView(order_id=an_id(101), record_id=an_id(102), offer=EXCLUDED[0]),
        "orders",
    ),
    "orders": ("orders.html", OrdersView(orders=(WAITING, SHIPPED, EXPIRED)), "orders"),
    "orders_empty": ("orders.html", OrdersView(orders=()), "orders"),
    "order": ("order.html", ORDER, "orders"),
    "policy": ("policy.html", POLICY, "policy"),
    "mandate": ("mandate.html", MANDATE, "home"),
    "devices": (
        "devices.html",
        DevicesView(devices=(WASHER, PRINTER, COFFEE), may_change=True),
        "devices",
    ),
    "devices_empty": ("devices.html", DevicesView(devices=(), may_change=True), "devices"),
    "claim": ("claim.html", ClaimView(code="X", problem=text("claim.unknown")), "devices"),
    "data_sheet": ("data_sheet.html", SHEET, "devices"),
    "quarantine": ("quarantine.html", QUARANTINE, "devices"),
    "notices": ("notices.html", NOTICES, "notices"),
    "notices_empty": ("notices.html", NoticesView(notices=()), "notices"),
    "sign_in": ("sign_in.html", SignInView(problem=text("sign_in.wrong")), ""),
    "sign_up": ("sign_up.html", SIGN_UP, ""),
    "error": ("error.html", ERROR, ""),
}
OUTSIDE = ("sign_in", "sign_up")  # nobody is signed in there
