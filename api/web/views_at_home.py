"""What the pages of things at home show: everything in stock, and adding what cannot report.

Pure: frozen values without words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.texts import Text
from api.web.views import Coming, Gauge, Tap


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHomeLine:
    """One stock. `in_use`: in the devices; None: unknown. `order`: asked for or on its way."""

    gauge: Gauge
    in_use: Text | None
    order: Coming | None
    is_asked: bool
    used_in: tuple[str, ...]
    taps: tuple[Tap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHomeView:
    """`lines`: what is empty first comes first."""

    lines: tuple[AtHomeLine, ...]
    containers: tuple[Gauge, ...]  # what fills: nothing is bought for it
    asks: int
    may_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Something that is used up. `key`: in the form."""

    key: str
    title: str
    pack: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHandView:
    """`sold`: products that shops offer; `known`: what described appliances use. `filled`: as
    the form was sent; `problems`: by field.
    """

    sold: tuple[Kind, ...]
    known: tuple[Kind, ...]
    filled: Mapping[str, str]
    problems: Mapping[str, Text]
