"""`nachschub broker` and `nachschub conformance` as typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runtime.cli import app
from runtime.conformance_rules import RULES
from tests.processes import ROOT


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NACHSCHUB_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "500"})
    return result.exit_code, result.stdout


def test_files_and_certificates_are_made_where_the_configuration_looks(home):
    assert run("broker", "files")[0] == 0
    assert (home / "mosquitto" / "passwords").read_text().startswith("platform:$7$1$")
    assert "pattern write v1/devices/%u/telemetry" in (home / "mosquitto" / "acl").read_text()
    assert (home / "keys" / "mosquitto").stat().st_mode & 0o777 == 0o600
    assert run("broker", "certs", "--device", "washer-0001")[0] == 0
    made = sorted(path.name for path in (home / "mosquitto" / "tls").iterdir())
    assert made == [
        f"{n}.{kind}" for n in ("broker", "ca", "washer-0001") for kind in ("crt", "key")
    ]
    configured = (ROOT / "mosquitto.conf").read_text()
    for name in ("passwords", "acl", "tls/ca.crt", "tls/broker.crt", "tls/broker.key"):
        assert f"var/mosquitto/{name}\n" in configured


def test_a_check_that_fails_exits_with_three_and_names_the_line(home, tmp_path):
    text = (ROOT / "mosquitto.conf").read_text()
    wrong = text.replace("allow_anonymous false", "allow_anonymous true")
    (tmp_path / "mosquitto.conf").write_text(wrong)
    code, said = run("broker", "check", "--json")
    assert code == 3
    [broken] = [each for each in json.loads(said) if each["fix"]]
    assert broken["fix"].endswith("allow_anonymous true; write: allow_anonymous false")


def test_a_check_without_a_configuration_says_so(home):
    result = CliRunner().invoke(app, ["broker", "check"])
    assert "Name it: --config" in str(result.exception)


def test_a_device_that_never_comes_breaks_no_rule_and_keeps_none(home):
    code, said = run("conformance", "filter-0001", "--port", "0", "--seconds", "5", "--json")
    assert code == 0
    assert [each["state"] for each in json.loads(said)] == ["not seen"] * len(RULES)
