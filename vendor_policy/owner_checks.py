"""What the owner's policy asks of a candidate.

Pure. Bound like the checks of `checks`; a check of a wish the owner does not have is None.
"""

from functools import cache

from core.money import PPM
from vendor_policy.candidates import Candidate
from vendor_policy.checks import Asked, Objection
from vendor_policy.facts import Facts
from vendor_policy.lateness import vendor_lateness
from vendor_policy.needs import Need
from vendor_policy.policy import Policy, folded


def brand_allowed(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    brands = policy.names(policy.brands_allowed, need.category)
    if not brands:
        return None
    allowed, listed = frozenset(map(folded, brands)), ", ".join(brands)

    def ask(candidate: Candidate) -> Objection | None:
        if folded(candidate.brand) in allowed:
            return None
        return Objection(facts={"brand": candidate.brand, "brands": listed})

    return ask


def brand_not_blocked(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    blocked = frozenset(map(folded, policy.brands_blocked))

    def ask(candidate: Candidate) -> Objection | None:
        if folded(candidate.brand) not in blocked:
            return None
        return Objection(facts={"brand": candidate.brand})

    return ask if blocked else None


def product_picked(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    """The owner's picks, and what the owner takes instead of them."""
    picked = ", ".join(need.products)
    accepted = frozenset((*need.products, *policy.substitutes_of(need.products)))

    def ask(candidate: Candidate) -> Objection | None:
        if candidate.gtin in accepted:
            return None
        return Objection(facts={"gtin": candidate.gtin, "picked": picked})

    return ask if picked else None


def product_not_blocked(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    blocked = frozenset(policy.products_blocked)

    def ask(candidate: Candidate) -> Objection | None:
        return Objection(facts={"gtin": candidate.gtin}) if candidate.gtin in blocked else None

    return ask if blocked else None


def vendor_allowed(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    allowed = frozenset(policy.vendors_allowed)
    if not allowed:
        return None
    return lambda candidate: None if candidate.vendor in allowed else Objection()


def vendor_not_blocked(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    blocked = frozenset(policy.vendors_blocked)
    if not blocked:
        return None
    return lambda candidate: Objection() if candidate.vendor in blocked else None


def has_attributes(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    required = policy.names(policy.attributes_required, need.category)

    @cache  # few sets of attributes, many offers
    def ask(attributes: tuple[str, ...]) -> Objection | None:
        present = set(map(folded, attributes))
        lacking = [name for name in required if folded(name) not in present]
        return Objection(facts={"attributes": ", ".join(lacking)}) if lacking else None

    return (lambda candidate: ask(candidate.attributes)) if required else None


def quantity_fits(need: Need, policy: Policy, facts: Facts) -> Asked:
    least, most, unit = need.quantity_least, need.quantity_most, need.unit

    def ask(candidate: Candidate) -> Objection | None:
        if candidate.unit != unit:
            return Objection(missing="quantity")
        quantity = candidate.packs * candidate.pack_quantity
        if least <= quantity <= most:
            return None
        limits = {"least": least, "most": most, "unit": unit}
        return Objection(facts={"quantity": quantity, **limits})

    return ask


def packs_within(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    most = policy.limit(need.category).packs_most
    if most is None:
        return None

    def ask(candidate: Candidate) -> Objection | None:
        if candidate.packs <= most:
            return None
        return Objection(facts={"packs": candidate.packs, "most": most})

    return ask


def price_in_band(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    """What is paid, delivery in, for the band's quantity; shown away from the limit, so that
    a breach never looks like the limit itself.
    """
    band = policy.band(need.category)
    if band is None:
        return None
    unit, currency, per = band.unit, policy.currency, band.per_quantity
    least, most = band.least_minor, band.most_minor

    def ask(candidate: Candidate) -> Objection | None:
        if candidate.unit != unit or candidate.price.currency != currency:
            return Objection(missing="price")
        quantity, paid = candidate.packs * candidate.pack_quantity, candidate.total_minor * per
        if least * quantity <= paid <= most * quantity:
            return None
        below, rest = divmod(paid, quantity)
        shown = below if below < least else below + (rest > 0)
        return Objection(
            facts={
                "paid_minor": shown,
                "beyond_minor": max(shown - most, least - shown),
                "least_minor": least,
                "most_minor": most,
                "per_quantity": per,
                "unit": unit,
                "currency": currency,
            }
        )

    return ask


def price_rise(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    return _risen(need, facts, policy.price_rise_most_ppm)


def ask_price_rise(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    return _risen(need, facts, policy.ask_price_rise_ppm)


def _risen(need: Need, facts: Facts, most_ppm: int | None) -> Asked | None:
    """Against what the stock's last order cost per unit, delivery in; a first order cannot
    have risen.
    """
    last = facts.last_paid.get(need.stock_id)
    if most_ppm is None or last is None:
        return None
    currency, quantity, paid = last.total.currency, last.quantity, last.total.minor

    def ask(candidate: Candidate) -> Objection | None:
        if currency != candidate.price.currency or candidate.unit != need.unit:
            return Objection(missing="last_paid")
        now = candidate.total_minor * quantity
        before = paid * candidate.packs * candidate.pack_quantity
        if now * PPM <= before * (PPM + most_ppm):
            return None
        rise_ppm = -(-(now - before) * PPM // before)
        return Objection(facts={"rise_ppm": rise_ppm, "most_ppm": most_ppm})

    return ask


def delivery_in_time(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    most_ppm = policy.late_most_ppm
    if most_ppm is None:
        return None
    late_of = vendor_lateness(need, facts)

    def ask(candidate: Candidate) -> Objection | None:
        late_ppm = late_of(candidate.vendor, candidate.delivery).chance_ppm
        if late_ppm <= most_ppm:
            return None
        return Objection(facts={"late_ppm": late_ppm, "most_ppm": most_ppm})

    return ask


def delivery_within(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    most = policy.limit(need.category).delivery_most_days
    if most is None:
        return None

    def ask(candidate: Candidate) -> Objection | None:
        days = candidate.delivery.latest_days
        return None if days <= most else Objection(facts={"days": days, "most_days": most})

    return ask


def not_too_often(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    """A stock that was never bought for cannot be bought for too often; one with a last price
    and no day of it objects.
    """
    least = policy.limit(need.category).days_between
    last_on = facts.bought_on.get(need.stock_id)
    if least is None or (last_on is None and need.stock_id not in facts.last_paid):
        return None
    if last_on is None:
        return lambda _: Objection(missing="bought_on")
    since = (facts.today_on - last_on).days
    objection = Objection(facts={"since_days": since, "least_days": least})
    return lambda _: None if since >= least else objection


def ask_above(need: Need, policy: Policy, facts: Facts) -> Asked | None:
    most = policy.ask_above_minor
    if most is None:
        return None

    def ask(candidate: Candidate) -> Objection | None:
        total, currency = candidate.total_minor, policy.currency
        if total <= most:
            return None
        return Objection(facts={"total_minor": total, "most_minor": most, "currency": currency})

    return ask
