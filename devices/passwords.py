"""A device's secret as Mosquitto's password file keeps it.

Pure. The platform itself compares keyed hashes (`devices.credentials`); Mosquitto can verify
nothing but this, and the secret is known only while it is shown.
"""

import hashlib
from base64 import b64encode
from typing import Final

ITERATIONS: Final = 1  # of PBKDF2: a device's secret is 256 random bits, nobody can guess it
SALT_BYTES: Final = 12


def kept(secret: bytes, *, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What stands after the colon; `mosquitto_passwd` writes the same with 101 iterations."""
    digest = hashlib.pbkdf2_hmac("sha512", secret, salt, iterations)
    encoded_salt, encoded_digest = (b64encode(each).decode() for each in (salt, digest))
    return f"$7${iterations}${encoded_salt}${encoded_digest}"
