"""Sample Views of the pages about the owner's rules, of the demo household."""

from datetime import date, timedelta

from accounts.texts import Share, text
from api.web.views_policy import (
    Bought,
    CategoryCriteria,
    ChangedOrder,
    Choice,
    Compared,
    Contested,
    Instead,
    OwnRule,
    PolicyVersion,
    PolicyView,
    RecommendationEntry,
    RecommendationsPage,
    RuleLine,
    TimeMachineView,
    VersionsView,
    Worth,
)
from tests.unit.api.samples_home import NOW, an_id, euro
from tests.unit.api.samples_orders import PER_FILL
from vendor_policy.rules import Author

PRESETS = ("balanced", "cheapest", "fastest", "greenest", "loyal", "price_only")
VERSIONS = tuple(
    PolicyVersion(
        version=version,
        author=text("by.member", member="nora@example.org"),
        created_at=NOW - timedelta(days=9 * (3 - version)),
    )
    for version in (3, 2, 1)
)


def chosen(*names: str, among: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value=each, label=each, is_chosen=each in names) for each in among)


DETERGENT = CategoryCriteria(
    category="laundry-detergent",
    title=text("category.laundry-detergent"),
    brands=chosen("Klarbach", "Ecolind", among=("Ecolind", "Klarbach", "Reinwerk")),
    per=text("decision.per", amount=text("amount.ml", n=1000)),
    band_most="8.00",
    days_most="5",
    packs_most="2",
    days_between="",
    attributes=(
        Choice(value="eco-label", label=text("attribute.eco-label"), is_chosen=True),
        Choice(value="fragrance-free", label=text("attribute.fragrance-free"), is_chosen=False),
    ),
    instead=(
        Instead(
            gtin="02001000000012",
            title="Klarbach Flüssig 1,5 l",
            others=chosen("Ecolind Flüssig 2 l", among=("Ecolind Flüssig 2 l", "Reinwerk 3 l")),
            worth="5",
        ),
    ),
)
TONER = CategoryCriteria(
    category="printer-toner",
    title=text("category.printer-toner"),
    brands=chosen("Printhaus", among=("Printhaus", "Tonerfix")),
    per=PER_FILL,
    band_most="",
    days_most="",
    packs_most="",
    days_between="",
    attributes=(),
    instead=(),
)
WRONG_RULE = text(
    "policy.problem.expression",
    wording="Quick, or cheap",
    line=1,
    column=7,
    said=text("policy.expression.unknown_near", name="days", near="latest_days"),
)
POLICY = PolicyView(
    version=3,
    preset="balanced",
    presets=tuple((name, text(f"preset.{name}.means")) for name in PRESETS),
    ask_above="40.00",
    ask_rise="",
    price_rise="20",
    late="",
    loyalty="2",
    stock_out_per_day="2.00",
    categories=(DETERGENT, TONER),
    worth=(
        Worth(field="worth_attribute:eco-label", label=text("attribute.eco-label"), share="10"),
        Worth(field="worth_vendor:haushaltshof", label="Haushaltshof", share=""),
    ),
    vendors=chosen("Billigblitz", among=("Haushaltshof", "Tintenwelt", "Billigblitz")),
    contested=(
        Contested(
            key="fits|02001000000111|",
            rule=text("rule.fits.title"),
            about="Tonerfix für P-200 K, wiederbefüllt",
        ),
    ),
    own_rules=(
        OwnRule(
            at=0,
            name="rule_1",
            wording="Quick, or cheap",
            expression="offer.days <= 3 || offer.price_minor <= 900",
            asks=False,
            problem=WRONG_RULE,
        ),
        OwnRule(at=1, name="", wording="", expression="", asks=False),
    ),
    fields=("offer.brand", "offer.latest_days", "offer.price_minor", "need.days_left"),
    rules=(
        RuleLine(words=text("policy.rule.compatible"), author=Author.TECHNICAL),
        RuleLine(words=text("policy.rule.verified"), author=Author.LAW),
        RuleLine(words=text("policy.rule.fresh"), author=Author.PLATFORM),
        RuleLine(words=text("policy.rule.ask_above", most=euro("40")), author=Author.OWNER),
    ),
    versions=VERSIONS,
    may_change=True,
    problems=(text("policy.problem.amount", value="vierzig"), WRONG_RULE),
)
CHANGES = (
    text("diff.new", field=text("policy.field.ask_above_minor"), after=euro("40")),
    text(
        "diff.changed",
        field=text("policy.field.loyalty_credit_ppm"),
        before=Share(20_000),
        after=Share(80_000),
    ),
)
VERSIONS_PAGE = VersionsView(versions=VERSIONS, before=2, after=3, changes=CHANGES)
BEFORE = Bought(
    vendor="Billigblitz",
    words=text("decision.packs", n=2, title="Reinwerk Vollwaschmittel flüssig 3 l"),
    paid=euro("21.80"),
)
AFTER = Bought(
    vendor="Haushaltshof",
    words=text("decision.packs", n=1, title="Klarbach Flüssig 1,5 l"),
    paid=euro("12.40"),
)
TIME_MACHINE = TimeMachineView(
    kind="draft",
    title=text("time.of_draft"),
    changes=CHANGES,
    needs=42,
    unreadable=1,
    first_on=date(2026, 9, 20),
    last_on=date(2026, 11, 20),
    figures=(
        Compared(
            label=text("time.orders"),
            before=text("time.count", n=41),
            after=text("time.count", n=40),
            change=text("time.change", sign="−", amount=1),
        ),
        Compared(
            label=text("time.paid"),
            before=euro("512.30"),
            after=euro("498.10"),
            change=text("time.change", sign="−", amount=euro("14.20")),
        ),
        Compared(
            label=text("time.late"), before=Share(37_000), after=Share(37_000), change=None
        ),
    ),
    changed=(
        ChangedOrder(
            record_id=an_id(102),
            stock_name="Waschmittel",
            decided_on=date(2026, 11, 12),
            before=BEFORE,
            after=AFTER,
        ),
        ChangedOrder(
            record_id=an_id(112),
            stock_name="Toner schwarz",
            decided_on=date(2026, 10, 2),
            before=BEFORE,
            after=None,
        ),
    ),
    more_changed=3,
    fields=(("version", "3"), ("preset", "loyal"), ("ask_above", "40,00")),
    presets=PRESETS,
    versions=(3, 2, 1),
    may_change=True,
)

RECOMMENDATIONS = RecommendationsPage(
    is_on=True,
    version=3,
    entries=(
        RecommendationEntry(
            key="allow_shop:billigblitz",
            words=text("recommend.allow_shop", entry="Billigblitz"),
            saved_a_year=euro("24.10"),
            saved=euro("6.02"),
            needs=9,
            changed=6,
            first_on=date(2026, 8, 24),
            last_on=date(2026, 11, 20),
            late_before_ppm=4_000,
            late_after_ppm=11_000,
        ),
    ),
    may_change=True,
)
