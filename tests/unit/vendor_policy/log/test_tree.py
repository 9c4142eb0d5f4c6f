"""The tree against the definitions of RFC 6962, written down as they stand there."""

import hashlib
from functools import cache
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vendor_policy.log import tree
from vendor_policy.log.proofs import is_consistent, is_included

# Inputs and roots of the reference implementation of Certificate Transparency.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def mth(leaves: tuple[bytes, ...]) -> bytes:
    """Merkle Tree Hash, RFC 6962, 2.1."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    k = largest_power_below(len(leaves))
    return sha(b"\1" + mth(leaves[:k]) + mth(leaves[k:]))


def largest_power_below(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def audit_path(m: int, leaves: tuple[bytes, ...]) -> list[bytes]:
    """PATH(m, D[n]), 2.1.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*audit_path(m, leaves[:k]), mth(leaves[k:])]
    return [*audit_path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: tuple[bytes, ...], b: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b), 2.1.2."""
    if m == len(leaves):
        return [] if b else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], b), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


@cache
def entries(size: int) -> tuple[bytes, ...]:
    return tuple(sha(number.to_bytes(4)) for number in range(size))


def grown(leaves: tuple[bytes, ...], batch: int = 1_000_000) -> dict[tree.Node, bytes]:
    nodes: dict[tree.Node, bytes] = {}
    for at in range(0, len(leaves), batch):
        hashes = [tree.leaf_hash(each) for each in leaves[at : at + batch]]
        peaks = {node: nodes[node] for node in tree.cover((0, at))}
        nodes.update(tree.appended(at, hashes, peaks))
    return nodes


def root(size: int, nodes: tree.Nodes) -> bytes:
    return tree.subtree((0, size), nodes)


sizes = st.integers(1, 80)


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int):
    leaves = tuple(INPUTS[:size])
    assert root(size, grown(leaves)).hex() == ROOTS[size] == mth(leaves).hex()


@given(sizes, st.integers(1, 20))
def test_roots_are_those_of_the_definition_in_whatever_batches_leaves_come(size, batch):
    assert root(size, grown(entries(size), batch)) == mth(entries(size))


@given(sizes, st.data())
def test_inclusion_proofs_are_those_of_the_definition_and_hold(size, data):
    index = data.draw(st.integers(0, size - 1))
    leaves, nodes = entries(size), grown(entries(size))
    path = tree.path(tree.inclusion_ranges(index, size), nodes)
    assert path == audit_path(index, leaves)
    assert is_included(tree.leaf_hash(leaves[index]), index, size, path, mth(leaves))


@given(sizes, st.data())
def test_consistency_proofs_are_those_of_the_definition_and_hold(size, data):
    old = data.draw(st.integers(1, size))
    leaves, nodes = entries(size), grown(entries(size))
    path = tree.path(tree.consistency_ranges(old, size), nodes)
    assert path == subproof(old, leaves, True)
    assert is_consistent((old, mth(leaves[:old])), (size, mth(leaves)), path)


@given(sizes, st.data())
def test_a_proof_of_anything_else_does_not_hold(size, data):
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size + 1).filter(lambda each: each != index))
    leaves, nodes = entries(size), grown(entries(size))
    path, top = tree.path(tree.inclusion_ranges(index, size), nodes), mth(leaves)
    leaf = tree.leaf_hash(leaves[index])
    assert not is_included(leaf, other, size, path, top)
    assert not is_included(sha(leaf), index, size, path, top)
    assert not is_included(leaf, index, size, path, sha(top))
    assert not is_included(leaf, index, size, [*path, leaf], top)
    assert path == [] or not is_included(leaf, index, size, path[:-1], top)
    at = data.draw(st.integers(0, len(path)))
    forged = [sha(each) if place == at else each for place, each in enumerate(path)]
    assert forged == path or not is_included(leaf, index, size, forged, top)


@given(st.integers(2, 80), st.data())
def test_a_rewritten_log_is_not_consistent(size, data):
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    leaves = entries(size)
    rewritten = tuple(sha(each) if at == changed else each for at, each in enumerate(leaves))
    path = tree.path(tree.consistency_ranges(old, size), grown(rewritten))
    assert not is_consistent((old, mth(leaves[:old])), (size, mth(rewritten)), path)
    swapped = (leaves[old], *leaves[1:old], leaves[0], *leaves[old + 1 :])
    path = tree.path(tree.consistency_ranges(old, size), grown(swapped))
    assert not is_consistent((old, mth(leaves[:old])), (size, mth(swapped)), path)


@given(sizes, st.data())
def test_a_consistency_proof_with_anything_changed_does_not_hold(size, data):
    old = data.draw(st.integers(1, size))
    leaves, nodes = entries(size), grown(entries(size))
    path = tree.path(tree.consistency_ranges(old, size), nodes)
    before, after = (old, mth(leaves[:old])), (size, mth(leaves))
    assert not is_consistent(before, after, [*path, after[1]])
    assert path == [] or not is_consistent(before, after, path[:-1])
    assert not is_consistent((old, sha(before[1])), after, path)
    assert not is_consistent(before, (size, sha(after[1])), path)
    for at in range(len(path)):
        forged = [sha(each) if place == at else each for place, each in enumerate(path)]
        assert not is_consistent(before, after, forged)


def test_an_empty_log_is_the_beginning_of_every_log():
    assert is_consistent((0, tree.EMPTY_ROOT), (3, mth(entries(3))), [])
    assert not is_consistent((3, mth(entries(3))), (2, mth(entries(2))), [])


def test_in_a_log_of_100_000_leaves_a_proof_touches_few_nodes_and_is_quickly_verified():
    size, index = 100_000, 70_001
    nodes = grown(entries(size))
    ranges = tree.inclusion_ranges(index, size)
    assert len(tree.needed(ranges)) <= 2 * 17
    assert len(tree.cover((0, size))) <= 17  # all that appending one more leaf looks at
    path, top = tree.path(ranges, nodes), root(size, nodes)
    leaf = tree.leaf_hash(entries(size)[index])
    began = process_time()
    assert all(is_included(leaf, index, size, path, top) for _ in range(100))
    assert (process_time() - began) / 100 < 0.005
