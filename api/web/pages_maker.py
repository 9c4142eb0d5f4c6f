"""A maker's pages: models with their data sheets, devices, test orders, disclosed fees."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from accounts.scoping import ALL_OWNERS
from accounts.texts import text
from api.web import queries_maker
from api.web.maker_visit import MAKERS, SIGN_IN, MakerForm, MakerVisitDep
from api.web.views_maker import MakerSignIn, ModelFormPage
from api.web.visit import CheckedForm, VisitDep, back
from devices import registry
from devices.models import DeviceModel
from devices.registry import ModelVersionTaken

router = APIRouter(prefix="/maker", include_in_schema=False)


@router.get("/sign-in")
async def show_sign_in(at: MakerVisitDep) -> Response:
    if at.maker is not None:
        return back("/maker")
    return await at.visit.page("maker_sign_in.html", MakerSignIn())


@router.post("/sign-in")
async def do_sign_in(visit: VisitDep, form: CheckedForm) -> Response:
    sealed = await MAKERS.sign_in(visit, form.one("key"))
    if sealed is None:
        view = MakerSignIn(problem=text("maker.key_wrong"))
        return await visit.page("maker_sign_in.html", view, status=422)
    response = back("/maker")
    MAKERS.set_cookie(visit, response, sealed)
    return response


@router.post("/sign-out")
async def do_sign_out(form: MakerForm) -> RedirectResponse:
    response = back(SIGN_IN)
    MAKERS.delete_cookie(response)
    return response


@router.get("")
async def overview(at: MakerVisitDep) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        view = await queries_maker.overview(session, at.maker, at.visit.language)
    return await at.visit.page("maker.html", view)


@router.get("/models/new")
async def new_model(at: MakerVisitDep, like: UUID | None = None) -> Response:
    """like: the version it starts from."""
    if at.maker is None:
        return back(SIGN_IN)
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        view = await queries_maker.model_form(session, at.maker, like)
    return await at.visit.page("maker_model_form.html", view)


@router.post("/models")
async def register_model(at: MakerVisitDep, form: MakerForm) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    description, platform = form.exactly("description"), at.visit.platform
    try:
        model = DeviceModel.model_validate(json.loads(description))
        model_id = await registry.register_model(
            at.maker.party_id,
            model,
            transaction=platform.transaction,
            clock=platform.clock,
            ids=platform.ids,
        )
    except (ModelVersionTaken, ValueError, RecursionError) as problem:
        async with platform.database.snapshot(ALL_OWNERS) as session:
            maker = await queries_maker.name_of(session, at.maker)
        view = ModelFormPage(
            csrf_token=at.maker.csrf_token or "",
            maker=maker,
            description=description,
            problem=_said(problem),
        )
        return await at.visit.page("maker_model_form.html", view, status=422)
    return back(f"/maker/models/{model_id}")


@router.get("/models/{model_id}")
async def model(
    at: MakerVisitDep,
    model_id: UUID,
    before: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        view = await queries_maker.model_page(
            session, at.maker, model_id, before, at.visit.language
        )
    return await at.visit.page("maker_model.html", view)


def _said(problem: Exception) -> str:
    """Field and reason, for the developer who wrote the JSON."""
    if isinstance(problem, ValidationError):
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return f"{where}: {first['msg']}" if where else first["msg"]
    return str(problem)[:300]
