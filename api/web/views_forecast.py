"""What a stock's page shows of the forecast: its reasons, the owner's corrections, its record.

Pure: frozen values without words.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.texts import Text
from api.web.reliability import ReliabilityChart


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    name: Text
    value: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionLine:
    correction_id: UUID
    words: Text
    is_for_everything: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLine:
    """By how many days a date so far ahead was off, on average."""

    cover_days: int
    error_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """How good past forecasts were. `cycles`: replayed, `ran_out` of them dry."""

    errors: tuple[ErrorLine, ...]
    covered_ppm: int
    promised_ppm: int
    chart: ReliabilityChart | None
    cycles: int
    ran_out: int
    excess_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """`record` None: too little history to judge."""

    facts: tuple[FactLine, ...]
    corrections: tuple[CorrectionLine, ...]
    record: RecordView | None
    today_on: date
    week_ago_on: date
    in_a_week_on: date
