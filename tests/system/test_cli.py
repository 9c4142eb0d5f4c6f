"""The command line as a person meets it: real processes, their words and exit codes.

They are forked off; `test_broker_lives` starts them as a person does.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forking
from tests.processes import ROOT
from tests.system.installation import SOAP_BOX

PRINTER = {
    "manufacturer": "Example Works",
    "model": SOAP_BOX,
    "devices": [{"serial": "A-1"}, {"serial": "A-2", "device_id": "box-two"}],
}


@dataclass(frozen=True)
class Ended:
    folder: Path
    said: str


def nachschub(
    *arguments: str | Path, home: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    named = {f"NACHSCHUB_{name.upper()}": value for name, value in environment.items()}
    return subprocess.run(
        forking.command("runtime", *map(str, arguments)),
        cwd=ROOT,
        env={**os.environ, "NACHSCHUB_HOME": str(home), "COLUMNS": forking.COLUMNS, **named},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A demo that has lived through its days, with orders in it."""
    home = tmp_path_factory.mktemp("lived")
    run = nachschub("demo", "--exit", "--days", "8", home=home, http_port="0")
    assert run.returncode == 0, run.stdout + run.stderr
    return Ended(home / "demo", run.stdout)


@pytest.fixture
def lived(ended: Ended) -> Path:
    return ended.folder


def first(home: Path, query: str) -> str:
    asked = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys, uuid;"
            "row = sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone();"
            "print(uuid.UUID(row[0]))",
            str(home / "nachschub.db"),
            query,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout.strip()


def test_a_taken_port_is_named_with_another_to_try(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = nachschub("all", home=tmp_path, http_port=str(port))
    assert refused.returncode == 1
    assert refused.stderr.strip() == (
        f"Port {port} on 127.0.0.1 is in use. Choose another: NACHSCHUB_HTTP_PORT={port + 1}"
    )


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    refused = nachschub("migrate", home=file / "below")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Cannot write to {file / 'below'}")
    assert "NACHSCHUB_HOME" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_wrong_setting_names_its_variable(tmp_path: Path) -> None:
    refused = nachschub("migrate", home=tmp_path, http_port="ninety")
    assert refused.returncode == 1
    assert refused.stderr.startswith("NACHSCHUB_HTTP_PORT: ")


def test_a_missing_package_is_named_with_the_command(tmp_path: Path) -> None:
    bare = subprocess.run(
        [sys.executable, "-S", "-m", "runtime", "doctor"],  # -S: without site-packages
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert bare.returncode == 1
    assert bare.stderr.strip().endswith("is missing. Run: make venv")


def test_devices_are_provisioned_once_and_secrets_are_kept_from_others(tmp_path: Path) -> None:
    file, result = tmp_path / "batch.json", tmp_path / "made.csv"
    file.write_text(json.dumps(PRINTER))
    made = nachschub("provision", file, "--result", result, home=tmp_path)
    assert made.returncode == 0, made.stderr
    assert len(result.read_text().splitlines()) == 3
    assert result.stat().st_mode & 0o077 == 0
    again = nachschub("provision", file, "--result", tmp_path / "2.csv", home=tmp_path)
    assert again.returncode == 1
    assert "box-two" in again.stderr


def test_a_vendor_gets_a_key_and_an_unknown_one_the_names_of_those_there_are(
    lived: Path,
) -> None:
    made = nachschub("key", "vendor", "haushaltshof", home=lived)
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.strip()) > 20
    unknown = nachschub("key", "vendor", "nobody", home=lived)
    assert unknown.returncode == 1
    assert "no vendor 'nobody'; there is billigblitz, haushaltshof" in unknown.stderr
    desk = nachschub("key", "operator", "desk-1", home=lived)
    assert desk.returncode == 0
    assert desk.stdout != made.stdout


def test_a_wrong_batch_names_file_and_field(tmp_path: Path) -> None:
    file = tmp_path / "batch.json"
    slot = {**PRINTER["model"]["slots"][0], "capacity": -5}  # type: ignore[index]
    file.write_text(json.dumps({**PRINTER, "model": {**PRINTER["model"], "slots": [slot]}}))  # type: ignore[dict-item]
    refused = nachschub("provision", file, home=tmp_path)
    assert refused.returncode == 1
    assert f"{file}: model.slots.0.capacity" in refused.stderr


def test_doctor_finds_nothing_wrong_with_a_fresh_installation(tmp_path: Path) -> None:
    well = nachschub("doctor", "--json", home=tmp_path, http_port="0", mqtt_port="0")
    assert well.returncode == 0, well.stdout
    assert {"packages", "folder", "database"} <= {c["name"] for c in json.loads(well.stdout)}


def test_a_demo_prints_its_table_and_ends_well(ended: Ended) -> None:
    for word in ("orders", "spent", "stock-outs", "faults injected", "days a second", "MB"):
        assert word in ended.said


def test_explain_prints_the_chain_from_payload_to_parcel(lived: Path) -> None:
    order = first(lived, "select order_id from \"order\" where state = 'delivered'")
    told = nachschub("explain", order, "--json", home=lived)
    assert told.returncode == 0, told.stderr
    hops = [entry["hop"] for entry in json.loads(told.stdout)]
    for hop in ("need", "decision", "offers", "chosen", "order", "line", "vendor", "parcel"):
        assert hop in hops


def test_replay_agrees_and_refuses_one_changed_byte(lived: Path, tmp_path: Path) -> None:
    record = first(lived, "select record_id from decision")
    agreed = nachschub("replay", record, "--json", home=lived)
    assert agreed.returncode == 0, agreed.stdout
    assert json.loads(agreed.stdout)["agrees"] is True
    database = tmp_path / "nachschub.db"
    database.write_bytes((lived / "nachschub.db").read_bytes())
    _change_one_byte(database)
    refused = nachschub("replay", record, home=tmp_path)
    assert refused.returncode == 3
    assert "differs" in refused.stdout


def _change_one_byte(database: Path) -> None:
    """In the middle of every stored record."""
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys;"
            "c = sqlite3.connect(sys.argv[1]);"
            "rows = c.execute('select record_id, record from decision').fetchall();"
            "[c.execute('update decision set record = ? where record_id = ?',"
            " (r[:len(r)//2] + bytes([r[len(r)//2] ^ 1]) + r[len(r)//2+1:], i))"
            " for i, r in rows];"
            "c.commit()",
            str(database),
        ],
        check=True,
    )


