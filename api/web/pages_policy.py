"""The owner's rules: read, try, change, compare; and the switch that stops everything."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError

from accounts import notices
from accounts.texts import text
from api.refusals import Stale
from api.web import queries_rules
from api.web.filled import FilledForm
from api.web.policy_answers import Asked
from api.web.policy_form import PolicyRefused, read_policy, with_preset
from api.web.queries_policy import in_force
from api.web.queries_rules import Refused
from api.web.queries_time_machine import Trial, time_machine_view
from api.web.visit import CheckedForm, Visit, VisitDep, back
from replenishment import automatic
from vendor_policy import dry_runs, store
from vendor_policy import policy as policies
from vendor_policy.policy import Policy

router = APIRouter(include_in_schema=False)

Version = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/policy")
async def show(visit: VisitDep) -> HTMLResponse:
    return await _page(visit)


async def _page(visit: Visit, refused: Refused | None = None) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_rules.policy_view(
            session, visit.member, visit.now, visit.words.typed, refused
        )
    status = 422 if refused and refused.problems else 200
    return await visit.page("policy.html", view, "policy", status=status)


async def _asked(visit: Visit) -> tuple[int, Asked]:
    async with visit.reading() as session:
        return await queries_rules.asked_of(session, visit.admin, visit.now)


@router.post("/policy")
async def save(visit: VisitDep, form: CheckedForm) -> Response:
    version, asked = await _asked(visit)
    meanwhile = Refused(form=form, problems=(text("policy.changed_meanwhile"),))
    if form.one("version") != str(version):
        return await _page(visit, meanwhile)
    try:
        wanted = read_policy(form, asked)
    except PolicyRefused as refused:
        return await _page(visit, _as_typed(form, refused))
    try:
        await store_policy(visit, wanted, version)
    except (Stale, IntegrityError):  # another member saved a moment earlier
        return await _page(visit, meanwhile)
    return back("/policy", "saved")


async def store_policy(visit: Visit, wanted: Policy, version: int) -> None:
    """As the one after `version`. Raises Stale or IntegrityError when another came first."""
    admin = visit.admin
    async with visit.platform.transaction(admin.party_id) as session:
        newest, _ = await in_force(session, admin.party_id)
        if newest != version:
            raise Stale(newest)
        await store.save_policy(
            session,
            admin.party_id,
            wanted,
            author=admin.name,
            at=visit.now,
            ids=visit.platform.ids,
        )
        await notices.touch(session, admin.party_id, at=visit.now)


def _as_typed(form: FilledForm, refused: PolicyRefused) -> Refused:
    return Refused(form=form, problems=refused.problems, rules=refused.rules)


@router.post("/policy/draft")
async def change_draft(visit: VisitDep, form: CheckedForm) -> HTMLResponse:
    """Back from the preview, with everything as it was typed."""
    return await _page(visit, Refused(form=form))


@router.post("/policy/preview")
async def preview(visit: VisitDep, form: CheckedForm) -> HTMLResponse:
    """What would change, and what it would have bought. Nothing is saved."""
    _, asked = await _asked(visit)
    try:
        draft = read_policy(form, asked)
    except PolicyRefused as refused:
        return await _page(visit, _as_typed(form, refused))
    fields = tuple(
        (name, value)
        for name in form.values
        if name != "csrf_token"
        for value in form.many(name)
    )
    trial = Trial(kind="draft", title=text("time.of_draft"), policy=draft, fields=fields)
    return await _tried(visit, asked, trial)


@router.get("/policy/time-machine")
async def time_machine(
    visit: VisitDep,
    version: Version | None = None,
    preset: Annotated[str, Query(max_length=40)] = "cheapest",
) -> HTMLResponse:
    """What another preset, or an earlier version, would have bought."""
    async with visit.reading() as session:
        _, asked = await queries_rules.asked_of(session, visit.member, visit.now)
        if version is None:
            wanted = policies.to_json(asked.present) | with_preset(asked.present, preset)
            tried = policies.from_json(wanted)
            kind: Literal["version", "preset"] = "preset"
            title = text("time.of_preset", preset=text(f"preset.{tried.preset}"))
        else:
            tried = await queries_rules.policy_of_version(session, visit.member, version)
            kind, title = "version", text("time.of_version", number=version)
    return await _tried(visit, asked, Trial(kind=kind, title=title, policy=tried))


async def _tried(visit: Visit, asked: Asked, trial: Trial) -> HTMLResponse:
    found = await dry_runs.try_policy(
        visit.member.party_id,
        trial.policy,
        transaction=visit.platform.database.snapshot,
        clock=visit.platform.clock,
        offload=visit.platform.offload,
    )
    async with visit.reading() as session:
        view = await time_machine_view(session, visit.member, asked, trial, found)
    return await visit.page("time_machine.html", view, "policy")


@router.get("/policy/versions")
async def versions(
    visit: VisitDep, before: Version | None = None, after: Version | None = None
) -> HTMLResponse:
    async with visit.reading() as session:
        view = await queries_rules.versions_view(session, visit.member, before, after)
    return await visit.page("policy_versions.html", view, "policy")


@router.post("/kill-switch")
async def kill_switch(visit: VisitDep, form: CheckedForm) -> RedirectResponse:
    transaction, clock = visit.platform.transaction, visit.platform.clock
    if form.one("is_stopped") == "false":
        await automatic.resume(visit.member, transaction=transaction, clock=clock)
        return back("/", "resumed")
    await automatic.stop(visit.member, transaction=transaction, clock=clock)
    return back("/", "stopped")
