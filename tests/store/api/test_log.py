"""The log over REST: checkpoints and proofs for everyone, an order's bundle for its owner."""

from runtime import verify
from tests.proof import stand_alone
from tests.store.api.test_vendors import a_vendor_key
from tests.store.api.world import Home, World, a_home
from tests.world import SIGNER
from vendor_policy.log import bundles
from vendor_policy.log.commitments import committed_leaf
from vendor_policy.log.notes import from_base64
from vendor_policy.log.proofs import is_consistent, is_included


async def test_the_owner_downloads_a_proof_that_verifies(world: World, nora: Home, tmp_path):
    async with world.client(nora) as client:
        answer = await client.get(f"/api/orders/{nora.order_id}/proof")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    file = tmp_path / "proof.json"
    file.write_bytes(answer.content)
    assert verify.verify_file(file, SIGNER.key.text).problem is None
    assert len(list(stand_alone().verify(answer.content, SIGNER.key.text))) == 7


async def test_everyone_can_follow_the_log(world: World, nora: Home):
    async with world.client() as client:
        older = (await client.get("/api/log/checkpoint")).text
        await a_home(world, "neighbour")
        newer = (await client.get("/api/log/checkpoint")).text
        assert (await client.get("/api/log/key")).text == SIGNER.key.text + "\n"
        before, after = (bundles.checkpoint_of(note, SIGNER.key) for note in (older, newer))
        assert before.size < after.size
        sizes = {"old": before.size, "new": after.size}
        path = (await client.get("/api/log/consistency", params=sizes)).json()["path"]
        assert is_consistent(before.head, after.head, [from_base64(each) for each in path])
        asked = {"category": "laundry-detergent"}
        async with world.client(bearer=await a_vendor_key(world, "haushaltshof")) as vendor:
            receipt = await vendor.get("/api/log/listing", params=asked)
        held, _ = bundles.receipt(receipt.content)
        assert held.listing.record["vendor"] == "haushaltshof"
        place = {"index": held.listing.index, "size": before.size}
        path = (await client.get("/api/log/inclusion", params=place)).json()["path"]
    leaf = committed_leaf(from_base64(held.listing.salt), held.listing.data)
    steps = [from_base64(each) for each in path]
    assert is_included(leaf, held.listing.index, before.size, steps, before.root)


async def test_trees_that_never_were_are_not_found(world: World, nora: Home):
    async with world.client() as client:
        for address in (
            "/api/log/inclusion?index=5&size=5",
            "/api/log/inclusion?index=0&size=100000",
            "/api/log/consistency?old=5&new=4",
            "/api/log/consistency?old=0&new=100000",
        ):
            assert (await client.get(address)).status_code == 404, address
        assert (await client.get("/api/log/inclusion?index=-1&size=1")).status_code == 422


async def test_an_empty_log_says_so(world: World):
    async with world.client() as client:
        answer = await client.get("/api/log/checkpoint")
    assert answer.status_code == 409
    assert answer.json()["code"] == "not_logged_yet"


async def test_a_receipt_is_given_to_its_vendor_alone(world: World, nora: Home):
    asked = {"category": "laundry-detergent"}
    for key, status in ((None, 401), (nora.key, 403), (world.maker_key, 403)):
        async with world.client(bearer=key) as client:
            assert (await client.get("/api/log/listing", params=asked)).status_code == status
    async with world.client(bearer=await a_vendor_key(world, "nobody")) as client:
        assert (await client.get("/api/log/listing", params=asked)).status_code == 404
