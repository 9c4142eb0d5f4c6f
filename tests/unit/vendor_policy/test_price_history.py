from dataclasses import replace
from datetime import timedelta

from core.money import Money
from tests.unit.vendor_policy.builders import NOW, a_question, an_offer, some_circumstances
from vendor_policy.price_history import price_history
from vendor_policy.record import answer, record_bytes, written

DAY = timedelta(days=1)


def a_record(*offers) -> bytes:
    question = a_question(*offers)
    return record_bytes(written(question, answer(question), some_circumstances()))


def seen(days_ago: int, price_minor: int, **overrides):
    at = NOW - days_ago * DAY
    changes = {"offer_id": f"{days_ago}", "price": Money(price_minor, "EUR"), "seen_at": at}
    return replace(an_offer(), **{**changes, **overrides})


def test_a_point_stands_where_the_price_changed():
    records = [a_record(seen(days, price)) for days, price in ((9, 840), (6, 840), (3, 790))]
    (series,) = price_history(records[::-1])
    assert [(p.seen_at, p.price_minor) for p in series.points] == [
        (NOW - 9 * DAY, 840),
        (NOW - 3 * DAY, 790),
    ]
    assert series.last_seen_at == NOW - 3 * DAY


def test_each_shop_has_a_series_of_its_own_and_one_sight_counts_once():
    other = seen(2, 700, offer_id="x", vendor="tintenwelt", vendor_name="Tintenwelt")
    records = [a_record(seen(2, 840), other), a_record(seen(2, 840)), b"{}"]
    assert [(each.vendor, len(each.points)) for each in price_history(records)] == [
        ("haushaltshof", 1),
        ("tintenwelt", 1),
    ]
