"""The labelled power traces of the shared data, read where they lie."""

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devices.cycles.judging import Appliance, CycleKind
from tests.plug_days import Run, Sample

FOLDERS = {"Washingmachine": Appliance.WASHER, "Dishwasher": Appliance.DISHWASHER}


@dataclass(frozen=True, slots=True)
class Trace:
    name: str
    appliance: Appliance
    path: Path
    runs: list[Run]

    def samples(self) -> Iterator[Sample]:
        with gzip.open(self.path, "rt") as file:
            for line in file:
                at, watts, _ = line.split(";")
                yield _seconds(_stamp(at)), float(watts)


def labelled(shared_data: Path) -> list[Trace]:
    return labelled_in(shared_data / "devices")


def labelled_in(recordings: Path) -> list[Trace]:
    """A folder laid out as `shared/data/devices` is; it need not have traces."""
    folder = recordings / "power" / "tracebase"
    if not folder.is_dir():
        return []
    labels = json.loads((folder / "labels.json").read_text())["files"]
    found = []
    for place, appliance in FOLDERS.items():
        for path in sorted((folder / place).glob("*.csv.gz")):
            name = path.name.removesuffix(".gz")
            runs = [_run(each) for each in labels[name]["cycles"]]
            found.append(Trace(name, appliance, path, runs))
    return found


def reported(shared_data: Path, name: str) -> list[Sample]:
    """A trace of aclements/my-hass, as its plug reported it: on change and every 30 s."""
    path = shared_data / "devices" / "power" / "aclements" / f"{name}.csv"
    with path.open() as file:
        return [(_seconds(datetime.fromisoformat(at)), float(w)) for at, w in csv.reader(file)]


def expected(shared_data: Path, name: str) -> list[tuple[float, str]]:
    path = shared_data / "devices" / "power" / "aclements" / f"{name}.expected.json"
    return [
        (_seconds(datetime.fromisoformat(at)), is_) for at, is_ in json.loads(path.read_text())
    ]


def _stamp(text: str) -> datetime:
    """As 16/05/2012 00:00:07."""
    return datetime.fromisoformat(f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}")


def _run(label: dict[str, str]) -> Run:
    start, end = (datetime.fromisoformat(label[each]) for each in ("start", "end"))
    return Run(round(_seconds(start)), round(_seconds(end)), CycleKind(label["kind"]))


def _seconds(local: datetime) -> float:
    """The recordings name no zone, and only differences matter."""
    return local.replace(tzinfo=UTC).timestamp()
