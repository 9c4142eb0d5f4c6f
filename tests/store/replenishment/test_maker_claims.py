"""What makers say of products reaches the decision, in the open, and moves what it may."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from devices.registry import ModelUnknown
from devices.tables import ManufacturerRow
from replenishment import maker_claims
from replenishment.maker_claims import ClaimIdTaken, MakerClaimUnknown
from tests.household import MODEL
from tests.world import World
from vendor_policy import record, store
from vendor_policy.claims import Statement
from vendor_policy.record import DecisionRecord

KLARBACH = "02001000000012"


def saying(kind: str = "warn", grounds: str = "warranty", **further: Any) -> Statement:
    said = {
        "claim_id": "foams",
        "kind": kind,
        "grounds": grounds,
        "reason": "foams_too_much",
        "text_en": "It foams.",
        "text_de": "Es schäumt.",
        "products": (KLARBACH,),
    }
    return Statement.model_validate({**said, **further})


async def maker_of(world: World) -> UUID:
    async with world.database.snapshot(ALL_OWNERS) as session:
        return (await session.exec(select(ManufacturerRow))).one().manufacturer_id


async def publish(world: World, statement: Statement) -> None:
    await maker_claims.publish(
        await maker_of(world),
        MODEL.name,
        statement,
        transaction=world.transaction,
        clock=world.clock,
    )


async def decided(world: World) -> DecisionRecord:
    order = await world.ask()
    async with world.database.snapshot(world.owner_id) as session:
        row = await store.decision(session, order.record_id)
    assert row is not None
    assert record.replay(row.record) == record.Agrees()
    return record.parsed(row.record)


async def test_a_warning_stands_in_the_record_and_moves_nothing(world: World) -> None:
    await publish(world, saying())
    made = await decided(world)
    assert {note.rule_id for note in made.notes} == {"claim:foams"}
    assert len(made.ranked) == len(made.offers)
    assert {entry.author for entry in made.rules if entry.rule_id == "claim:foams"} == {
        "manufacturer"
    }


async def test_a_technical_exclusion_takes_the_product_out_under_its_makers_name(
    world: World,
) -> None:
    await publish(world, saying("exclude", "technical"))
    made = await decided(world)
    objected = [each for each in made.findings if each.rule_id == "claim:foams"]
    assert {made_offer.gtin for made_offer in made.offers.values()} > {KLARBACH}
    assert {each.facts["maker"] for each in objected} == {"Nord"}
    ranked = {each.offer_id for each in made.ranked}
    assert ranked.isdisjoint(each.offer_id for each in objected)


async def test_what_was_withdrawn_is_said_no_more(world: World) -> None:
    await publish(world, saying())
    maker = await maker_of(world)
    done = {"transaction": world.transaction, "clock": world.clock}
    await maker_claims.withdraw(maker, MODEL.name, "foams", **done)
    await publish(world, saying())
    made = await decided(world)
    assert made.needs[0].claims == ()
    with pytest.raises(MakerClaimUnknown):
        await maker_claims.withdraw(maker, MODEL.name, "never_said", **done)


async def test_one_id_says_one_thing_for_good(world: World) -> None:
    await publish(world, saying())
    await publish(world, saying())
    with pytest.raises(ClaimIdTaken, match="foams"):
        await publish(world, saying(text_en="It hardly foams."))


async def test_a_maker_speaks_of_its_own_models_only(world: World) -> None:
    with pytest.raises(ModelUnknown, match="other-9"):
        await maker_claims.publish(
            await maker_of(world),
            "other-9",
            saying(),
            transaction=world.transaction,
            clock=world.clock,
        )


@pytest.mark.parametrize(
    ("kind", "grounds"),
    [("exclude", "commercial"), ("exclude", "warranty"), ("credit", "technical")],
)
def test_a_commercial_preference_does_not_load(kind: str, grounds: str) -> None:
    with pytest.raises(ValidationError, match="never excludes and never ranks"):
        saying(kind, grounds)
