"""The traps of devices that speak MQTT; whole recordings are in tests/recorded."""

import json
from typing import Any

import pytest

from broker.bridges.consumable_words import kind_of
from broker.bridges.mqtt import dyson, homie, plugs
from broker.bridges.mqtt.bambu import BambuDialect
from broker.bridges.mqtt.home_assistant import HomeAssistantDialect
from broker.bridges.mqtt.zigbee2mqtt import Zigbee2mqttDialect
from broker.bridges.reading import Reading
from devices.wire import SlotState

CONFIG = "homeassistant/sensor/cat/food/config"


def announced(**config: object) -> bytes:
    plain = {"name": "Food level", "stat_t": "cat/food", "unit_of_meas": "%"}
    return json.dumps(plain | {"dev": {"ids": ["cat-1"]}} | config).encode()


def adopted(**config: object) -> HomeAssistantDialect:
    dialect = HomeAssistantDialect()
    assert dialect.hear(CONFIG, announced(**config)) == ()
    return dialect


def test_a_sensor_that_speaks_of_a_consumable_is_adopted() -> None:
    dialect = adopted()
    assert "cat/food" in dialect.topics
    [reading] = dialect.hear("cat/food", b"37.5")
    assert (reading.device_id, reading.slot, reading.level_pct) == ("cat-1", "food-level", 37.5)


def test_an_empty_config_takes_the_sensor_away() -> None:
    dialect = adopted()
    [gone] = dialect.hear(CONFIG, b"")
    assert (gone.slot, gone.state, gone.level_pct) == ("food-level", SlotState.NOT_FITTED, None)
    assert "cat/food" not in dialect.topics
    assert dialect.hear("cat/food", b"37.5") == ()
    assert dialect.hear(CONFIG, b"") == ()


def test_a_config_that_changes_replaces_the_one_before() -> None:
    dialect = adopted()
    dialect.hear(CONFIG, announced(stat_t="cat/other"))
    assert dialect.hear("cat/food", b"37.5") == ()
    assert len(dialect.hear("cat/other", b"37.5")) == 1


@pytest.mark.parametrize(
    ("template", "payload", "level"),
    [
        ("{{ value }}", b"40", 40),
        ("{{ value | float(0) }}", b"40", 40),
        ("{{ value_json.tank.level }}", b'{"tank": {"level": 40}}', 40),
        ("{{value_json['tank'][0] | round(1)}}", b'{"tank": [40]}', 40),
        ("{{ value_json.tank.level }}", b"no json", None),
        ("{{ value_json }}", b"40", None),
        ("{{ 100 - value | int }}", b"40", None),
        ("{{ value if value else 50 }}", b"40", None),
        ("{% if true %}50{% endif %}", b"40", None),
        ("{{ value.__class__ }}", b"40", None),
    ],
)
def test_a_template_is_looked_at_and_never_run(
    template: str, payload: bytes, level: float | None
) -> None:
    [reading] = adopted(value_template=template).hear("cat/food", payload)
    assert reading.level_pct == level
    assert (reading.state is SlotState.UNKNOWN) == (level is None)


@pytest.mark.parametrize(
    "said", [b"unavailable", b"unknown", b"None", b"", b"nan", b"-1", b"101"]
)
def test_no_state_is_no_level(said: bytes) -> None:
    [reading] = adopted().hear("cat/food", said)
    assert (reading.level_pct, reading.state) == (None, SlotState.UNKNOWN)


def test_a_binary_sensor_is_a_flag() -> None:
    dialect = HomeAssistantDialect()
    topic = "homeassistant/binary_sensor/dw/salt/config"
    dialect.hear(topic, announced(name="Salt empty", pl_on="yes"))
    states = [dialect.hear("cat/food", said)[0].state for said in (b"yes", b"no", b"unknown")]
    assert states == [SlotState.LOW, SlotState.OK, SlotState.UNKNOWN]


