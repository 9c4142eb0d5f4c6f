"""Coffee machine: beans by level, descaler by a counter of what was used."""

from typing import Final

from devices.models import DataSheet, DeviceModel, Measure, SlotSpec

MODEL: Final = DeviceModel(
    name="coffee-b4",
    version=1,
    title="Coffee machine B4",
    title_de="Kaffeemaschine B4",
    slots=(
        SlotSpec(
            slot="beans",
            title="Coffee beans",
            title_de="Kaffeebohnen",
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
            title_de="Entkalker",
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
        sends_de="Füllstand der Bohnen und bisher verbrauchter Entkalker, alle 6 Stunden;"
        " Nachfüllungen.",
        every_hours=6,
        kept_where="On this installation only; the maker sees nothing unless you share it.",
        kept_where_de="Nur auf dieser Installation; der Hersteller sieht nichts, außer"
        " Sie teilen es mit ihm.",
        kept_days=400,
    ),
)
