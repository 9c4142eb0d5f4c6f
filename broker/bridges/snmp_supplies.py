"""What a printer says over SNMP in all: the Printer MIB, and a maker's own objects.

Pure. A Brother's toners are unknown to the MIB and exact in its own strings: what is measured
takes the place of what is not.
"""

from collections.abc import Mapping

from broker.bridges import brother, printer_mib
from broker.bridges.reading import Reading

BROTHER = "1.3.6.1.4.1.2435"


def is_brother(walk: Mapping[str, int | bytes | str]) -> bool:
    return str(walk.get(printer_mib.SYSTEM_OBJECT, "")).startswith(BROTHER)


def supplies(walk: Mapping[str, int | bytes | str]) -> tuple[Reading, ...]:
    found = {each.slot: each for each in printer_mib.supplies(walk)}
    for each in brother.supplies(walk):
        known = found.get(each.slot)
        if known is None or known.level_pct is None:
            found[each.slot] = each
    return tuple(found.values())
