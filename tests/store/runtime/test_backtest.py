"""The back-test over a database and over a file."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from accounts.scoping import ALL_OWNERS
from core.clock import SteppedClock
from core.database import Database
from devices.tables import DayUseRow
from runtime import backtest
from runtime.startup import CannotStart
from tests.household import DETERGENT, WASHER
from tests.world import World

FIRST = date(2026, 1, 1)
QUIET = Console(quiet=True)


def a_file(folder: Path, slots: int, days: int = 60) -> Path:
    lines = ["slot,day_on,used"]
    lines += [
        f"slot-{slot:02},{FIRST + timedelta(days=day)},{40 if day % 2 else 0}"
        for slot in range(slots)
        for day in range(days)
    ]
    file = folder / "use.csv"
    file.write_text("\n".join(lines))
    return file


async def test_a_stored_slot_is_judged_by_its_own_days(
    database: Database, clock: SteppedClock
) -> None:
    world = await World(database, clock).build()
    async with world.transaction(ALL_OWNERS) as session:
        session.add_all(
            DayUseRow(
                device_id=WASHER,
                slot=DETERGENT.slot,
                day_on=FIRST + timedelta(days=day),
                used=45,
                exposure_days=min(day, 1),  # the first day was seen in part only
            )
            for day in range(91)
        )
    name = f"{WASHER}/{DETERGENT.slot}"
    histories = await backtest.stored(name, world.transaction)
    (found,) = backtest.judged(histories, lead_days=3, console=QUIET)
    assert (found.name, found.days, found.test.stock_out_share) == (name, 90, 0)
    assert backtest.as_json(found)["date_error_days"][7] < 1
    assert (await backtest.stored("", world.transaction)).keys() == {name}
    with pytest.raises(CannotStart, match="no slot"):
        await backtest.stored("printer-0001/black", world.transaction)


def test_many_histories_are_judged_in_processes_and_give_the_same(tmp_path: Path) -> None:
    many = backtest.read_csv(a_file(tmp_path, slots=backtest.WORTH_PROCESSES))
    found = backtest.judged(many, lead_days=3, console=QUIET)
    (alone,) = backtest.judged({"slot-07": many["slot-07"]}, lead_days=3, console=QUIET)
    assert [each.name for each in found] == list(many)
    assert found[7] == alone
    assert len(backtest.table(found).rows) == len(many) + 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("slot-00,tomorrow,4", "line 3: Invalid isoformat"),
        ("slot-00,2026-03-01,", "line 3: could not convert"),
        ("slot-00,2026-03-01,-4", "line 3: used must be a number not below zero"),
        ("slot-00,2026-03-01,nan", "line 3: used must be a number not below zero"),
        ("slot-00,2026-03-01,inf", "line 3: used must be a number not below zero"),
        ("slot-00,2026-03-01", "line 3: something is missing"),
        ("slot-00,2026-02-28,4", "line 3: 2026-02-28 is there twice"),
        ("slot-00,2026-03-01,4\0", "line 3: "),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "use.csv"
    file.write_text(f"slot,day_on,used\nslot-00,2026-02-28,4\n{line}\n")
    with pytest.raises(CannotStart, match=said):
        backtest.read_csv(file)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="cannot be read"):
        backtest.read_csv(tmp_path / "nothing.csv")


def test_a_line_may_stand_for_several_days_but_not_for_all_of_history(tmp_path: Path) -> None:
    file = tmp_path / "use.csv"
    file.write_text("slot,day_on,used,exposure_days\nslot-00,2026-02-28,4,1000000\n")
    with pytest.raises(CannotStart, match="exposure_days 1 to 400"):
        backtest.read_csv(file)
    file.write_text("slot,day_on,used,exposure_days\nslot-00,2026-02-28,4,3\n")
    (history,) = backtest.read_csv(file).values()
    assert [day.exposure_days for day in history.use] == [3]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: there is no column slot, day_on, used"),
        (b"slot;day_on;used\nslot-00;2026-02-28;4\n", "with commas between"),
        (b"slot,day_on,used\n", "holds no day of use"),
        ("slot,day_on,used\nKüche,2026-02-28,4\n".encode("latin-1"), "not text in UTF-8"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_one_line(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "use.csv"
    file.write_bytes(content)
    with pytest.raises(CannotStart, match=said):
        backtest.read_csv(file)


def test_a_file_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    file = tmp_path / "use.csv"
    file.write_bytes("slot,day_on,used\r\nslot-00,2026-02-28,4\r\n".encode("utf-8-sig"))
    assert list(backtest.read_csv(file)) == ["slot-00"]


@pytest.mark.parametrize(("days", "is_enough"), [(24, False), (25, True)])
def test_a_short_history_is_said_to_be_short(
    tmp_path: Path, days: int, is_enough: bool
) -> None:
    few = backtest.read_csv(a_file(tmp_path, slots=1, days=days))
    found = backtest.judged(few, lead_days=3, console=QUIET)
    assert bool(found[0].test.trials) is is_enough
    caption = backtest.table(found).caption
    assert (caption is None) if is_enough else ("25 days without a gap" in str(caption))
