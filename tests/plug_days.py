"""Hard days of one smart plug, made from a seed, with what really ran in them.

Levels and durations are those of the labelled recordings (tracebase, aclements): a washer that
heats for 5 to 15 minutes and spins at 220 to 520 W, one on warm tap water that never heats, a
dishwasher of two heatings, of six, and of two strong ones; a dryer of 220 to 260 W with a peak
every fifth minute. What happens between and in the runs is what goes wrong there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random

from devices.cycles.judging import Appliance, CycleKind

DAY_S = 86_400
START_WITHIN_S = 180
END_WITHIN_S = 600
Sample = tuple[float, float | None]  # seconds since 1970, watts; None: unavailable


@dataclass(frozen=True, slots=True)
class Run:
    """What really ran; seconds since 1970. Where nothing was measured around an edge, nobody
    can tell it better than to the nearest sample: `from_within_s`, `to_within_s`.
    """

    from_s: int
    to_s: int
    kind: CycleKind
    from_within_s: int = START_WITHIN_S
    to_within_s: int = END_WITHIN_S


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds of the day without a measurement; silent, or said to be unavailable."""

    first: int
    end: int
    is_silent: bool


@dataclass(slots=True)
class Day:
    appliance: Appliance
    samples: list[Sample]
    runs: list[Run]
    unseen: list[Run] = field(default_factory=list)  # most of it went by unmeasured
    hardships: list[str] = field(default_factory=list)


def steady(random: Random, minutes: float, low: float, high: float) -> list[float]:
    level = random.uniform(low, high)
    return [max(0.0, random.gauss(level, 0.02 * level)) for _ in range(round(minutes * 60))]


def tumbling(random: Random, minutes: float, watts: float) -> list[float]:
    """The drum turns for 7 to 14 s and rests for 5 to 11 s."""
    made: list[float] = []
    while len(made) < minutes * 60:
        made += [random.uniform(0.7, 1.5) * watts for _ in range(random.randint(7, 14))]
        made += [random.uniform(1, 10) for _ in range(random.randint(5, 11))]
    return made[: round(minutes * 60)]


@dataclass(frozen=True, slots=True)
class Machine:
    """One household has one machine: its programme and its levels stay what they are."""

    wash: "Callable[[Random, Machine], list[float]]"
    motor_w: float
    interim_w: float  # spins between the rinses
    spin_w: float
    heat_w: float
    scale: float  # of a dryer


def heated_wash(random: Random, machine: Machine) -> list[float]:
    between = random.uniform
    made = tumbling(random, between(7, 10), machine.motor_w)
    made += steady(random, between(4, 15), machine.heat_w * 0.99, machine.heat_w * 1.01)
    if random.random() < 0.6:  # the thermostat asks once more
        made += tumbling(random, between(1, 4), machine.motor_w)
        made += steady(random, between(0.7, 2), machine.heat_w * 0.9, machine.heat_w)
    made += tumbling(random, between(8, 35), machine.motor_w)
    for _ in range(random.randint(2, 4)):
        made += steady(random, between(1.5, 2.5), machine.interim_w * 0.9, machine.interim_w)
        made += steady(random, between(0.5, 2), 9, 16)
        made += tumbling(random, between(4, 9), machine.motor_w)
    return made + last_spin(random, machine)


def last_spin(random: Random, machine: Machine) -> list[float]:
    made = steady(random, random.uniform(1, 2), machine.spin_w * 0.6, machine.spin_w * 0.7)
    made += steady(random, random.uniform(2.5, 5), machine.spin_w * 0.95, machine.spin_w)
    return made + steady(random, random.uniform(1, 2), 18, 34)


def warm_water_wash(random: Random, machine: Machine) -> list[float]:
    between = random.uniform
    made = tumbling(random, between(30, 40), machine.motor_w)
    for _ in range(2):
        made += steady(random, between(1.5, 2.5), machine.interim_w * 0.9, machine.interim_w)
        made += tumbling(random, between(10, 15), machine.motor_w)
    return made + last_spin(random, machine)


