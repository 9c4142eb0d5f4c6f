"""`nachschub backtest`: how good the forecasts would have been on stored or given histories."""

import csv
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from rich.console import Console
from rich.progress import track
from rich.table import Column, Table
from sqlmodel import select

from accounts.scoping import ALL_OWNERS
from core.database import Transaction
from devices import history
from devices.levels import DayUse as Used
from devices.models import SlotSpec
from devices.tables import SlotRow
from replenishment.backtest import (
    COVERS_DAYS,
    FIRST_DAYS,
    WAITED,
    BackTest,
    Replayed,
    back_test,
)
from replenishment.forecast import DayUse, SlotHistory
from runtime import wiring
from runtime.startup import CannotStart

CSV_HELP: Final = (
    "Columns slot, day_on (2026-11-20), used and perhaps exposure_days, with commas between."
)
COLUMNS: Final = ("slot", "day_on", "used")
LONGEST_DAYS: Final = 400  # that one line may stand for
WORTH_PROCESSES: Final = 20  # histories; fewer are done sooner than a process has started
TOGETHER: Final = "all"
LEAST_DAYS: Final = FIRST_DAYS + math.ceil(WAITED * COVERS_DAYS[0])  # before one date is judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`days` of history, of the slot called `name`."""

    name: str
    days: int
    test: BackTest


async def stored(slot: str, transaction: Transaction) -> Mapping[str, SlotHistory]:
    """slot: `device_id/slot`; empty: every slot. Raises CannotStart when there is none."""
    async with transaction(ALL_OWNERS) as session:
        rows = (await session.exec(select(SlotRow))).all()
        wanted = {
            f"{row.device_id}/{row.slot}": row
            for row in rows
            if slot in ("", f"{row.device_id}/{row.slot}")
        }
        if not wanted:
            raise CannotStart(f"There is no slot {slot}. Name one as washer-0001/detergent")
        places = [(row.device_id, row.slot) for row in wanted.values()]
        uses = await history.day_uses(session, places, from_on=date.min, before_on=date.max)
    return {
        name: _stored(
            SlotSpec.model_validate(row.spec), uses.get((row.device_id, row.slot), [])
        )
        for name, row in wanted.items()
    }


def _stored(spec: SlotSpec, days: Sequence[Used]) -> SlotHistory:
    return SlotHistory(
        typical_use_per_day=spec.typical_use_per_day,
        category=spec.category,
        use=[
            DayUse(day_on=day.day_on, used=day.used, exposure_days=day.exposure_days)
            for day in days
            if day.exposure_days > 0
        ],
    )


def read_csv(file: Path) -> Mapping[str, SlotHistory]:
    """Raises CannotStart with the line that is wrong."""
    found: dict[str, dict[date, DayUse]] = defaultdict(dict)
    rows = csv.DictReader(_lines(file))
    try:
        _check_columns(rows.fieldnames)
        for row in rows:
            _put(found[row["slot"]], _day(row))
    except (csv.Error, ValueError) as problem:
        line = max(1, rows.line_num)
        raise CannotStart(f"{file}, line {line}: {problem}. {CSV_HELP}") from None
    if not found:
        raise CannotStart(f"{file} holds no day of use. {CSV_HELP}")
    return {name: _history(list(days.values())) for name, days in found.items()}


def _lines(file: Path) -> list[str]:
    """With or without the mark that spreadsheets put at the beginning."""
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotStart(f"{file} is not text in UTF-8. {CSV_HELP}") from None


def _check_columns(names: Sequence[str] | None) -> None:
    missing = [name for name in COLUMNS if name not in (names or ())]
    if missing:
        raise ValueError(f"there is no column {', '.join(missing)}")


def _put(known: dict[date, DayUse], day: DayUse) -> None:
    if day.day_on in known:
        raise ValueError(f"{day.day_on} is there twice")
    known[day.day_on] = day


def _day(row: Mapping[str, str | None]) -> DayUse:
    day_on, used = row["day_on"], row["used"]
    if not row["slot"] or day_on is None or used is None:
        raise ValueError("something is missing")
    units, exposure_days = float(used), int(row.get("exposure_days") or 1)
    if not 0 <= units < math.inf or not 1 <= exposure_days <= LONGEST_DAYS:
        raise ValueError(
            f"used must be a number not below zero, exposure_days 1 to {LONGEST_DAYS}"
        )
    return DayUse(day_on=date.fromisoformat(day_on), used=units, exposure_days=exposure_days)


def _history(days: Sequence[DayUse]) -> SlotHistory:
    """Without a maker's figure the first days, which are not judged, must do."""
    first = min(day.day_on for day in days) + timedelta(days=FIRST_DAYS)
    known = fmean(day.used / day.exposure_days for day in days if day.day_on < first)
    return SlotHistory(typical_use_per_day=known, use=days)


def judged(
    histories: Mapping[str, SlotHistory], *, lead_days: int, console: Console
) -> list[Judged]:
    """One after the other, or many in as many processes as there are processors."""
    judge = partial(_judged, Replayed(lead_days=lead_days))
    named = list(histories.items())
    if len(named) < WORTH_PROCESSES:
        return list(_shown(map(judge, named), len(named), console))
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return list(_shown(pool.map(judge, named, chunksize=4), len(named), console))


def _shown(work: Iterable[Judged], total: int, console: Console) -> Iterator[Judged]:
    yield from track(work, "replaying", total=total, console=console, transient=True)


def _judged(how: Replayed, named: tuple[str, SlotHistory]) -> Judged:
    name, slot = named
    test = back_test([slot], wiring.forecaster(), how)
    return Judged(name=name, days=sum(day.exposure_days for day in slot.use), test=test)


def table(found: Sequence[Judged]) -> Table:
    slot = Column("slot", no_wrap=True)
    shown = Table(slot, "days", *(f"off at {each} d" for each in COVERS_DAYS), box=None)
    for title in ("within 80 %", "cycles", "ran out", "excess"):
        shown.add_column(title)
    for each in (*found, *([_together(found)] if len(found) > 1 else [])):
        shown.add_row(*_cells(each))
    if not all(each.test.trials for each in found):
        shown.caption = f"-: too little history; {LEAST_DAYS} days without a gap are needed"
    return shown


def _together(found: Sequence[Judged]) -> Judged:
    tests = [each.test for each in found]
    return Judged(
        name=TOGETHER,
        days=sum(each.days for each in found),
        test=BackTest(
            trials=tuple(trial for each in tests for trial in each.trials),
            cycles=tuple(cycle for each in tests for cycle in each.cycles),
        ),
    )


def _cells(each: Judged) -> Iterator[str]:
    test = each.test
    yield each.name
    yield str(each.days)
    for cover_days in COVERS_DAYS:
        yield _shown_number(test.date_error_days(cover_days), "{:.1f} d")
    yield _shown_number(test.coverage, "{:.0%}")
    yield str(len(test.cycles))
    yield _shown_number(test.stock_out_share, "{:.1%}")
    yield _shown_number(test.excess_days, "{:.1f} d")


def _shown_number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def as_json(each: Judged) -> dict[str, Any]:
    test = each.test
    return {
        "slot": each.name,
        "days": each.days,
        "date_error_days": {days: test.date_error_days(days) for days in COVERS_DAYS},
        "coverage": test.coverage,
        "cycles": len(test.cycles),
        "stock_out_share": test.stock_out_share,
        "excess_days": test.excess_days,
        "reliability": test.reliability(),
    }
