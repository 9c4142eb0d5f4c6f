"""Geometry of the level chart."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.web.charts import Depletion, Happened, Holder, Measured, level_chart

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
HOLDER = Holder(capacity=1000, unit="ml", reorder_level=250)


def falling(days: int) -> list[Measured]:
    return [Measured(NOW - DAY * (days - day), 1000 - 50 * day) for day in range(days + 1)]


def points(text: str) -> list[tuple[float, float]]:
    return [tuple(map(float, each.split(","))) for each in text.split()]


def test_nothing_measured_draws_nothing():
    assert level_chart(HOLDER, [], [], now=NOW) is None
    assert level_chart(HOLDER, [Measured(NOW, None)], [], now=NOW) is None


def test_the_line_ends_now_at_what_is_there():
    chart = level_chart(HOLDER, falling(10), [], now=NOW)
    assert points(chart.lines[0])[-1] == (chart.now_x, chart.now_y)
    assert (chart.now_quantity, chart.now_y) == (500, 500.0)
    assert chart.reorder_y == 750.0


def test_the_line_breaks_where_nothing_was_known():
    history = falling(10)
    history[5] = Measured(history[5].at, None)
    assert len(level_chart(HOLDER, history, [], now=NOW).lines) == 2


def test_the_fan_opens_from_now_and_meets_the_ground_at_its_quantiles():
    forecast = Depletion(p10_days=4, p50_days=5, p90_days=8)
    chart = level_chart(HOLDER, falling(10), [], now=NOW, forecast=forecast)
    now, early, late = points(chart.fan)
    assert now == (chart.now_x, chart.now_y)
    assert early[1] == late[1] == 1000.0
    assert early[0] < points(chart.median)[1][0] < late[0]
    assert chart.p50_at == NOW + 5 * DAY


def test_an_unknown_level_has_no_fan():
    history = [*falling(5), Measured(NOW, None)]
    forecast = Depletion(p10_days=4, p50_days=5, p90_days=8)
    chart = level_chart(HOLDER, history, [], now=NOW, forecast=forecast)
    assert (chart.fan, chart.now_y) == ("", None)


def test_refills_and_orders_stand_on_the_line_and_in_the_table():
    happened = [Happened(NOW - 3 * DAY, "order"), Happened(NOW - 40 * DAY, "order")]
    chart = level_chart(HOLDER, falling(10), happened, now=NOW)
    (mark,) = chart.marks
    assert mark.y == 350.0
    assert [row.kind for row in chart.table].count("order") == 2


@given(
    quantities=st.lists(st.one_of(st.none(), st.floats(0, 5000)), min_size=1, max_size=30),
    days=st.tuples(st.floats(0, 400), st.floats(0, 400), st.floats(0, 400)).map(sorted),
)
def test_everything_stays_inside_the_frame(quantities, days):
    history = [
        Measured(NOW - DAY * (len(quantities) - at), quantity)
        for at, quantity in enumerate(quantities)
    ]
    forecast = Depletion(p10_days=days[0], p50_days=days[1], p90_days=days[2])
    chart = level_chart(HOLDER, history, [], now=NOW, forecast=forecast)
    if chart is None:
        return
    drawn = [*chart.lines, chart.fan, chart.median]
    for x, y in (point for text in drawn for point in points(text)):
        assert 0 <= x <= 1000
        assert 0 <= y <= 1000
