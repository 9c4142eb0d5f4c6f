"""The proof bundle of a real order: it verifies twice over; nothing in it can be changed."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.canonical import dumps
from runtime import verify
from runtime.verify import Since
from tests.proof import VERIFIER, bought, bundle_of, choose, stand_alone
from tests.world import SIGNER, World
from vendor_policy.log.bundles import BUNDLE, PROOF, NotProven, read, signatures_and_leaves
from vendor_policy.log.notes import Signer

ALONE = stand_alone()
OURS = ("core", "accounts", "devices", "vendor_policy", "replenishment", "runtime", "api")
BLOCKED = f"""
import runpy, sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {OURS}:
            raise ImportError(name + " is ours")
sys.meta_path.insert(0, Blocker())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def alone(data: bytes) -> str | None:
    """What the stand-alone verifier says; None: everything holds."""
    try:
        said = list(ALONE.verify(data, None))
    except ALONE.Fails as problem:
        return str(problem)
    except ALONE.UNREADABLE as problem:
        return f"file: {problem!r}"
    assert len(said) == 7
    return None


def ours(folder: Path, data: bytes, **options: Any) -> str | None:
    file = folder / "proof.json"
    file.write_bytes(data)
    return verify.verify_file(file, **options).problem


@pytest.fixture
async def bundle(world: World) -> bytes:
    return await bundle_of(world, await bought(world))


async def test_the_bundle_of_an_order_verifies_with_our_code_and_without(
    bundle: bytes, tmp_path: Path
):
    assert ours(tmp_path, bundle) is None
    assert alone(bundle) is None
    assert ours(tmp_path, bundle, key=SIGNER.key.text) is None
    events = [each.record["event"] for each in read(BUNDLE, PROOF, bundle).events]
    assert events[:4] == ["ask", "approve", "submit", "acknowledge"]


async def test_every_changed_byte_is_found_and_the_reason_named(bundle: bytes, tmp_path: Path):
    bits = random.Random(1)  # noqa: S311
    for at in range(0, len(bundle), 23):
        changed = bytearray(bundle)
        changed[at] ^= 1 << bits.randrange(8)
        where = bundle[max(0, at - 20) : at + 20]
        assert ours(tmp_path, bytes(changed)), where
        assert alone(bytes(changed)), where


@pytest.mark.parametrize("part", ["decision", "listings", "checkpoint", "key", "events"])
async def test_every_bit_of_what_matters_most_counts(bundle: bytes, part: str):
    """All places in salts, paths and signatures, where a lenient reader would be blind."""
    value = json.loads(bundle)
    texts = value[part]
    while isinstance(texts, dict | list):
        texts = texts[0] if isinstance(texts, list) else (texts.get("salt") or texts["path"])
    begin = bundle.index(dumps(texts)[1:-1])
    for at in range(begin, begin + len(dumps(texts)) - 2, 3):
        for bit in range(8):
            changed = bytearray(bundle)
            changed[at] ^= 1 << bit
            assert alone(bytes(changed))
            with pytest.raises(NotProven):
                signatures_and_leaves(bytes(changed))


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (
            ("decision", "record", "ranked", 0, "price", "lines", 0, "numerator"),
            "1",
            "line price",
        ),
        (("decision", "record", "ranked", 0, "total", "minor"), 1, "total"),
        (("decision", "record", "chosen", "packs"), 2, "first of the ranking"),
        (("decision", "record", "policy", "loyalty_credit_ppm"), 1, "policy"),
        (("decision", "record", "policy_version"), 99, "at this place"),
        (("events", 1, "record", "by"), "somebody", "at this place"),
        (("decision", "index"), 0, "at this place"),
        (("first", "consistency"), [], "begin"),
        (("order",), "6f1c1f0e-0000-4000-8000-000000000001", "nothing is known"),
        (("more",), 1, "not a proof bundle"),
    ],
)
async def test_a_false_statement_is_named(
    bundle: bytes, tmp_path: Path, path: tuple[Any, ...], value: object, why: str
):
    changed = target = json.loads(bundle)
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert ours(tmp_path, dumps(changed)) is not None
    said = alone(dumps(changed))
    assert said is not None
    assert why in said


