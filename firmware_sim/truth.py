"""Writes `truth.jsonl`: one line for each fact of the simulated household, as it happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware_sim import facts


@contextmanager
def recorder(path: Path) -> Iterator[Callable[[facts.Fact], None]]:
    """A `record` for the household; each line is in the file when the call returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", buffering=1) as file:

        def record(fact: facts.Fact) -> None:
            file.write(facts.line(fact) + "\n")

        yield record
