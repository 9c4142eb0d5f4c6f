"""From the form "add what cannot report" to a device that is reported by hand."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from accounts.texts import Text, text
from api.web import kinds
from api.web.filled import FilledForm
from api.web.kinds import Consumable
from devices.by_hand import ManualDevice

OWN: Final = "own"  # the key of what neither a shop sells here nor an appliance names
FIELDS: Final = ("what", "own", "name", "place", "pack", "unit", "lasts_days", "dose", "packs")
UNITS: Final = ("pieces", "g", "ml")
LONGEST_DAYS: Final = 3650
COUNT_DIGITS: Final = 7


class NotAdded(Exception):
    """`problems`: by field, what is to be mended."""

    def __init__(self, problems: Mapping[str, Text]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


def read(form: FilledForm, known: Sequence[Consumable]) -> ManualDevice:
    """Raises NotAdded."""
    chosen = _own(form) if form.one("what") == OWN else kinds.named(form.one("what"), known)
    problems: dict[str, Text] = {}
    if chosen is None:
        is_own = form.one("what") == OWN
        problems["own" if is_own else "what"] = text(
            "by_hand.own" if is_own else "by_hand.what"
        )
    if not form.one("name"):
        problems["name"] = text("by_hand.name")
    for field in ("pack", "lasts_days", "dose", "packs"):
        if form.one(field) and _count(form, field) is None:
            problems[field] = text("by_hand.number")
    if problems or chosen is None:
        raise NotAdded(problems)
    try:
        return _device(form, chosen)
    except ValidationError:
        raise NotAdded({"pack": text("by_hand.does_not_fit")}) from None


def _device(form: FilledForm, chosen: Consumable) -> ManualDevice:
    pack = _count(form, "pack") or chosen.pack
    lasts_days = _count(form, "lasts_days") or chosen.lasts_days * pack / chosen.pack
    return ManualDevice(
        name=form.one("name")[:80],
        place=form.one("place")[:80],
        title=chosen.supply[:80],
        title_de=chosen.supply_de[:80],
        category=chosen.category,
        fits=chosen.fits[:20],
        capacity=pack,
        unit=chosen.unit,
        typical_use_per_day=pack / min(max(lasts_days, 1.0), LONGEST_DAYS),
        dose=_count(form, "dose") or None,
        is_full=bool(form.one("is_full")),
        spares=pack * (_count(form, "packs") or 0),
        mode="notify" if form.one("what") == OWN else "ask",  # no shop sells it here
    )


def _own(form: FilledForm) -> Consumable | None:
    title, unit = form.one("own")[:80], form.one("unit")
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
    if not title:
        return None
    return Consumable(
        key=OWN,
        title=title,
        title_de=title,
        supply=title,
        supply_de=title,
        category=slug or "own-supply",
        fits=(title,),
        pack=1,
        unit="g" if unit == "g" else "ml" if unit == "ml" else "pieces",
        lasts_days=kinds.PACK_LASTS_DAYS / (_count(form, "pack") or 1),
    )


def _count(form: FilledForm, name: str) -> int | None:
    typed = form.one(name)
    is_one = typed.isascii() and typed.isdecimal() and len(typed) <= COUNT_DIGITS
    return int(typed) if is_one else None
