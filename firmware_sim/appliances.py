"""The appliances of the simulated household, as a table.

Pure. Which specification fits where, how much a slot holds, and when a person refills it.
"""

from typing import Final

from firmware_sim.device import DeviceKind, SlotKind


def _toner(colour: str, fits: str, most: float) -> SlotKind:
    return SlotKind(
        slot=colour,
        fits=fits,
        capacity=1,
        begins=(0.3, most),
        refilled_below=0.05,
        is_exchanged=True,
    )


APPLIANCES: Final = (
    DeviceKind(
        device_id="washer-0001",
        slots=(
            SlotKind(
                slot="detergent",
                fits="laundry-liquid",
                capacity=1100,
                begins=(0.6, 0.95),
                refilled_below=0.25,
            ),
            SlotKind(
                slot="softener",
                fits="softener-liquid",
                capacity=700,
                begins=(0.5, 0.9),
                refilled_below=0.25,
            ),
        ),
    ),
    DeviceKind(
        device_id="printer-0001",
        slots=(
            _toner("black", "P-200-K", 0.6),
            _toner("cyan", "P-200-C", 0.5),
            _toner("magenta", "P-200-M", 0.5),
            _toner("yellow", "P-200-Y", 0.5),
        ),
        has_refill_event=False,
    ),
    DeviceKind(
        device_id="coffee-0001",
        slots=(
            SlotKind(
                slot="beans",
                fits="coffee-beans",
                capacity=500,
                begins=(0.85, 1.0),
                refilled_below=0.3,
            ),
            SlotKind(
                slot="descaler",
                fits="descaler-liquid",
                capacity=250,
                begins=(1.0, 1.0),  # a counter tells nothing of what was there before it began
                refilled_below=0.12,
                is_exchanged=True,
                is_counted=True,
            ),
        ),
    ),
    DeviceKind(
        device_id="water-0001",
        slots=(
            SlotKind(
                slot="filter",
                fits="AP-1",
                capacity=1,
                begins=(0.5, 0.8),
                refilled_below=0.05,
                is_exchanged=True,
            ),
        ),
    ),
)
