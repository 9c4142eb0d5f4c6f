"""Receipts for committed events: at most one message a second for each device.

A receipt that is lost does no harm: the device sends its event again and is told again.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from devices import wire

INTERVAL_S: Final = 1.0
MOST_IN_ONE: Final = 100  # events named in one receipt
MOST_PENDING: Final = 1_000  # for one device; what is above is named when it is sent again

Events = list[tuple[int, int]]  # (boot_id, seq)
Deliver = Callable[[str, str, bytes], bool]  # device id, topic, payload


class Receipts:
    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        # A device is in it while it got a receipt within the last interval.
        self._pending: dict[str, Events] = {}

    def send(self, events_by_device: dict[str, Events]) -> None:
        for device_id, events in events_by_device.items():
            pending = self._pending.get(device_id)
            if pending is None:
                self._send_some(device_id, events)
            else:
                pending.extend(events[: MOST_PENDING - len(pending)])

    def _send_some(self, device_id: str, events: Events) -> None:
        receipt = wire.Receipt(events=events[:MOST_IN_ONE])
        topic = wire.topic(device_id, "receipt")
        self._deliver(device_id, topic, receipt.model_dump_json().encode())
        self._pending[device_id] = events[MOST_IN_ONE:][:MOST_PENDING]
        asyncio.get_running_loop().call_later(INTERVAL_S, self._interval_over, device_id)

    def _interval_over(self, device_id: str) -> None:
        events = self._pending.pop(device_id)
        if events:
            self._send_some(device_id, events)
