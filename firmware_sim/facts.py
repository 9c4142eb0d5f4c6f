"""What truly happened in the simulated household, beside what its devices reported.

Pure: frozen values and their line in `truth.jsonl`. Units are the slot's own: ml, g or fills.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum


class Fault(StrEnum):
    DUPLICATE = "duplicate"
    REORDERED = "reordered"
    LATE = "late"
    REBOOT = "reboot"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """`fits` is None for goods that no slot of this household takes."""

    at: datetime
    gtin: str
    packs: int
    fits: str | None
    units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refill:
    """`units`: taken from the shelf; `content_units`: in the slot afterwards."""

    at: datetime
    device_id: str
    slot: str
    units: float
    content_units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayUse:
    """`unmet_units`: wanted on this day (UTC), but there was none left in slot and cupboard."""

    on: date
    device_id: str
    slot: str
    used_units: float
    unmet_units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StockOut:
    """From the first use that could not be met to the next refill; None: never refilled."""

    device_id: str
    slot: str
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """At the end of the run."""

    at: datetime
    device_id: str
    slot: str
    content_units: float
    shelf_units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent:
    at: datetime
    device_id: str
    channel: str
    boot_id: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultInjected:
    """`boot_id` and `seq` name the message that met it; seq 0: the birth after a reboot."""

    at: datetime
    device_id: str
    fault: Fault
    boot_id: int
    seq: int


Fact = Parcel | Refill | DayUse | StockOut | Remaining | MessageSent | FaultInjected


def line(fact: Fact) -> str:
    """One line of JSON without its end; the class name travels as `fact`."""
    return json.dumps({"fact": type(fact).__name__, **asdict(fact)}, default=_text)


def _text(value: date | datetime) -> str:
    return value.isoformat()
