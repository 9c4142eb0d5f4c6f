"""Salted commitments: what a leaf says of a record without saying anything about it.

Pure. Leaf entry = SHA-256(salt, SHA-256(record)). Whoever has record and salt can show that the
record stands in the log; once both are erased, nobody can even guess at it.
"""

import hashlib
import hmac
from typing import Final

from vendor_policy.log.tree import leaf_hash

SALT_BYTES: Final = 32


def commitment(salt: bytes, record: bytes) -> bytes:
    return hashlib.sha256(salt + hashlib.sha256(record).digest()).digest()


def committed_leaf(salt: bytes, record: bytes) -> bytes:
    """The hash of the leaf in the tree."""
    return leaf_hash(commitment(salt, record))


def event_salt(seed: bytes, record: bytes) -> bytes:
    """Of a later event of a decision; `seed` lies beside the decision's salt, is erased with it
    and never leaves the platform.
    """
    return hmac.digest(seed, record, "sha256")
