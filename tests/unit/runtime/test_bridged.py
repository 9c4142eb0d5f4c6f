import ssl

import pytest

from broker.bridges.ipp import IppDevice
from broker.bridges.snmp import SnmpDevice
from devices.description import DescribedSlot, Description
from runtime.bridged import KINDS, device_of


def described(condition: dict[str, object]) -> Description:
    slot = {"title": {"en": "A"}, "category": "toner", "typical_use_per_day": 1}
    made = DescribedSlot.model_validate(slot | {"most_per_day": 1, "condition": condition})
    return Description(
        format=1,
        name="x1",
        maker="M",
        title={"en": "X"},
        simulated=True,
        sends="What it holds.",
        slots={"a": made},
    )


def test_a_printer_is_asked_for_what_its_description_binds() -> None:
    oid = "1.3.6.1.4.1.9.1"
    asked = device_of("snmp", "snmp://[::1]:1161", {"community": "c"}, described({"oid": oid}))
    assert asked == SnmpDevice(host="::1", port=1161, community="c", extra=(oid,))
    bound = described({"ipp": {"attribute": "printer-spool", "index": 0}})
    printer = device_of("ipp", "ipp://p/ipp/print", {}, bound)
    assert printer == IppDevice("ipp://p/ipp/print", ("printer-spool",))


def test_a_user_of_snmp_version_3_is_taken_over() -> None:
    options = {"user": "kim", "auth_key": "one", "priv_key": "two", "context": "c"}
    device = device_of("snmp", "snmp://p", options)
    assert isinstance(device, SnmpDevice)
    assert (device.user, device.authentication_key, device.privacy_key) == ("kim", "one", "two")


@pytest.mark.parametrize(
    ("address", "options", "port", "mode"),
    [
        ("mqtt://kim:a%40b@h", {}, 1883, None),
        ("mqtts://kim:a%40b@h", {}, 8883, ssl.CERT_REQUIRED),
        ("mqtts://kim:a%40b@h:1", {"verify": "no"}, 1, ssl.CERT_NONE),
    ],
)
def test_the_household_broker_is_reached_with_and_without_tls(
    address: str, options: dict[str, str], port: int, mode: ssl.VerifyMode | None
) -> None:
    where = device_of("bambu", address, options)._address  # type: ignore[attr-defined]
    assert (where.host, where.port, where.user, where.password) == ("h", port, "kim", "a@b")
    assert (where.tls.verify_mode if where.tls else None) == mode


def test_every_kind_opens_a_device_of_its_own() -> None:
    addresses = {"ipp": "ipp://p/x", "snmp": "snmp://p"}
    for kind in KINDS:
        address = addresses.get(kind, "mqtt://h")
        device = device_of(kind, address, {}, described({"mqtt": {"topic": "a"}}))
        assert device.firmware.startswith(f"bridge {kind} ")
