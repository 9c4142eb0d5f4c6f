"""From the settings form of a stock's page to what is to change."""

from typing import Any, Final

from api.refusals import Fault, Invalid, parse
from api.web.filled import FilledForm
from devices.stock import ChangeStock

AMOUNTS: Final = ("mode", "spares", "least", "target", "most", "keeps_days")
MAY_BE_EMPTY: Final = ("target", "most", "keeps_days")
SERVICE_LEVELS: Final = (990_000, 950_000, 850_000)  # never run out, normal, save money
PRICED: Final = "priced"  # the service level follows from what a day without costs


def read_change(form: FilledForm) -> ChangeStock:
    """An empty limit is taken away; other empty fields stay as they are. Raises Invalid."""
    given: dict[str, Any] = {name: form.one(name) for name in AMOUNTS if form.one(name)}
    cleared = [name for name in MAY_BE_EMPTY if not form.one(name)]
    service = form.one("service")
    if service == PRICED:
        given["stock_out_minor_per_day"] = _stock_out(form)
    elif service:
        given["service_level_ppm"] = service
        cleared.append("stock_out_minor_per_day")
    return parse(ChangeStock, {**given, "cleared": cleared, "products": form.many("products")})


def _stock_out(form: FilledForm) -> int:
    minor = form.minor("stock_out_per_day")
    if not minor:
        fault = Fault(field="stock_out_per_day", code="amount", message="an amount above zero")
        raise Invalid([fault])
    return minor
