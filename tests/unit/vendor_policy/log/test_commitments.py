"""Salted commitments: erasing record and salt leaves all proofs valid and nothing behind."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from vendor_policy.log import tree
from vendor_policy.log.commitments import commitment, committed_leaf, event_salt
from vendor_policy.log.proofs import is_included

salts = st.binary(min_size=32, max_size=32)
logs = st.lists(st.tuples(salts, st.binary(max_size=20)), min_size=1, max_size=40)


@given(logs, st.data())
def test_erasing_records_and_salts_leaves_all_proofs_valid(log, data):
    leaves = [committed_leaf(*each) for each in log]
    nodes = tree.appended(0, leaves, {})
    root = tree.subtree((0, len(leaves)), nodes)
    erased = data.draw(st.sets(st.integers(0, len(log) - 1)))
    kept = {at: each for at, each in enumerate(log) if at not in erased}
    for at, (salt, record) in kept.items():
        path = tree.path(tree.inclusion_ranges(at, len(leaves)), nodes)
        assert is_included(committed_leaf(salt, record), at, len(leaves), path, root)
    again = tree.appended(0, leaves, {})  # all that is needed of the erased ones is the leaf
    assert tree.subtree((0, len(leaves)), again) == root


@given(salts, salts, st.binary(max_size=20), st.binary(max_size=20))
def test_only_the_same_salt_and_record_open_a_commitment(salt, other, record, changed):
    made = commitment(salt, record)
    assert (commitment(other, record) == made) == (other == salt)
    assert (commitment(salt, changed) == made) == (changed == record)


def test_the_commitment_is_the_documented_hash():
    salt, record = b"s" * 32, b'{"a":1}'
    inner = hashlib.sha256(record).digest()
    assert commitment(salt, record) == hashlib.sha256(salt + inner).digest()
    entry = hashlib.sha256(b"\0" + commitment(salt, record)).digest()
    assert committed_leaf(salt, record) == entry


@given(salts, st.binary(max_size=20), st.binary(max_size=20))
def test_an_events_salt_differs_from_event_to_event_and_hides_the_seed(seed, one, two):
    assert (event_salt(seed, one) == event_salt(seed, two)) == (one == two)
    assert event_salt(seed, one) != seed
