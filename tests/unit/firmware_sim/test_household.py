import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import wire
from firmware_sim import habits
from firmware_sim.appliances import APPLIANCES
from firmware_sim.facts import (
    DayUse,
    Fact,
    Fault,
    FaultInjected,
    MessageSent,
    Parcel,
    Refill,
    Remaining,
    StockOut,
)
from firmware_sim.faults import NO_FAULTS, USUAL_FAULTS, FaultRates, Transmission
from firmware_sim.goods import GOODS, UnknownGoods
from firmware_sim.household import Household
from firmware_sim.shopper import Shopper

START = datetime(2026, 5, 4, 9, tzinfo=UTC)  # a Monday
BEANS = "2001000000173"
CAPACITY = {kind.slot: kind.capacity for device in APPLIANCES for kind in device.slots}

seeds = st.integers(min_value=0, max_value=10_000)


@dataclass
class Run:
    sent: list[Transmission] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)

    def truth(self) -> list[Fact]:
        """What happened at home, leaving out what the radios made of it."""
        return [
            each for each in self.facts if not isinstance(each, MessageSent | FaultInjected)
        ]

    def faults(self, fault: Fault) -> list[FaultInjected]:
        return [x for x in self.facts if isinstance(x, FaultInjected) and x.fault is fault]

    def bodies(self, device_id: str, channel: str) -> list[dict[str, object]]:
        wanted = (x for x in self.sent if (x.device_id, x.channel) == (device_id, channel))
        return [json.loads(each.payload) for each in wanted]


def lived(
    seed: int,
    days: int = 60,
    *,
    faults: FaultRates = NO_FAULTS,
    parcels: dict[int, list[str]] | None = None,
) -> Run:
    """Parcels by day; without a plan the household shops for itself once a day."""
    run = Run()
    home = Household(seed, start_at=START, record=run.facts.append, faults=faults)
    shopper = Shopper(home)
    for day in range(days):
        at = START + timedelta(days=day)
        while (due_at := home.next_tick_at()) <= at:
            run.sent += home.tick(due_at)
        if parcels is None:
            shopper.go(at)
        for gtin in (parcels or {}).get(day, []):
            home.deliver(gtin, 1, at)
    run.sent += home.close(START + timedelta(days=days))
    return run


def readings(run: Run) -> dict[tuple[str, int, int], bytes]:
    return {(x.device_id, x.boot_id, x.seq): x.payload for x in run.sent}


@pytest.fixture(scope="module")
def clean() -> Run:
    return lived(7)


@pytest.fixture(scope="module")
def faulty() -> Run:
    return lived(7, faults=USUAL_FAULTS)


def test_the_same_seed_lives_the_same_life(clean: Run) -> None:
    again = lived(7)
    assert again.sent == clean.sent
    assert again.facts == clean.facts


def test_another_seed_lives_another_life(clean: Run) -> None:
    assert lived(8).sent != clean.sent


LIFE = """
import hashlib
from datetime import UTC, datetime, timedelta
from firmware_sim.faults import USUAL_FAULTS
from firmware_sim.household import Household
start = datetime(2026, 5, 4, 9, tzinfo=UTC)
home = Household(7, start_at=start, record=lambda fact: None, faults=USUAL_FAULTS)
home.deliver("2001000000173", 2, start)
sent = home.close(start + timedelta(days=20))
print(hashlib.sha256(repr(sent).encode()).hexdigest())
"""


def test_a_life_does_not_depend_on_the_process_or_its_hash_seed() -> None:
    lives = {
        subprocess.run(
            [sys.executable, "-c", LIFE],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
        ).stdout
        for hash_seed in ("0", "1", "4711")
    }
    assert len(lives) == 1


def test_the_size_of_the_steps_does_not_change_the_stream() -> None:
    end = START + timedelta(days=9)
    one: list[Fact] = []
    stride = Household(3, start_at=START, record=one.append).close(end)
    many: list[Fact] = []
    home = Household(3, start_at=START, record=many.append)
    steps = [
        each for hour in range(24 * 9) for each in home.tick(START + timedelta(hours=hour))
    ]
    assert steps + home.close(end) == stride
    assert many == one


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_faults_do_not_change_the_truth(seed: int) -> None:
    assert lived(seed, 30, faults=USUAL_FAULTS).truth() == lived(seed, 30).truth()


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_every_clean_measurement_arrives_however_it_was_mistreated(seed: int) -> None:
    def measured(run: Run) -> set[str]:
        """Body of each message without its numbers, which a reboot changes."""
        bodies = [(x.device_id, json.loads(x.payload)) for x in run.sent if not x.will]
        return {
            json.dumps(
                (device_id, {k: v for k, v in body.items() if k not in {"boot_id", "seq"}})
            )
            for device_id, body in bodies
            if "unknown" not in json.dumps(body)
        }

    assert measured(lived(seed, 30, faults=USUAL_FAULTS)) == measured(lived(seed, 30))


