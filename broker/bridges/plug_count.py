"""From cycles to the messages of a device: how much was used so far, and what finished.

Pure. `used_total` never falls, whatever the owner corrects: a wash that was none is taken off
the next ones. What is not yet confirmed by a receipt is kept and sent again.
"""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from broker.bridges import kept_events
from devices import wire
from devices.cycles import reporting, saving
from devices.cycles.detector import Detector, Found
from devices.cycles.judging import Appliance, CycleKind, Thresholds
from devices.models import DataSheet, DeviceModel, Measure, SlotSpec, Unit

TIMES_A_DAY: Final = 8  # more washes than a household does
DAYS_A_WASH: Final = 0.5  # before anything is learned
USES: Final = {CycleKind.WASH, CycleKind.DRY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What one cycle of the appliance uses. `capacity`: what is in one pack."""

    slot: str
    title: str
    title_de: str
    category: str
    fits: tuple[str, ...]
    unit: Unit
    dose: float
    capacity: int


SUPPLIES: Final = {
    Appliance.WASHER: Supply(
        slot="detergent",
        title="Detergent",
        title_de="Waschmittel",
        category="laundry-detergent",
        fits=("laundry-liquid",),
        unit="ml",
        dose=75,
        capacity=1500,
    ),
    Appliance.DISHWASHER: Supply(
        slot="tabs",
        title="Dishwasher tabs",
        title_de="Spülmaschinentabs",
        category="dishwasher-tabs",
        fits=("dishwasher-tab",),
        unit="pieces",
        dose=1,
        capacity=60,
    ),
    Appliance.DRYER: Supply(
        slot="dryer-sheets",
        title="Dryer sheets",
        title_de="Trocknertücher",
        category="dryer-sheets",
        fits=("dryer-sheet",),
        unit="pieces",
        dose=1,
        capacity=40,
    ),
}
TITLES: Final = {
    Appliance.WASHER: ("Washing machine on a plug", "Waschmaschine an einer Steckdose"),
    Appliance.DISHWASHER: ("Dishwasher on a plug", "Spülmaschine an einer Steckdose"),
    Appliance.DRYER: ("Dryer on a plug", "Trockner an einer Steckdose"),
}


def describe(appliance: Appliance, supply: Supply) -> DeviceModel:
    title, title_de = TITLES[appliance]
    return DeviceModel(
        name=f"plug-{appliance}",
        version=1,
        title=title,
        title_de=title_de,
        slots=(
            SlotSpec(
                slot=supply.slot,
                title=supply.title,
                title_de=supply.title_de,
                category=supply.category,
                fits=supply.fits,
                capacity=supply.capacity,
                unit=supply.unit,
                measure=Measure.USAGE,
                typical_use_per_day=DAYS_A_WASH * supply.dose,
                most_per_day=TIMES_A_DAY * supply.dose,
            ),
        ),
        data_sheet=DataSheet(
            sends="Each finished run with its time, energy and power curve, and how much it"
            " used so far. Not the power itself.",
            sends_de="Jeder fertige Lauf mit Zeit, Energie und Leistungskurve und der"
            " Verbrauch bisher. Nicht die Leistung selbst.",
            every_hours=24,
            kept_where="On this installation only.",
            kept_where_de="Nur auf dieser Installation.",
            kept_days=400,
        ),
    )


@dataclass(slots=True)
class Count:
    """`cycles`: those that used a dose; `corrected`: what the owner's word adds to them."""

    detector: Detector
    supply: Supply
    cycles: int = 0
    corrected: int = 0
    doses: int = 0  # told so far; never falls
    waiting: list[dict[str, Any]] = field(default_factory=list)  # events without a receipt

    def finished(self, found: Found, number: tuple[int, int]) -> wire.Event:
        self.cycles += found.cycle.kind in USES
        event = wire.Event(
            v=1,
            boot_id=number[0],
            seq=number[1],
            measured_at=reporting.ended_at(found),
            event=wire.EventKind.CYCLE_FINISHED,
            slot=self.supply.slot,
            detail=reporting.written(found),
        )
        self.waiting = kept_events.with_event(self.waiting, event)
        return event

    def telemetry(self, number: tuple[int, int], at: datetime) -> wire.Telemetry:
        self.doses = max(self.doses, self.cycles + self.corrected)
        used = {f"used_total_{self.supply.unit}": self.doses * self.supply.dose}
        return wire.Telemetry(
            v=1,
            boot_id=number[0],
            seq=number[1],
            measured_at=at.astimezone(UTC),
            slots={self.supply.slot: wire.SlotReading.model_validate(used)},
        )

    def confirmed(self, receipt: dict[str, Any]) -> None:
        self.waiting = kept_events.without(self.waiting, receipt)

    def told(self, command: dict[str, Any]) -> bool:
        """The owner's corrections, as a whole; True: they change something."""
        corrected, learned = command.get("cycles_corrected"), command.get("cycle_thresholds")
        if not isinstance(corrected, int) or not isinstance(learned, dict):
            return False
        try:
            thresholds = Thresholds(**learned)
        except TypeError:
            return False
        is_new = (corrected, thresholds) != (self.corrected, self.detector.thresholds)
        self.corrected, self.detector.thresholds = corrected, thresholds
        return is_new


def dump(count: Count) -> dict[str, Any]:
    return {
        "detector": saving.dump(count.detector),
        "supply": asdict(count.supply),
        "cycles": count.cycles,
        "corrected": count.corrected,
        "doses": count.doses,
        "waiting": count.waiting,
    }


def load(state: dict[str, Any], supply: Supply) -> Count:
    """With the dose as it is set now. Raises as `saving.load` does."""
    return Count(
        detector=saving.load(state["detector"]),
        supply=supply,
        cycles=state["cycles"],
        corrected=state["corrected"],
        doses=state["doses"],
        waiting=state["waiting"],
    )
