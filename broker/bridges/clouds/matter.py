"""Matter's Resource Monitoring cluster (specification, section 2.8), as a node's attributes.

Pure. The one standard that names the product to buy. A product number is taken only with a
right check digit; sample applications are full of others.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from broker.bridges.payloads import at as at_path
from broker.bridges.payloads import natural, parsed, percent, rows, table, text
from broker.bridges.reading import Reading, Replacement, Scheme, raw_text, state_of
from core.gtin import normalised_gtin
from devices.wire import SlotState

# Cluster: slot, kind.
CLUSTERS: Final = {
    113: ("hepa-filter", "air-filter"),
    114: ("carbon-filter", "air-filter"),
    121: ("water-tank", "tank"),
}
CONDITION, DIRECTION, INDICATION, IN_PLACE, CHANGED, PRODUCTS = 0, 1, 2, 3, 4, 5
UP, DOWN = 0, 1  # DegradationDirection: the number rises, or falls, as the resource wears
INDICATIONS: Final = {0: SlotState.OK, 1: SlotState.LOW, 2: SlotState.EMPTY}
SCHEMES: Final = {
    0: (Scheme.UPC, 12),
    1: (Scheme.GTIN8, 8),
    2: (Scheme.EAN, 13),
    3: (Scheme.GTIN14, 14),
}
OEM: Final = 4
PART_NUMBER: Final = re.compile(r"(?=.*\d)[A-Za-z\d][A-Za-z\d ./-]{2,19}")
PLACEHOLDER: Final = re.compile(r"x{4}", re.IGNORECASE)  # of the sample applications
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
ATTRIBUTE: Final = re.compile(r"(\d{1,5})/(\d{1,10})/(\d{1,10})", re.ASCII)
MOST_ENDPOINTS: Final = 64


def decode(payload: bytes) -> tuple[Reading, ...]:
    node = parsed(payload)
    attributes = table(at_path(node, "attributes"))
    serial = text(attributes.get("0/40/15")) or text(at_path(node, "node_id"))
    return tuple(
        reading
        for endpoint, cluster in _monitors(attributes)
        for reading in _reading(serial, attributes, endpoint, cluster)
    )


def last_changed(seconds: object) -> datetime | None:
    """`LastChangedTime`: seconds since 2000 began."""
    found = natural(seconds)
    return EPOCH + timedelta(seconds=found) if found and found < 2**32 else None


def _monitors(attributes: dict[str, object]) -> list[tuple[str, int]]:
    found = {
        (match[1], int(match[2]))
        for key in attributes
        if (match := ATTRIBUTE.fullmatch(key)) and int(match[2]) in CLUSTERS
    }
    return sorted(found)[:MOST_ENDPOINTS]


def _reading(
    serial: str, attributes: dict[str, object], endpoint: str, cluster: int
) -> Iterator[Reading]:
    told = {n: attributes.get(f"{endpoint}/{cluster}/{n}") for n in range(PRODUCTS + 1)}
    slot, kind = CLUSTERS[cluster]
    condition, direction = percent(told[CONDITION]), told[DIRECTION]
    is_there = told[IN_PLACE] is not False
    level_pct = _left(condition, direction) if is_there else None
    yield Reading(
        device_id=serial,
        slot=slot if endpoint == "1" else f"{slot}-{endpoint}",
        kind=kind,
        level_pct=level_pct,
        state=_state(level_pct, told[INDICATION]) if is_there else SlotState.NOT_FITTED,
        raw=raw_text(condition=told[CONDITION], direction=direction),
        changed_at=last_changed(told[CHANGED]),
        replacements=tuple(_products(told[PRODUCTS])),
    )


def _left(condition: float | None, direction: object) -> float | None:
    """A condition whose direction is not told says nothing."""
    if condition is None or isinstance(direction, bool) or direction not in (UP, DOWN):
        return None
    return condition if direction == DOWN else 100 - condition


def _state(level_pct: float | None, indication: object) -> SlotState:
    is_told = isinstance(indication, int) and not isinstance(indication, bool)
    told = INDICATIONS.get(indication) if is_told and isinstance(indication, int) else None
    if told in {SlotState.LOW, SlotState.EMPTY}:
        return told
    return state_of(level_pct) if level_pct is not None else told or SlotState.UNKNOWN


def _products(told: object) -> Iterator[Replacement]:
    """At most five, as the specification says."""
    for product in rows(told)[:5]:
        scheme, said = at_path(product, "0"), text(at_path(product, "1"))
        if not isinstance(scheme, int):
            continue
        if scheme == OEM and PART_NUMBER.fullmatch(said) and not PLACEHOLDER.search(said):
            yield Replacement(scheme=Scheme.OEM, number=said)
        elif scheme in SCHEMES and len(said) == SCHEMES[scheme][1] and normalised_gtin(said):
            yield Replacement(scheme=SCHEMES[scheme][0], number=said)
