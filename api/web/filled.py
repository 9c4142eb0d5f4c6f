"""What was filled into a form. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.web import amounts


@dataclass(frozen=True, slots=True)
class FilledForm:
    """By field, the values in their order. Files are left out: no form of ours takes any."""

    values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """Without white space around it; empty when it is missing."""
        return self.exactly(name).strip()

    def exactly(self, name: str) -> str:
        return next(iter(self.many(name)), "")

    def many(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())

    def minor(self, name: str) -> int | None:
        """Cents; None for an empty field and for what is no amount."""
        return amounts.minor(self.one(name))

    def ppm(self, name: str) -> int | None:
        """Parts per million of a percentage; None for an empty field and for what is none."""
        return amounts.ppm(self.one(name))

    def count(self, name: str) -> int | None:
        return amounts.count(self.one(name))
