"""What an operator's monitoring reads, in Prometheus' text format, with the operator's key."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from accounts.scoping import ALL_OWNERS
from api.deps import Now, Operator, PlatformDep
from devices.mirror import store
from devices.mirror.store import Lag

router = APIRouter(tags=["metrics"])

TEXT_FORMAT: Final = "text/plain; version=0.0.4"
Gauge = tuple[str, str, str, float]  # name, type, help, value


@router.get("/metrics", response_class=PlainTextResponse)
async def get_gauges(platform: PlatformDep, operator: Operator, now: Now) -> PlainTextResponse:
    """How far the mirror is behind; nothing where there is no mirror."""
    async with platform.database.snapshot(ALL_OWNERS) as session:
        connection = await session.connection()
        lag = await connection.run_sync(store.lag)
    lines = [line for gauge in _gauges(lag, now) for line in _lines(*gauge)] if lag else []
    return PlainTextResponse("".join(f"{line}\n" for line in lines), media_type=TEXT_FORMAT)


def _gauges(lag: Lag, now: datetime) -> tuple[Gauge, ...]:
    lag_s = max(0.0, (now - lag.oldest_at).total_seconds()) if lag.oldest_at else 0.0
    return (
        ("mirror_waiting_readings", "gauge", "not given to the mirror yet", lag.waiting),
        ("mirror_lag_seconds", "gauge", "since the oldest of them was received", lag_s),
        ("mirror_walking", "gauge", "1 while older readings are given", lag.is_walking),
        ("mirror_failing", "gauge", "1 while it does not answer", bool(lag.failing_since)),
        ("mirror_written_points_total", "counter", "taken by the mirror", lag.written),
        ("mirror_refused_points_total", "counter", "it will not have", lag.refused),
    )


def _lines(name: str, kind: str, meaning: str, value: float) -> tuple[str, str, str]:
    name = f"nachschub_{name}"
    return f"# HELP {name} {meaning}", f"# TYPE {name} {kind}", f"{name} {float(value):g}"
