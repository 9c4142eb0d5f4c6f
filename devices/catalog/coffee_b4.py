"""Coffee machine: beans by level, descaler by a counter of what was used."""

from typing import Final

from devices.models import DataSheet, DeviceModel, Measure, SlotSpec

MODEL: Final = DeviceModel(
    name="coffee-b4",
    version=1,
    slots=(
        SlotSpec(
            slot="beans",
            title="Coffee beans",
            category="coffee-beans",
            fits=("coffee-beans",),
            capacity=500,
            unit="g",
            measure=Measure.LEVEL,
            typical_use_per_day=55,
            most_per_day=400,
        ),
        SlotSpec(
            slot="descaler",
            title="Descaler",
            category="coffee-descaler",
            fits=("descaler-liquid",),
            capacity=250,
            unit="ml",
            measure=Measure.USAGE,
            typical_use_per_day=4,
            most_per_day=60,
        ),
    ),
    data_sheet=DataSheet(
        sends="Level of the beans and descaler used so far, every 6 hours; refills.",
        every_hours=6,
        kept_where="On this installation only; the maker sees nothing unless you share it.",
        kept_days=400,
    ),
)
