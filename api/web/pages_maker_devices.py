"""A maker's devices: provisioned a few at a time, with what is shown once; their health."""

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from accounts.principal import Principal
from accounts.scoping import ALL_OWNERS
from accounts.texts import Text, text
from api.web import qr, queries_maker
from api.web.filled import FilledForm
from api.web.maker_visit import SIGN_IN, MakerForm, MakerVisit, MakerVisitDep
from api.web.queries_maker import SERIALS_MOST
from api.web.views_maker import ShownDevice, ShownDevices
from api.web.visit import back
from devices import custody, registry
from devices.registry import ModelUnknown, ToProvision
from replenishment import transfer

router = APIRouter(prefix="/maker/devices", include_in_schema=False)
LONGEST_SERIAL = 80  # characters


@router.get("")
async def devices(at: MakerVisitDep) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    return await _devices(at, at.maker)


@router.post("")
async def provision(at: MakerVisitDep, form: MakerForm) -> Response:
    """Shows secrets and claim codes once: the answer to the act is the page itself."""
    if at.maker is None:
        return back(SIGN_IN)
    platform = at.visit.platform
    serials = [line.strip() for line in form.exactly("serials").splitlines() if line.strip()]
    if not 0 < len(serials) <= SERIALS_MOST or max(map(len, serials)) > LONGEST_SERIAL:
        problem = text("maker.serials_wrong", n=SERIALS_MOST)
        return await _devices(at, at.maker, problem)
    try:
        made = await registry.provision(
            at.maker.party_id,
            _wanted(form, serials),
            key=platform.device_key,
            transaction=platform.transaction,
            clock=platform.clock,
            ids=platform.ids,
        )
    except (ModelUnknown, ValueError):
        return await _devices(at, at.maker, text("maker.model_missing"))
    shown = [
        ShownDevice(
            device_id=each.device_id,
            serial=each.serial,
            secret=each.secret,
            claim_code=each.claim_code,
            qr=_qr(at, each.claim_code),
        )
        for each in made
    ]
    return await _shown(at, at.maker, shown)


@router.post("/{device_id}/secret")
async def rotate(at: MakerVisitDep, form: MakerForm, device_id: str) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    platform = at.visit.platform
    secret = await custody.rotate_secret(
        device_id,
        at.maker,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    return await _shown(
        at, at.maker, [ShownDevice(device_id=device_id, serial="", secret=secret)]
    )


@router.post("/{device_id}/claim-code")
async def renew_label(at: MakerVisitDep, form: MakerForm, device_id: str) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    platform = at.visit.platform
    code = await custody.renew_claim_code(
        device_id,
        at.maker,
        key=platform.device_key,
        transaction=platform.transaction,
        clock=platform.clock,
        ids=platform.ids,
    )
    shown = ShownDevice(device_id=device_id, serial="", claim_code=code, qr=_qr(at, code))
    return await _shown(at, at.maker, [shown])


@router.post("/{device_id}/revoke")
async def revoke(at: MakerVisitDep, form: MakerForm, device_id: str) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    if form.one("sure") != "yes":
        return await _devices(at, at.maker, text("maker.not_sure"))
    platform = at.visit.platform
    await custody.revoke(
        device_id, at.maker, transaction=platform.transaction, clock=platform.clock
    )
    return back("/maker/devices")


@router.post("/{device_id}/deregister")
async def deregister(at: MakerVisitDep, form: MakerForm, device_id: str) -> Response:
    if at.maker is None:
        return back(SIGN_IN)
    if form.one("sure") != "yes":
        return await _devices(at, at.maker, text("maker.not_sure"))
    platform = at.visit.platform
    await transfer.deregister(
        device_id, at.maker, transaction=platform.transaction, clock=platform.clock
    )
    return back("/maker/devices")


def _wanted(form: FilledForm, serials: Sequence[str]) -> list[ToProvision]:
    """Raises ValueError."""
    is_test = form.one("is_test") == "yes"
    return [
        ToProvision(model=form.one("model"), serial=serial, is_test=is_test)
        for serial in serials
    ]


def _qr(at: MakerVisit, code: str) -> str:
    base = at.visit.platform.public_url or str(at.visit.request.base_url).rstrip("/")
    return qr.svg(qr.claim_address(base, code))


async def _devices(
    at: MakerVisit, maker: Principal, problem: Text | None = None
) -> HTMLResponse:
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        view = await queries_maker.devices(session, maker, at.visit.now, problem)
    status = 422 if problem else 200
    return await at.visit.page("maker_devices.html", view, status=status)


async def _shown(
    at: MakerVisit, maker: Principal, devices: Sequence[ShownDevice]
) -> HTMLResponse:
    async with at.visit.platform.database.snapshot(ALL_OWNERS) as session:
        name = await queries_maker.name_of(session, maker)
    view = ShownDevices(csrf_token=maker.csrf_token or "", maker=name, devices=tuple(devices))
    return await at.visit.page("maker_shown_once.html", view)
