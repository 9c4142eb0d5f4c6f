"""The proof bundle of a real order: it verifies twice over, and nothing in it can be changed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.canonical import dumps
from runtime import verify
from tests.proof import VERIFIER, bought, bundle_of, stand_alone
from tests.world import SIGNER, World
from vendor_policy.log.bundles import BUNDLE, PROOF, read

ALONE = stand_alone()


def ours(file: Path) -> str | None:
    return verify.verify_file(file).problem


def alone(data: bytes) -> str | None:
    try:
        return None if list(ALONE.verify(data, None)) else "said nothing"
    except (ALONE.Fails, *ALONE.UNREADABLE) as problem:
        return repr(problem)


async def test_the_bundle_of_an_order_verifies_with_our_code_and_without(
    world: World, tmp_path: Path
):
    data = await bundle_of(world, await bought(world))
    file = tmp_path / "proof.json"
    file.write_bytes(data)
    assert ours(file) is None
    assert alone(data) is None
    assert verify.verify_file(file, SIGNER.key.text).problem is None
    events = [each.record["event"] for each in read(BUNDLE, PROOF, data).events]
    assert events[:4] == ["ask", "approve", "submit", "acknowledge"]
