"""Parcels keep the shop's promise, or are late by a stated share."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from demo_shop import assortment, parcels
from demo_shop.assortment import Delivery

SHOPS = {name: assortment.load(name) for name in assortment.names()}
moments = st.timedeltas(timedelta(0), timedelta(days=400)).map(
    lambda since: datetime(2026, 1, 1, tzinfo=UTC) + since
)
deliveries = st.sampled_from([each for shop in SHOPS.values() for each in shop.deliveries])


@given(st.text(max_size=20), deliveries, moments, st.integers(0, 2**32))
def test_an_honest_parcel_arrives_within_the_promise(
    order_id: str, delivery: Delivery, placed_at: datetime, seed: int
) -> None:
    promised = parcels.promise(delivery, placed_at=placed_at)
    parcel = parcels.parcel(order_id, delivery, placed_at=placed_at, seed=seed, late_ppm=0)
    assert placed_at < parcel.shipped_at < parcel.delivered_at
    assert promised.earliest_at <= parcel.delivered_at <= promised.latest_at


@given(st.text(max_size=20), deliveries, moments, st.integers(0, 2**32))
def test_a_late_parcel_arrives_one_to_three_days_after_the_promise(
    order_id: str, delivery: Delivery, placed_at: datetime, seed: int
) -> None:
    promised = parcels.promise(delivery, placed_at=placed_at)
    late = parcels.parcel(
        order_id, delivery, placed_at=placed_at, seed=seed, late_ppm=1_000_000
    )
    assert promised.latest_at < late.delivered_at <= promised.latest_at + timedelta(days=3)


def test_one_in_five_parcels_of_billigblitz_is_late() -> None:
    shop = SHOPS["billigblitz"]
    (delivery,) = shop.deliveries
    placed_at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    promised = parcels.promise(delivery, placed_at=placed_at)
    sent = [
        parcels.parcel(
            f"BB-{each}", delivery, placed_at=placed_at, seed=7, late_ppm=shop.late_ppm
        )
        for each in range(1000)
    ]
    late = sum(each.delivered_at > promised.latest_at for each in sent)
    assert 160 <= late <= 240  # three standard deviations around 200
