"""What Samsung's SyncThru page says of toners and drums, as JSON over HTTP.

Pure. `opt` 0 means that the printer has no such part: its `remaining` is then no reading. The
page leaves the quotes of its keys away, which JSON does not allow.
"""

import re
from typing import Final

from broker.bridges.payloads import LARGEST, at, number, parsed, percent, table, text
from broker.bridges.reading import Reading, raw_text, slot_name, state_of
from devices.wire import SlotState

BARE_KEY: Final = re.compile(r"([{,]\s{0,80})([A-Za-z_]\w{0,60})\s{0,80}:")
PART: Final = re.compile(r"(toner|drum)_(black|cyan|magenta|yellow)")
KINDS: Final = {"toner": "toner", "drum": "opc"}


def decode(payload: bytes) -> tuple[Reading, ...]:
    status = table(_status(payload))
    device_id = text(at(status, "identity", "serial_num"))
    return tuple(
        _reading(found[1], found[2], value, device_id)
        for key, value in status.items()
        if (found := PART.fullmatch(key)) and isinstance(value, dict)
    )


def _status(payload: bytes) -> object:
    strict = parsed(payload)
    if strict is not None or len(payload) > LARGEST:
        return strict
    return parsed(BARE_KEY.sub(r'\1"\2":', payload.decode("utf-8", "replace")))


def _reading(part: str, colour: str, value: dict[str, object], device_id: str) -> Reading:
    is_fitted = number(value.get("opt")) not in (None, 0)
    level_pct = percent(value.get("remaining")) if is_fitted else None
    return Reading(
        device_id=device_id,
        slot=colour if part == "toner" else slot_name(f"opc {colour}"),
        kind=KINDS[part],
        level_pct=level_pct,
        state=state_of(level_pct) if is_fitted else SlotState.NOT_FITTED,
        raw=raw_text(
            opt=value.get("opt"),
            remaining=value.get("remaining"),
            newError=text(value.get("newError")) or None,
        ),
    )
