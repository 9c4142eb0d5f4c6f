"""Listings: logged when they change; an offer that was left out of a decision is provable."""

from dataclasses import replace

import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from replenishment import offers_refresh, questions
from replenishment.tables import OrderRow
from tests.household import CATEGORY, HOUR, KLARBACH, item
from tests.proof import bought, bundle_of, receipt_of
from tests.world import World
from vendor_policy import store as policy_store
from vendor_policy.log import bundles, stories
from vendor_policy.log.bundles import LISTING_RECEIPT, RECEIPT, NotProven, read
from vendor_policy.log.receipts import (
    Considered,
    Dropped,
    NotConcerned,
    listing_receipt_check,
)
from vendor_policy.log.tables import ListingRow

CHEAP = "billigblitz"


async def look(world: World, vendor_id: str = CHEAP, category: str = CATEGORY) -> None:
    await offers_refresh.refresh(
        vendor_id,
        category,
        transaction=world.transaction,
        clock=world.clock,
        ids=world.ids,
        vendor_of=world.vendor_of,
    )


async def listings(world: World, vendor_id: str = CHEAP) -> list[ListingRow]:
    async with world.database.snapshot(ALL_OWNERS) as session:
        rows = await session.exec(select(ListingRow).order_by("leaf_id"))
        return [row for row in rows if row.vendor_id == vendor_id]


async def receipt(world: World) -> bytes:
    await look(world)
    await world.work()
    return await receipt_of(world, CHEAP, CATEGORY)


async def test_a_listing_is_logged_when_it_changes_and_only_then(world: World):
    await look(world)
    await world.wait(HOUR)
    await look(world)
    (only,) = await listings(world)
    assert only.seen_at == world.clock.now()
    world.reprice(CHEAP, "BB-1", 790)
    await look(world)
    before, after = await listings(world)
    assert not before.is_current
    assert after.is_current


async def test_stock_and_refusals_are_listed_too(world: World):
    shown = (
        replace(item("BB-1", KLARBACH, 780), in_stock=False),
        item("BB-9", "123", 500),
    )
    world.vendors[CHEAP].items[CATEGORY] = shown
    held = read(LISTING_RECEIPT, RECEIPT, await receipt(world)).listing.record
    assert [each["sku"] for each in held["entries"]] == ["BB-1", "BB-9"]
    assert held["entries"][0]["in_stock"] is False
    assert "gtin" in held["entries"][1]["refused"]


async def test_the_receipt_is_signed_and_a_changed_one_is_not_believed(world: World):
    data = await receipt(world)
    bundles.receipt(data)
    for at in range(0, len(data), 17):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(NotProven):
            bundles.receipt(bytes(changed))


async def test_every_vendors_receipt_shows_that_it_was_considered(world: World):
    order = await bought(world)
    bundle = await bundle_of(world, order)
    for vendor_id in world.vendors:
        held = await receipt_of(world, vendor_id, CATEGORY)
        assert listing_receipt_check(held, bundle) == Considered()


async def test_an_older_a_newer_and_another_listing_do_not_concern_a_decision(world: World):
    older = await receipt(world)
    world.reprice(CHEAP, "BB-1", 790)
    await look(world)
    order = await bought(world)
    world.reprice(CHEAP, "BB-1", 700)
    newer = await receipt(world)
    bundle = await bundle_of(world, order)
    assert listing_receipt_check(older, bundle) == NotConcerned(
        "a newer listing of this vendor counted"
    )
    assert listing_receipt_check(newer, bundle) == NotConcerned("listed after the decision")


async def hidden(world: World, monkeypatch: pytest.MonkeyPatch, *, wholly: bool) -> OrderRow:
    """A platform that leaves the cheapest vendor out before anything is decided; wholly: also
    from the list of listings.
    """
    honest = policy_store.fresh_offers

    async def fresh_offers(session, category, at):
        return tuple(o for o in await honest(session, category, at) if o.vendor != CHEAP)

    monkeypatch.setattr(questions.store, "fresh_offers", fresh_offers)
    if wholly:
        await receipt(world)
        async with world.transaction(ALL_OWNERS) as session:
            for row in await session.exec(select(ListingRow)):
                row.is_current = row.vendor_id != CHEAP
    return await world.ask()


async def test_an_offer_dropped_before_the_decision_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    order = await hidden(world, monkeypatch, wholly=False)
    bundle = await bundle_of(world, order)
    held = await receipt_of(world, CHEAP, CATEGORY)
    found = listing_receipt_check(held, bundle)
    assert found == Dropped("BB-1", "was listed and is not in the record")
    with pytest.raises(NotProven, match="BB-1 of billigblitz was listed"):
        stories.check(bundles.signatures_and_leaves(bundle))


async def test_a_vendor_dropped_with_its_listing_is_caught_by_its_receipt(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    held = await receipt(world)
    bundle = await bundle_of(world, await hidden(world, monkeypatch, wholly=True))
    stories.check(bundles.signatures_and_leaves(bundle))  # by itself it tells a smooth story
    found = listing_receipt_check(held, bundle)
    assert isinstance(found, Dropped)
    assert "before the decision" in found.why


async def test_an_offer_counted_as_sold_out_without_reason_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    honest = policy_store.fresh_offers

    async def fresh_offers(session, category, at):
        return tuple(
            replace(o, in_stock=False) if o.vendor == CHEAP else o
            for o in await honest(session, category, at)
        )

    monkeypatch.setattr(questions.store, "fresh_offers", fresh_offers)
    bundle = await bundle_of(world, await world.ask())
    held = await receipt_of(world, CHEAP, CATEGORY)
    found = listing_receipt_check(held, bundle)
    assert found == Dropped("BB-1", "was listed in stock and counted as sold out")


async def test_a_price_changed_on_the_way_to_the_decision_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    honest = policy_store.fresh_offers

    async def fresh_offers(session, category, at):
        return tuple(
            replace(o, returns_days=0) if o.vendor == CHEAP else o
            for o in await honest(session, category, at)
        )

    monkeypatch.setattr(questions.store, "fresh_offers", fresh_offers)
    bundle = await bundle_of(world, await world.ask())
    held = await receipt_of(world, CHEAP, CATEGORY)
    assert listing_receipt_check(held, bundle) == Dropped(
        "BB-1", "is not in the record as it was listed"
    )
