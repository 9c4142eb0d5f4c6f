"""Why the forecast says what it says, what the owner told it, and how good it was."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Share, Text, text
from api.web import wording
from api.web.household import Household
from api.web.reliability import reliability_chart
from api.web.views_forecast import (
    CorrectionLine,
    ErrorLine,
    FactLine,
    ForecastView,
    RecordView,
)
from core.money import PPM
from devices.tables import StockRow
from replenishment import correcting
from replenishment.backtest import COVERS_DAYS, BackTest, Replayed, back_test
from replenishment.corrections import CorrectionKind
from replenishment.forecast import Forecaster
from replenishment.observed import observed
from replenishment.tables import CorrectionRow

PROMISED_PPM: Final = 800_000  # of the dates lie between p10 and p90
JUDGED_DAYS: Final = 120  # of history, so that a page is made in a moment
A_WEEK: Final = timedelta(days=7)
FACTS: Final = (
    *(
        "as_of",
        "spares",
        "coming",
        "use",
        "learned",
        "method",
        "outcomes",
        "lead",
        "lead_demand",
    ),
    *("service", "safety", "reorder", "risk", "risk_tomorrow"),
)


async def forecast_view(
    session: AsyncSession,
    stock: StockRow,
    home: Household,
    member: Principal,
    forecaster: Forecaster,
) -> ForecastView:
    today = home.now.astimezone(ZoneInfo(member.timezone)).date()
    tested = await tested_stock(session, stock, home.now, today, forecaster)
    rows = await correcting.in_force(session, stock.owner_id, stock.stock_id)
    return ForecastView(
        facts=tuple(_facts(stock, home)),
        corrections=tuple(map(_correction, rows)),
        record=_record(tested) if tested.is_telling else None,
        today_on=today,
        week_ago_on=today - A_WEEK,
        in_a_week_on=today + A_WEEK,
    )


async def tested_stock(
    session: AsyncSession,
    stock: StockRow,
    now: datetime,
    today: date,
    forecaster: Forecaster,
) -> BackTest:
    """Beside the event loop: it computes for some hundredths of a second."""
    seen = await observed(session, stock.stock_id, at=now, today=today)
    since = today - timedelta(days=JUDGED_DAYS)
    slots = [
        replace(slot, use=[day for day in slot.use if day.day_on >= since])
        for slot in seen.slots
    ]
    told = stock.forecast or {}
    lead_days = round(told.get("lead_time_days", {}).get("mean", Replayed().lead_days))
    how = Replayed(lead_days=max(1, lead_days), service_level=stock.service_level_ppm / PPM)
    return await asyncio.to_thread(back_test, slots, forecaster, how)


def waiting(stock: StockRow, now: datetime, timezone: str) -> Text | None:
    """How long a delivery takes, and what another day's wait would risk."""
    told = stock.forecast or {}
    days, risk_ppm = told.get("delivery_days"), told.get("risk_tomorrow_ppm")
    if not days or risk_ppm is None:
        return None
    least, most = days
    key = "explained.delivery" if least < most else "explained.delivery_exact"
    tomorrow = now.astimezone(ZoneInfo(timezone)).date() + timedelta(days=1)
    return text(
        "explained.waiting",
        delivery=text(key, n=most, least=least),
        day=tomorrow,
        risk=Share(risk_ppm),
    )


def learned(stock: StockRow) -> tuple[Text, ...]:
    told = stock.forecast
    if not told:
        return ()
    use = wording.measured(told["use_per_day"]["mean"], stock.unit)
    days = told["observed_days"]
    left_out = told["lesson"]["left_out_days"]
    level = wording.measured(told["reorder_at"], stock.unit)
    return (
        text("stock.learned_days", n=days, use=use)
        if days
        else text("stock.learned_typical", use=use),
        *([text("stock.left_out", n=left_out)] if left_out else []),
        text("stock.learned_reorder", level=level),
    )


