"""The shop's own SQLite file: sessions, orders, and each answer under an idempotency key.

What `transaction` spans is stored whole or not at all, also when the process is killed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo_shop.records import Order, Session

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    idempotency_key TEXT PRIMARY KEY, request_hash TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (session_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY, session_id TEXT NOT NULL UNIQUE,
    placed_at TEXT NOT NULL, shipped_at TEXT NOT NULL, delivered_at TEXT NOT NULL,
    is_canceled INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS orders_placed_at ON orders (placed_at);
CREATE INDEX IF NOT EXISTS orders_shipped_at ON orders (shipped_at);
CREATE INDEX IF NOT EXISTS orders_delivered_at ON orders (delivered_at);
"""


class KeyReused(Exception):
    """The idempotency key already names another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An answer as it was given the first time."""

    request_hash: str
    status: int
    body: str


class Ledger:
    """One connection, used by one event loop; each call is short and does not await."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._db:  # commits, or rolls back when broken off
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def answer(self, idempotency_key: str, request_hash: str) -> Stored | None:
        """What was answered under this key; raises KeyReused when it was to another request."""
        row = self._db.execute(
            "SELECT request_hash, status, body FROM answers WHERE idempotency_key = ?",
            (idempotency_key,),
        ).fetchone()
        if row is None:
            return None
        if row[0] != request_hash:
            raise KeyReused(idempotency_key)
        return Stored(request_hash=row[0], status=row[1], body=row[2])

    def keep_answer(self, idempotency_key: str, stored: Stored) -> None:
        self._db.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?)",
            (idempotency_key, stored.request_hash, stored.status, stored.body),
        )

    def session(self, session_id: str) -> Session | None:
        row = self._db.execute(
            "SELECT body FROM sessions WHERE session_id = ?", (session_id,)
        ).fetchone()
        return None if row is None else Session.model_validate_json(row[0])

    def keep_session(self, session: Session) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?)",
            (session.session_id, session.model_dump_json()),
        )

    def order(self, order_id: str) -> Order | None:
        found = self._orders("WHERE order_id = ?", order_id)
        return found[0] if found else None

    def keep_order(self, order: Order) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                order.order_id,
                order.session.session_id,
                stamp(order.placed_at),
                stamp(order.shipped_at),
                stamp(order.delivered_at),
                order.canceled_at is not None,
                order.model_dump_json(),
            ),
        )

    def orders(self) -> list[Order]:
        """Every order ever placed, canceled ones too, in the order of placing."""
        return self._orders("")

    def orders_placed_after(self, since: datetime) -> list[Order]:
        return self._orders("WHERE NOT is_canceled AND placed_at > ?", stamp(since))

    def orders_delivered_between(self, after: datetime, until: datetime) -> list[Order]:
        return self._orders(
            "WHERE NOT is_canceled AND delivered_at > ? AND delivered_at <= ?",
            stamp(after),
            stamp(until),
        )

    def next_change_after(self, now: datetime) -> datetime | None:
        """When the next parcel is shipped or delivered."""
        row = self._db.execute(
            """SELECT min(at) FROM (
                   SELECT shipped_at AS at FROM orders WHERE NOT is_canceled
                   UNION ALL SELECT delivered_at FROM orders WHERE NOT is_canceled)
               WHERE at > ?""",
            (stamp(now),),
        ).fetchone()
        return None if row[0] is None else datetime.fromisoformat(row[0])

    def _orders(self, where: str, *values: str) -> list[Order]:
        rows = self._db.execute(
            f"SELECT body FROM orders {where} ORDER BY placed_at, order_id",  # noqa: S608 - `where` is one of the constants above
            values,
        )
        return [Order.model_validate_json(row[0]) for row in rows]


def stamp(at: datetime) -> str:
    """UTC with microseconds and fixed width, so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
