from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.cycles import reporting
from devices.cycles.detector import Found
from devices.cycles.judging import Cycle, CycleKind

START_S = 1_763_640_000


def found(curve: tuple[int | None, ...], kind: CycleKind = CycleKind.WASH) -> Found:
    cycle = Cycle(
        kind=kind,
        from_s=START_S,
        to_s=START_S + 4500,
        wh=526.4,
        peak_w=2250.0,
        heat_s=740,
        longest_pause_min=4,
        is_start_seen=True,
        is_end_seen=False,
    )
    return Found(cycle, START_S // 60 - 1, 1, curve)


points = st.lists(st.none() | st.integers(0, 4000), max_size=130).map(tuple)


@given(points, st.sampled_from(CycleKind))
def test_a_cycle_fits_into_a_remark_and_comes_back(
    curve: tuple[int | None, ...], kind: CycleKind
) -> None:
    sent = found(curve, kind)
    remark = reporting.written(sent)
    assert len(remark) <= 200
    read = reporting.read(remark, reporting.ended_at(sent))
    assert read is not None
    assert (read.kind, read.wh, read.peak_w, read.longest_pause_min) == (kind, 526, 2250, 4)
    assert read.started_at == datetime.fromtimestamp(START_S, UTC)
    assert (read.is_start_seen, read.is_end_seen) == (True, False)
    assert (read.started_at - read.curve_from).total_seconds() == 60


def test_the_curve_keeps_its_shape() -> None:
    sent = (0, 12, 120, None, 2100, 2100, 300)
    read = reporting.read(reporting.written(found(sent)), datetime.now(UTC))
    assert read is not None
    for before, after in zip(sent, read.curve, strict=True):
        assert (
            after is None if before is None else after == pytest.approx(before, rel=0.07, abs=1)
        )


@pytest.mark.parametrize(
    "remark", [None, "", "wash", "boiled 1s 1Wh peak 1W pause 0min - curve 0+1min "]
)
def test_other_remarks_are_no_cycles_of_a_plug(remark: str | None) -> None:
    assert reporting.read(remark, datetime.now(UTC)) is None