def _facts(stock: StockRow, home: Household) -> Iterator[FactLine]:
    told = stock.forecast
    if not told:
        return

    def amount(value: float) -> Text:
        return wording.measured(value, stock.unit)

    yield _fact("as_of", text("fact.moment", at=datetime.fromisoformat(told["at"])))
    yield from _sources(told, home, stock)
    yield _fact("spares", amount(told["position"]["spares"]))
    yield _fact("coming", amount(told["position"]["on_order"] + told["position"]["waiting"]))
    use = told["use_per_day"]
    spread = {name: amount(use[name]) for name in ("p10", "p50", "p90")}
    yield _fact("use", text("fact.range", **spread))
    yield from _lesson(told["lesson"])
    yield _outcomes(told["applied"]["calibration"])
    lead, demand = told["lead_time_days"], told["lead_time_demand"]
    yield _fact("lead", text("fact.days", n=lead["mean"], sd=lead["sd"]))
    until = {"mean": amount(demand["mean"]), "sd": amount(demand["sd"])}
    yield _fact("lead_demand", text("fact.give_or_take", **until))
    yield _fact("service", _share(told["service_level_ppm"]))
    yield _fact("safety", amount(told["safety_stock"]))
    yield _fact("reorder", amount(told["reorder_at"]))
    for name in ("risk", "risk_tomorrow"):
        if told[f"{name}_ppm"] is not None:
            yield _fact(name, _share(told[f"{name}_ppm"]))


def _sources(told: dict[str, Any], home: Household, stock: StockRow) -> Iterator[FactLine]:
    names = {each.device.device_id: each.ownership.name for each in home.devices}
    for each in told["sources"]:
        name = text("fact.level", device=names.get(each["device_id"], each["device_id"]))
        if each["amount"] is None or each["measured_at"] is None:
            yield FactLine(name=name, value=text("fact.unknown"))
        else:
            value = text(
                "fact.measured",
                amount=wording.measured(each["amount"], stock.unit),
                at=datetime.fromisoformat(each["measured_at"]),
            )
            yield FactLine(name=name, value=value)


def _lesson(lesson: dict[str, Any]) -> Iterator[FactLine]:
    if lesson["days"]:
        first, last = (date.fromisoformat(lesson[name]) for name in ("first_on", "last_on"))
        yield _fact(
            "learned", text("fact.learned_days", n=lesson["days"], first=first, last=last)
        )
    yield _fact("method", text(f"method.{lesson['forecaster']}"))


def _outcomes(number: int) -> FactLine:
    """number: of the calibration; 0: as shipped."""
    key = "fact.outcomes_own" if number else "fact.outcomes_shipped"
    return _fact("outcomes", text(key, number=number))


def _fact(name: str, value: Text) -> FactLine:
    return FactLine(name=text(f"fact.{name}"), value=value)


def _share(ppm: int) -> Text:
    return text("fact.share", share=Share(ppm))


def _correction(row: CorrectionRow) -> CorrectionLine:
    is_nobody = row.kind == CorrectionKind.AWAY and row.factor_ppm == 0
    key = "correction.nobody" if is_nobody else f"correction.{CorrectionKind(row.kind)}"
    return CorrectionLine(
        correction_id=row.correction_id,
        words=text(
            key,
            from_on=row.from_on,
            until_on=row.until_on,
            share=Share(row.factor_ppm),
        ),
        is_for_everything=row.stock_id is None,
    )


def _record(tested: BackTest) -> RecordView:
    errors: Sequence[tuple[int, float | None]] = [
        (cover, tested.date_error_days(cover)) for cover in COVERS_DAYS
    ]
    return RecordView(
        errors=tuple(
            ErrorLine(cover_days=cover, error_days=error)
            for cover, error in errors
            if error is not None
        ),
        covered_ppm=round((tested.coverage or 0.0) * PPM),
        promised_ppm=PROMISED_PPM,
        chart=reliability_chart(tested.reliability()),
        cycles=len(tested.cycles),
        ran_out=sum(each.ran_out for each in tested.cycles),
        excess_days=tested.excess_days or 0.0,
    )
