"""From the four correction forms of a stock's page to what the owner says."""

from typing import Final
from uuid import UUID

from api.refusals import Fault, Invalid, parse
from api.web.filled import FilledForm
from core.money import PPM
from replenishment.correcting import NewCorrection
from replenishment.corrections import CorrectionKind

FACTORS: Final = {
    CorrectionKind.AWAY: (0, 250_000, 500_000),
    CorrectionKind.EVENT: (1_500_000, 2_000_000, 3_000_000),
}
EVERYTHING: Final = "everything"


def read_correction(form: FilledForm, stock_id: UUID) -> NewCorrection:
    """Raises Invalid."""
    is_change = form.one("kind") == CorrectionKind.CHANGE
    return parse(
        NewCorrection,
        {
            "kind": form.one("kind"),
            "stock_id": None if form.one("holds_for") == EVERYTHING else stock_id,
            "from_on": form.one("from_on"),
            "until_on": None if is_change else form.one("until_on"),
            "factor_ppm": _people(form) if is_change else form.one("factor_ppm") or PPM,
        },
    )


def _people(form: FilledForm) -> int:
    """Use goes with the number of people."""
    before, now = (_count(form, name) for name in ("people_before", "people_now"))
    return round(now * PPM / before)


def _count(form: FilledForm, name: str) -> int:
    typed = form.one(name)
    if not (typed.isdecimal() and len(typed) <= len("99") and int(typed)):
        raise Invalid([Fault(field=name, code="number", message="a number from 1 to 99")])
    return int(typed)
