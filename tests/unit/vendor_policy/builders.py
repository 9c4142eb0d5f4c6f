"""Plain values of the vendor policy with keyword overrides, and strategies made from them."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from core.money import PPM, Money
from vendor_policy.declarations import (
    DeliveryPromise,
    ProductCard,
    Remuneration,
    Shipping,
    VendorDeclaration,
)
from vendor_policy.facts import PRIOR, Deliveries, Facts, LastPaid, Reliability
from vendor_policy.needs import Depletion, Need
from vendor_policy.offers import SOURCES, Offer, Sight, Trader
from vendor_policy.policy import Policy, preset
from vendor_policy.record import Circumstances, Correlation, Question

NOW = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
TODAY = NOW.date()
STOCK = "6f1c1f0e-0000-4000-8000-000000000001"
VENDORS = ("haushaltshof", "tintenwelt", "billigblitz")
NOTHING_PAID = Remuneration(share_ppm=0)
KICK_BACK = Remuneration(payer="Billigblitz", payee="operator", share_ppm=50_000)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def an_offer(**overrides: Any) -> Offer:
    """Klarbach 1.5 l from Haushaltshof for 8.40 EUR, shipping 3.90 EUR, in 2 to 3 days."""
    plain: dict[str, Any] = {
        "offer_id": "offer-1",
        "vendor": "haushaltshof",
        "vendor_name": "Haushaltshof",
        "sku": "HH-12",
        "gtin": "02001000000012",
        "title": "Klarbach Color Flüssigwaschmittel 1,5 l",
        "brand": "Klarbach",
        "category": "laundry-detergent",
        "fits": ("laundry-liquid",),
        "pack_quantity": 1500,
        "unit": "ml",
        "price": Money(840, "EUR"),
        "in_stock": True,
        "shipping": Shipping(flat_minor=390, free_from_minor=3900),
        "delivery": DeliveryPromise(earliest_days=2, latest_days=3),
        "attributes": (),
        "rating": None,
        "trader_verified": True,
        "remuneration": NOTHING_PAID,
        "returns_days": 14,
        "seen_at": NOW - timedelta(hours=2),
        "expires_at": NOW + timedelta(hours=4),
        "sources": SOURCES,
    }
    return Offer(**{**plain, **overrides})


def a_need(**overrides: Any) -> Need:
    plain: dict[str, Any] = {
        "need_id": "need-1",
        "stock_id": STOCK,
        "category": "laundry-detergent",
        "fits": ("laundry-liquid",),
        "unit": "ml",
        "quantity_least": 1000,
        "quantity_target": 1500,
        "quantity_most": 3000,
        "needed_by_on": day(5),
        "depletion": Depletion(p10_on=day(4), p50_on=day(6), p90_on=day(9)),
        "use_per_day_micro": 45 * PPM,
        "reason": "need.below_reorder_point",
    }
    return Need(**{**plain, **overrides})


def a_policy(**overrides: Any) -> Policy:
    """Only what is said weighs: price alone, plus the overrides."""
    return Policy.model_validate({**preset("price_only").model_dump(), **overrides})


def some_facts(**overrides: Any) -> Facts:
    plain: dict[str, Any] = {
        "now_at": NOW,
        "today_on": TODAY,
        "prior": PRIOR,
        "deliveries": {},
        "last_paid": {},
        "present_supplier": {},
    }
    return Facts(**{**plain, **overrides})


def a_question(*offers: Offer, **overrides: Any) -> Question:
    plain: dict[str, Any] = {
        "needs": (a_need(),),
        "offers": offers,
        "refused": (),
        "policy": preset("balanced"),
        "policy_version": 3,
        "facts": some_facts(),
    }
    return Question(**{**plain, **overrides})


def some_circumstances(**overrides: Any) -> Circumstances:
    plain: dict[str, Any] = {
        "decided_at": NOW,
        "mandate_id": None,
        "cause": Correlation(device_id="washer-0001", boot_id=17, seq=4211),
    }
    return Circumstances(**{**plain, **overrides})


EIGHT_FORTY = Money(840, "EUR")


@dataclass(frozen=True, kw_only=True)
class AnItem:
    """A catalogue entry; `replenishment.vendors.port.CatalogueItem` has the same fields."""

    sku: str = "HH-12"
    title: str = "Klarbach Color Flüssigwaschmittel 1,5 l"
    gtin: str | None = "2001000000012"
    price: Money | None = EIGHT_FORTY
    in_stock: bool | None = True
    rating_ppm: int | None = 910_000
    rating_count: int | None = 212


A_TRADER = Trader(vendor="haushaltshof", name="Haushaltshof", is_verified=True)
A_SIGHT = Sight(seen_at=NOW, expires_at=NOW + timedelta(hours=6), region="DE")


def a_declaration(**overrides: Any) -> VendorDeclaration:
    plain: dict[str, Any] = {
        "currency": "EUR",
        "remuneration": {"share_ppm": 0},
        "returns_days": 30,
        "regions": (
            {
                "region": "DE",
                "shipping": {"flat_minor": 390, "free_from_minor": 3900},
                "delivery": {"earliest_days": 2, "latest_days": 3},
            },
        ),
    }
    return VendorDeclaration.model_validate({**plain, **overrides})


def a_card(**overrides: Any) -> ProductCard:
    plain: dict[str, Any] = {
        "gtin": "2001000000012",
        "title": "Klarbach Color Flüssigwaschmittel 1,5 l",
        "brand": "Klarbach",
        "category": "laundry-detergent",
        "pack_quantity": 1500,
        "unit": "ml",
        "fits": ("laundry-liquid",),
    }
    return ProductCard.model_validate({**plain, **overrides})


BRANDS = ("Klarbach", "Reinwerk", "Ecolind")
ATTRIBUTES = ("eco-label", "fragrance-free", "refilled")
promises = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(
    lambda days: DeliveryPromise(earliest_days=days[0], latest_days=days[0] + days[1])
)
remunerations = st.sampled_from((NOTHING_PAID, KICK_BACK))
_offers = st.builds(
    an_offer,
    vendor=st.sampled_from(VENDORS),
    brand=st.sampled_from(BRANDS),
    price=st.integers(300, 3000).map(lambda minor: Money(minor, "EUR")),
    pack_quantity=st.sampled_from((500, 750, 1500, 2000, 4000)),
    fits=st.sampled_from((("laundry-liquid",), ("laundry-powder",))),
    in_stock=st.booleans(),
    trader_verified=st.sampled_from((True, True, False)),
    delivery=promises,
    attributes=st.sets(st.sampled_from(ATTRIBUTES)).map(lambda found: tuple(sorted(found))),
    remuneration=remunerations,
)
# Few prices and sizes, so that ties are drawn as well.
_alike = st.builds(
    an_offer,
    vendor=st.sampled_from(VENDORS),
    price=st.sampled_from((Money(800, "EUR"), Money(900, "EUR"))),
)
offer_lists = st.lists(st.one_of(_offers, _alike), max_size=8).map(
    lambda found: tuple(
        replace(offer, offer_id=f"offer-{at}", sku=f"SKU-{at}")
        for at, offer in enumerate(found)
    )
)


def a_custom_rule(expression: str, **overrides: Any) -> dict[str, Any]:
    plain = {
        "name": "mine",
        "wording": "what I want",
        "expression": expression,
        "since": "2026-11-20",
    }
    return {**plain, **overrides}


custom_rules = st.sampled_from(
    (
        a_custom_rule("offer.price_minor <= 1500", name="cheap"),
        a_custom_rule("offer.brand != 'Ecolind' || offer.packs == 1", name="one"),
        a_custom_rule("need.last_paid_minor > offer.total_minor", name="fallen"),
        a_custom_rule("'eco-label' in offer.attributes", name="eco", otherwise="ask"),
    )
)
_credits = st.sampled_from((20_000, 80_000, 150_000))
policies = st.builds(
    a_policy,
    stock_out_minor_per_day=st.integers(0, 2000),
    holding_ppm_per_year=st.integers(0, 300_000),
    loyalty_credit_ppm=st.sampled_from((0, 80_000)),
    brands_blocked=st.lists(st.sampled_from(BRANDS), max_size=1),
    vendors_blocked=st.lists(st.sampled_from(VENDORS), max_size=1),
    vendor_credits=st.lists(
        st.fixed_dictionaries({"name": st.sampled_from(VENDORS), "credit_ppm": _credits}),
        max_size=1,
    ),
    attribute_credits=st.lists(
        st.fixed_dictionaries({"name": st.sampled_from(ATTRIBUTES), "credit_ppm": _credits}),
        max_size=1,
    ),
    price_rise_most_ppm=st.sampled_from((None, 0, 100_000)),
    late_most_ppm=st.sampled_from((None, 50_000)),
    failed_order_minor=st.sampled_from((0, 200)),
    order_limits=st.sampled_from(
        ((), ({"packs_most": 2, "delivery_most_days": 5, "days_between": 3},))
    ),
    custom_rules=st.lists(custom_rules, max_size=2, unique_by=lambda rule: rule["name"]),
    contested=st.sampled_from(((), ({"rule_id": "fits", "product": "02001000000012"},))),
    ask_above_minor=st.sampled_from((None, 1500)),
)
histories = st.integers(0, 30).flatmap(
    lambda delivered: st.integers(0, delivered).map(
        lambda late: Deliveries(delivered=delivered, late=late, late_days=2 * late)
    )
)
facts = st.builds(
    some_facts,
    deliveries=st.dictionaries(st.sampled_from(VENDORS), histories),
    last_paid=st.sampled_from(({}, {STOCK: LastPaid(total=Money(1100, "EUR"), quantity=1500)})),
    present_supplier=st.sampled_from(({}, {STOCK: "tintenwelt"})),
    bought_on=st.sampled_from(({}, {STOCK: day(-2)}, {STOCK: day(-40)})),
    reliability=st.dictionaries(
        st.sampled_from(VENDORS), st.just(Reliability(orders=9, failed=2))
    ),
)
