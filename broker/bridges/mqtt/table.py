"""Every dialect of MQTT that a bridge can listen to, by the word for it on the command line.

Pure.
"""

from collections.abc import Callable
from typing import Final

from broker.bridges.mqtt import dyson, esphome, homie, plugs
from broker.bridges.mqtt.bambu import BambuDialect
from broker.bridges.mqtt.dialect import Dialect
from broker.bridges.mqtt.home_assistant import HomeAssistantDialect
from broker.bridges.mqtt.zigbee2mqtt import Zigbee2mqttDialect

DIALECTS: Final[dict[str, Callable[[], Dialect]]] = {
    "bambu": BambuDialect,
    "dyson": lambda: dyson.DIALECT,
    "esphome": lambda: esphome.DIALECT,
    "home-assistant": HomeAssistantDialect,
    "homie": homie.HomieDialect,
    "shelly-gen1": lambda: plugs.SHELLY_GEN1,
    "shelly-gen2": lambda: plugs.SHELLY_GEN2,
    "tasmota": lambda: plugs.TASMOTA,
    "valetudo": homie.valetudo,
    "zigbee2mqtt": Zigbee2mqttDialect,
}
