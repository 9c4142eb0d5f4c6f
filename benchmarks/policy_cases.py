"""What the policy benchmark decides: offers, a need, and a policy with twenty rules set."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from core.money import PPM, Money
from vendor_policy.declarations import DeliveryPromise, Remuneration, Shipping
from vendor_policy.facts import PRIOR, Deliveries, Facts, LastPaid, Reliability
from vendor_policy.needs import Depletion, Need
from vendor_policy.offers import SOURCES, Offer
from vendor_policy.policy import Policy, preset

NOW: Final = datetime(2026, 11, 22, 8, 12, tzinfo=UTC)
TODAY: Final = NOW.date()
STOCK: Final = "6f1c1f0e-0000-4000-8000-000000000001"
LIQUID: Final = "laundry-detergent"
VENDORS: Final = tuple(f"vendor-{number}" for number in range(8))
BRANDS: Final = ("Klarbach", "Reinwerk", "Ecolind", "Saubermann", "Frischwind")
ATTRIBUTES: Final = ("eco-label", "fragrance-free", "refilled")
GTINS: Final = ("02001000000012", "02001000000029", "02001000000036")


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def need() -> Need:
    return Need(
        need_id="need-1",
        stock_id=STOCK,
        category=LIQUID,
        fits=("laundry-liquid",),
        unit="ml",
        quantity_least=1500,
        quantity_target=1500,
        quantity_most=2000,
        needed_by_on=day(5),
        depletion=Depletion(p10_on=day(4), p50_on=day(6), p90_on=day(9)),
        use_per_day_micro=45 * PPM,
        reason="need.below_reorder_point",
        products=GTINS,
    )


def offers(count: int) -> tuple[Offer, ...]:
    """One number of packs each; one in five is excluded, by trader or stock."""
    return tuple(_offer(number) for number in range(count))


def _offer(number: int) -> Offer:
    vendor = VENDORS[number % len(VENDORS)]
    return Offer(
        offer_id=f"{number * 2654435761 % 2**32:08x}",
        vendor=vendor,
        vendor_name=vendor.capitalize(),
        sku=f"SKU-{number}",
        gtin=GTINS[number % 3],
        title=f"Detergent {number}",
        brand=BRANDS[number % 5],
        category=LIQUID,
        fits=("laundry-liquid", "universal"),
        pack_quantity=(1500, 2000, 1800)[number % 3],
        unit="ml",
        price=Money(700 + number * 7 % 811, "EUR"),
        in_stock=number % 10 != 9,
        shipping=Shipping(flat_minor=390, free_from_minor=3900),
        delivery=DeliveryPromise(earliest_days=1 + number % 2, latest_days=2 + number % 4),
        attributes=("eco-label", ATTRIBUTES[number % 3]),
        rating=None,
        trader_verified=number % 10 != 4,
        remuneration=Remuneration(share_ppm=0),
        returns_days=30,
        seen_at=NOW - timedelta(hours=2),
        expires_at=NOW + timedelta(hours=4),
        sources=SOURCES,
    )


def policy(**further: Any) -> Policy:
    """Every excluding rule of ours but one has something to hold: twenty of them."""
    return Policy.model_validate(
        {
            **preset("greenest").model_dump(),
            "loyalty_credit_ppm": 20_000,
            "brands_allowed": [{"category": LIQUID, "names": BRANDS}],
            "brands_blocked": ["Grauschleier", "Billigsauber"],
            "products_blocked": ["02001000000999"],
            "vendors_allowed": VENDORS,
            "vendors_blocked": ["vendor-99"],
            "attributes_required": [{"category": LIQUID, "names": ["eco-label"]}],
            "price_bands": [
                {"category": LIQUID, "unit": "ml", "per_quantity": 1000, "most_minor": 1400}
            ],
            "price_rise_most_ppm": PPM,
            "order_limits": [{"packs_most": 3, "delivery_most_days": 9, "days_between": 5}],
            "ask_above_minor": 5000,
            **further,
        }
    )


def facts() -> Facts:
    return Facts(
        now_at=NOW,
        today_on=TODAY,
        prior=PRIOR,
        deliveries={VENDORS[1]: Deliveries(delivered=40, late=3, late_days=5)},
        last_paid={STOCK: LastPaid(total=Money(1190, "EUR"), quantity=1500)},
        present_supplier={STOCK: VENDORS[2]},
        bought_on={STOCK: day(-30)},
        reliability={VENDORS[3]: Reliability(orders=20, failed=2)},
    )


EXPRESSIONS: Final = (
    "offer.price_minor <= 1200 || 'eco-label' in offer.attributes",
    "offer.brand != 'Saubermann' || offer.total_minor < 1500",
    "offer.latest_days <= need.days_left + 2",
    "offer.total_minor * need.last_paid_quantity <= need.last_paid_minor * offer.quantity * 2",
    "offer.attributes.exists(each, each == 'refilled') ? offer.packs <= 2 : true",
)


def with_expressions() -> Policy:
    rules = [
        {
            "name": f"own_{number}",
            "wording": f"own rule {number}",
            "expression": expression,
            "since": "2026-11-20",
        }
        for number, expression in enumerate(EXPRESSIONS)
    ]
    return Policy.model_validate({**preset("balanced").model_dump(), "custom_rules": rules})
