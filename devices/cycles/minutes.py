"""Power samples of one plug, folded into minutes.

Pure. Holds one unfinished minute, whatever arrives. A sample counts until the next one, but no
longer than three usual intervals: what nobody measured stays unknown. Late and repeated samples
change nothing.
"""

from dataclasses import dataclass
from typing import Final

LEAST_HOLD_S: Final = 90.0
MOST_HOLD_S: Final = 900.0  # Tasmota reports every 300 s unless told otherwise
KNOWN_S: Final = 10.0  # of a minute, for it to count as measured
MOST_W: Final = 20_000.0  # no household circuit gives more: a garbled sample
HEAT_W: Final = 1_000.0  # only a heater draws this for long
STEP_WEIGHT: Final = 0.1  # of the newest interval in the usual one


@dataclass(frozen=True, slots=True)
class Minute:
    """`minute`: minutes since 1970, UTC. `unknown_before`: unmeasured minutes just before."""

    minute: int
    watts: float  # mean over what was measured
    duty: float  # part of the measured time at or above the plug's threshold
    heat_s: float
    peak_w: float
    unknown_before: int


@dataclass(slots=True)
class Minutes:
    at_s: float = 0.0  # of the newest sample, seconds since 1970
    to_s: float = 0.0  # accounted for up to here
    watts: float | None = None
    usual_s: float = 30.0  # between two samples
    last_minute: int = 0  # the last one given out
    watt_s: float = 0.0
    on_s: float = 0.0
    heat_s: float = 0.0
    known_s: float = 0.0
    peak_w: float = 0.0

    def add(self, at_s: float, watts: float | None, on_w: float) -> list[Minute]:
        """The minutes that this sample completes. `watts` None: the plug is unavailable."""
        step_s = at_s - self.at_s
        if step_s <= 0:
            return []
        if step_s <= MOST_HOLD_S:
            self.usual_s += STEP_WEIGHT * (step_s - self.usual_s)
        done = self.pass_to(at_s, on_w)
        self.at_s = at_s
        self.watts = watts if watts is not None and 0 <= watts <= MOST_W else None
        return done

    def pass_to(self, now_s: float, on_w: float) -> list[Minute]:
        """The minutes that are complete at `now_s`, without a new sample."""
        done: list[Minute] = []
        until_s = min(now_s, self.at_s + min(max(LEAST_HOLD_S, 3 * self.usual_s), MOST_HOLD_S))
        while self.to_s < until_s and self.watts is not None:
            edge_s = (self.to_s // 60 + 1) * 60
            self._hold(min(edge_s, until_s) - self.to_s, self.watts, on_w)
            if edge_s <= until_s:
                self._close(done)
            self.to_s = min(edge_s, until_s)
        if now_s > self.to_s:
            if self.known_s and now_s // 60 > self.to_s // 60:
                self._close(done)
            self.to_s = now_s
        return done

    def _hold(self, seconds: float, watts: float, on_w: float) -> None:
        self.known_s += seconds
        self.watt_s += seconds * watts
        if watts >= on_w:
            self.on_s += seconds
            self.peak_w = max(self.peak_w, watts)
            if watts >= HEAT_W:
                self.heat_s += seconds

    def _close(self, done: list[Minute]) -> None:
        minute = int(self.to_s // 60)
        if self.known_s >= KNOWN_S:
            before = minute - self.last_minute - 1  # huge for the first one ever
            done.append(
                Minute(
                    minute,
                    self.watt_s / self.known_s,
                    self.on_s / self.known_s,
                    self.heat_s,
                    self.peak_w,
                    before,
                )
            )
            self.last_minute = minute
        self.watt_s = self.on_s = self.heat_s = self.known_s = self.peak_w = 0.0
