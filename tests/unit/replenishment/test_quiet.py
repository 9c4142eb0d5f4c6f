"""What breaks the quiet after a no."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from replenishment.quiet import Change, Quiet, Said, change

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
ASKED = Said(
    policy_version=1,
    is_empty=False,
    risk_ppm=50_000,
    gtin="02001000000012",
    total_minor=2000,
    quantity=3000,
)
NOTHING = Said(policy_version=1, is_empty=False, risk_ppm=50_000, rule_id="price_in_band")


def test_an_expired_ask_waits_three_days() -> None:
    assert change(Quiet.EXPIRED, ASKED, ASKED, until=LATER, at=NOW) is None
    assert change(Quiet.EXPIRED, ASKED, ASKED, until=LATER, at=LATER) is Change.TIME_PASSED


def test_an_expired_ask_is_repeated_when_the_risk_doubled() -> None:
    risky = replace(ASKED, risk_ppm=100_000)
    assert change(Quiet.EXPIRED, ASKED, risky, until=LATER, at=NOW) is Change.RISK_DOUBLED
    less = replace(ASKED, risk_ppm=99_999)
    assert change(Quiet.EXPIRED, ASKED, less, until=LATER, at=NOW) is None


def test_a_tiny_risk_that_doubles_is_still_tiny() -> None:
    safe, twice = replace(ASKED, risk_ppm=10), replace(ASKED, risk_ppm=20)
    assert change(Quiet.EXPIRED, safe, twice, until=LATER, at=NOW) is None


@pytest.mark.parametrize("reason", [Quiet.REJECTED, Quiet.EXPIRED_AGAIN])
def test_neither_time_nor_risk_undoes_a_no(reason: Quiet) -> None:
    risky = replace(ASKED, risk_ppm=900_000)
    assert change(reason, ASKED, risky, until=None, at=LATER) is None


@pytest.mark.parametrize(
    ("now", "named"),
    [
        (replace(ASKED, total_minor=1900), Change.CHEAPER),
        (replace(ASKED, total_minor=3800, quantity=6000), Change.CHEAPER),
        (replace(ASKED, total_minor=1901), None),
        (replace(ASKED, total_minor=1000, quantity=1500), None),
        (replace(ASKED, gtin="02001000000036"), Change.OTHER_PRODUCT),
        (replace(ASKED, policy_version=2), Change.POLICY_CHANGED),
        (replace(ASKED, is_empty=True), Change.SLOT_EMPTY),
        (NOTHING, None),
    ],
)
def test_a_named_change_undoes_a_no(now: Said, named: Change | None) -> None:
    assert change(Quiet.REJECTED, ASKED, now, until=None, at=NOW) is named


def test_what_was_already_empty_is_no_change() -> None:
    empty = replace(ASKED, is_empty=True)
    assert change(Quiet.REJECTED, empty, empty, until=None, at=NOW) is None


def test_a_told_need_is_told_again_only_when_empty() -> None:
    cheap = replace(ASKED, total_minor=1, policy_version=9)
    assert change(Quiet.TOLD, ASKED, cheap, until=None, at=LATER) is None
    empty = replace(ASKED, is_empty=True)
    assert change(Quiet.TOLD, ASKED, empty, until=None, at=NOW) is Change.SLOT_EMPTY


def test_a_blocked_need_speaks_when_something_else_is_true() -> None:
    assert change(Quiet.BLOCKED, NOTHING, NOTHING, until=None, at=LATER) is None
    assert change(Quiet.BLOCKED, NOTHING, ASKED, until=None, at=NOW) is Change.OTHER_PRODUCT
    other = replace(NOTHING, rule_id="in_stock")
    assert change(Quiet.BLOCKED, NOTHING, other, until=None, at=NOW) is Change.OTHER_RULE


def test_what_was_said_survives_storage() -> None:
    assert Said.from_json(ASKED.to_json()) == ASKED


def test_a_product_that_was_declined_stays_declined_when_another_was_asked_about() -> None:
    """No to one, no to the other: the first one again is nothing new."""
    first = ASKED.with_declined()
    other = replace(ASKED, gtin="02001000000036", declined=first.declined)
    assert change(Quiet.REJECTED, first, other, until=None, at=NOW) is Change.OTHER_PRODUCT
    both = other.with_declined()
    assert change(Quiet.REJECTED, both, ASKED, until=None, at=NOW) is None
    cheaper = replace(ASKED, total_minor=1900)
    assert change(Quiet.REJECTED, both, cheaper, until=None, at=NOW) is Change.CHEAPER
    third = replace(ASKED, gtin="02001000000067")
    assert change(Quiet.REJECTED, both, third, until=None, at=NOW) is Change.OTHER_PRODUCT


def test_what_was_declined_survives_storage() -> None:
    said = ASKED.with_declined()
    assert Said.from_json(json.loads(json.dumps(said.to_json()))) == said