def test_the_log_of_a_demo_verifies_and_one_changed_byte_is_told(lived: Path, tmp_path: Path):
    fine = nachschub("verify", "--database", home=lived)
    assert fine.returncode == 0, fine.stdout + fine.stderr
    assert "checkpoints" in fine.stdout
    copy = shutil.copytree(lived, tmp_path / "copy")
    change = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('UPDATE leaf SET commitment = zeroblob(32) WHERE leaf_id = 2'); c.commit()"
    )
    subprocess.run([sys.executable, "-c", change, str(copy / "nachschub.db")], check=True)
    wrong = nachschub("verify", "--database", home=copy)
    assert wrong.returncode == 3
    assert "not what its leaf commits to" in wrong.stdout
    assert "not what its leaf commits to" in nachschub("doctor", home=copy).stdout


def test_verify_says_which_file_it_needs_and_what_is_wrong_with_one(tmp_path: Path):
    assert nachschub("verify", home=tmp_path).returncode == 2
    file = tmp_path / "proof.json"
    file.write_text("{}")
    wrong = nachschub("verify", file, home=tmp_path)
    assert (wrong.returncode, wrong.stdout[:6]) == (3, "FAILS ")
    assert nachschub("verify", tmp_path / "none.json", home=tmp_path).returncode == 1


def test_two_instances_are_introduced_by_their_keys(tmp_path: Path):
    log, witness = tmp_path / "log", tmp_path / "witness"
    ours = dict(
        line.split() for line in nachschub("witness", "keys", home=log).stdout.splitlines()
    )
    theirs = nachschub("witness", "keys", home=witness).stdout.split()[-1]
    added = nachschub("witness", "add", "https://w.example/witness", theirs, home=log)
    assert added.returncode == 0, added.stderr
    watched = nachschub("witness", "watch", ours["log"], home=witness)
    assert watched.returncode == 0, watched.stderr
    other_one = nachschub("witness", "watch", ours["witness"], home=witness)
    assert other_one.returncode == 1
    assert "the other of the two keys" in other_one.stderr
