"""Sample Views of the pages about money, of the demo household."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from accounts.texts import Share, text
from api.web.views_orders import (
    Column,
    ContestView,
    DecisionView,
    ExcludedOffer,
    FunnelStep,
    MakeRuleView,
    MandateView,
    Moment,
    Objected,
    Option,
    OrderLine,
    OrderSummary,
    OrderView,
    PaidPlace,
    RankedOffer,
    ReceiptLine,
    RefusedEntry,
    RuleIdea,
)
from tests.unit.api.samples_home import NOW, PRODUCTS, an_id, euro
from vendor_policy.rules import Author

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
        contestable=(("fits", text("rule.fits.title")),),
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
    runner_up=text("decision.dearer", vendor="Tintenwelt", amount=euro("2.16"), per=PER_FILL),
    what_if=(
        text(
            "whatif.cheaper",
            vendor_name="Tintenwelt",
            title="Printhaus P-200 K Toner schwarz",
            cut=euro("2.17"),
        ),
        text(
            "whatif.rule",
            rule=text("rule.brand_allowed.title", names="Printhaus"),
            vendor_name="Billigblitz",
            title="Tonerfix für P-200 K, wiederbefüllt",
            total=euro("34.80"),
        ),
    ),
    blocked=(),
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
            notes=(
                Objected(
                    words=text(
                        "decision.warns",
                        maker="Printhaus",
                        words="Fremde Kartuschen beenden die Garantie.",
                    ),
                    author=Author.MANUFACTURER,
                ),
            ),
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
    may_change=True,
    may_make_rule=False,
)
NOTHING = replace(
    DECISION,
    headline=text("decision.headline_nothing"),
    columns=(),
    lines=(),
    counts_as=(),
    runner_up=None,
    ranked=(),
    blocked=(
        Objected(words=text("nothing.blocked", offers=4), author=Author.OWNER),
        Objected(
            words=text("rule.brand_allowed.title", names="Printhaus"), author=Author.OWNER
        ),
        Objected(
            words=text(
                "nothing.relaxed",
                title="Tonerfix für P-200 K, wiederbefüllt",
                vendor_name="Billigblitz",
                total=euro("34.80"),
            ),
            author=Author.OWNER,
        ),
    ),
    asks=(),
    order_id=None,
    order_state=None,
    may_choose=False,
)
CONTEST = ContestView(
    record_id=an_id(102),
    offer_id="d" * 32,
    rule_id="fits",
    product="Printhaus P-300 K Toner schwarz",
    stock_name="Toner schwarz",
    rule=text("rule.fits.title"),
    said=text("rule.fits.objection", offered="P-300-K", wanted="P-200-K"),
)
MAKE_RULE = MakeRuleView(
    order_id=an_id(101),
    version=3,
    chosen=REFILLED,
    proposed=WINNER,
    ideas=(
        RuleIdea(
            name="drop_rules",
            words=text("suggest.drop_rules", n=1),
            changes=(
                text(
                    "diff.gone",
                    field=text("policy.field.brands_allowed", entry="printer-toner"),
                    before="Printhaus",
                ),
            ),
        ),
        RuleIdea(
            name="prefer_shop",
            words=text("suggest.prefer_shop", name="Billigblitz", share=Share(50_000)),
            changes=(),
        ),
    ),
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
            words=text("order.event.ask"),
            by=text("by.platform"),
            remark="",
        ),
        Moment(
            at=NOW,
            words=text("order.event.approve"),
            by=text("by.member", member="nora@example.org"),
            remark="",
        ),
    ),
    vendor_order_number=None,
    continue_url=None,
    state_reason=None,
    is_override=False,
    expires_at=NOW + timedelta(days=2),
    may_approve=True,
    may_rule_out=True,
    may_cancel=True,
    may_contest=True,
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
    days_between="14",
    ends_on=date(2027, 5, 31),
    least_ends_on=date(2026, 11, 21),
    most_ends_on=date(2027, 11, 20),
)
