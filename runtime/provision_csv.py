"""`nachschub provision FLEET.csv --model MODEL.json`: a maker's whole fleet, line by line.

    serial,device_id,is_test
    SN-000001,washer-000001,

`serial` is needed, the other columns may be missing or empty. The file is read in parts and
never held whole; each line is provisioned or not by itself, and the result file says which: it
has one line for every line of the fleet, in order, with secret and claim code or the problem.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from devices import registry
from devices.models import DeviceModel
from devices.registry import Outcome, Provisioned, Provisioning, ToProvision
from runtime.provision import Batch, created, maker_named
from runtime.startup import CannotStart
from runtime.wiring import Platform

COLUMNS: Final = frozenset({"serial", "device_id", "is_test"})
RESULT_COLUMNS: Final = ("line", "device_id", "serial", "secret", "claim_code", "problem")
AT_ONCE: Final = 1_000  # devices in one transaction
LONGEST_LINE: Final = 4_096  # bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the fleet: a device, or why it names none."""

    number: int
    wanted: ToProvision | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    provisioned: int = 0
    refused: int = 0

    def plus(self, outcomes: Sequence[Outcome | str]) -> "Tally":
        made = sum(isinstance(each, Provisioned) for each in outcomes)
        return Tally(self.provisioned + made, self.refused + len(outcomes) - made)


async def provision_csv(
    fleet: Path, batch: Batch, result: Path, platform: Platform, console: Console
) -> Tally:
    """Registers the model, then the devices. Raises CannotStart for a file that cannot be read
    or has no `serial` column, and rather than overwrite a result.
    """
    with _opened(fleet) as file:
        lines = read_lines(file, batch.model)
        makes = await _registered(batch, platform)
        with created(result) as written, Progress(console=console, transient=True) as bar:
            task = bar.add_task(fleet.name, total=os.fstat(file.fileno()).st_size)
            csv.writer(written).writerow(RESULT_COLUMNS)
            tally = Tally()
            while part := list(islice(lines, AT_ONCE)):
                tally = await _provision_part(part, makes, written, platform, tally)
                bar.update(task, completed=file.tell())
    return tally


async def _registered(batch: Batch, platform: Platform) -> Provisioning:
    """Raises CannotStart."""
    maker = await maker_named(batch.manufacturer, platform)
    transaction, clock, ids = platform.database.transaction, platform.clock, platform.ids
    try:
        await registry.register_model(
            maker, batch.model, transaction=transaction, clock=clock, ids=ids
        )
    except registry.ModelVersionTaken as error:
        raise CannotStart(f"Nothing was provisioned: {error}.") from None
    return Provisioning(maker, platform.device_key, clock, ids)


async def _provision_part(
    part: Sequence[Line], makes: Provisioning, written: TextIO, platform: Platform, tally: Tally
) -> Tally:
    seen: list[Outcome | str] = []
    await registry.provision_each(
        [each.wanted for each in part if each.wanted],
        makes,
        shown=partial(_write, part, written, seen),
        transaction=platform.database.transaction,
    )
    return tally.plus(seen)


def _write(
    part: Sequence[Line], written: TextIO, seen: list[Outcome | str], made: Sequence[Outcome]
) -> None:
    """To disk before the devices are committed, so that no secret is lost."""
    left = iter(made)
    writer = csv.writer(written)
    for line in part:
        outcome = next(left) if line.wanted else line.problem
        writer.writerow([line.number, *_said(outcome)])
        seen.append(outcome)
    written.flush()
    os.fsync(written.fileno())


def _said(outcome: Outcome | str) -> tuple[str, str, str, str, str]:
    match outcome:
        case Provisioned():
            return (
                outcome.device_id, outcome.serial, outcome.secret, outcome.claim_code, ""
            )  # fmt: skip
        case str():
            return "", "", "", "", outcome
        case _:
            return "", outcome.serial, "", "", str(outcome.reason)


def read_lines(file: BinaryIO, model: DeviceModel) -> Iterator[Line]:
    """Each line by itself, so that a stray quote spoils no other; empty ones are skipped.
    Raises CannotStart for a first line that names no `serial`, before any other is read.
    """
    columns = _columns(file.readline(LONGEST_LINE))
    return _lines(file, columns, model)


def _columns(head: bytes) -> list[str]:
    columns = [each.strip() for each in head.decode("utf-8-sig", errors="replace").split(",")]
    unknown = sorted(set(columns) - COLUMNS)
    if "serial" not in columns or unknown or len(set(columns)) != len(columns):
        raise CannotStart(
            "The first line must name the columns: serial, and if wanted device_id and is_test;"
            f" it names {', '.join(columns)[:200]}"
        )
    return columns


def _lines(file: BinaryIO, columns: Sequence[str], model: DeviceModel) -> Iterator[Line]:
    for number, raw in enumerate(_raw_lines(file), start=2):
        if raw.strip():
            yield _line(number, raw, columns, model)


def _raw_lines(file: BinaryIO) -> Iterator[bytes]:
    """A longer line is cut, and read over to its end."""
    while raw := file.readline(LONGEST_LINE + 1):
        rest = raw
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield raw


def _line(number: int, raw: bytes, columns: Sequence[str], model: DeviceModel) -> Line:
    if len(raw) > LONGEST_LINE:
        return Line(number, problem=f"longer than {LONGEST_LINE} bytes")
    try:
        [fields] = csv.reader([raw.decode().rstrip("\r\n")], strict=True)
    except UnicodeDecodeError:
        return Line(number, problem="not UTF-8")
    except csv.Error as error:
        return Line(number, problem=str(error))
    if len(fields) != len(columns):
        return Line(number, problem=f"{len(fields)} fields, not {len(columns)}")
    given = {name: field.strip() for name, field in zip(columns, fields, strict=True)}
    try:
        wanted = ToProvision.model_validate(
            {**_filled(given), "model": model.name, "version": model.version}
        )
    except ValidationError as error:
        problem = error.errors()[0]
        return Line(number, problem=f"{problem['loc'][0]}: {problem['msg']}")
    return Line(number, wanted)


def _filled(given: dict[str, str]) -> dict[str, str]:
    return {name: field for name, field in given.items() if field}


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise CannotStart(f"{path}: {error.strerror}") from None
    with file:
        yield file
