"""Washing machine with tanks for detergent and softener, measured by level."""

from typing import Final

from devices.models import DataSheet, DeviceModel, Measure, SlotSpec

MODEL: Final = DeviceModel(
    name="washer-w7",
    version=1,
    title="Washing machine W7",
    title_de="Waschmaschine W7",
    slots=(
        SlotSpec(
            slot="detergent",
            title="Detergent",
            title_de="Waschmittel",
            category="laundry-detergent",
            fits=("laundry-liquid",),
            capacity=1100,
            unit="ml",
            measure=Measure.LEVEL,
            typical_use_per_day=45,
            most_per_day=400,
        ),
        SlotSpec(
            slot="softener",
            title="Fabric softener",
            title_de="Weichspüler",
            category="fabric-softener",
            fits=("softener-liquid",),
            capacity=700,
            unit="ml",
            measure=Measure.LEVEL,
            typical_use_per_day=20,
            most_per_day=200,
        ),
    ),
    data_sheet=DataSheet(
        sends="Level of both tanks after every wash and at least every 6 hours; refills.",
        sends_de="Füllstand beider Tanks nach jeder Wäsche und mindestens alle 6 Stunden;"
        " Nachfüllungen.",
        every_hours=6,
        kept_where="On this installation only; the maker sees nothing unless you share it.",
        kept_where_de="Nur auf dieser Installation; der Hersteller sieht nichts, außer"
        " Sie teilen es mit ihm.",
        kept_days=400,
    ),
)
