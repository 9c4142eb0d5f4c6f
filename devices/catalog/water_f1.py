"""Water filter whose cartridge wears from full to empty."""

from typing import Final

from devices.models import DataSheet, DeviceModel, Measure, SlotSpec

MODEL: Final = DeviceModel(
    name="water-f1",
    version=1,
    title="Water filter F1",
    title_de="Wasserfilter F1",
    slots=(
        SlotSpec(
            slot="filter",
            title="Filter cartridge",
            title_de="Filterkartusche",
            category="water-filter",
            fits=("AP-1",),
            capacity=1,
            unit="fill",
            measure=Measure.LEVEL,
            typical_use_per_day=0.025,
            most_per_day=0.4,
        ),
    ),
    data_sheet=DataSheet(
        sends="How much of the cartridge is left, every 6 hours; when it is replaced.",
        sends_de="Wie viel von der Kartusche übrig ist, alle 6 Stunden; wann sie"
        " gewechselt wird.",
        every_hours=6,
        kept_where="On this installation only; the maker sees nothing unless you share it.",
        kept_where_de="Nur auf dieser Installation; der Hersteller sieht nichts, außer"
        " Sie teilen es mit ihm.",
        kept_days=400,
    ),
)
