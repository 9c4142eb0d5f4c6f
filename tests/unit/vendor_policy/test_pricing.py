from fractions import Fraction

import pytest
from hypothesis import given

from core.money import PPM, Money
from tests.unit.vendor_policy.builders import (
    STOCK,
    a_need,
    a_policy,
    an_offer,
    facts,
    offer_lists,
    policies,
    some_facts,
)
from vendor_policy.candidates import candidate, candidates
from vendor_policy.declarations import Shipping
from vendor_policy.facts import Reliability
from vendor_policy.lateness import added, lateness
from vendor_policy.pricing import effective_price

NEED = a_need()


def priced(packs=1, policy=None, known=None, **offer):
    return effective_price(
        candidate(an_offer(**offer), packs),
        NEED,
        policy or a_policy(),
        known or some_facts(),
    )


def credit(name):
    return {"name": name, "credit_ppm": 100_000}


def shown(price):
    return {line.name: line.shown_minor for line in price.lines}


@given(offer_lists, policies, facts)
def test_the_shown_lines_add_up_to_the_shown_price_to_the_cent(offers, policy, known):
    for each in candidates(offers, NEED):
        price = effective_price(each, NEED, policy, known)
        assert sum(line.shown_minor for line in price.lines) == price.shown_minor
        assert sum(line.numerator for line in price.lines) == price.numerator
        exact = Fraction(price.numerator, price.denominator)
        assert abs(exact - price.shown_minor) <= Fraction(1, 2)


def by_the_book(each, policy, known):
    """The sum in the module's own words, in fractions, nothing shared and nothing cached."""
    goods, quantity = Fraction(each.packs * each.price.minor), each.packs * each.pack_quantity
    late = lateness(
        each.delivery,
        NEED.depletion,
        added(known.prior, known.deliveries.get(each.vendor)),
        known.today_on,
    )
    excess, use = max(0, quantity - NEED.quantity_target), Fraction(NEED.use_per_day_micro, PPM)
    years = min(10, (NEED.quantity_target + Fraction(excess, 2)) / use / 365)
    record = known.reliability.get(each.vendor, Reliability(orders=0, failed=0))
    credit_ppm = sum(
        credit.credit_ppm
        for credit in policy.attribute_credits
        if credit.name.lower() in [name.lower() for name in each.attributes]
    )
    credit_ppm += sum(
        credit.credit_ppm for credit in policy.vendor_credits if credit.name == each.vendor
    )
    if known.present_supplier.get(STOCK) == each.vendor:
        credit_ppm += policy.loyalty_credit_ppm
    total = (
        goods
        + each.shipping_minor
        + Fraction(late.days_without_ppm * policy.stock_out_minor_per_day, PPM)
        + Fraction(record.failed * policy.failed_order_minor, record.orders - record.failed + 5)
        + goods
        * Fraction(excess, quantity)
        * years
        * Fraction(policy.holding_ppm_per_year, PPM)
        - goods * Fraction(credit_ppm, PPM)
    )
    return total / quantity * 1000


@given(offer_lists, policies, facts)
def test_the_price_is_the_sum_as_it_is_written_down(offers, policy, known):
    for each in candidates(offers, NEED):
        price = effective_price(each, NEED, policy, known)
        assert Fraction(price.numerator, price.denominator) == by_the_book(each, policy, known)


@given(offer_lists, policies, facts)
def test_prices_compare_as_the_exact_fractions_do(offers, policy, known):
    prices = [effective_price(each, NEED, policy, known) for each in candidates(offers, NEED)]
    for left in prices[:4]:
        for right in prices[:4]:
            exact = Fraction(left.numerator, left.denominator) - Fraction(
                right.numerator, right.denominator
            )
            assert (left.compare(right) > 0) == (exact > 0)
            assert (left.compare(right) == 0) == (exact == 0)


def test_price_and_shipping_are_shown_per_litre():
    price = priced()
    assert shown(price) == {"price": 560, "shipping": 260}  # 8.40 and 3.90 for 1.5 l
    assert (price.per_quantity, price.unit, price.shown_minor) == (1000, "ml", 820)


def test_a_toner_is_priced_per_fill():
    price = priced(unit="fill", pack_quantity=1, price=Money(3590, "EUR"))
    assert (price.per_quantity, price.unit) == (1, "fill")
    assert shown(price) == {"price": 3590, "shipping": 390}


def test_shipping_falls_away_where_the_vendor_waives_it():
    assert "shipping" not in shown(priced(packs=5))  # 42.00 EUR of goods


def test_keeping_more_than_needed_costs_its_wait():
    price = priced(
        packs=2, policy=a_policy(holding_ppm_per_year=100_000), shipping=Shipping(flat_minor=0)
    )
    # 16.80 EUR for 3 l, 1.5 l too many: 8.40 EUR wait (1500 + 750) ml / 45 ml = 50 days
    holding = next(line for line in price.lines if line.name == "holding")
    of_the_order = Fraction(holding.numerator, price.denominator) * 3
    assert of_the_order == Fraction(840 * 100_000 * 50, PPM * 365)
    assert holding.facts == {"excess": 1500, "unit": "ml", "rate_ppm": 100_000}


def test_a_wait_without_end_counts_as_ten_years():
    unused = a_need(use_per_day_micro=1)
    policy = a_policy(holding_ppm_per_year=100_000)
    offer = an_offer(shipping=Shipping(flat_minor=0))
    price = effective_price(candidate(offer, 2), unused, policy, some_facts())
    assert shown(price) == {"price": 560, "holding": 280}  # half of it, 10 % ten times


def test_running_out_costs_the_expected_days():
    price = priced(policy=a_policy(stock_out_minor_per_day=200))
    line = next(line for line in price.lines if line.name == "lateness")
    days = Fraction(int(line.facts["days_without_ppm"]), PPM)
    assert Fraction(line.numerator, price.denominator) * Fraction(3, 2) == days * 200


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        ({"brand_credits": [credit("klarbach")]}, "brand_credit"),
        ({"vendor_credits": [credit("haushaltshof")]}, "vendor_credit"),
        ({"attribute_credits": [credit("eco-label")]}, "attribute_credit"),
        ({"loyalty_credit_ppm": 100_000}, "loyalty_credit"),
    ],
)
def test_a_credit_is_a_share_of_the_goods(wish, line):
    price = priced(
        policy=a_policy(**wish),
        known=some_facts(present_supplier={STOCK: "haushaltshof"}),
        attributes=("eco-label",),
    )
    assert shown(price) == {"price": 560, "shipping": 260, line: -56}


def test_a_credit_for_another_brand_is_no_line():
    other = a_policy(brand_credits=[credit("Reinwerk")])
    assert shown(priced(policy=other)) == {"price": 560, "shipping": 260}
