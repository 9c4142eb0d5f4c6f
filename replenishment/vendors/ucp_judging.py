"""What a shop's answers mean for an order: values in, an outcome of the port out."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

from core.gtin import normalised_gtin
from core.money import PPM, Money
from replenishment.vendors.port import (
    Abandoned,
    AbandonResult,
    Acknowledged,
    CatalogueItem,
    Changed,
    NeedsOwner,
    Pinned,
    PlaceResult,
    Progress,
    Refused,
    Unknown,
)
from replenishment.vendors.ucp_answers import (
    Availability,
    Checkout,
    Group,
    Message,
    Option,
    Order,
    Product,
    Rating,
    Total,
    Variant,
)
from replenishment.vendors.url_guard import objection

REFUSALS = {
    "out_of_stock": "out_of_stock",
    "item_unavailable": "out_of_stock",
    "payment_failed": "declined",
    "payment_declined": "declined",
}
ON_THE_WAY = ("shipped", "in_transit", "failed_attempt", "delivered")
INVOICE = "invoice"
SOLD = ("completed", "complete_in_progress")
RATING_MOST = 1_000_000  # no scale is longer, and 9e999999 would overflow
NEVER = datetime.max.replace(tzinfo=UTC)


def catalogue_item(product: Product, variant: Variant) -> CatalogueItem:
    price = variant.price
    rating = variant.rating or product.rating
    return CatalogueItem(
        sku=variant.id,
        title=product.title if len(product.variants) == 1 else variant.title or product.title,
        gtin=gtin(variant),
        price=None if price is None else Money(price.amount, price.currency),
        in_stock=in_stock(variant.availability),
        rating_ppm=None if rating is None else rating_ppm(rating),
        rating_count=None if rating is None else rating.count,
    )


def gtin(variant: Variant) -> str | None:
    """14 digits: the first barcode with a right check digit."""
    candidates = (normalised_gtin(each.value) for each in variant.barcodes or ())
    return next((each for each in candidates if each is not None), None)


def in_stock(availability: Availability | None) -> bool | None:
    if availability is None:
        return None
    if availability.available is not None:
        return availability.available
    return {"in_stock": True, "out_of_stock": False, "discontinued": False}.get(
        availability.status or ""
    )


def rating_ppm(rating: Rating) -> int | None:
    """Of the best possible rating; None when it lies outside its own scale."""
    value, best = rating.value, rating.scale_max
    numbers = (int, Decimal)
    if (
        isinstance(value, bool)
        or not isinstance(value, numbers)
        or not isinstance(best, numbers)
    ):
        return None
    if not 0 < best <= RATING_MOST or not 0 <= value <= best:
        return None
    return int(Decimal(value) * PPM / Decimal(best))


def settled(checkout: Checkout, *, allow_loopback: bool) -> PlaceResult | None:
    """What the session's status alone decides; None: still open to us."""
    return sold(checkout) or ended(checkout, allow_loopback=allow_loopback)


def sold(checkout: Checkout) -> Acknowledged | Unknown | None:
    match checkout.status:
        case "completed":
            return acknowledged(checkout)
        case "complete_in_progress":
            return Unknown("the shop is still completing the order")
        case _:
            return None


def ended(checkout: Checkout, *, allow_loopback: bool) -> NeedsOwner | Refused | None:
    """Nothing was bought, and it is not for us to buy it."""
    match checkout.status:
        case "canceled":
            return Refused("rejected", "the shop ended the checkout session")
        case "requires_escalation" if not has_recoverable(checkout):
            return handed_over(checkout, allow_loopback=allow_loopback)
        case _:
            return None


def left_behind(checkout: Checkout) -> AbandonResult | None:
    """Of a session nobody wants any more; None: it could still be completed."""
    return Abandoned() if checkout.status == "canceled" else sold(checkout)


def unready(checkout: Checkout) -> Refused | None:
    return None if checkout.status == "ready_for_complete" else refused(checkout.messages)


def acknowledged(checkout: Checkout) -> Acknowledged | Unknown:
    total = grand_total(checkout)
    if checkout.order is None or total is None:
        return Unknown("the session is completed but names no order or no total")
    return Acknowledged(checkout.order.id, total, expected_on(checkout))