@pytest.mark.parametrize(
    "config",
    [
        {"name": "Battery level"},
        {"name": "Food temperature"},
        {"name": "Linkquality"},
        {"stat_t": "cat/#"},
        {"stat_t": ""},
    ],
)
def test_what_is_no_consumable_is_left_alone(config: dict[str, object]) -> None:
    dialect = HomeAssistantDialect()
    dialect.hear("homeassistant/sensor/cat/x/config", announced(**config))
    assert dialect.sensors == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("salt_level", "salt"),
        ("Main Brush", "brush"),
        ("dust bin full", "waste"),
        ("ink black", "ink"),
        ("sink temperature", None),
        ("drink counter", None),
        ("filter reset", None),
        ("battery", None),
    ],
)
def test_a_name_tells_the_kind(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def tray(**fields: Any) -> bytes:
    known = {
        "id": "1",
        "remain": 40,
        "tray_weight": "1000",
        "tray_uuid": "AB",
        "tray_type": "PLA",
    }
    units = [{"id": "0", "tray": [known | fields]}]
    return json.dumps({"print": {"ams": {"ams": units}}}).encode()


def bare(**fields: Any) -> bytes:
    return json.dumps({"print": {"ams": {"ams": [{"id": "0", "tray": [fields]}]}}}).encode()


def test_a_printer_that_sends_only_what_changed_is_merged() -> None:
    dialect = BambuDialect()
    dialect.hear("device/X/report", tray())
    [reading] = dialect.hear("device/X/report", bare(id="1", remain=31))
    assert (reading.level_pct, reading.amount, reading.device_id) == (31, 310, "X")
    assert dialect.hear("device/X/report", b'{"print": {"nozzle_temper": 200}}') == ()


def test_a_spool_that_was_taken_out_leaves_nothing_behind() -> None:
    dialect = BambuDialect()
    dialect.hear("device/X/report", tray())
    [empty] = dialect.hear("device/X/report", bare(id="1"))
    assert (empty.level_pct, empty.state) == (None, SlotState.NOT_FITTED)
    [other] = dialect.hear("device/X/report", bare(id="1", remain=100))
    assert other.level_pct is None  # weight and tag of the spool before are forgotten


@pytest.mark.parametrize(
    "fields",
    [{"remain": -1}, {"tray_uuid": "0" * 32}, {"tray_weight": "0"}, {"remain": 101}],
)
def test_a_spool_that_nobody_weighed_has_no_level(fields: dict[str, Any]) -> None:
    [reading] = BambuDialect().hear("device/X/report", tray(**fields))
    assert (reading.level_pct, reading.amount) == (None, None)


def test_seconds_without_a_unit_and_percent_with_one() -> None:
    dialect = homie.valetudo()
    base = "valetudo/R/ConsumableMonitoringCapability"
    [time] = dialect.hear(f"{base}/filter-main", b"540")
    assert (time.amount, time.unit, time.level_pct) == (540, "s", None)
    dialect.hear(f"{base}/mop-main/$unit", b"%")
    [mop] = dialect.hear(f"{base}/mop-main", b"54")
    assert (mop.level_pct, mop.amount) == (54, None)
    assert dialect.hear("valetudo/R/BatteryStateAttribute/level", b"54") == ()


def heard(state: dict[str, object]) -> list[Reading]:
    payload = json.dumps({"msg": "CURRENT-STATE", "product-state": state}).encode()
    return list(dyson.decode("438/SERIAL/status/current", payload))


def test_a_filter_that_a_machine_lacks_is_not_fitted() -> None:
    hepa, carbon = heard({"hflr": "0100", "cflr": "INV"})
    assert (hepa.level_pct, hepa.device_id) == (100, "SERIAL")
    assert (carbon.level_pct, carbon.state) == (None, SlotState.NOT_FITTED)
    [changed] = heard({"hflr": ["0100", "0007"]})
    assert changed.level_pct == 7


def test_watt_minutes_are_watt_hours_by_sixty() -> None:
    [energy] = plugs.shelly_gen1("shellies/p/relay/0/energy", b"2632")
    assert energy.amount == pytest.approx(43.8667, abs=1e-4)
    assert plugs.shelly_gen1("shellies/p/relay/0/power", b"unavailable")[0].amount is None


def test_a_second_generation_tells_by_event_when() -> None:
    event = {"src": "p", "params": {"ts": 1763712000.5, "switch:1": {"apower": 7.5}}}
    [power] = plugs.shelly_gen2("p/events/rpc", json.dumps(event).encode())
    assert (power.slot, power.amount) == ("power-1", 7.5)
    assert power.observed_at is not None
    assert plugs.shelly_gen2("p/status/input:0", b'{"apower": 1}') == ()


def test_a_zigbee_device_is_known_by_its_address_whatever_its_name() -> None:
    dialect = Zigbee2mqttDialect()
    [before] = dialect.hear("zigbee2mqtt/tank", b'{"tank_level": 40}')
    devices = [{"friendly_name": "tank", "ieee_address": "0x1"}, {"friendly_name": "x"}]
    dialect.hear("zigbee2mqtt/bridge/devices", json.dumps(devices).encode())
    [after] = dialect.hear("zigbee2mqtt/tank", b'{"tank_level": 40}')
    assert (before.device_id, after.device_id) == ("tank", "0x1")


def test_a_filter_beyond_its_life_has_no_level() -> None:
    [young] = Zigbee2mqttDialect().hear("zigbee2mqtt/p", b'{"filter_age": 129600}')
    [old] = Zigbee2mqttDialect().hear("zigbee2mqtt/p", b'{"filter_age": 259201}')
    assert (young.level_pct, old.level_pct, old.state) == (50, None, SlotState.EMPTY)
