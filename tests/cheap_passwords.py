"""Passwords of tests protect nobody; hashing one as people's are takes a quarter second."""

from typing import Final

from argon2 import PasswordHasher

from accounts import sign_in

SHIPPED: Final = sign_in._HASHER
CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def use() -> None:
    """In this process; programs that tests start hash as shipped."""
    sign_in._HASHER = CHEAP
