"""Limits with seconds that pass when told to."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.limits import Addresses, Bucket, Limits, TooManyConnections
from core.settings import LOOPBACK


def test_a_burst_passes_and_then_one_waits_for_what_leaks():
    bucket = Bucket(per_s=10, burst=50)
    assert bucket.add(50, 100.0) == 0
    assert bucket.add(20, 100.0) == pytest.approx(2.0)
    assert bucket.add(0, 102.0) == pytest.approx(0.0, abs=1e-9)
    assert bucket.add(1, 102.0) == pytest.approx(0.1)


def test_a_silence_gives_no_more_than_the_burst():
    bucket = Bucket(per_s=10, burst=50)
    bucket.add(50, 0.0)
    assert bucket.add(50, 1_000.0) == 0
    assert bucket.add(1, 1_000.0) > 0


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 5)), max_size=60))
def test_whoever_waits_as_told_never_exceeds_rate_and_burst(steps):
    bucket = Bucket(per_s=10, burst=50)
    now_s, passed = 0.0, 0
    for count, pause_s in steps:
        now_s += pause_s
        passed += count
        now_s += bucket.add(count, now_s)
        assert passed <= 50 + 10 * now_s + 1e-6


def test_an_address_has_so_many_connections_and_no_more():
    addresses = Addresses(Limits(connections_per_address=2))
    first = addresses.entered("192.0.2.1", 0.0)
    assert addresses.entered("192.0.2.1", 0.0) is first
    with pytest.raises(TooManyConnections, match=r"192\.0\.2\.1 has 2"):
        addresses.entered("192.0.2.1", 0.0)
    assert addresses.entered("192.0.2.2", 0.0) is not first
    assert first is not None
    first.connections -= 1
    assert addresses.entered("192.0.2.1", 0.0) is first


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""])
def test_ourselves_are_not_counted(host):
    limits = Limits(connections_per_address=0, trusted=LOOPBACK)
    assert Addresses(limits).entered(host, 0.0) is None


def test_a_proxy_can_be_trusted_and_loopback_need_not_be():
    limits = Limits(connections_per_address=0, trusted=(ip_network("10.0.0.7/32"),))
    assert Addresses(limits).entered("10.0.0.7", 0.0) is None
    with pytest.raises(TooManyConnections):
        Addresses(limits).entered("127.0.0.1", 0.0)


def test_a_household_with_many_ipv6_addresses_is_one():
    addresses = Addresses(Limits())
    one = addresses.entered("2001:db8:1:2::1", 0.0)
    assert addresses.entered("2001:db8:1:2:ffff::9", 0.0) is one
    assert addresses.entered("2001:db8:1:3::1", 0.0) is not one
    assert addresses.entered("::ffff:192.0.2.1", 0.0) is addresses.entered("192.0.2.1", 0.0)


def test_a_guesser_is_remembered_beyond_his_connection_and_others_are_forgotten(monkeypatch):
    monkeypatch.setattr("broker.limits.MOST_REMEMBERED", 2)
    addresses = Addresses(Limits(failed_sign_ins_per_minute=1))
    guesser, other = (addresses.entered(f"192.0.2.{n}", 0.0) for n in (1, 2))
    assert guesser is not None
    assert other is not None
    guesser.failed_sign_ins.add(1, 0.0)
    assert guesser.failed_sign_ins.is_full(1.0)
    guesser.connections = other.connections = 0
    addresses.entered("192.0.2.3", 1.0)
    assert addresses.entered("192.0.2.1", 1.0) is guesser
    assert addresses.entered("192.0.2.2", 1.0) is not other
    assert not guesser.failed_sign_ins.is_full(61.0)
