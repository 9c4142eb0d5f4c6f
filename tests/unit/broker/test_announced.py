"""Who announces himself on a broker."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from broker.bridges.announced import TOPICS, Announcements
from devices.discovered import MOST_FOUND, Found

AT = "mqtt://10.0.0.2:1883"


def heard(*messages: tuple[str, object]) -> dict[str, Found]:
    """By kind and name."""
    listening = Announcements(AT)
    for topic, said in messages:
        listening.hear(topic, said if isinstance(said, bytes) else json.dumps(said).encode())
    return {f"{each.kind} {each.name}": each for each in listening.found}


def test_a_plug_of_each_make_is_found_by_the_power_it_tells() -> None:
    found = heard(
        ("shellies/shellyplug-s-1/relay/0/power", 3.2),
        ("shellyplusplugs-2/status/switch:0", {"id": 0, "apower": 0.0}),
        ("tasmota/discovery/AABB/config", {"t": "tasmota_AABB", "dn": "Washer plug"}),
        ("tasmota/discovery/AABB/sensors", {"sn": {"ENERGY": {"Power": 3}}}),
        ("tasmota/discovery/CCDD/config", {"t": "a_lamp", "dn": "Lamp"}),
        ("tasmota/discovery/CCDD/sensors", {"sn": {"Time": "x"}}),
        (
            "zigbee2mqtt/bridge/devices",
            [
                {
                    "friendly_name": "cellar plug",
                    "ieee_address": "0x1",
                    "definition": {"exposes": [{"property": "power"}]},
                }
            ],
        ),
    )
    assert {name: each.options[:2] for name, each in found.items()} == {
        "plug shellyplug-s-1": ("device=shellyplug-s-1", "plug=shelly1"),
        "plug shellyplusplugs-2": ("device=shellyplusplugs-2", "plug=shelly2"),
        "plug Washer plug": ("device=tasmota_AABB", "plug=tasmota"),
        "plug cellar plug": ("device=cellar plug", "plug=zigbee2mqtt"),
    }


def test_a_relay_that_measures_nothing_is_no_plug() -> None:
    assert heard(("shellyplus1-3/status/switch:0", {"id": 0, "output": True})) == {}


def test_zigbee_devices_are_found_by_consumable_properties() -> None:
    feeder = {
        "friendly_name": "Feeder",
        "ieee_address": "0xfeed",
        "definition": {"exposes": [{"features": [{"property": "portions_per_day"}]}]},
    }
    lamp = {**feeder, "definition": {"exposes": [{"property": "brightness"}]}}
    found = heard(("zigbee2mqtt/bridge/devices", [feeder, lamp, None, 7]))
    assert found["zigbee2mqtt Feeder"].options == ("device=0xfeed",)
    assert len(found) == 1


def test_valetudo_is_found_in_its_real_capture(shared_data: Path) -> None:
    lines = (shared_data / "devices/mqtt/valetudo/capture.tsv").read_text().splitlines()
    messages = [line.split("\t") for line in lines]
    found = heard(*((each[2], each[3].encode()) for each in messages if len(each) == 4))
    kinds = {each.kind for each in found.values()}
    assert kinds == {"valetudo", "home-assistant"}
    assert all(each.address == AT for each in found.values())


def test_a_sensor_that_is_taken_away_is_not_found() -> None:
    topic = "homeassistant/sensor/feeder/food/config"
    config = {"name": "Food", "state_topic": "a/b", "device": {"identifiers": ["feeder-1"]}}
    assert [*heard((topic, config))] == ["home-assistant feeder-1: Food"]
    assert heard((topic, config), (topic, b"")) == {}


def test_the_command_quotes_what_strangers_wrote() -> None:
    found = Found(
        kind="ipp", name="$(reboot)", address="ipp://p/;rm -rf /", options=("device=a b",)
    )
    assert found.command("CODE", "http://h") == (
        "nachschub bridge ipp 'ipp://p/;rm -rf /' --set 'device=a b' --claim CODE"
        " --platform http://h"
    )


def test_a_broker_full_of_announcements_is_bounded() -> None:
    many = [(f"shellies/plug-{n}/relay/0/power", 1) for n in range(5_000)]
    assert len(heard(*many)) == MOST_FOUND


@given(
    topic=st.sampled_from([each.replace("+", "x") for each in TOPICS]),
    payload=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["t", "sn", "definition", "exposes", "ENERGY", "device"]),
                inner,
                max_size=4,
            )
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_whatever_arrives_is_survived(topic: str, payload: bytes) -> None:
    listening = Announcements(AT)
    listening.hear(topic, payload)
    assert len(listening.found) <= MOST_FOUND
