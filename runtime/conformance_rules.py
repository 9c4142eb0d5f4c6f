"""What firmware must do on the wire, each rule judged from what one device was heard to say.

Pure. A rule that had no occasion says how to give it one.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from devices import wire

AHEAD: Final = timedelta(minutes=5)  # of a clock that is set; the platform bears a day
OLDEST: Final = 2020  # year; a clock that was never set says 1970 or 2000
RESEND_WITHIN_S: Final = 20.0
RECEIPT_HEEDED_S: Final = 5.0  # what was on its way meanwhile does not count
BACK_WITHIN_S: Final = 60.0
ABSOLUTE: Final = tuple(name for name in wire.SlotReading.model_fields if name != "raw")

MessageId = tuple[int, int]  # (boot_id, seq)


class State(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Heard:
    at_s: float  # since the suite began
    received_at: datetime
    channel: wire.Channel
    payload: bytes

    @property
    def message(self) -> wire.Telemetry | wire.Event | wire.Status | None:
        """None: it cannot be read."""
        parsed = wire.parse(self.channel, self.payload)
        return parsed.message if isinstance(parsed, wire.Parsed) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """`cut_at_s`: when the suite hung up; `open_again_at_s`: when it took calls again."""

    heard: tuple[Heard, ...]
    receipts: Mapping[MessageId, float]  # when each was given
    now_s: float
    cut_at_s: float | None = None
    open_again_at_s: float | None = None

    def births(self) -> list[tuple[float, wire.Status]]:
        return [
            (each.at_s, message)
            for each in self.heard
            if isinstance(message := each.message, wire.Status) and message.state == "online"
        ]

    def numbered(self) -> Iterator[tuple[Heard, wire.Telemetry | wire.Event]]:
        for each in self.heard:
            message = each.message
            if isinstance(message, wire.Telemetry | wire.Event):
                yield each, message


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    state: State
    said: str = ""


Judge = Callable[[Observed], tuple[State, str]]
KEPT: Final = State.KEPT, ""


def connects(seen: Observed) -> tuple[State, str]:
    return KEPT if seen.heard else (State.NOT_SEEN, "point the device at this host and port")


def announces_itself(seen: Observed) -> tuple[State, str]:
    if not seen.heard:
        return State.NOT_SEEN, "nothing was heard"
    first = seen.heard[0].message
    if isinstance(first, wire.Status) and first.state == "online":
        return KEPT
    said = f"its first message was {seen.heard[0].channel}; publish `status` online before it"
    return State.BROKEN, said


def keeps_the_schema(seen: Observed) -> tuple[State, str]:
    if not any(True for _ in seen.numbered()) and not seen.heard:
        return State.NOT_SEEN, "nothing was heard"
    faults = [fault for each in seen.heard for fault in _faults(each)]
    shown = list(dict.fromkeys(f"{fault.fix} (it sent {fault.value})" for fault in faults))[:3]
    return (State.BROKEN, "; ".join(shown)) if shown else KEPT


def says_absolute_values(seen: Observed) -> tuple[State, str]:
    slots = [
        (name, slot)
        for each in seen.heard
        if each.channel == "telemetry"
        for name, slot in _raw_slots(each).items()
    ]
    for name, slot in slots:
        if not any(slot.get(each) is not None for each in ABSOLUTE):
            sent = ", ".join(sorted(slot)) or "nothing"
            wanted = "level, quantity_<unit>, used_total_<unit> or state"
            return State.BROKEN, f"slot {name} carries {sent}; say {wanted}"
    fallen = _fallen_totals(seen)
    if fallen:
        return State.BROKEN, fallen
    return KEPT if slots else (State.NOT_SEEN, "let it measure something")


def numbers_messages_once(seen: Observed) -> tuple[State, str]:
    known: dict[MessageId, bytes] = {}
    for each, message in seen.numbered():
        name = message.boot_id, message.seq
        if known.setdefault(name, each.payload) != each.payload:
            said = f"boot {name[0]} seq {name[1]} named two messages; seq rises with each"
            return State.BROKEN, said
    return KEPT if len(known) > 1 else (State.NOT_SEEN, "let it send two messages")


def has_a_clock_or_says_so(seen: Observed) -> tuple[State, str]:
    messages = list(seen.numbered())
    for each, message in messages:
        at = message.measured_at
        if at is not None and at > each.received_at + AHEAD:
            return State.BROKEN, f"measured_at {at.isoformat()} is ahead of the clock"
        if at is not None and at.year < OLDEST:
            said = f"measured_at {at.isoformat()}: send null until the clock is set"
            return State.BROKEN, said
    return KEPT if messages else (State.NOT_SEEN, "let it measure something")


def resends_events(seen: Observed) -> tuple[State, str]:
    """The suite gives no receipt for what it heard once."""
    times = _event_times(seen)
    if not times:
        return State.NOT_SEEN, "make it send an event: refill it or press its button"
    for (boot_id, seq), heard in times.items():
        if len(heard) == 1 and seen.now_s - heard[0] > RESEND_WITHIN_S:
            said = f"event boot {boot_id} seq {seq} was not sent again in {RESEND_WITHIN_S:g} s"
            return State.BROKEN, f"{said}; send it until a receipt names it"
    if all(len(heard) > 1 for heard in times.values()):
        return KEPT
    return State.NOT_SEEN, "an event waits to be sent again"


def heeds_receipts(seen: Observed) -> tuple[State, str]:
    times = _event_times(seen)
    for name, given_s in seen.receipts.items():
        if any(at_s > given_s + RECEIPT_HEEDED_S for at_s in times.get(name, ())):
            said = f"event boot {name[0]} seq {name[1]} came again after its receipt"
            return State.BROKEN, f"{said}; subscribe to `receipt`"
    if any(seen.now_s > given_s + RECEIPT_HEEDED_S for given_s in seen.receipts.values()):
        return KEPT
    return State.NOT_SEEN, "no receipt was given long enough ago"


def leaves_a_will(seen: Observed) -> tuple[State, str]:
    cut_at_s = seen.cut_at_s
    if cut_at_s is None:
        return State.NOT_SEEN, "the suite did not hang up"
    wills = [
        message
        for each in seen.heard
        if each.at_s >= cut_at_s
        and isinstance(message := each.message, wire.Status)
        and message.state == "offline"
    ]
    said = "no last will: set one on `status`, retained, saying offline with its boot_id"
    return KEPT if wills else (State.BROKEN, said)


def comes_back(seen: Observed) -> tuple[State, str]:
    open_at_s = seen.open_again_at_s
    if open_at_s is None:
        return State.NOT_SEEN, "the suite did not hang up"
    if any(at_s >= open_at_s for at_s, _ in seen.births()):
        return KEPT
    if seen.now_s - open_at_s > BACK_WITHIN_S:
        return State.BROKEN, f"it was not back {BACK_WITHIN_S:g} s after a lost connection"
    return State.NOT_SEEN, "it is not back yet"


def buffers_while_offline(seen: Observed) -> tuple[State, str]:
    if comes_back(seen)[0] is not State.KEPT or seen.cut_at_s is None:
        return State.NOT_SEEN, "it is not back yet"
    last = max(
        (m for e, m in seen.numbered() if e.at_s < seen.cut_at_s), default=None, key=_name
    )
    after = {_name(m) for e, m in seen.numbered() if e.at_s >= seen.cut_at_s}
    if last is None or not after:
        return State.NOT_SEEN, "let it measure while the suite hangs up"
    same_boot = {seq for boot_id, seq in after if boot_id == last.boot_id and seq > last.seq}
    missing = sorted(set(range(last.seq + 1, max(same_boot, default=last.seq))) - same_boot)
    if missing:
        said = f"{len(missing)} messages of the outage never came (seq {missing[0]} first)"
        return State.BROKEN, f"{said}; keep them until they are acknowledged"
    return KEPT if same_boot else (State.NOT_SEEN, "let it measure while the suite hangs up")


def counts_boots(seen: Observed) -> tuple[State, str]:
    boots = [birth.boot_id for _, birth in seen.births()]
    for earlier, later in pairwise(boots):
        if later < earlier:
            return State.BROKEN, f"boot_id fell from {earlier} to {later}; it must rise"
    if len(set(boots)) > 1:
        return KEPT
    return State.NOT_SEEN, "restart the device while the suite runs"


RULES: Final[Mapping[str, Judge]] = {
    "connects": connects,
    "announces itself first": announces_itself,
    "keeps to the wire schema": keeps_the_schema,
    "says absolute values": says_absolute_values,
    "numbers every message once": numbers_messages_once,
    "has a right clock, or says that it has none": has_a_clock_or_says_so,
    "sends events again until a receipt": resends_events,
    "stops once a receipt names them": heeds_receipts,
    "leaves a last will": leaves_a_will,
    "comes back after a lost connection": comes_back,
    "keeps what it measured offline": buffers_while_offline,
    "counts its boots": counts_boots,
}


def judged(seen: Observed) -> list[Finding]:
    return [Finding(rule, *judge(seen)) for rule, judge in RULES.items()]


def _faults(heard: Heard) -> tuple[wire.Fault, ...]:
    parsed = wire.parse(heard.channel, heard.payload)
    return (parsed.fault,) if isinstance(parsed, wire.Quarantined) else parsed.faults


def _raw_slots(heard: Heard) -> Mapping[str, Mapping[str, Any]]:
    """As sent, also what the schema leaves out."""
    try:
        slots = json.loads(heard.payload)["slots"]
        return {name: slot for name, slot in slots.items() if isinstance(slot, dict)}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _fallen_totals(seen: Observed) -> str:
    """A counter below its last value, in the order of numbering."""
    totals: dict[tuple[str, str], float] = {}
    told = {
        _name(message): message
        for _, message in seen.numbered()
        if isinstance(message, wire.Telemetry)
    }
    for _, message in sorted(told.items()):
        for slot, reading in message.slots.items():
            for field, value in reading.model_dump(exclude_none=True).items():
                if not field.startswith("used_total"):
                    continue
                if value < totals.get((slot, field), value):
                    return f"slot {slot}: {field} fell; it counts over the life of the slot"
                totals[slot, field] = value
    return ""


def _event_times(seen: Observed) -> dict[MessageId, list[float]]:
    times: dict[MessageId, list[float]] = defaultdict(list)
    for each, message in seen.numbered():
        if isinstance(message, wire.Event):
            times[_name(message)].append(each.at_s)
    return times


def _name(message: wire.Telemetry | wire.Event) -> MessageId:
    return message.boot_id, message.seq
