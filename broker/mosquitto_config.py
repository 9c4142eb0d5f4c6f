"""Mosquitto's configuration as lines that can be named, judged and moved to another folder.

Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

STATE_FILES: Final = {  # directives that name a file or folder of the platform
    "password_file": "passwords",
    "acl_file": "acl",
    "pid_file": "mosquitto.pid",
    "persistence_location": "",
}
TLS: Final = frozenset(
    {"cafile", "capath", "certfile", "keyfile", "tls_version", "require_certificate", "crlfile"}
)


@dataclass(frozen=True, slots=True)
class Directive:
    line: int  # from 1
    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


def directives(text: str) -> Iterator[Directive]:
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, value = line.strip().partition(" ")
        if name and not name.startswith("#"):
            yield Directive(number, name, value.strip())


def last_of(text: str) -> Mapping[str, Directive]:
    """Of several lines of one name, Mosquitto goes by the last."""
    return {each.name: each for each in directives(text)}


def moved(text: str, folder: str, port: int, *, user: str = "") -> str:
    """The same configuration with its files in `folder` and its first listener on loopback;
    lines keep their numbers. user: whom Mosquitto becomes when it is started as root.
    """
    lines = text.splitlines()
    has_listener = False
    for each in directives(text):
        if each.name in STATE_FILES:
            lines[each.line - 1] = f"{each.name} {folder}/{STATE_FILES[each.name]}"
        elif each.name == "listener" and not has_listener:
            lines[each.line - 1] = f"listener {port} 127.0.0.1"
            has_listener = True
    if user:
        lines.append(f"user {user}")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Without TLS and without any listener but the first; lines keep their numbers."""
    lines = text.splitlines()
    listeners = [each.line for each in directives(text) if each.name == "listener"]
    for each in directives(text):
        if each.name in TLS or each.line in listeners[1:]:
            lines[each.line - 1] = ""
    return "\n".join(lines) + "\n"