def handed_over(checkout: Checkout, *, allow_loopback: bool) -> NeedsOwner | Refused:
    url = checkout.continue_url
    if url is None or objection(url, allow_loopback=allow_loopback) is not None:
        return Refused(
            "rejected", "the owner would have to go on at an address that cannot be used"
        )
    return NeedsOwner(url, checkout.id)


def has_recoverable(checkout: Checkout) -> bool:
    return any(
        each.type == "error" and each.severity == "recoverable" for each in checkout.messages
    )


def refused(messages: list[Message]) -> Refused:
    """By the first error whose code we know, else by the first error."""
    errors = [each for each in messages if each.type == "error"]
    known = [each for each in errors if each.code in REFUSALS]
    for each in known + errors:
        return Refused(
            REFUSALS.get(each.code, "rejected"), f"{each.code}: {each.content}"[:500]
        )
    return Refused("rejected", "the shop does not say why")


def difference(checkout: Checkout, pinned: Pinned) -> Changed | None:
    """What differs from what was decided; None when it may be bought as it stands."""
    total = grand_total(checkout)
    if total is None or not adds_up(checkout, total):
        return Changed("the totals do not add up", total)
    wanted = Counter({line.sku: line.packs for line in pinned.lines})
    offered: Counter[str] = Counter()
    for line in checkout.line_items:
        offered[line.item.id] += line.quantity
    if offered != wanted:
        return Changed(f"the shop would send {dict(offered)} instead of {dict(wanted)}", total)
    if total != pinned.total:
        return Changed("the total is not the pinned one", total)
    return None


def adds_up(checkout: Checkout, total: Money) -> bool:
    """UCP: the total is the sum of all other entries; goods are price times quantity."""
    subtotals = [each.amount for each in checkout.totals if each.type == "subtotal"]
    goods = sum(line.item.price * line.quantity for line in checkout.line_items)
    others = sum(each.amount for each in checkout.totals if each.type != "total")
    return subtotals == [goods] and others == total.minor


def grand_total(checkout: Checkout | Order) -> Money | None:
    amounts = total_amounts(checkout.totals)
    return Money(amounts[0], checkout.currency) if len(amounts) == 1 else None


def total_amounts(totals: list[Total]) -> list[int]:
    return [each.amount for each in totals if each.type == "total"]


def groups(checkout: Checkout) -> list[Group]:
    return [group for method in checkout.fulfillment.methods for group in method.groups]


def cheapest(group: Group) -> Option | None:
    """Of equal price the one that promises to be there first."""

    def cost(option: Option) -> tuple[int, datetime, str]:
        return (
            sum(total_amounts(option.totals)),
            option.latest_fulfillment_time or NEVER,
            option.id,
        )

    return min(group.options, key=cost, default=None)


def expected_on(checkout: Checkout) -> date | None:
    latest = [
        option.latest_fulfillment_time
        for group in groups(checkout)
        for option in group.options
        if option.id == group.selected_option_id and option.latest_fulfillment_time is not None
    ]
    return max(latest).date() if latest else None


def invoice_handler(checkout: Checkout) -> str | None:
    """The id of a payment handler that sells on invoice."""
    for handlers in checkout.ucp.payment_handlers.values():
        for handler in handlers:
            if any(each.type == INVOICE for each in handler.available_instruments):
                return handler.id
    return None


def progress(order: Order) -> Progress:
    """Delivered when delivered events cover every line; canceled when nothing is left of it."""
    left = Counter({line.id: line.quantity.total for line in order.line_items})
    if not any(left.values()):
        return Progress(state="cancelled")
    events = sorted(order.fulfillment.events, key=lambda each: each.occurred_at or NEVER)
    sent = [each for each in events if each.type in ON_THE_WAY]
    arrived = [each for each in events if each.type == "delivered"]
    delivered: Counter[str] = Counter()
    for share in (share for each in arrived for share in each.line_items):
        delivered[share.id] += share.quantity
    is_delivered = delivered >= left
    return Progress(
        state="delivered" if is_delivered else "shipped" if sent else "placed",
        shipped_at=sent[0].occurred_at if sent else None,
        delivered_at=arrived[-1].occurred_at if is_delivered else None,
    )
