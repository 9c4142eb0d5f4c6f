"""Where new ids and secrets come from, so that a seeded run makes the same ones again."""

import random
import secrets
from typing import Protocol
from uuid import UUID, uuid4


class Ids(Protocol):
    def uuid(self) -> UUID: ...

    def secret(self) -> str:
        """256 bits as 43 characters of URL-safe base64."""
        ...

    def code(self) -> str:
        """A claim code a person can type: 12 characters without look-alikes, 60 bits."""
        ...

    def salt(self) -> bytes:
        """32 bytes that nobody can guess."""
        ...


CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 signs: no I, O, 0, 1


class RandomIds:
    def uuid(self) -> UUID:
        return uuid4()

    def secret(self) -> str:
        return secrets.token_urlsafe(32)

    def code(self) -> str:
        return "".join(CODE_ALPHABET[byte % 32] for byte in secrets.token_bytes(12))

    def salt(self) -> bytes:
        return secrets.token_bytes(32)


class SeededIds:
    """The same ids in the same order for the same seed. For the demo and tests only:
    whoever knows the seed knows the secrets.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible on purpose

    def uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def secret(self) -> str:
        return "".join(self._random.choice(CODE_ALPHABET) for _ in range(52))

    def code(self) -> str:
        return "".join(self._random.choice(CODE_ALPHABET) for _ in range(12))

    def salt(self) -> bytes:
        return self._random.randbytes(32)
