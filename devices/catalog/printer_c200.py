"""Colour laser printer with four toners, each known in percent."""

from typing import Final

from devices.models import DataSheet, DeviceModel, Measure, SlotSpec


def _toner(colour: str, title_de: str, fits: str, typical_use_per_day: float) -> SlotSpec:
    return SlotSpec(
        slot=colour,
        title=f"{colour.capitalize()} toner",
        title_de=title_de,
        category="printer-toner",
        fits=(fits,),
        capacity=1,
        unit="fill",
        measure=Measure.LEVEL,
        typical_use_per_day=typical_use_per_day,
        most_per_day=0.5,
    )


MODEL: Final = DeviceModel(
    name="printer-c200",
    version=1,
    title="Printer C200",
    title_de="Drucker C200",
    slots=(
        _toner("black", "Toner Schwarz", "P-200-K", 0.020),
        _toner("cyan", "Toner Cyan", "P-200-C", 0.012),
        _toner("magenta", "Toner Magenta", "P-200-M", 0.012),
        _toner("yellow", "Toner Gelb", "P-200-Y", 0.012),
    ),
    data_sheet=DataSheet(
        sends="Level of each toner after every print job and at least every 6 hours.",
        sends_de="Füllstand jedes Toners nach jedem Druckauftrag und mindestens alle"
        " 6 Stunden.",
        every_hours=6,
        kept_where="On this installation only; the maker sees nothing unless you share it.",
        kept_where_de="Nur auf dieser Installation; der Hersteller sieht nichts, außer"
        " Sie teilen es mit ihm.",
        kept_days=400,
    ),
)
