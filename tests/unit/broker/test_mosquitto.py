"""Mosquitto's files as its own tools write them."""

from base64 import b64decode

from broker.mosquitto import access_rules, password_line
from devices import passwords

FROM_MOSQUITTO = (  # mosquitto_passwd 2.0.11
    "washer-0001:$7$101$pZjoMHCBrF0nsnea$"
    "APjElYZwNxoRee/mT3DEprK+ha80CCzgxRtVxOt8qQYbq31Nk60UHpX4mwRt5obOVSKsIUXNiIBQryM+F0kWEg==\n"
)


def test_a_password_line_is_what_mosquitto_passwd_writes():
    salt = b64decode(FROM_MOSQUITTO.split("$")[3])
    kept = passwords.kept(b"first-secret", salt=salt, iterations=101)
    assert password_line("washer-0001", kept) == FROM_MOSQUITTO


def test_the_platform_reads_what_devices_send_and_devices_only_their_own_topics():
    platform, devices = access_rules("ingest").split("\n\n")
    assert platform.startswith("user ingest\ntopic read v1/devices/+/telemetry\n")
    own = ("pattern write v1/devices/%u/", "pattern read v1/devices/%u/")
    assert [line for line in devices.splitlines() if not line.startswith(own)] == []
