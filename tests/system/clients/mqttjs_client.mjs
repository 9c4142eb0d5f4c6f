// mqtt.js, told by its command line what to do; see tests/system/interoperability.py.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const mqtt = createRequire(process.env.NODE_MODULES + "/")("mqtt");
const [act, ...rest] = process.argv.slice(2);
const wanted = { qos: "1", version: "4", payload: "" };
for (let at = 0; at < rest.length; at += 2) wanted[rest[at].slice(2)] = rest[at + 1];

const client = mqtt.connect({
  protocol: wanted.ca ? "mqtts" : "mqtt",
  host: "127.0.0.1",
  port: Number(wanted.port),
  clientId: wanted.name,
  username: wanted.name,
  password: wanted.secret,
  protocolVersion: Number(wanted.version),
  reconnectPeriod: 0,
  ca: wanted.ca ? readFileSync(wanted.ca) : undefined,
  will: wanted.will
    ? { topic: wanted.will, payload: wanted.payload, qos: 1, retain: true }
    : undefined,
});
client.on("error", (error) => {
  console.log(`refused: ${error.message}`);
  process.exit(1);
});
client.on("close", () => process.exit(1));
client.on("message", (_topic, payload) => console.log(payload.toString()));
client.on("connect", () => {
  if (act === "listen") {
    client.subscribe(wanted.topic, { qos: 1 }, () => console.log("ready"));
    return;
  }
  client.publish(wanted.topic, wanted.payload, { qos: Number(wanted.qos) }, (error) => {
    console.log(error ? `refused: ${error.message}` : "published");
    client.end(false, () => process.exit(error ? 1 : 0));
  });
});
