"""A stored reading as one point of the mirror, in the line protocol of InfluxDB v2.

Pure: the same reading is the same line whenever it is written, so a server that is told twice
keeps one point. What the device said is mirrored, not what was made of it later.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

MEASUREMENT: Final = "reading"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_IN_TAG: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_IN_TEXT: Final = str.maketrans({'"': r"\"", "\\": r"\\"})


class Mirrored(Struct, frozen=True, gc=False):
    """A reading with what names its series."""

    device_id: str
    slot: str
    boot_id: int
    seq: int
    measured_at: datetime
    level: float | None  # fraction of the capacity
    quantity: float | None  # `unit`, as the next one
    used_total: float | None
    state: str | None
    unit: str
    model: str | None  # None: nobody's model, its owner reports by hand


def line(of: Mirrored) -> str:
    """Tags and fields in the order of their names, as servers keep them."""
    tags = _tags(of.device_id, of.model, of.slot)
    return f"{MEASUREMENT},{tags} {_fields(of)} {_timestamp_ns(of)}"


@lru_cache(maxsize=20_000)
def _tags(device_id: str, model: str | None, slot: str) -> str:
    found = (("device_id", device_id), ("model", model), ("slot", slot))
    written = ((name, _tag(value)) for name, value in found if value)
    return ",".join(f"{name}={value}" for name, value in written if value)


def _tag(value: str) -> str:
    """A line ends at a control character, and before an escape a backslash has no spelling that
    all servers read alike: both are left out.
    """
    plain = "".join(sign for sign in value if sign.isprintable() and sign != "\\")
    return plain.translate(_IN_TAG)


def _fields(of: Mirrored) -> str:
    """A field is always of one kind: counters are integers, amounts are floats."""
    fields = [f"boot_id={of.boot_id}i"]
    if of.level is not None:
        fields.append(f"level_fraction={float(of.level)!r}")
    if of.quantity is not None:
        fields.append(f"quantity_{of.unit}={float(of.quantity)!r}")
    fields.append(f"seq={of.seq}i")
    if of.state is not None:
        fields.append(f'state="{of.state.translate(_IN_TEXT)}"')
    if of.used_total is not None:
        fields.append(f"used_total_{of.unit}={float(of.used_total)!r}")
    return ",".join(fields)


def _timestamp_ns(of: Mirrored) -> int:
    """Of the measurement, which is known to the microsecond. The three digits below it hold
    `seq`, so that two messages of one instant are two points.
    """
    since = of.measured_at - EPOCH
    whole_s = since.days * 86_400 + since.seconds
    return (whole_s * 1_000_000 + since.microseconds) * 1_000 + of.seq % 1_000
