"""The peer: Node-RED writing each message to SQLite, as a flow drawn by hand would.

Node-RED is no part of the project. Where npm is present, this installs it into a folder:

    npm install --prefix ~/node-red node-red node-red-node-sqlite

and `NODE_RED=~/node-red python -m benchmarks.ingest` measures it beside the others.
"""

# ruff: noqa: S603 - it runs a program that its caller has installed
import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.processes import PLATFORM, PLATFORM_PASSWORD, free_port

TABLE: Final = "CREATE TABLE reading (device_id, seq, slot, measured_at, level)"
# What a person would write into a function node.
FUNCTION: Final = """
const device = msg.topic.split("/")[2];
for (const [slot, said] of Object.entries(msg.payload.slots)) {
    node.send({params: {
        $device: device, $seq: msg.payload.seq, $slot: slot,
        $at: msg.payload.measured_at, $level: said.level,
    }});
}
"""
INSERT: Final = "INSERT INTO reading VALUES ($device, $seq, $slot, $at, $level)"
PLACE: Final = {"x": 0, "y": 0}  # a node without one would be taken for a setting
STARTS_WITHIN_S: Final = 60
LOOK_EVERY_S: Final = 0.1


def folder() -> Path | None:
    """Where it is installed; None: it is not."""
    named = os.environ.get("NODE_RED")
    if not named or shutil.which("node") is None:
        return None
    found = Path(named).expanduser()
    return found if (found / "node_modules/node-red/red.js").exists() else None


@contextmanager
def running(installed: Path, state: Path, broker_port: int) -> Iterator[Path]:
    """Yields the database that the flow writes to, once the flow is subscribed."""
    database, said = state / "node-red.db", state / "node-red.log"
    with sqlite3.connect(database) as connection:
        connection.execute(TABLE)
    (state / "flows.json").write_text(json.dumps(_flow(database, broker_port)))
    (state / "flows_cred.json").write_text(
        json.dumps({"broker": {"user": PLATFORM, "password": PLATFORM_PASSWORD}})
    )
    (state / "settings.js").write_text(_settings(installed))
    command = ["node", str(installed / "node_modules/node-red/red.js"), "--userDir", str(state)]
    with said.open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            deadline_s = time.monotonic() + STARTS_WITHIN_S
            while "Connected to broker" not in said.read_text():
                if process.poll() is not None or time.monotonic() > deadline_s:
                    raise RuntimeError(f"Node-RED did not start: {said.read_text()[-2000:]}")
                time.sleep(LOOK_EVERY_S)
            time.sleep(1)  # it does not say when it is subscribed
            yield database
        finally:
            process.terminate()


def stored_at(database: Path, messages: int, within_s: float) -> float:
    """When the last of so many was there (seconds since 1970). Raises TimeoutError."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as connection:
            count = connection.execute("SELECT count(*) FROM reading").fetchone()[0]
        connection.close()
        if count >= messages:
            return time.time()
        time.sleep(LOOK_EVERY_S)
    raise TimeoutError(f"Node-RED stored {count} of {messages} messages in {within_s:g} s")


def _settings(installed: Path) -> str:
    settings = {
        "uiPort": free_port(),
        "uiHost": "127.0.0.1",
        "flowFile": "flows.json",
        "credentialSecret": False,
        "nodesDir": str(installed / "node_modules/node-red-node-sqlite"),
        "httpAdminRoot": False,
        "logging": {"console": {"level": "info"}},
    }
    return f"module.exports = {json.dumps(settings)}"


def _flow(database: Path, broker_port: int) -> list[dict[str, Any]]:
    return [
        {"id": "tab", "type": "tab", "label": "ingest"},
        {
            "id": "broker",
            "type": "mqtt-broker",
            "broker": "127.0.0.1",
            "port": str(broker_port),
            "clientid": "node-red",
            "protocolVersion": "4",
            "keepalive": "60",
            "cleansession": True,
            "autoConnect": True,
        },
        {"id": "database", "type": "sqlitedb", "db": str(database), "mode": "RWC"},
        {
            "id": "in",
            "z": "tab",
            **PLACE,
            "type": "mqtt in",
            "topic": "v1/devices/+/telemetry",
            "qos": "1",
            "datatype": "json",
            "broker": "broker",
            "wires": [["split"]],
        },
        {
            "id": "split",
            "z": "tab",
            **PLACE,
            "type": "function",
            "func": FUNCTION,
            "outputs": 1,
            "wires": [["store"]],
        },
        {
            "id": "store",
            "z": "tab",
            **PLACE,
            "type": "sqlite",
            "mydb": "database",
            "sqlquery": "prepared",
            "sql": INSERT,
            "wires": [[]],
        },
    ]
