"""What Mosquitto reads beside `mosquitto.conf`: who may connect, and to which topics.

Pure: text of the two files the configuration names.
"""

from typing import Final

DEVICE_WRITES: Final = ("telemetry", "event", "status")
DEVICE_READS: Final = ("receipt", "command")


def password_line(username: str, kept: str) -> str:
    """One line of the password file. kept: of `devices.passwords`."""
    return f"{username}:{kept}\n"


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