def test_every_kind_of_fault_happens(faulty: Run) -> None:
    assert all(faulty.faults(fault) for fault in Fault)


def test_nothing_is_mistreated_without_faults(clean: Run) -> None:
    assert not any(isinstance(each, FaultInjected) for each in clean.facts)
    assert len(readings(clean)) == len(clean.sent)


@pytest.mark.parametrize("run", ["clean", "faulty"])
def test_every_payload_is_one_the_platform_understands(
    run: str, request: pytest.FixtureRequest
) -> None:
    for each in request.getfixturevalue(run).sent:
        parsed = wire.parse(each.channel, each.payload)
        assert isinstance(parsed, wire.Parsed), parsed
        assert parsed.faults == ()
        assert wire.split_topic(each.topic) == (each.device_id, each.channel)


def test_a_message_keeps_its_number_and_content_in_every_copy(faulty: Run) -> None:
    assert len(readings(faulty)) < len(faulty.sent)
    by_number: dict[tuple[str, int, int, str], set[bytes]] = {}
    for x in faulty.sent:
        by_number.setdefault((x.device_id, x.boot_id, x.seq, x.channel), set()).add(x.payload)
    assert all(len(payloads) == 1 for payloads in by_number.values())


def test_an_unknown_reading_comes_beside_the_true_one_and_has_no_level(faulty: Run) -> None:
    blind = [
        slot
        for device in APPLIANCES
        for body in faulty.bodies(device.device_id, "telemetry")
        for slot in body["slots"].values()  # type: ignore[attr-defined]
        if "state" in slot
    ]
    assert blind
    assert all(slot == {"state": "unknown"} for slot in blind)


def test_late_messages_are_at_most_two_days_late(faulty: Run) -> None:
    sent_at = [
        (fact.at, json.loads(sent.payload).get("measured_at"))
        for fact, sent in zip(
            (x for x in faulty.facts if isinstance(x, MessageSent)), faulty.sent, strict=True
        )
    ]
    ages = [at - datetime.fromisoformat(text) for at, text in sent_at if text]
    assert timedelta(0) <= min(ages)
    assert timedelta(hours=12) < max(ages) <= timedelta(hours=48)


def test_boots_rise_and_nothing_of_an_earlier_boot_comes_after_a_later_one(faulty: Run) -> None:
    for device in APPLIANCES:
        boots = [x.boot_id for x in faulty.sent if x.device_id == device.device_id]
        assert boots == sorted(boots)
    assert max(x.boot_id for x in faulty.sent) > 1


def test_every_device_is_heard_at_least_once_a_day_even_on_holiday(clean: Run) -> None:
    for device in APPLIANCES:
        texts = [
            str(body["measured_at"]) for body in clean.bodies(device.device_id, "telemetry")
        ]
        instants = [datetime.fromisoformat(text) for text in texts]
        gaps = [b - a for a, b in pairwise(instants)]
        assert max(gaps) <= timedelta(hours=6)


def test_nobody_uses_or_refills_anything_on_holiday(clean: Run) -> None:
    days = [START.date() + timedelta(days=n) for n in range(60)]
    away = {day for day in days if habits.is_holiday(7, START.date(), day)}
    assert len(away) == 7
    used = {x.on for x in clean.facts if isinstance(x, DayUse) and x.used_units > 0}
    assert used.isdisjoint(away)
    refilled = {x.at.date() for x in clean.facts if isinstance(x, Refill)}
    assert refilled.isdisjoint(away)


