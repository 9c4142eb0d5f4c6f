"""The page that says what happened, what it means, and the one thing to do."""

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from accounts.texts import text
from api.deps import find_principal, get_platform
from api.web.views import ErrorView
from api.web.visit import Visit

ADDRESS_MISSING: Final = "address_missing"
WORDING: Final = {
    403: "forbidden",
    404: "not_found",
    405: "not_found",
    409: "conflict",
    412: "conflict",
    413: "too_large",
    422: "invalid",
}


async def error_page(
    request: Request, status: int, code: str, fields: tuple[str, ...] = ()
) -> HTMLResponse:
    """fields: what there is to mend, by name."""
    platform = get_platform(request)
    # Something broke: perhaps the database, so it is not asked who this is.
    principal = await find_principal(request, platform) if status < 500 else None
    visit = Visit(request=request, platform=platform, principal=principal)
    wording = WORDING.get(status, "broken" if status >= 500 else "invalid")
    act, act_link = text("act.home"), "/"
    if code == ADDRESS_MISSING:
        wording, act, act_link = code, text("address.act"), "/address"
    view = ErrorView(
        status=status,
        title=text(f"error.{wording}.title"),
        meaning=text(f"error.{wording}.meaning"),
        act=act,
        act_link=act_link,
        code=code,
        fields=", ".join(dict.fromkeys(fields)),
    )
    return await visit.page("error.html", view, status=status)
