from dataclasses import replace

import pytest
from hypothesis import given
from pydantic import ValidationError

from core.canonical import dumps
from core.money import Money
from tests.unit.vendor_policy.builders import (
    A_SIGHT,
    A_TRADER,
    AnItem,
    a_card,
    a_declaration,
    offer_lists,
)
from vendor_policy.declarations import (
    DeliveryPromise,
    ProductCard,
    Remuneration,
    Shipping,
    VendorDeclaration,
)
from vendor_policy.offers import REASONS, MissingFacts, Offer, assemble, from_json, to_json


def assembled(item=None, declaration=None, card=None, sight=A_SIGHT):
    return assemble(
        item or AnItem(),
        trader=A_TRADER,
        declaration=declaration or a_declaration(),
        card=card or a_card(),
        sight=sight,
    )


def test_an_offer_is_made_of_catalogue_declaration_card_and_register():
    offer = assembled()
    assert isinstance(offer, Offer)
    assert offer.gtin == "02001000000012"
    assert offer.price == Money(840, "EUR")
    assert offer.shipping == Shipping(flat_minor=390, free_from_minor=3900)
    assert (offer.brand, offer.pack_quantity, offer.unit) == ("Klarbach", 1500, "ml")
    assert offer.trader_verified
    assert offer.sources["price"] == "catalogue"
    assert offer.sources["remuneration"] == "declaration"
    assert offer.sources["brand"] == "card"
    assert offer.sources["trader_verified"] == "register"


@pytest.mark.parametrize(
    ("item", "refused_for"),
    [
        (AnItem(price=None), {"price": "not_said"}),
        (AnItem(price=Money(0, "EUR")), {"price": "not_above_zero"}),
        (AnItem(price=Money(-840, "EUR")), {"price": "not_above_zero"}),
        (AnItem(price=Money(10**17, "EUR")), {"price": "too_high"}),
        (AnItem(price=Money(840, "CHF")), {"price": "other_currency"}),  # declared in EUR
        (AnItem(in_stock=None), {"in_stock": "not_said"}),
        (AnItem(title=""), {"title": "not_said"}),
        (AnItem(title="x" * 1_000_000), {"title": "too_long"}),
        (AnItem(title="half a sign \ud800"), {"title": "not_text"}),
        (AnItem(title="first line\nsecond"), {"title": "not_text"}),
        (AnItem(title="Klarbach <script>alert(1)</script>"), {"title": "markup"}),
        (AnItem(title='Klarbach <IMG src="x" onerror="x">'), {"title": "markup"}),
        (AnItem(title="javascript:alert(1)"), {"title": "markup"}),
        (AnItem(gtin=None), {"gtin": "not_said"}),
        (AnItem(gtin="2001000000013"), {"gtin": "wrong_check_digit"}),
        (
            AnItem(gtin="2001000000029"),  # another product than the card's
            dict.fromkeys(
                ("brand", "category", "fits", "pack_quantity", "unit", "attributes"),
                "other_product",
            ),
        ),
    ],
)
def test_a_missing_or_impossible_fact_refuses_the_offer_with_field_and_reason(
    item, refused_for
):
    refused = assembled(item)
    assert isinstance(refused, MissingFacts)
    assert dict(zip(refused.fields, refused.reasons, strict=True)) == refused_for
    assert set(refused.reasons) <= set(REASONS)
    assert (refused.vendor, refused.sku) == ("haushaltshof", "HH-12")


def test_a_sign_for_less_is_no_markup():
    assert isinstance(assembled(AnItem(title="Filter < 5 µm & more")), Offer)


def test_an_undeclared_region_has_neither_shipping_nor_delivery():
    refused = assembled(sight=replace(A_SIGHT, region="AT"))
    assert isinstance(refused, MissingFacts)
    assert refused.fields == ("shipping", "delivery")


def test_a_vendor_without_declaration_is_refused_whole():
    refused = assemble(
        AnItem(), trader=A_TRADER, declaration=None, card=a_card(), sight=A_SIGHT
    )
    assert isinstance(refused, MissingFacts)
    assert refused.fields == ("shipping", "delivery", "remuneration", "returns_days")
    assert set(refused.reasons) == {"not_said"}


def test_a_declaration_may_differ_for_one_sku():
    special = {
        "sku": "HH-12",
        "delivery": {"earliest_days": 5, "latest_days": 9},
        "remuneration": {"payer": "Klarbach", "payee": "Haushaltshof", "amount_minor": 20},
        "returns_days": 0,
    }
    offer = assembled(declaration=a_declaration(per_sku=[special]))
    assert isinstance(offer, Offer)
    assert offer.delivery == DeliveryPromise(earliest_days=5, latest_days=9)
    assert offer.remuneration.amount_minor == 20
    assert offer.returns_days == 0
    assert assembled(AnItem(sku="HH-99"), a_declaration(per_sku=[special])) == assembled(
        AnItem(sku="HH-99")
    )


def test_what_a_refusal_quotes_can_be_stored():
    refused = assembled(AnItem(title="\ud800" * 500))
    assert isinstance(refused, MissingFacts)
    assert refused.title == "?" * 300


@pytest.mark.parametrize(
    "item",
    [AnItem(rating_ppm=None), AnItem(rating_count=None), AnItem(rating_ppm=1_000_001)],
)
def test_a_missing_rating_refuses_nothing(item):
    offer = assembled(item)
    assert isinstance(offer, Offer)
    assert offer.rating is None


@given(offer_lists)
def test_an_offer_survives_canonical_json(offers):
    for offer in offers:
        assert from_json(to_json(offer)) == offer
        assert dumps(to_json(from_json(to_json(offer)))) == dumps(to_json(offer))


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({}, "remuneration_unsaid"),
        ({"share_ppm": 50_000, "amount_minor": 3}, "remuneration_unsaid"),
        ({"share_ppm": 50_000}, "remuneration_parties"),
        ({"share_ppm": 0.05}, "int_type"),
    ],
)
def test_remuneration_must_be_said_even_when_zero(stated, code):
    with pytest.raises(ValidationError) as caught:
        Remuneration.model_validate(stated)
    assert caught.value.errors()[0]["type"] == code
    assert not Remuneration(share_ppm=0).is_paid


@pytest.mark.parametrize(
    ("overrides", "place"),
    [
        ({"remuneration": None}, ("remuneration",)),
        ({"regions": []}, ("regions",)),
        ({"returns_days": -1}, ("returns_days",)),
        ({"feed_rank": 1}, ("feed_rank",)),
    ],
)
def test_a_declaration_is_refused_by_field(overrides, place):
    with pytest.raises(ValidationError) as caught:
        VendorDeclaration.model_validate({**a_declaration().model_dump(), **overrides})
    assert caught.value.errors()[0]["loc"] == place


def test_a_region_is_declared_once():
    twice = a_declaration().regions * 2
    with pytest.raises(ValidationError, match="regions names something twice"):
        a_declaration(regions=twice)


def test_a_card_needs_a_right_gtin():
    with pytest.raises(ValidationError, match="check digit"):
        ProductCard.model_validate({**a_card().model_dump(), "gtin": "2001000000013"})


def test_shipping_is_free_from_the_stated_worth_of_goods():
    shipping = Shipping(flat_minor=390, free_from_minor=3900)
    assert [shipping.cost_minor(goods) for goods in (3899, 3900)] == [390, 0]
    assert Shipping(flat_minor=490).cost_minor(100_000) == 490
