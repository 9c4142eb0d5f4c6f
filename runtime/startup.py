"""What can keep a process from starting, said in one line with the way to mend it."""

import errno
import os
import socket
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from pydantic import ValidationError

from core.settings import Settings


class CannotStart(Exception):
    """The message is for the person at the keyboard: what is wrong and how to mend it."""


def settings_from_environment() -> Settings:
    """Raises CannotStart naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        problem = error.errors()[0]
        name = "NACHSCHUB_" + "_".join(str(part) for part in problem["loc"]).upper()
        raise CannotStart(f"{name}: {problem['msg']}; got {problem['input']!r}.") from None


def prepare_home(home: Path) -> None:
    """Creates the folder of database and keys. Raises CannotStart when it is not writable."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"Cannot write to {home.resolve()} ({error.strerror}). Make it writable or name"
            " another folder: NACHSCHUB_HOME=/path/to/folder"
        ) from None


def listener(host: str, port: int, *, variable: str) -> socket.socket:
    """A bound socket; port 0 takes any free one. Raises CannotStart when the port is taken.

    variable: the setting that chooses the port.
    """
    # With the protocol named, asyncio switches Nagle's delay (40 ms an answer) off.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            why = f"Port {port} on {host} is in use. Choose another: {variable}={port + 1}"
        else:
            why = f"Cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}."
        raise CannotStart(why) from None
    return bound


def missing_packages() -> list[str]:
    """Requirements of this project that are not installed in the versions it asks for."""
    missing = []
    for line in metadata.requires("nachschub") or []:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            missing.append(f"{wanted.name} is not installed")
            continue
        if version not in wanted.specifier:
            missing.append(
                f"{wanted.name} {version} is installed, {wanted.specifier} is needed"
            )
    return missing
