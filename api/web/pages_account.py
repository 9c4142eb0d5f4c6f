"""Signing up, in and out; language; where parcels go; what may be counted."""

import re
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import select

from accounts import notices, sign_in
from accounts.sign_in import NewOwner, SignedIn, SignInRefused, SignUpRefused
from accounts.tables import MemberRow, OwnerRow
from accounts.texts import LANGUAGES, Text, text
from api.deps import SESSION_COOKIE
from api.web.views import AddressView, ConsentView, SignInView, SignUpView
from api.web.visit import (
    GUEST_COOKIE,
    LANGUAGE_COOKIE,
    CheckedForm,
    Visit,
    VisitDep,
    back,
    local_path,
)
from replenishment import consent

router = APIRouter(include_in_schema=False)

USUAL_TIMEZONE = "Europe/Berlin"  # where the browser does not say
TIMEZONES = tuple(sorted(zone for zone in available_timezones() if "/" in zone))
ADDRESS_FIELDS = ("recipient", "street", "postal_code", "city", "region")


@router.get("/sign-in")
async def show_sign_in(visit: VisitDep, then: str = "/") -> Response:
    if visit.principal is not None:
        return back(local_path(then))
    return await visit.page("sign_in.html", SignInView(then=local_path(then)))


@router.post("/sign-in")
async def do_sign_in(visit: VisitDep, form: CheckedForm) -> Response:
    email, then = form.one("email"), local_path(form.one("then"))
    outcome = await _sign_in(visit, email, form.exactly("password"))
    if isinstance(outcome, SignInRefused):
        view = SignInView(email=email, then=then, problem=_refusal(visit, outcome))
        return await visit.page("sign_in.html", view, status=422)
    return _signed_in(visit, outcome, then)


async def _sign_in(visit: Visit, email: str, password: str) -> SignedIn | SignInRefused:
    platform = visit.platform
    return await sign_in.sign_in(
        email,
        password,
        transaction=platform.transaction,
        wall=platform.wall,
        ids=platform.ids,
    )


def _refusal(visit: Visit, refused: SignInRefused) -> Text:
    if refused.retry_at is None:
        return text("sign_in.wrong")
    return text("sign_in.locked", wait=visit.platform.wall.now() - refused.retry_at)


def _signed_in(visit: Visit, outcome: SignedIn, then: str) -> RedirectResponse:
    response = back(then)
    visit.set_cookie(response, SESSION_COOKIE, outcome.token)
    response.delete_cookie(GUEST_COOKIE)
    return response


@router.get("/sign-up")
async def show_sign_up(visit: VisitDep) -> HTMLResponse:
    view = SignUpView(timezones=TIMEZONES, timezone=USUAL_TIMEZONE)
    return await visit.page("sign_up.html", view)


@router.post("/sign-up")
async def do_sign_up(visit: VisitDep, form: CheckedForm) -> Response:
    platform = visit.platform
    new = NewOwner(
        name=form.one("name"),
        email=form.one("email"),
        password=form.exactly("password"),
        timezone=form.one("timezone"),
        language=visit.language,
    )
    try:
        await sign_in.sign_up(
            new, transaction=platform.transaction, clock=platform.clock, ids=platform.ids
        )
    except SignUpRefused as refused:
        view = SignUpView(
            timezones=TIMEZONES,
            timezone=new.timezone,
            name=new.name,
            email=new.email,
            problems={refused.field: text(refused.code)},
        )
        return await visit.page("sign_up.html", view, status=422)
    outcome = await _sign_in(visit, new.email, new.password)
    if isinstance(outcome, SignInRefused):
        return back("/sign-in")
    return _signed_in(visit, outcome, "/")


@router.post("/sign-out")
async def do_sign_out(visit: VisitDep, form: CheckedForm) -> RedirectResponse:
    token = visit.request.cookies.get(SESSION_COOKIE, "")
    await sign_in.sign_out(token, transaction=visit.platform.transaction)
    response = back("/sign-in")
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/language")
async def language(visit: VisitDep, form: CheckedForm) -> RedirectResponse:
    chosen = form.one("language")
    response = back(local_path(form.one("then")))
    if chosen not in LANGUAGES:
        return response
    visit.set_cookie(response, LANGUAGE_COOKIE, chosen)
    if visit.principal is not None:
        async with visit.platform.transaction(visit.member.party_id) as session:
            found = await session.exec(
                select(MemberRow).where(MemberRow.email == visit.member.name)
            )
            for member in found:
                member.language = chosen
    return response


@router.get("/address")
async def show_address(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        owner = await session.get_one(OwnerRow, visit.admin.party_id)
    values = {name: getattr(owner, name) for name in ADDRESS_FIELDS}
    return await visit.page("address.html", AddressView(**values))


@router.post("/address")
async def save_address(visit: VisitDep, form: CheckedForm) -> Response:
    values = {name: form.one(name)[:120] for name in ADDRESS_FIELDS}
    values["region"] = values["region"].upper()
    is_country = re.fullmatch("[A-Z]{2}", values["region"]) is not None
    if not (all(values.values()) and is_country):
        view = AddressView(**values, problem=text("address.missing"))
        return await visit.page("address.html", view, status=422)
    async with visit.platform.transaction(visit.admin.party_id) as session:
        owner = await session.get_one(OwnerRow, visit.admin.party_id)
        for name, value in values.items():
            setattr(owner, name, value)
        await notices.touch(session, owner.owner_id, at=visit.now)
    return back("/", "saved")


@router.get("/consent")
async def show_consent(visit: VisitDep) -> HTMLResponse:
    async with visit.reading() as session:
        owner = await session.get_one(OwnerRow, visit.admin.party_id)
    return await visit.page("consent.html", ConsentView(is_shared=owner.shares_outcomes))


@router.post("/consent")
async def save_consent(visit: VisitDep, form: CheckedForm) -> Response:
    await consent.share_outcomes(
        visit.admin.party_id,
        is_shared=form.one("is_shared") == "true",
        transaction=visit.platform.transaction,
    )
    return back("/consent", "saved")
