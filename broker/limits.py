"""How much one connection, and one network address, may ask of the gateway.

Pure: seconds are passed in, of any clock that never goes back. Whoever sends too fast is read
more slowly, so that nothing is lost; whoever guesses secrets is not listened to for a while.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

MOST_REMEMBERED: Final = 10_000  # addresses without a connection
ONE_HOUSEHOLD: Final = 64  # bits: all addresses of an IPv6 connection are one


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    connections: int = 15_000
    connections_per_address: int = 1_000
    messages_per_s: float = 200  # of one connection, over time
    burst_messages: int = 5_000  # at once, as after a day offline
    address_messages_per_s: float = 10_000  # of all connections of one address
    failed_sign_ins_per_minute: float = 60  # of one address
    slow_reader_s: float = 30.0  # until a client that does not read is dropped
    packet_bytes: int = 32 * 1024  # above: not read, and a PUBLISH is quarantined by its size
    # Not counted by address: ourselves, and a proxy that all the others come through.
    trusted: tuple[Network, ...] = ()


class Bucket:
    """Leaks `per_s`, holds `burst`. One number: when it will be empty."""

    __slots__ = ("_burst_s", "_empty_s", "_interval_s")

    def __init__(self, per_s: float, burst: float) -> None:
        self._interval_s = 1 / per_s
        self._burst_s = burst / per_s
        self._empty_s = 0.0

    def add(self, count: int, now_s: float) -> float:
        """Seconds until there is room again; 0 while there is."""
        self._empty_s = max(self._empty_s, now_s) + count * self._interval_s
        return max(0.0, self._empty_s - now_s - self._burst_s)

    def is_full(self, now_s: float) -> bool:
        return self._empty_s - now_s > self._burst_s - self._interval_s

    def is_empty(self, now_s: float) -> bool:
        return self._empty_s <= now_s


@dataclass(slots=True)
class Address:
    """What is known of one network address, or of one household's IPv6 network."""

    messages: Bucket
    failed_sign_ins: Bucket
    connections: int = 0


@dataclass(slots=True)
class Addresses:
    limits: Limits
    _known: dict[str, Address] = field(default_factory=dict)
    _tidy_at: int = 0  # entries

    def entered(self, host: str, now_s: float) -> Address | None:
        """The address of a new connection; None: trusted, not counted.

        Raises TooManyConnections.
        """
        name = self._name(host)
        if name is None:
            return None
        address = self._known.get(name) or self._add(name, now_s)
        if address.connections >= self.limits.connections_per_address:
            raise TooManyConnections(name, address.connections)
        address.connections += 1
        return address

    def _name(self, host: str) -> str | None:
        try:
            found = ip_address(host.partition("%")[0])
        except ValueError:  # a UNIX socket has no address
            return None
        if isinstance(found, IPv6Address):
            found = found.ipv4_mapped or found
        if any(found in network for network in self.limits.trusted):
            return None
        if isinstance(found, IPv6Address):
            return str(ip_network((int(found) >> 64 << 64, ONE_HOUSEHOLD)))
        return str(found)

    def _add(self, name: str, now_s: float) -> Address:
        if len(self._known) >= max(self._tidy_at, MOST_REMEMBERED):
            self._known = {
                known: each
                for known, each in self._known.items()
                if each.connections or not each.failed_sign_ins.is_empty(now_s)
            }
            self._tidy_at = 2 * len(self._known)
        per_s = self.limits.address_messages_per_s
        failed = self.limits.failed_sign_ins_per_minute
        address = Address(Bucket(per_s, per_s), Bucket(failed / 60, failed))
        self._known[name] = address
        return address


class TooManyConnections(Exception):
    def __init__(self, whose: str, count: int) -> None:
        super().__init__(f"{whose} has {count} connections")
