"""Whether a proof holds: inclusion (RFC 9162, 2.1.3.2) and consistency (2.1.4.2). Pure."""

from collections.abc import Sequence

from vendor_policy.log.tree import node_hash


def is_included(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf_hash
    for step in path:
        if last == 0:
            return False
        if at % 2 or at == last:
            found = node_hash(step, found)
            at, last = _up_to_right_child(at, last)
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(
    old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]
) -> bool:
    """old, new: size and root of two trees; whether the newer one begins with the older one."""
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size == 0 or old_size >= new_size:
        return not path and (old_size == 0 or old == new)
    steps = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not steps:
        return False
    at, last = old_size - 1, new_size - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    old_found = new_found = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            old_found, new_found = node_hash(step, old_found), node_hash(step, new_found)
            at, last = _up_to_right_child(at, last)
        else:
            new_found = node_hash(new_found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (old_found, new_found) == (old_root, new_root)


def _up_to_right_child(at: int, last: int) -> tuple[int, int]:
    while at and not at % 2:
        at, last = at >> 1, last >> 1
    return at, last
