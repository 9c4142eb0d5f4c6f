"""What every dialect of a device's own MQTT looks like to the bridge that listens.

Pure. A dialect hears messages one by one, in whatever order, and answers with the readings that
each gives. What it must remember between messages is bounded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from broker.bridges.reading import Reading

MOST_REMEMBERED: Final = 1024  # topics or sensors of one dialect


class Dialect(Protocol):
    @property
    def topics(self) -> tuple[str, ...]:
        """To subscribe to now; may grow with what is heard."""
        ...

    def hear(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        """Never raises, whatever the payload."""
        ...


@dataclass(frozen=True, slots=True)
class PlainDialect:
    """One whose messages need no memory."""

    topics: tuple[str, ...]
    decode: Callable[[str, bytes], tuple[Reading, ...]]

    def hear(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        return self.decode(topic, payload)


def level(topic: str, at: int) -> str:
    """The `at`-th part of a topic, negative from the end; empty where it has none."""
    parts = topic.split("/")
    return parts[at] if -len(parts) <= at < len(parts) else ""
