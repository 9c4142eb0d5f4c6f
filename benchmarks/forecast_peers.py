"""The named peers of the demand model, behind the same plug-in class.

Moving average and linear regression on the level give a date, not a distribution. Exponential
smoothing and the Syntetos-Boylan correction of Croston's method get the textbook lead-time
demand: mean k m, variance k s^2 (s^2: smoothed squared error), negative binomial, or gamma
where it is not over-dispersed. So do the models of statsforecast, which state a mean.
"""

import importlib
import math
import sys
from abc import ABC, abstractmethod
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma, nbinom
from statsforecast.models import ADIDA, AutoETS, CrostonOptimized

from replenishment.forecast import DayUse, ExponentialForecaster, Forecast, SlotHistory
from replenishment.reorder import LeadTime, reorder_point

Floats = NDArray[np.float64]

ERROR_WEIGHT = 0.05
AVERAGED_DAYS = 28
REGRESSED_DAYS = 14
SEASON_DAYS = 7
LONGEST_DAYS = 120
LEARNED_FROM_DAYS = 180
FIRST_ON = date(2026, 1, 1)


def reference() -> Any:
    """Of the research-style predictors that came with the data; never copied here."""
    for parent in Path(__file__).resolve().parents:
        folder = parent / "shared" / "tools" / "forecast"
        if folder.is_dir():
            sys.path.insert(0, str(folder))
            return importlib.import_module("predictors").Fleet()
    raise SystemExit("no reference: shared/tools/forecast is not beside the checkout")


class History:
    """Keeps the use per day of one slot."""

    def start(self, cls: str, unit: float, sid: str | None = None) -> None:
        self.unit = unit
        self.use: list[float] = []

    def update(self, x: float, n: int, dow: int) -> None:
        self.use.append(x)


class PointForecast(History, ABC):
    """A rate and the day it leads to."""

    @abstractmethod
    def rate(self) -> float: ...

    def cdf(self, L: float, H: int, dow1: int) -> Floats:  # noqa: N803
        day = max(round(L / max(self.rate(), 1e-9)), 1)
        return (np.arange(1, H + 1) >= day).astype(float)

    def reorder_points(self, sl: Floats, lt: dict[int, float], dow1: int) -> Floats:
        """Mean lead-time demand and five days' use more, as a rule of thumb."""
        lead_days = sum(days * chance for days, chance in lt.items()) + 1
        return np.full(len(sl), self.rate() * (lead_days + 5))


class MovingAverage(PointForecast):
    name = "moving average, 28 days"

    def rate(self) -> float:
        return float(np.mean(self.use[-AVERAGED_DAYS:]))


class LevelRegression(PointForecast):
    name = "linear regression on the level"

    def rate(self) -> float:
        level = np.cumsum([0.0, *self.use[-REGRESSED_DAYS:]])
        return max(float(np.polyfit(np.arange(len(level)), level, 1)[0]), 0.0)


class MomentMatched(History, ABC):
    """A distribution from the mean and the variance of the use over some days."""

    @abstractmethod
    def means(self, days: int) -> Floats:
        """Of the use over 1 to `days` days."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Of the use of one day."""

    def cdf(self, L: float, H: int, dow1: int) -> Floats:  # noqa: N803
        mean = self.means(H) / self.unit
        variance = self.variance * np.arange(1.0, H + 1) / self.unit**2
        return np.maximum.accumulate(_reaches(L / self.unit, mean, variance))

    def reorder_points(self, sl: Floats, lt: dict[int, float], dow1: int) -> Floats:
        days, chances = np.array(list(lt)) + 1, np.array(list(lt.values()))
        each = self.means(int(days.max()))[days - 1]
        mean = chances @ each
        variance = chances @ (self.variance * days + each**2) - mean**2
        shape = mean**2 / variance
        return np.maximum(gamma.ppf(sl, shape, scale=variance / mean) - 0.5 * self.unit, 0.0)


class Smoothed(MomentMatched):
    """Mean per day from `mean`, with the smoothed squared error as its variance."""

    def start(self, cls: str, unit: float, sid: str | None = None) -> None:
        super().start(cls, unit, sid)
        self.error = 0.0

    def update(self, x: float, n: int, dow: int) -> None:
        if self.use:
            weight = max(ERROR_WEIGHT, 1 / len(self.use))
            self.error += weight * ((x - self.mean()) ** 2 - self.error)
        super().update(x, n, dow)

    @abstractmethod
    def mean(self) -> float: ...

    def means(self, days: int) -> Floats:
        return np.maximum(self.mean(), 1e-6) * np.arange(1.0, days + 1)

    @property
    def variance(self) -> float:
        return max(self.error, 1e-9) if len(self.use) > 1 else self.unit * self.mean()


