"""The Merkle tree of RFC 6962 / RFC 9162 over stored nodes: hashes, roots, proofs.

Pure. A node is kept once its subtree is full and never changes again, so appending a leaf and
making a proof touch O(log n) nodes. `Nodes` need only hold those that `needed` names.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

Node = tuple[
    int, int
]  # (level, position): the leaves from position << level, 1 << level of them
Nodes = Mapping[Node, bytes]
Range = tuple[int, int]  # leaves from the first up to, not including, the second

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(leaves: Range) -> list[Node]:
    """The full subtrees that make up a range met in a proof, left to right."""
    start, end = leaves
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def needed(ranges: Iterable[Range]) -> set[Node]:
    return {node for leaves in ranges for node in cover(leaves)}


def subtree(leaves: Range, nodes: Nodes) -> bytes:
    """Its hash; of the whole tree `(0, size)`: the root."""
    hashes = [nodes[node] for node in cover(leaves)]
    if not hashes:
        return EMPTY_ROOT
    found = hashes.pop()
    while hashes:
        found = node_hash(hashes.pop(), found)
    return found


def appended(size: int, leaf_hashes: Sequence[bytes], nodes: Nodes) -> dict[Node, bytes]:
    """The nodes that become full when leaves follow a tree of `size`.

    nodes: at least those `cover((0, size))` names.
    """
    new: dict[Node, bytes] = {}
    for position, leaf in enumerate(leaf_hashes, start=size):
        level, at, found = 0, position, leaf
        new[0, at] = leaf
        while at % 2:
            found = node_hash(new.get((level, at - 1)) or nodes[level, at - 1], found)
            level, at = level + 1, at // 2
            new[level, at] = found
    return new


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The subtrees whose hashes prove a leaf, in the order of the proof."""
    start, end = 0, size
    ranges: list[Range] = []
    while end - start > 1:
        split = _split(start, end)
        if index < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((start, split))
            start = split
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The subtrees whose hashes prove that a tree of `new` leaves begins with one of `old`."""
    if old in (0, new):
        return []
    start, end = 0, new
    ranges: list[Range] = []
    while end != old:
        split = _split(start, end)
        if old <= split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((start, split))
            start = split
    if start:  # the old root itself is known to who asks
        ranges.append((start, old))
    return ranges[::-1]


def path(ranges: Iterable[Range], nodes: Nodes) -> list[bytes]:
    return [subtree(leaves, nodes) for leaves in ranges]


def _split(start: int, end: int) -> int:
    """Behind the largest power of two below the width."""
    return start + (1 << ((end - start - 1).bit_length() - 1))
