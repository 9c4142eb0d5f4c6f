"""From the form of the permission page to a mandate."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from accounts.principal import Principal
from accounts.texts import Text, text
from api.web import amounts
from vendor_policy.mandates import Mandate

LONGEST_DAYS = 365


class MandateRefused(Exception):
    def __init__(self, problems: tuple[Text, ...]) -> None:
        super().__init__(", ".join(each.key for each in problems))
        self.problems = problems


def read_mandate(form: FormData, admin: Principal, now: datetime) -> Mandate:
    """Raises MandateRefused with every problem."""
    today = now.astimezone(ZoneInfo(admin.timezone)).date()
    products = tuple(str(each) for each in form.getlist("products"))
    vendors = tuple(str(each) for each in form.getlist("vendors"))
    cap = amounts.minor(str(form.get("cap", "")))
    ends_on = _day(str(form.get("ends_on", "")))
    is_in_reach = ends_on and today < ends_on <= today + timedelta(days=LONGEST_DAYS)
    problems = (
        *([] if products and vendors else [text("mandate.none_chosen")]),
        *([] if cap else [text("mandate.cap_wrong")]),
        *([] if is_in_reach else [text("mandate.ends_wrong")]),
    )
    if problems or not cap or not ends_on:
        raise MandateRefused(problems)
    return Mandate(
        products=products,
        vendors=vendors,
        currency="EUR",
        order_most_minor=cap,
        ends_on=ends_on,
        accepted_at=now,
        accepted_by=admin.name,
    )


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
