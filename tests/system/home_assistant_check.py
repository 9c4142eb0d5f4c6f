"""Run by an interpreter that has Home Assistant: what it makes of what we publish.

Reads {"configs": {topic: config}, "states": {topic: state}} and prints one complaint a line.
"""

import asyncio
import json
import sys
import tempfile

from homeassistant.components.mqtt import button, sensor
from homeassistant.components.sensor.const import DEVICE_CLASS_UNITS, SensorDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template
from homeassistant.util import dt as dt_util

SCHEMAS = {"sensor": sensor.DISCOVERY_SCHEMA, "button": button.DISCOVERY_SCHEMA}


def complaints(hass: HomeAssistant, topic: str, config: dict, states: dict):
    component = topic.split("/")[1]
    taken = SCHEMAS[component](config)
    ignored = config.keys() - taken.keys()
    if ignored:
        yield f"ignores {sorted(ignored)}"
    if component == "sensor":
        yield from of_sensor(hass, taken, states[config["state_topic"]])


def of_sensor(hass: HomeAssistant, taken: dict, state: str):
    units = DEVICE_CLASS_UNITS.get(taken.get("device_class"))
    unit = taken.get("unit_of_measurement")
    if units is not None and unit not in units:
        yield f"{taken['device_class']} in {unit}"
    shown = Template(taken["value_template"].template, hass)
    value = str(shown.async_render_with_possible_json_value(state, "broken"))
    is_time = taken.get("device_class") is SensorDeviceClass.TIMESTAMP
    if value == sensor.PAYLOAD_NONE:  # unknown
        return
    if is_time and dt_util.parse_datetime(value) is None:
        yield f"{value} is no time"
    if not is_time:
        float(value)


async def main() -> None:
    told = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        for topic, config in told["configs"].items():
            for complaint in complaints(hass, topic, config, told["states"]):
                print(f"{topic}: {complaint}")  # noqa: T201 - read by the test


if __name__ == "__main__":
    asyncio.run(main())