async def test_the_order_of_events_cannot_be_changed(bundle: bytes, tmp_path: Path):
    value = json.loads(bundle)
    value["events"].reverse()
    assert "not in the order of the log" in str(alone(dumps(value)))
    assert "not in the order of the log" in str(ours(tmp_path, dumps(value)))


async def test_another_log_is_not_trusted(bundle: bytes, tmp_path: Path):
    other = Signer.of_seed(b"o" * 32, "nachschub.log").key.text
    assert "not the trusted key" in str(ours(tmp_path, bundle, key=other))
    with pytest.raises(ALONE.Fails, match="the log signs with"):
        list(ALONE.verify(bundle, other))


def run_blocked(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", BLOCKED, str(VERIFIER), str(file)]
    return subprocess.run(
        command, cwd=file.parent, capture_output=True, text=True, check=False, timeout=60
    )


async def test_the_verifier_needs_nothing_of_ours(bundle: bytes, tmp_path: Path):
    file = tmp_path / "proof.json"
    file.write_bytes(bundle)
    said = run_blocked(file)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.count("ok ") == 7
    file.write_bytes(bundle.replace(b'"approve"', b'"approvf"', 1))
    said = run_blocked(file)
    assert said.returncode == 1
    assert said.stdout.splitlines()[-1].startswith("FAILS  ")
    assert said.stderr == ""


async def test_an_override_is_openly_the_owners_own(world: World, tmp_path: Path):
    order = await world.ask()
    made = json.loads(await bundle_of(world, order))["decision"]["record"]
    chosen = made["chosen"]["offer_id"]
    other = next(each for each in made["ranked"] if each["offer_id"] != chosen)
    taken = await choose(world, order, other["offer_id"])
    await world.work()
    data = await bundle_of(world, taken)
    assert alone(data) is None
    assert ours(tmp_path, data) is None
    events = read(BUNDLE, PROOF, data).events
    mine = [e.record for e in events if e.record["order"] == str(taken.order_id)]
    assert all(event["is_override"] for event in mine)
    assert "anna@example.org" in {event["by"] for event in mine}


async def test_what_a_shop_refused_may_count_as_sold_out_and_the_proof_says_so(
    world: World, tmp_path: Path
):
    order = await world.ask()
    (line,) = await world.lines(order)
    world.vendors[order.vendor_id].out_of_stock.add(line.sku)
    await world.approve(order)
    await world.work()
    again = await world.live()
    assert again is not None
    assert again.order_id != order.order_id
    data = await bundle_of(world, again)
    assert alone(data) is None
    assert ours(tmp_path, data) is None
    value = json.loads(data)
    value["events"] = [e for e in value["events"] if e["record"]["event"] != "refuse"]
    assert alone(dumps(value)) is not None


async def test_a_later_bundle_goes_on_from_an_earlier_one_and_a_rewritten_log_does_not(
    world: World, tmp_path: Path
):
    order = await world.ask()
    older = tmp_path / "older.json"
    older.write_bytes(await bundle_of(world, order))
    await world.approve(order)
    await world.work()
    newer = await bundle_of(world, order)
    problem = ours(tmp_path, newer, since=Since(older=older))
    assert problem is None or "give the answer of /api/log/consistency?" in problem
    forged = json.loads(older.read_bytes())
    note = forged["checkpoint"].split("\n")
    note[2] = "A" * 43 + "="
    text = "\n".join(note[:3]) + "\n"
    older.write_text(f"{text}\n{SIGNER.line(text)}")
    assert "two different trees" in str(ours(tmp_path, newer, since=Since(older=older)))
