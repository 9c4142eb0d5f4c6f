"""paho-mqtt, told by its command line what to do; see tests/system/interoperability.py."""

import os
import sys
import time

import paho.mqtt.client as paho

from tests.system.clients import wishes

wanted = wishes.read()
VERSIONS = {4: paho.MQTTv311, 5: paho.MQTTv5}
client = paho.Client(
    paho.CallbackAPIVersion.VERSION2, client_id=wanted.name, protocol=VERSIONS[wanted.version]
)
client.username_pw_set(wanted.name, wanted.secret)
if wanted.ca:
    client.tls_set(wanted.ca)


def connected(client, _userdata, _flags, reason, _properties):
    if reason.is_failure:
        print(f"refused: {reason}", flush=True)
        os._exit(1)  # this is paho's own thread
    if wanted.act == "listen":
        client.subscribe(wanted.topic, qos=1)


client.on_connect = connected
client.on_subscribe = lambda *_: print("ready", flush=True)
client.on_message = lambda _client, _userdata, message: print(
    message.payload.decode(), flush=True
)
if wanted.act == "listen":
    client.will_set(wanted.will, wanted.payload, qos=1, retain=True)
    client.connect("127.0.0.1", wanted.port)
    client.loop_forever()
client.connect("127.0.0.1", wanted.port)
client.loop_start()
deadline = time.monotonic() + 10
while not client.is_connected():
    if time.monotonic() > deadline:
        sys.exit(1)
    time.sleep(0.01)
published = client.publish(wanted.topic, wanted.payload, qos=wanted.qos)
published.wait_for_publish(10)
print("published", flush=True)
client.disconnect()
client.loop_stop()
