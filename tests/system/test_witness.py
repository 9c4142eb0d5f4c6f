"""Two instances, over HTTP on loopback: one's log is co-signed by the other, and a log that was
rewritten is not.
"""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from api.app import create_app
from api.deps import Platform
from core.clock import SteppedClock
from core.database import Database
from core.ids import RandomIds
from core.settings import Settings
from replenishment.tables import OrderRow
from runtime import verify, wiring, witnesses
from runtime.serve import serving, url_of
from runtime.startup import listener
from tests.proof import bundle_of, stand_alone
from tests.world import SIGNER, World
from vendor_policy.log import store
from vendor_policy.log.notes import Signer
from vendor_policy.log.tables import LeafRow, LogCheckpointRow, WitnessRow


@dataclass
class Witness:
    url: str
    signer: Signer
    client: httpx.AsyncClient

    async def add_checkpoint(self, body: str) -> httpx.Response:
        return await self.client.post(f"{self.url}/add-checkpoint", content=body.encode())


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[Witness]:
    """The other instance, with a database and keys of its own."""
    settings = Settings(home=tmp_path / "witness")
    bound = listener("127.0.0.1", 0, variable="")
    signer = witnesses.witness_signer(settings)
    async with wiring.opened(settings, public_url=url_of(bound)) as platform:
        app = create_app(
            Platform(
                database=platform.database,
                clock=platform.clock,
                wall=platform.wall,
                ids=RandomIds(),
                device_key=platform.device_key,
                forecaster=wiring.forecaster(),
                witness=signer,
            )
        )
        await witnesses.watch(SIGNER.key.text, transaction=platform.database.transaction)
        async with serving(app, bound), httpx.AsyncClient(trust_env=False) as client:
            yield Witness(url_of(bound) + "/witness", signer, client)


@pytest.fixture
async def world(database: Database, clock: SteppedClock, witness: Witness) -> World:
    """The instance whose log is watched."""
    built = await World(database, clock).build()
    built.witness = witnesses.poster(witness.client)
    await witnesses.add(witness.url, witness.signer.key.text, transaction=built.transaction)
    return built


async def witness_row(world: World) -> WitnessRow:
    async with world.database.snapshot(None) as session:
        return (await session.exec(select(WitnessRow))).one()


async def newest(world: World) -> LogCheckpointRow:
    async with world.database.snapshot(None) as session:
        found = await store.newest_checkpoint(session)
    assert found is not None
    return found


async def cosigned(world: World) -> OrderRow:
    order = await world.ask()
    await world.wait(store.COSIGN_AFTER)
    return order


async def test_a_checkpoint_is_cosigned_and_the_proof_of_an_order_carries_it(
    world: World, witness: Witness, tmp_path: Path
):
    order = await cosigned(world)
    row = await witness_row(world)
    assert (row.size, row.problem) == ((await newest(world)).size, "")
    bundle = await bundle_of(world, order)
    assert witness.signer.name in bundle.decode()
    said = list(stand_alone().verify(bundle, SIGNER.key.text))
    assert any("2 over" in line for line in said)
    file = tmp_path / "proof.json"
    file.write_bytes(bundle)
    verified = verify.verify_file(file)
    assert verified.problem is None
    assert "witnesses   1 co-signed" in verified.holds
    assert (await verify.verify_database(world.transaction)).problem is None


async def test_the_log_grows_before_the_eyes_of_its_witness(world: World):
    order = await cosigned(world)
    before = (await witness_row(world)).size
    await world.approve(order)
    await world.work()
    await world.wait(store.COSIGN_AFTER)
    row = await witness_row(world)
    assert row.size > before
    assert row.size == (await newest(world)).size


async def test_a_witness_that_knows_more_than_we_remember_is_asked_from_there(world: World):
    order = await cosigned(world)
    async with world.transaction(None) as session:
        (await session.exec(select(WitnessRow))).one().size = 0
    await world.approve(order)
    await world.work()
    await world.wait(store.COSIGN_AFTER)
    row = await witness_row(world)
    assert (row.problem, row.size) == ("", (await newest(world)).size)


async def test_a_rewritten_log_is_not_cosigned(world: World, tmp_path: Path):
    """The operator goes back to a copy and lets another history follow."""
    file = Path(world.database.url.partition(":///")[2])
    await world.measure(900)
    await world.review()
    await world.work()
    await world.database.close()
    shutil.copy(file, tmp_path / "copy.db")
    await cosigned(world)
    seen = (await witness_row(world)).size
    await world.database.close()
    for name in file.parent.glob(f"{file.name}-*"):
        name.unlink()
    shutil.copy(tmp_path / "copy.db", file)
    async with world.transaction(ALL_OWNERS) as session:
        session.add_all(LeafRow(commitment=bytes([n]) * 32) for n in range(seen + 5))
        await store.sequence(session, SIGNER, at=world.clock.now())
    await world.wait(store.COSIGN_AFTER)
    row = await witness_row(world)
    assert row.size < seen
    assert row.problem.startswith(("refused with 422", "refused with 409"))
    assert (await newest(world)).cosignatures == ""


async def test_what_a_witness_does_not_accept(world: World, witness: Witness):
    await cosigned(world)
    checkpoint = await newest(world)
    note = checkpoint.note
    other = Signer.of_seed(b"o" * 32, "nachschub.log")
    unknown = note.replace(SIGNER.name, other.name)
    text = note.partition("\n\n")[0] + "\n"
    forged = f"{text}\n{other.line(text).replace(other.name, SIGNER.name)}"
    cases = {
        f"old 0\n\n{unknown}": 404,
        f"old {checkpoint.size}\n\n{forged}": 403,
        f"old {checkpoint.size + 1}\n\n{note}": 400,
        f"old 0\n\n{note}": 409,
        f"old {checkpoint.size}\n\n{note}": 200,
        f"old 01\n\n{note}": 400,
        "": 400,
        "x" * 70_000: 413,
        f"old {checkpoint.size}\nAAAA\n\n{note}": 409,
    }
    for body, status in cases.items():
        answer = await witness.add_checkpoint(body)
        assert answer.status_code == status, (body[:40], answer.text)
        if status == 409 and "AAAA" not in body:
            assert answer.text == f"{checkpoint.size}\n"
            assert answer.headers["content-type"].startswith("text/x.tlog.size")


async def test_a_witness_that_is_away_is_asked_again(world: World):
    there, world.witness = world.witness, None
    await cosigned(world)
    assert (await witness_row(world)).problem == "no answer"
    world.witness = there
    await world.wait(2 * store.COSIGN_AFTER * 60)
    assert (await witness_row(world)).problem == ""
