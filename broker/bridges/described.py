"""What a device says, as its description has it: slots of its model from bindings.

Pure. A value that is not there, or that the description gives no meaning, leaves the slot
unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from broker.bridges.payloads import at, instant, natural, parsed, percent, rows, share, text
from broker.bridges.reading import Reading, Source, raw_text, state_of
from devices.description import Binding, Condition, DescribedSlot, Description
from devices.wire import SlotState

Find = Callable[[Binding], Reading | None]
VALUE: Final = "value"  # slot of what a bare binding found
TOLD: Final = frozenset({SlotState.LOW, SlotState.EMPTY, SlotState.FULL, SlotState.NOT_FITTED})


def seen_as(
    description: Description, readings: tuple[Reading, ...], said: Mapping[str, object]
) -> tuple[Reading, ...]:
    """Of what a device that was asked answered: the decoder's readings and its raw answer."""
    by_slot = {each.slot: each for each in readings}

    def find(binding: Binding) -> Reading | None:
        if binding.reading:
            return by_slot.get(binding.reading)
        if binding.oid:
            return _bare(said.get(binding.oid))
        return _bare(at(_listed(said, binding), binding.ipp.index)) if binding.ipp else None

    return slots_of(description, find)


def slots_of(description: Description, find: Find) -> tuple[Reading, ...]:
    """Only slots of which anything was found."""
    made = ((slot, _slot(name, slot, find)) for name, slot in description.slots.items())
    return tuple(
        replace(each, changed_at=_changed_at(slot, find) or each.changed_at)
        for slot, each in made
        if each
    )


class DescribedDialect:
    """A device on MQTT whose description alone says where its values lie."""

    def __init__(self, description: Description) -> None:
        self._description = description
        places = (each.mqtt for each in description.bindings if each.mqtt)
        self.topics = tuple(sorted({place.topic for place in places}))
        self._flags: dict[str, Reading] = {}  # the last word of each indication
        self._changed_at: dict[str, datetime] = {}  # as a topic of its own may tell it

    def hear(self, topic: str, payload: bytes) -> tuple[Reading, ...]:
        def find(binding: Binding) -> Reading | None:
            place = binding.mqtt
            if place is None or not is_of(place.topic, topic):
                return None
            said = (
                at(parsed(payload), *place.path)
                if place.path
                else payload.decode("utf-8", "replace")
            )
            return _bare(said)

        for name, slot in self._description.slots.items():
            changed_at = _changed_at(slot, find)
            if changed_at:
                self._changed_at[name] = changed_at
        heard = slots_of(self._description, find)
        return tuple(
            replace(self._with_flag(each), changed_at=self._changed_at.get(each.slot))
            for each in heard
        )

    def _with_flag(self, reading: Reading) -> Reading:
        if reading.source is Source.FLAG:
            self._flags[reading.slot] = reading
            return reading
        flag = self._flags.get(reading.slot)
        return replace(reading, state=flag.state) if flag and flag.state in TOLD else reading


def is_of(pattern: str, topic: str) -> bool:
    """Whether a subscription with + for one level takes this topic."""
    wanted, given = pattern.split("/"), topic.split("/")
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(w in {"+", g} for w, g in pairs)


def _slot(name: str, slot: DescribedSlot, find: Find) -> Reading | None:
    condition = find(slot.condition) if slot.condition else None
    flag = find(slot.indication) if slot.indication else None
    counted = find(slot.dose_per_cycle.cycles) if slot.dose_per_cycle else None
    plain = Reading(
        slot=name, kind=slot.category, title=slot.title.en, direction=slot.direction
    )
    if slot.dose_per_cycle and counted:
        cycles = counted.amount
        dose = slot.dose_per_cycle.amount * slot.dose_per_cycle.cycles.factor
        used = None if cycles is None else cycles * dose
        return replace(
            plain,
            amount=used,
            unit=slot.unit,
            state=SlotState.UNKNOWN if used is None else SlotState.OK,
            raw=counted.raw,
            source=Source.COUNTER,
        )
    if slot.condition and condition:
        return _flagged(_measured(plain, slot, slot.condition, condition), slot, flag)
    return _flagged(replace(plain, source=Source.FLAG), slot, flag) if flag else None


def _changed_at(slot: DescribedSlot, find: Find) -> datetime | None:
    """By a reading that knows, ISO text with its zone, or whole seconds since 1970."""
    found = find(slot.last_changed) if slot.last_changed else None
    if found is None or slot.last_changed is None or found.slot != VALUE:
        return found.changed_at if found else None
    said = found.raw.partition("=")[2]
    if said.isascii() and said.isdecimal():  # milliseconds are too large for an amount
        return instant(int(said) * slot.last_changed.factor)
    return instant(said)


def _measured(
    plain: Reading, slot: DescribedSlot, condition: Condition, found: Reading
) -> Reading:
    value = None if found.amount is None else found.amount * condition.factor
    level_pct, is_over = found.level_pct, False
    if condition.full:
        part = share(value, condition.full)
        level_pct = 100 - part if part is not None and condition.rises else part
        is_over = condition.rises and value is not None and value > condition.full
    elif found.slot == VALUE:
        level_pct = percent(value)
        level_pct = 100 - level_pct if level_pct is not None and condition.rises else level_pct
    is_amount = slot.unit != "fill" and condition.full is None
    told = found.state if found.slot != VALUE else SlotState.UNKNOWN
    meant = state_of(level_pct, slot.direction, slot.low_at_percent)
    return replace(
        plain,
        level_pct=None if is_amount and found.slot == VALUE else level_pct,
        amount=value if is_amount else None,
        unit=slot.unit if is_amount and value is not None else "",
        state=SlotState.EMPTY if is_over else _state(told, meant, value, is_amount=is_amount),
        raw=found.raw,
        observed_at=found.observed_at,
        changed_at=found.changed_at,
        source=found.source,
    )


def _state(
    told: SlotState, meant: SlotState, value: float | None, *, is_amount: bool
) -> SlotState:
    """A level that only the description gives meaning to speaks for itself."""
    if is_amount and value is not None:
        return SlotState.OK if value > 0 else SlotState.EMPTY
    is_plain = told in {SlotState.OK, SlotState.UNKNOWN}
    return meant if is_plain and meant is not SlotState.UNKNOWN else told


def _flagged(reading: Reading, slot: DescribedSlot, flag: Reading | None) -> Reading:
    if flag is None or slot.indication is None:
        return reading
    said = flag.raw.partition("=")[2] if flag.slot == VALUE else ""
    if said in slot.indication.empty and said:
        is_filled = slot.direction == "filled"
        state = SlotState.FULL if is_filled else SlotState.EMPTY
    elif said in slot.indication.low and said:
        state = SlotState.LOW
    elif flag.slot == VALUE:
        state = SlotState.OK
    else:
        state = flag.state
    is_only = reading.level_pct is None and reading.amount is None
    if not is_only and state not in TOLD:
        return reading
    return replace(reading, state=state, raw=reading.raw or flag.raw)


def _bare(value: object) -> Reading | None:
    """A value as it stands on an interface. Booleans are words."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    said = str(value).lower() if isinstance(value, bool) else text(value)
    if not said:
        return None
    return Reading(slot=VALUE, kind=VALUE, amount=natural(value), raw=raw_text(value=said))


def _listed(said: Mapping[str, object], binding: Binding) -> list[object]:
    return rows(said.get(binding.ipp.attribute)) if binding.ipp else []