def washer_rinse(random: Random, machine: Machine) -> list[float]:
    """The end of every recorded wash: tumbling, then the fastest spin."""
    return tumbling(random, random.uniform(7, 9), machine.motor_w) + last_spin(random, machine)


def two_heatings(random: Random, machine: Machine) -> list[float]:
    between = random.uniform
    made = steady(random, between(1, 1.8), 40, 110) + steady(random, between(2, 3), 135, 147)
    made += steady(random, between(18, 22), 2060, 2100)
    made += steady(random, between(22, 30), 134, 139) + steady(random, between(0.5, 1.2), 2, 12)
    made += steady(random, between(4, 6), 70, 138)
    made += steady(random, between(10, 14), 2050, 2090)
    return made + steady(random, 0.5, 12, 20)


def strong_heatings(random: Random, machine: Machine) -> list[float]:
    between = random.uniform
    made = steady(random, between(1.5, 2.2), 15, 60) + steady(random, 1, 105, 120)
    made += steady(random, between(12, 13.5), 2660, 2790)
    made += steady(random, between(3, 4), 114, 121) + steady(random, between(1, 1.6), 15, 70)
    made += steady(random, between(4, 5), 110, 120)
    made += steady(random, between(13, 14.5), 2680, 2850)
    return made + steady(random, between(0.6, 1.1), 26, 65)


def six_heatings(random: Random, machine: Machine) -> list[float]:
    between = random.uniform
    made = steady(random, between(1, 2), 12, 100)
    for minutes, rest in ((13, 5), (6, 9.5), (9.5, 2.2), (4.8, 2), (4.8, 2), (13.5, 0)):
        made += steady(random, minutes * between(0.93, 1.07), 2095, 2148)
        made += steady(random, rest * between(0.7, 1.0), 90, 100)
        made += steady(random, between(0.2, 0.7) if rest else 0.3, 5, 13)
    return made


def dish_rinse(random: Random, machine: Machine) -> list[float]:
    """About twelve minutes at 100 to 190 W, behind two of filling."""
    made = steady(random, random.uniform(2, 3), 20, 60)
    made += steady(random, random.uniform(8.5, 10), 100, 190)
    return made + steady(random, random.uniform(0.5, 1), 30, 65)


def drying(random: Random, machine: Machine) -> list[float]:
    length_s = round(60 * random.uniform(35, 75))
    made = []
    for second in range(length_s):
        level = (258 - 42 * second / length_s) * (1.8 if second % 300 < 55 else 1)
        made.append(machine.scale * random.gauss(level, 4))
    return made


WASHES: dict[Appliance, tuple[Callable[[Random, Machine], list[float]], ...]] = {
    Appliance.WASHER: (heated_wash, warm_water_wash),
    Appliance.DISHWASHER: (two_heatings, strong_heatings, six_heatings),
    Appliance.DRYER: (drying,),
}
RINSES = {Appliance.WASHER: washer_rinse, Appliance.DISHWASHER: dish_rinse}


def a_machine(random: Random, appliance: Appliance) -> Machine:
    """Recorded final spins: 225 to 267 W, 380 to 460 W and 490 to 510 W; interim ones reach
    60 to 95 % of them.
    """
    spin_w = random.uniform(225, 510)
    wash = random.choice(WASHES[appliance])
    most = 0.7 if wash is warm_water_wash else 0.95
    return Machine(
        wash=wash,
        motor_w=random.uniform(130, 190) * (0.6 if spin_w < 300 else 1),
        interim_w=spin_w * random.uniform(0.6, most),
        spin_w=spin_w,
        heat_w=random.uniform(1980, 2150),
        scale=random.uniform(0.9, 3.0),
    )


