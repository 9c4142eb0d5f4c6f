"""What Mosquitto reads beside `mosquitto.conf`: who may connect, and to which topics.

Pure: text of the two files the configuration names.
"""

import hashlib
from base64 import b64encode
from typing import Final

ITERATIONS: Final = (
    101  # mosquitto_passwd's own count; ample, because secrets are 256 random bits
)
DEVICE_WRITES: Final = ("telemetry", "event", "status")
DEVICE_READS: Final = ("receipt", "command")


def password_line(username: str, secret: bytes, *, salt: bytes) -> str:
    """One line of the password file, as `mosquitto_passwd` writes it.

    salt: 12 random bytes.
    """
    digest = hashlib.pbkdf2_hmac("sha512", secret, salt, ITERATIONS)
    encoded_salt, encoded_digest = (b64encode(each).decode() for each in (salt, digest))
    return f"{username}:$7${ITERATIONS}${encoded_salt}${encoded_digest}\n"


def access_rules(platform_user: str) -> str:
    """The ACL file. It names no device: `%u` is the user name, which is the device id."""
    platform = [
        f"user {platform_user}",
        *(f"topic read v1/devices/+/{channel}" for channel in DEVICE_WRITES),
        *(f"topic write v1/devices/+/{channel}" for channel in DEVICE_READS),
    ]
    devices = [
        *(f"pattern write v1/devices/%u/{channel}" for channel in DEVICE_WRITES),
        *(f"pattern read v1/devices/%u/{channel}" for channel in DEVICE_READS),
    ]
    return "\n".join([*platform, "", *devices, ""])
