"""Events that a device keeps and sends again, unchanged, until a receipt names them.

Pure. As JSON, for they outlive the process.
"""

from collections.abc import Iterable
from typing import Any, Final

from broker.bridges.payloads import at, rows
from devices import wire

MOST_WAITING: Final = 200
Waiting = list[dict[str, Any]]


def with_event(waiting: Waiting, event: wire.Event) -> Waiting:
    return [*waiting, event.model_dump(mode="json")][-MOST_WAITING:]


def without(waiting: Waiting, receipt: object) -> Waiting:
    """`receipt`: as it was parsed, whatever it is."""
    done = {tuple(each) for each in _pairs(rows(at(receipt, "events")))}
    return [each for each in waiting if (each["boot_id"], each["seq"]) not in done]


def _pairs(listed: Iterable[object]) -> Iterable[list[int]]:
    for each in listed:
        if isinstance(each, list) and all(isinstance(part, int) for part in each):
            yield each
