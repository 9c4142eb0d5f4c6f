"""A small part of `python -m benchmarks.mqtt_fuzz`, which takes a million packets."""

import pytest

from benchmarks import mqtt_fuzz
from core.mqtt_decoder import Decoder


def test_mutated_streams_end_clean_and_fast():
    found = mqtt_fuzz.fuzz_codec(mqtt_fuzz.seeded(7), 3_000)
    assert found["slow"] == 0
    assert min(found["malformed"], found["read"], found["incomplete"]) > 100


async def test_the_gateway_outlives_mutated_packets_and_serves_the_neighbour():
    found = await mqtt_fuzz.fuzz_gateway(mqtt_fuzz.seeded(7), 400)
    assert mqtt_fuzz.is_clean(mqtt_fuzz.fuzz_codec(mqtt_fuzz.seeded(7), 1), found), found
    assert found["packets"] >= 400


def test_a_decoder_that_breaks_would_be_noticed(monkeypatch):
    def broken(self: Decoder, chunk: bytes) -> list[object]:
        return [chunk[5]]

    monkeypatch.setattr(Decoder, "feed", broken)
    with pytest.raises(IndexError):
        mqtt_fuzz.fuzz_codec(mqtt_fuzz.seeded(7), 100)
