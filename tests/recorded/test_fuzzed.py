"""Mutated recordings against every decoder; `benchmarks/devices.py` runs many more."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import fuzz, recordings
from benchmarks.devices import OWN, fuzzed
from benchmarks.recordings import DECODERS, Recording
from broker.bridges.mqtt.bambu import BambuDialect
from broker.bridges.mqtt.home_assistant import HomeAssistantDialect
from broker.bridges.mqtt.homie import HomieDialect
from broker.bridges.reading import Reading

INPUTS = 60  # of each decoder


def test_mutated_payloads_of_our_own_crash_nothing() -> None:
    survived = fuzzed([OWN], INPUTS, jobs=1)
    assert {name: each.crashes for name, each in survived.items() if each.crashes} == {}
    assert all(each.inputs == INPUTS for each in survived.values())


def test_mutated_recordings_crash_no_decoder(shared_data: Path) -> None:
    by_decoder: dict[str, list[Recording]] = {}
    for each in recordings.found(shared_data / "devices"):
        by_decoder.setdefault(each.decoder, []).append(each)
    crashes = [
        crash
        for group in by_decoder.values()
        for crash in fuzz.fuzz(group, INPUTS, seed=7).crashes
    ]
    assert crashes == []
    assert len(by_decoder) == 19


@pytest.mark.parametrize("decoder", sorted(DECODERS))
@settings(max_examples=40)
@given(content=st.binary(max_size=400))
def test_any_bytes_at_all_are_taken(decoder: str, content: bytes) -> None:
    assert fuzz.complaint(decoder, content) is None


def test_the_fuzzer_sees_a_level_that_stands_nowhere() -> None:
    reading = Reading(slot="black", kind="toner", level_pct=50, raw="level=-3 max=100")
    assert fuzz.made_up(reading, frozenset({-3.0, 100.0})) is not None
    honest = Reading(slot="black", kind="toner", level_pct=50, raw="level=60 max=120")
    assert fuzz.made_up(honest, frozenset({60.0, 120.0})) is None
    assert fuzz.made_up(honest, frozenset({120.0})) is not None


def test_the_fuzzer_sees_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(content: bytes) -> tuple[Reading, ...]:
        raise KeyError(content)

    monkeypatch.setitem(DECODERS, "miele", fails)
    assert fuzz.complaint("miele", b"{}") == "KeyError: b'{}'"


def test_what_a_dialect_remembers_is_bounded() -> None:
    homie, home, bambu = HomieDialect(), HomeAssistantDialect(), BambuDialect()
    random = Random(3)  # noqa: S311 - repeatable
    for n in range(3000):
        homie.hear(f"homie/d{n}/tank/level/$unit", b"%")
        config = b'{"name": "tank level", "stat_t": "a/%d"}' % n
        home.hear(f"homeassistant/sensor/s{n}/config", config)
        tray = b'{"print": {"ams": {"ams": [{"id": "%d", "tray": [{"id": "%d"}]}]}}}' % (
            random.randrange(9999),
            random.randrange(9999),
        )
        bambu.hear(f"device/{n % 100}/report", tray)
    assert len(home.sensors) == 1024
    assert len(homie._told) == 1024
    assert max(len(trays) for trays in bambu._printers.values()) <= 64
    assert len(bambu._printers) == 64