class Exponential(History):
    """`replenishment.forecast.ExponentialForecaster`: weighted mean and variance, normal."""

    name = "exponential weights + normal"

    def start(self, cls: str, unit: float, sid: str | None = None) -> None:
        super().start(cls, unit, sid)
        self.known: Forecast | None = None

    def update(self, x: float, n: int, dow: int) -> None:
        super().update(x, n, dow)
        self.known = None

    def cdf(self, L: float, H: int, dow1: int) -> Floats:  # noqa: N803
        known = self._known()
        return np.array([known.run_out_risk(L, LeadTime(mean=k)) for k in range(1, H + 1)])

    def reorder_points(self, sl: Floats, lt: dict[int, float], dow1: int) -> Floats:
        mean = sum((days + 1) * chance for days, chance in lt.items())
        square = sum((days + 1) ** 2 * chance for days, chance in lt.items())
        lead = LeadTime(mean=mean, sd=math.sqrt(square - mean**2))
        return np.array([reorder_point(self._known().demand, lead, float(p)) for p in sl])

    def _known(self) -> Forecast:
        if self.known is None:
            days = [
                DayUse(day_on=FIRST_ON + timedelta(days=n), used=used)
                for n, used in enumerate(self.use)
            ]
            slot = SlotHistory(typical_use_per_day=self.unit, use=days[-LEARNED_FROM_DAYS:])
            today = FIRST_ON + timedelta(days=len(days))
            self.known = ExponentialForecaster().forecast([slot], today=today)
        return self.known


def _reaches(units: float, mean: Floats, variance: Floats) -> Floats:
    is_over = variance > mean * 1.001
    size = mean**2 / np.where(is_over, variance - mean, 1.0)
    counted = nbinom.sf(math.ceil(units - 1e-9) - 1, size, size / (size + mean))
    flowing = gamma.sf(max(units - 0.5, 1e-9), mean**2 / variance, scale=variance / mean)
    return np.where(is_over, counted, flowing)


class Smoothing(Smoothed):
    """Simple exponential smoothing, weight 0.1."""

    name = "SES + negative binomial"
    weight = 0.1
    level = 0.0

    def update(self, x: float, n: int, dow: int) -> None:
        super().update(x, n, dow)
        seen = len(self.use)
        self.level = (
            x if seen == 1 else self.level + max(self.weight, 1 / seen) * (x - self.level)
        )

    def mean(self) -> float:
        return self.level


class SyntetosBoylan(Smoothed):
    """Croston's method less its bias: (1 - weight / 2) size / interval."""

    name = "SBA + negative binomial"
    weight = 0.1

    def start(self, cls: str, unit: float, sid: str | None = None) -> None:
        super().start(cls, unit, sid)
        self.size = self.interval = 0.0
        self.waited = 0

    def update(self, x: float, n: int, dow: int) -> None:
        super().update(x, n, dow)
        self.waited += 1
        if x > 0:
            weight = self.weight if self.interval else 1.0
            self.size += weight * (x - self.size)
            self.interval += weight * (self.waited - self.interval)
            self.waited = 0

    def mean(self) -> float:
        return (1 - self.weight / 2) * self.size / self.interval if self.interval else 0.0


class Stats(MomentMatched):
    """A model of statsforecast, fitted anew on the whole history at every origin."""

    replays = False

    def __init__(self) -> None:
        self.model = self.made()

    @abstractmethod
    def made(self) -> Any: ...

    def update(self, x: float, n: int, dow: int) -> None:
        super().update(x, n, dow)
        self.stated: Floats | None = None

    def means(self, days: int) -> Floats:
        if self.stated is None:
            history = np.array(self.use, dtype=np.float64)
            path = np.asarray(self.model.forecast(y=history, h=LONGEST_DAYS)["mean"])
            self.stated = np.cumsum(np.maximum(np.nan_to_num(path), 1e-6))
        return self.stated[:days]

    @property
    def variance(self) -> float:
        return max(float(np.var(self.use)), 1e-9)


class Croston(Stats):
    name = "statsforecast CrostonOptimized"

    def made(self) -> Any:
        return CrostonOptimized()


class Adida(Stats):
    name = "statsforecast ADIDA"

    def made(self) -> Any:
        return ADIDA()


class Ets(Stats):
    name = "statsforecast AutoETS(7), sample"

    def made(self) -> Any:
        return AutoETS(season_length=SEASON_DAYS)
