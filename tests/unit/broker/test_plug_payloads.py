import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.bridges import plug_payloads
from broker.bridges.plug_payloads import PlugKind, Power

RPC = {
    "src": "p",
    "method": "NotifyStatus",
    "params": {"ts": 1.7e9, "switch:0": {"apower": 8.9}},
}
KIND_OF = {topic: kind for kind in PlugKind for topic in plug_payloads.topics(kind, "x")}


def read(topic: str, payload: bytes) -> Power | None:
    return plug_payloads.read(KIND_OF[topic], topic, payload)


@pytest.mark.parametrize(
    ("topic", "payload", "power"),
    [
        ("shellies/x/relay/0/power", "42.5", Power(42.5)),
        ("shellies/x/online", "false", Power(None)),
        ("shellies/x/online", "true", None),
        ("x/status/switch:0", '{"id":0,"output":true,"apower":2.7}', Power(2.7)),
        ("x/events/rpc", json.dumps(RPC), Power(8.9, 1.7e9)),
        ("x/events/rpc", '{"params":{"ts":1.0,"sys":{}}}', None),
        ("tele/x/SENSOR", '{"Time":"2026-01-01T00:00:00","ENERGY":{"Power":12}}', Power(12)),
        ("tele/x/ENERGY", '{"Power":12}', Power(12)),
        ("tele/x/LWT", "Offline", Power(None)),
        ("zigbee2mqtt/x", '{"power":0,"linkquality":90}', Power(0)),
        ("zigbee2mqtt/x", '{"power":null}', None),
        ("zigbee2mqtt/x", '{"power":true}', None),
        ("zigbee2mqtt/x/availability", '{"state": "offline"}', Power(None)),
        ("zigbee2mqtt/x", "unavailable", None),
        ("shellies/x/relay/0/power", "unavailable", None),
        ("tele/x/SENSOR", '{"ENERGY":{"Power":[12,700]}}', Power(12)),
        ("x/events/rpc", '{"params":{"switch:1":{"apower":5}}}', None),
        ("zigbee2mqtt/x", '{"power":' + "9" * 1000 + "}", None),
    ],
)
def test_a_payload_gives_a_power_or_nothing(
    topic: str, payload: str, power: Power | None
) -> None:
    assert read(topic, payload.encode()) == power


@given(st.sampled_from(sorted(KIND_OF)), st.binary(max_size=60))
def test_no_payload_is_an_exception(topic: str, payload: bytes) -> None:
    found = read(topic, payload)
    assert found is None or found.watts is None or isinstance(found.watts, float)


def test_recorded_payloads_are_read(shared_data: Path) -> None:
    folder = shared_data / "devices" / "mqtt"
    payload = (folder / "tasmota" / "sonoff_pow.txt").read_text().strip().partition(" = ")[2]
    assert read("tele/x/SENSOR", payload.encode()) == Power(2635)
    [shelly] = (folder / "shelly").glob("gen2_Shelly_Plus_Plug_S*")
    status = json.loads(shelly.read_text())["status"]["switch:0"]
    assert read("x/status/switch:0", json.dumps(status).encode()) == Power(2.7)


def test_every_kind_names_the_topics_it_reads() -> None:
    assert plug_payloads.topics(PlugKind.TASMOTA, "washer")[0] == "tele/washer/SENSOR"
