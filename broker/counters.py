"""What a door has seen since it was opened."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    connections: int = 0  # sessions that were accepted
    messages: int = 0  # handed to the ingest
    refused: int = 0  # wrong secret, someone else's topic, another version of MQTT
    malformed: int = 0  # streams that were no MQTT
    too_large: int = 0
