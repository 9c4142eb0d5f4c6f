"""Everything a person reads: sentences by key in English and German, numbers, dates, money.

Pure. Code and stored notices carry a `Text` (key and values); words are made where they are
shown, from the catalogues of `accounts.catalogues`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent

from core.money import PPM, Money

LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
_FORMATS: Final = {"en": "en_GB", "de": "de_DE"}  # how each language writes numbers and dates
LEAST_PERCENT: Final = 0.1  # a smaller share is shown as less than that

Value: TypeAlias = (
    "str | int | float | Decimal | Money | Share | date | timedelta | Text | None"
)
Sentences = Mapping[str, tuple[str, ...]]  # key -> one form, or singular and plural


class UnknownText(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(f"no text has the key {key!r}")
        self.key = key


@dataclass(frozen=True, slots=True)
class Share:
    """A share or a chance, in parts per million; shown in percent."""

    ppm: int


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence to be said in the reader's language. `n` among the values picks the plural."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


def text(key: str, **values: Value) -> Text:
    return Text(key, values)


def stored_text(key: str, params: Mapping[str, Any]) -> Text:
    """A text from its JSON form: `x_minor` beside a `currency` is money (it becomes `x`), as is
    `{"minor", "currency"}`; `x_ppm` is a share, `unit` a unit, `*_on` a date, `*_at` an
    instant, `{"key", "params"}` a text within the text.
    """
    currency = params.get("currency")
    values: dict[str, Value] = {}
    for name, value in params.items():
        if currency and "_minor" in name:
            values[name.replace("_minor", "")] = Money(value, currency)
        elif name == "unit":
            values[name] = Text(f"unit.{value}", {"n": _count(params)})
        elif name.endswith("_ppm"):
            values[name.removesuffix("_ppm")] = Share(value)
        else:
            values[name] = _stored(name, value)
    return Text(key, values)


def _count(params: Mapping[str, Any]) -> int:
    """What stands before the unit in the sentence."""
    return next(
        (params[name] for name in ("per_quantity", "quantity", "most") if name in params), 2
    )


def _stored(name: str, value: Any) -> Value:
    match value:
        case {"minor": int(minor), "currency": str(currency)}:
            return Money(minor, currency)
        case {"key": str(key), "params": dict(params)}:
            return stored_text(key, params)
        case str() if name.endswith("_on"):
            return date.fromisoformat(value)
        case str() if name.endswith("_at"):
            return datetime.fromisoformat(value)
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return value  # type: ignore[no-any-return]  # JSON leaves: str, int, float, None


def _useful_digits(size: float) -> int:
    if size >= 10 or size.is_integer():
        return 0
    return 1 if size >= 1 else 2


@dataclass(frozen=True, slots=True)
class Words:
    """One reader's language and time zone."""

    language: str
    sentences: Sentences
    timezone: ZoneInfo

    def say(self, what: str | Text, **values: Value) -> str:
        """Raises UnknownText."""
        if isinstance(what, Text):
            return self.say(what.key, **{**what.values, **values})
        forms = self.sentences.get(what)
        if forms is None:
            raise UnknownText(what)
        form = forms[0] if values.get("n", 1) == 1 else forms[-1]
        return form.format_map({name: self.show(value) for name, value in values.items()})

    def show(self, value: Value) -> str:
        match value:
            case None | str():
                return value or ""
            case Text():
                return self.say(value)
            case Money():
                return self.money(value)
            case Share():
                return self.percent(value.ppm)
            case date() | timedelta():
                return self._time(value)
        return self.number(value)

    def _time(self, value: date | timedelta) -> str:
        if isinstance(value, timedelta):
            return self.ago(value)
        return self.moment(value) if isinstance(value, datetime) else self.day(value)

    def money(self, amount: Money) -> str:
        value = Decimal(amount.minor).scaleb(-2)
        shown = format_currency(
            value, amount.currency, format="#,##0.00\u00a0¤", locale=self._format
        )
        return shown.replace("-", "−")

    def typed(self, amount: Money | str) -> str:
        """For an input field: an amount as its owner would type it."""
        if isinstance(amount, str):
            return amount
        value = Decimal(amount.minor).scaleb(-2)
        return format_decimal(value, format="0.00", locale=self._format)

    def number(self, value: float | Decimal, digits: int | None = None) -> str:
        """At most `digits` decimals; as many as are of use when not given."""
        if digits is None:
            digits = _useful_digits(abs(float(value)))
        pattern = f"#,##0.{'#' * digits}" if digits else "#,##0"
        return format_decimal(value, format=pattern, locale=self._format).replace("-", "−")

    def percent(self, ppm: int) -> str:
        """With one decimal below ten percent, where it matters."""
        percent = abs(ppm) * 100 / PPM
        if 0 < percent < LEAST_PERCENT:
            return f"<\u2009{self._percent(LEAST_PERCENT / 100, 1)}"
        return self._percent(ppm / PPM, 0 if percent >= 10 or percent.is_integer() else 1)

    def _percent(self, share: float, digits: int) -> str:
        sign = "%" if self.language == "en" else "\u00a0%"
        pattern = ("0.0" if digits else "0") + sign
        return format_percent(share, pattern, locale=self._format).replace("-", "−")

    def day(self, day: date) -> str:
        """With weekday and without a point at the end: `Wed 25 Nov`, `Mi. 25. November`."""
        pattern = "EEE d MMM" if self.language == "en" else "EEE d. MMMM"
        return format_date(day, pattern, locale=self._format)

    def short_day(self, day: date) -> str:
        return format_skeleton("MMMd", day, locale=self._format)

    def long_day(self, day: date) -> str:
        return format_date(day, "long", locale=self._format)

    def month(self, day: date) -> str:
        return format_date(day, "MMMM", locale=self._format)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.timezone)

    def moment(self, at: datetime) -> str:
        shown = format_datetime(at, "d MMM, HH:mm", tzinfo=self.timezone, locale=self._format)
        return shown if self.language == "en" else shown.replace(" ", ". ", 1)

    def ago(self, passed: timedelta) -> str:
        """`passed` > 0 lies in the past."""
        return format_timedelta(-passed, add_direction=True, locale=self._format)

    @property
    def _format(self) -> str:
        return _FORMATS[self.language]
