"""From the form of the permission page to a mandate. Pure."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.texts import Text, text
from api.refusals import parse
from api.web.filled import FilledForm
from vendor_policy.mandates import LONGEST_GAP_DAYS, Mandate

LONGEST_DAYS = 365


class MandateRefused(Exception):
    def __init__(self, problems: tuple[Text, ...]) -> None:
        super().__init__(", ".join(each.key for each in problems))
        self.problems = problems


def read_mandate(form: FilledForm, *, now: datetime, timezone: str, member: str) -> Mandate:
    """member: who accepts it. Raises MandateRefused with every problem that a person can make,
    and Invalid for what only a changed form sends.
    """
    today = now.astimezone(ZoneInfo(timezone)).date()
    products, vendors = form.many("products"), form.many("vendors")
    cap, ends_on = form.minor("cap"), _day(form.one("ends_on"))
    is_in_reach = ends_on and today < ends_on <= today + timedelta(days=LONGEST_DAYS)
    days_between = _days(form.one("days_between"))
    is_gap = days_between is None or 1 <= days_between <= LONGEST_GAP_DAYS
    problems = (
        *([] if products and vendors else [text("mandate.none_chosen")]),
        *([] if cap else [text("mandate.cap_wrong")]),
        *([] if is_in_reach else [text("mandate.ends_wrong")]),
        *([] if is_gap else [text("mandate.days_wrong")]),
    )
    if problems or not cap or not ends_on:
        raise MandateRefused(problems)
    terms = {
        "products": products,
        "vendors": vendors,
        "currency": "EUR",
        "order_most_minor": cap,
        "days_between": days_between,
        "ends_on": ends_on,
        "accepted_at": now,
        "accepted_by": member,
    }
    return parse(Mandate, terms)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _days(typed: str) -> int | None:
    """None for an empty field, 0 for what is no number of days."""
    if not typed:
        return None
    return int(typed) if typed.isdecimal() and len(typed) <= len(str(LONGEST_GAP_DAYS)) else 0
