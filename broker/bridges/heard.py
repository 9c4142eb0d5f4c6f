"""What a bridge has heard since it last reported: the last word on each slot of one device.

Pure. A word is told once. A device that falls silent is not repeated: what it said long ago is
no measurement of today.
"""

from collections.abc import Iterable
from typing import Final

from broker.bridges.reading import Reading

MOST_SLOTS: Final = 256


class SeveralDevices(Exception):
    def __init__(self, device_ids: Iterable[str]) -> None:
        self.device_ids = tuple(sorted(device_ids))
        super().__init__(f"several devices speak here: {', '.join(self.device_ids[:20])}")


class Heard:
    """`device_id` empty: whichever device speaks, as long as it is the only one."""

    def __init__(self, device_id: str = "") -> None:
        self._wanted = device_id
        self._words: dict[tuple[str, str], Reading] = {}

    def hear(self, readings: Iterable[Reading]) -> bool:
        """Whether anything of it was for this device."""
        is_new = False
        for each in readings:
            if self._wanted in {"", each.device_id} and len(self._words) < MOST_SLOTS:
                self._words[each.device_id, each.slot] = each
                is_new = True
        return is_new

    def taken(self) -> tuple[Reading, ...]:
        """The words since the last time; then they are gone. Raises SeveralDevices."""
        devices = {device_id for device_id, _ in self._words}
        if len(devices) > 1:
            raise SeveralDevices(devices)
        words = tuple(self._words.values())
        self._words.clear()
        return words
