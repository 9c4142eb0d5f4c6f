"""A water filter in forty lines, to start firmware from. Needs paho-mqtt only.

    python firmware_paho.py HOST PORT DEVICE_ID SECRET

Each line on standard input stands for the sensor: a level from 0 to 1, or `refilled`.
"""

import itertools
import json
import sys
import threading
import time
from datetime import UTC, datetime

import paho.mqtt.client as paho

host, port, device_id, secret = sys.argv[1:5]
topic = f"v1/devices/{device_id}/"
boot_id = int(time.time())  # must be higher after each start; a counter in flash does as well
sequence = itertools.count(1)
online = threading.Event()
unconfirmed = {}  # events by (boot_id, seq), until a receipt names them


def publish(channel, **content):
    """A level may be lost: the next one repairs it. An event may not, so it is kept."""
    seq, now = next(sequence), datetime.now(UTC).isoformat()
    message = {"v": 1, "boot_id": boot_id, "seq": seq, "measured_at": now, **content}
    if channel == "event":
        unconfirmed[boot_id, seq] = json.dumps(message)
    client.publish(topic + channel, json.dumps(message), qos=1)


def on_connect(client, userdata, flags, reason, properties):
    if reason.is_failure:
        print(f"{host}:{port} refused {device_id}: {reason}", file=sys.stderr)
        return
    client.subscribe(topic + "receipt")
    birth = {"v": 1, "state": "online", "boot_id": boot_id, "firmware": "example 1"}
    client.publish(topic + "status", json.dumps(birth), qos=1, retain=True)
    online.set()


def on_message(client, userdata, message):
    for event in json.loads(message.payload)["events"]:
        unconfirmed.pop(tuple(event), None)


client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=device_id)
client.on_connect, client.on_message = on_connect, on_message
client.username_pw_set(device_id, secret)
offline = {"v": 1, "state": "offline", "boot_id": boot_id}
client.will_set(topic + "status", json.dumps(offline), qos=1, retain=True)
client.connect(host, int(port), keepalive=30)
client.loop_start()  # sends, receives and connects again by itself
online.wait()
for line in sys.stdin:
    if line.strip() == "refilled":
        publish("event", event="refilled", slot="filter")
    else:
        publish("telemetry", slots={"filter": {"level": float(line)}})
while unconfirmed:  # the same events again, unchanged
    time.sleep(2)
    for event in list(unconfirmed.values()):
        client.publish(topic + "event", event, qos=1)
client.publish(topic + "status", json.dumps(offline), qos=1, retain=True)
client.disconnect()
client.loop_stop()
