"""Canonical JSON for everything that is hashed: RFC 8785 restricted to what needs no float.

Pure. With ASCII keys and no floats, sorted-key JSON without white space equals RFC 8785.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


class NotCanonical(Exception):
    """The value at `path` (like `$.lines[2].price`) has no canonical form."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


SAFE_INTEGER = 2**53 - 1  # RFC 8785 numbers are IEEE doubles; beyond this they would change


_ENCODER = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # the check below has been through it
)


def dumps(value: Json) -> bytes:
    """UTF-8 bytes, the same for equal values on any machine. Raises NotCanonical."""
    if not _is_plain(value):
        _check(value, "$")
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        _check(value, "$")
        raise


def digest(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def _is_plain(value: object) -> bool:
    """The check below for the usual case: by exact types, without paths, and with texts left to
    the encoding. False: look closer.
    """
    left: list[Iterable[object]] = [(value,)]
    while left:
        for item in left.pop():
            kind = type(item)
            if kind is str or kind is bool or item is None:
                continue
            if kind is dict and _has_ascii_keys(item):  # type: ignore[arg-type]  # a dict
                left.append(item.values())  # type: ignore[attr-defined]
            elif kind is list or kind is tuple:
                left.append(item)  # type: ignore[arg-type]
            elif kind is not int or abs(item) > SAFE_INTEGER:  # type: ignore[arg-type]
                return False
    return True


def _has_ascii_keys(item: Mapping[str, object]) -> bool:
    try:
        return "".join(item).isascii()
    except TypeError:
        return False


def _check(value: object, path: str) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _check_key(key, path)
            _check(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            _check(item, f"{path}[{at}]")
    else:
        _check_scalar(value, path)


def _check_scalar(value: object, path: str) -> None:
    if isinstance(value, float):
        raise NotCanonical(path, "a float; use minor units, ppm or a decimal string")
    if isinstance(value, int) and abs(value) > SAFE_INTEGER:
        raise NotCanonical(path, "integer beyond 2**53 - 1; write it as a string")
    if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise NotCanonical(path, "half a surrogate pair; it has no UTF-8 form")
    if not isinstance(value, str | int | None):
        raise NotCanonical(path, f"{type(value).__name__} has no JSON form")


def _check_key(key: object, path: str) -> None:
    if not (isinstance(key, str) and key.isascii()):
        raise NotCanonical(path, f"key {key!r} is not an ASCII string")