def test_most_is_washed_at_the_weekend_and_nothing_printed() -> None:
    uses = [x for seed in range(8) for x in lived(seed, 21).facts if isinstance(x, DayUse)]

    def a_day(slot: str, *, at_the_weekend: bool) -> float:
        units = [
            x.used_units
            for x in uses
            if x.slot == slot and (x.on.weekday() >= 5) is at_the_weekend
        ]
        return sum(units) / len(units)

    washed_on_workdays = a_day("detergent", at_the_weekend=False)
    assert a_day("detergent", at_the_weekend=True) > 1.5 * washed_on_workdays > 0
    assert a_day("black", at_the_weekend=True) == 0
    assert a_day("black", at_the_weekend=False) > 0.015


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_goods_are_neither_made_nor_lost(seed: int) -> None:
    """Swapped cartridges apart, whose rest is thrown away with them."""
    facts = lived(seed, 40).facts
    brought = sum(x.units for x in facts if isinstance(x, Parcel) and x.fits == "coffee-beans")
    used = sum(x.used_units for x in facts if isinstance(x, DayUse) and x.slot == "beans")
    [left] = [x for x in facts if isinstance(x, Remaining) and x.slot == "beans"]
    began = left.content_units + left.shelf_units + used - brought
    assert 0.85 * CAPACITY["beans"] <= began <= CAPACITY["beans"]


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_nothing_runs_out_while_goods_are_at_home(seed: int) -> None:
    run = lived(seed, 60, parcels={0: list(GOODS) * 6})
    assert [x for x in run.facts if isinstance(x, StockOut)] == []
    assert sum(x.unmet_units for x in run.facts if isinstance(x, DayUse)) == 0


def test_without_parcels_beans_run_out_and_nothing_more_is_used() -> None:
    run = lived(7, 40, parcels={})
    [out] = [x for x in run.facts if isinstance(x, StockOut) and x.slot == "beans"]
    assert out.ended_at is None
    later = [
        x
        for x in run.facts
        if isinstance(x, DayUse) and x.slot == "beans" and x.on > out.began_at.date()
    ]
    assert sum(x.used_units for x in later) == 0
    assert sum(x.unmet_units for x in later) > 100


def test_a_parcel_ends_a_stock_out_and_the_machine_says_so() -> None:
    run = lived(7, 40, parcels={35: [BEANS]})
    [out] = [x for x in run.facts if isinstance(x, StockOut) and x.slot == "beans"]
    [refill] = [x for x in run.facts if isinstance(x, Refill) and x.slot == "beans"]
    assert out.ended_at == refill.at > START + timedelta(days=35)
    assert refill.content_units == CAPACITY["beans"]
    [event] = [x for x in run.bodies("coffee-0001", "event") if x["slot"] == "beans"]
    assert event["event"] == "refilled"
    assert datetime.fromisoformat(str(event["measured_at"])) == refill.at


def test_a_printer_does_not_say_that_it_was_refilled_but_its_level_jumps() -> None:
    run = lived(7, 60)
    toners = [x for x in run.facts if isinstance(x, Refill) and x.device_id == "printer-0001"]
    assert toners
    assert run.bodies("printer-0001", "event") == []
    for refill in toners:
        after = [
            body["slots"][refill.slot]["level"]  # type: ignore[index]
            for body in run.bodies("printer-0001", "telemetry")
            if datetime.fromisoformat(str(body["measured_at"])) == refill.at
        ]
        assert after[-1] > 0.95


def test_some_refills_come_days_after_the_slot_was_low() -> None:
    forgotten = [
        sum(
            habits.forgets(seed, "detergent", START.date() + timedelta(days=n))
            for n in range(60)
        )
        for seed in range(10)
    ]
    assert 5 < sum(forgotten) / 10 < 25


def test_levels_are_noisy_in_steps_of_one_per_cent_and_far_below_a_jump(clean: Run) -> None:
    on_holiday = [
        body["slots"]["detergent"]["level"]  # type: ignore[index]
        for body in clean.bodies("washer-0001", "telemetry")
        if habits.is_holiday(
            7, START.date(), datetime.fromisoformat(str(body["measured_at"])).date()
        )
    ]
    assert len(set(on_holiday)) > 1
    assert max(on_holiday) - min(on_holiday) < 0.1
    assert all(round(level, 2) == level for level in on_holiday)


def test_the_descaler_counter_never_falls(clean: Run) -> None:
    totals = [
        body["slots"]["descaler"]["used_total_ml"]  # type: ignore[index]
        for body in clean.bodies("coffee-0001", "telemetry")
    ]
    assert totals == sorted(totals)
    assert totals[-1] > 100


def test_goods_that_fit_nothing_stay_in_the_cupboard() -> None:
    powder = "2001000000050"
    run = lived(7, 20, parcels={0: [powder]})
    [parcel] = [x for x in run.facts if isinstance(x, Parcel)]
    assert parcel.fits is None
    assert not [x for x in run.facts if isinstance(x, Refill)]


def test_an_unknown_gtin_is_named() -> None:
    facts: list[Fact] = []
    home = Household(1, start_at=START, record=facts.append)
    with pytest.raises(UnknownGoods, match="4006381333931"):
        home.deliver("4006381333931", 1, START)
    assert facts == []
