"""What was found on the owner's network, and the command that adopts it. Pure.

Names and addresses come from whoever answers there: they are quoted wherever they are shown.
"""

import shlex
from dataclasses import dataclass
from typing import Final

MOST_FOUND: Final = 100
LONGEST: Final = 200  # characters of a name or an address


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`kind`: of bridge; `options`: name=VALUE each, as for `--set`."""

    kind: str
    name: str
    address: str
    options: tuple[str, ...] = ()

    def command(self, code: str, platform_url: str) -> str:
        sets = [part for each in self.options for part in ("--set", each)]
        words = ["nachschub", "bridge", self.kind, self.address, *sets]
        return shlex.join([*words, "--claim", code, "--platform", platform_url])


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """`problems`: where nobody could be asked, and why."""

    found: tuple[Found, ...]
    problems: tuple[str, ...] = ()