def door_opened(random: Random, watts: list[float]) -> list[float]:
    """Somebody looks in for one to six minutes; then it goes on where it was."""
    at = random.randint(len(watts) // 5, len(watts) * 4 // 5)
    return [*watts[:at], *steady(random, random.uniform(1, 6), 1, 3), *watts[at:]]


def drying_pause(random: Random, watts: list[float]) -> list[float]:
    """Up to eight minutes of nothing behind the last heating, then a fan or a pump."""
    rest = steady(random, random.uniform(6, 8), 0, 2)
    if random.random() < 0.5:
        return watts + rest + steady(random, random.uniform(5, 12), 30, 60)
    return watts + rest + steady(random, random.uniform(0.5, 1), 20, 40)


@dataclass(slots=True)
class Maker:
    """One day, second by second."""

    random: Random
    machine: Machine
    start_s: int
    watts: list[float]
    day: Day

    @property
    def appliance(self) -> Appliance:
        return self.day.appliance

    def put(self, at: int, watts: list[float]) -> int:
        """Returns the second after it; bursts go on beyond the day."""
        for second, each in enumerate(watts[: max(0, len(self.watts) - at)], at):
            self.watts[second] = max(self.watts[second], each)
        return at + len(watts)

    def run(self, at: int, watts: list[float], kind: CycleKind) -> int:
        end = self.put(at, watts)
        self.day.runs.append(Run(self.start_s + at, self.start_s + end, kind))
        return end

    def program(self) -> tuple[list[float], CycleKind]:
        is_dry = self.appliance is Appliance.DRYER
        watts = self.machine.wash(self.random, self.machine)
        chance = self.random.random()
        if chance < 0.15:
            self.day.hardships.append("door opened")
            watts = door_opened(self.random, watts)
        elif chance < 0.45 and self.appliance is Appliance.DISHWASHER:
            self.day.hardships.append("drying pause")
            watts = drying_pause(self.random, watts)
        return watts, CycleKind.DRY if is_dry else CycleKind.WASH

    def loads(self, at: int) -> int:
        """One visit to the machine: a rinse, a load, or several four minutes apart."""
        chance, end = self.random.random(), at
        rinse = RINSES.get(self.appliance)
        if rinse and chance < 0.45:
            end = self.run(at, rinse(self.random, self.machine), CycleKind.RINSE_ONLY)
            self.day.hardships.append("rinse only")
            if chance < 0.2:
                return end
            end += round(
                60 * self.random.choice([4, 12, 29, 35]) * self.random.uniform(0.95, 1.1)
            )
        end = self.run(end, *self.program())
        if 0.35 < chance < 0.7:
            self.day.hardships.append("four minutes apart")
            end += round(60 * self.random.uniform(3.7, 4.5))
            end = self.run(end, *self.program())
        self.afterwards(end)
        return end

    def afterwards(self, end: int) -> None:
        chance = self.random.random()
        if self.appliance is Appliance.DISHWASHER and chance < 0.6:
            self.day.hardships.append("pump")
            self.put(end + 120, steady(self.random, 4.8, 9, 11))
            self.put(end + 1800, steady(self.random, self.random.uniform(0.5, 1), 15, 40))
        elif self.appliance is not Appliance.DISHWASHER and chance < 0.5:
            self.day.hardships.append("anti-crease")
            self.anti_crease(end + 60)

    def anti_crease(self, at: int) -> None:
        """For 90 minutes; as the dryer does it, or a washer's shorter turns."""
        is_dryer = self.appliance is Appliance.DRYER
        until = at + 5400
        while at < until:
            length = self.random.uniform(0.4, 1) if is_dryer else self.random.uniform(0.08, 0.2)
            at = self.put(at, steady(self.random, length, 150, 450))
            at += round(
                self.random.uniform(240, 300) if is_dryer else self.random.uniform(60, 180)
            )


def make(seed: int, appliance: Appliance) -> Day:
    random = Random(f"{seed} {appliance}")  # noqa: S311 - a test day, no secret
    start_s = 1_600_000_000 // DAY_S * DAY_S + seed * DAY_S
    length = DAY_S + 6 * 3600  # midnight lies inside
    idle = [random.uniform(0, 3) for _ in range(length)]
    maker = Maker(random, a_machine(random, appliance), start_s, idle, Day(appliance, [], []))
    at = round(random.uniform(6, 9) * 3600)
    while at < DAY_S - 3 * 3600:
        at = maker.loads(at) + round(random.uniform(2.2, 6) * 3600)
    at = max(at, DAY_S - round(random.uniform(0.1, 1.2) * 3600))
    if at < DAY_S + 3600:
        maker.loads(at)
    for _ in range(random.randint(0, 3)):  # spikes at night
        spike = steady(random, random.uniform(1, 5) / 60, 1000, 3000)
        maker.put(random.randint(0, 5 * 3600), spike)
    unmeasured = [*_lost(random, length, maker.day), *_unavailable(random, length, maker.day)]
    maker.day.samples = list(_measured(random, maker, unmeasured))
    judged = [_as_measured(run, start_s, unmeasured) for run in maker.day.runs]
    maker.day.unseen = [
        run for run, seen in zip(maker.day.runs, judged, strict=True) if not seen
    ]
    maker.day.runs = [each for each in judged if each]
    return maker.day


def _measured(random: Random, maker: Maker, unmeasured: list[Stretch]) -> Iterator[Sample]:
    """With gaps, an unavailable plug, and samples that come late or twice."""
    held: Sample | None = None
    for second in range(0, len(maker.watts), random.choice([2, 5, 10, 10, 30])):
        missing = [each for each in unmeasured if each.first <= second < each.end]
        if any(each.is_silent for each in missing):
            continue
        sample = (float(maker.start_s + second), None if missing else maker.watts[second])
        chance = random.random()
        if chance < 0.002 and held is None:
            held = sample
            continue
        yield sample
        if chance > 0.997:
            yield sample
        if held:
            yield held
            held = None


def _lost(random: Random, length: int, day: Day) -> Iterator[Stretch]:
    for _ in range(random.choice([0, 0, 1, 2, 5])):
        at = random.randint(0, length)
        minutes = random.choice([1, 1.5, 2, 2, 3, 5, 9, 17, 28])
        day.hardships.append("gap")
        yield Stretch(at, at + round(60 * minutes), is_silent=True)


def _unavailable(random: Random, length: int, day: Day) -> Iterator[Stretch]:
    if random.random() < 0.5:
        at = random.randint(0, length - 600)
        day.hardships.append("unavailable")
        yield Stretch(at, at + random.randint(60, 600), is_silent=False)


def _as_measured(run: Run, start_s: int, unmeasured: list[Stretch]) -> Run | None:
    """None where most of it went by unmeasured: what nobody saw need not be found."""
    first, end = run.from_s - start_s, run.to_s - start_s
    unseen = set[int]().union(*(range(each.first, each.end) for each in unmeasured))
    if 2 * len(unseen & set(range(first, end))) > end - first:
        return None
    before = max((e.end - first for e in unmeasured if e.first <= first < e.end), default=0)
    after = max((end - e.first for e in unmeasured if e.first < end <= e.end), default=0)
    return replace(
        run,
        from_within_s=max(START_WITHIN_S, before + 60),
        to_within_s=max(END_WITHIN_S, after + 60),
    )


def one_load(seed: int, appliance: Appliance, *, is_rinse: bool) -> Day:
    """A single visit without any hardship but sparse samples."""
    random = Random(f"one {seed} {appliance}")  # noqa: S311 - a test day, no secret
    day = Day(appliance, [], [])
    machine = a_machine(random, appliance)
    idle = [random.uniform(0, 3) for _ in range(3 * 3600)]
    maker = Maker(random, machine, seed * DAY_S, idle, day)
    at = random.randint(600, 1200)
    if is_rinse:
        maker.run(at, RINSES[appliance](random, machine), CycleKind.RINSE_ONLY)
    else:
        maker.run(at, machine.wash(random, machine), CycleKind.WASH)
    step = random.choice([2, 5, 10, 30])
    day.samples = [(float(maker.start_s + at), idle[at]) for at in range(0, len(idle), step)]
    return day
