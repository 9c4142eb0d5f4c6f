"""The descriptions that come with the product, one file for each model; read once, at start."""

from functools import cache
from pathlib import Path
from typing import Final

from devices.description import Description
from devices.description_file import read

FOLDER: Final = Path(__file__).parent
KIND: Final = "*.yaml"


@cache
def all_described() -> tuple[Description, ...]:
    """By file name. Raises BadDescription."""
    return tuple(read_file(path) for path in sorted(FOLDER.glob(KIND)))


def read_file(path: Path) -> Description:
    """Raises BadDescription and OSError."""
    return read(path.read_text(encoding="utf-8"), path.name)


def recognised(interface: str, name: str) -> Description | None:
    """The description of a device that calls itself `name` there; the longest match wins."""
    found = [
        (len(each.name), description)
        for description in all_described()
        for each in description.recognised
        if each.interface == interface and each.name and each.name.lower() in name.lower()
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def named(name: str) -> Description | None:
    return next((each for each in all_described() if each.name == name), None)
