"""From an exception to a status and a stable code: one table, and two ways to say it.

Below /api a problem in JSON (RFC 9457), elsewhere a page in the reader's language.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from accounts.sign_in import SignUpRefused
from api.deps import CsrfMissing, NotSignedIn, WrongAudience
from api.refusals import Invalid, NotFound, Stale
from api.security import HEADERS
from api.web.error_page import error_page
from devices.bridging import BridgeCodeUnknown
from devices.by_hand import NotReportedByHand
from devices.custody import DeviceClaimed, DeviceRevoked
from devices.cycles.corrections import CycleUnknown
from devices.ownership import (
    ClaimCodeUnknown,
    NotYourDevice,
    SlotIsAlone,
    StocksDiffer,
    TooManyTries,
)
from devices.quarantine_answers import CannotBeReleased, QuarantinedUnknown
from devices.registry import DeviceIdTaken, ModelUnknown, ModelVersionTaken
from devices.retention import NotKeptSoLong
from devices.stock import SettingRefused, StockUnknown
from replenishment.addresses import AddressMissing
from replenishment.approvals import AskExpired, MayNotApprove
from replenishment.automatic import MayNotChange, UnknownMandate, UnknownStock
from replenishment.contest_states import ContestCannot
from replenishment.contests import NotContestable
from replenishment.correcting import TooManyCorrections, UnknownCorrection
from replenishment.maker_claims import ClaimIdTaken, MakerClaimUnknown, TooManyClaims
from replenishment.order_states import IllegalTransition
from replenishment.orders import OrderMoved, UnknownOrder
from replenishment.overrides import UnknownOffer, WarningNotAccepted
from replenishment.sharing import OrderUnderway
from replenishment.suggested_rules import NoSuchSuggestion, PolicyMoved
from vendor_policy.complaint_states import ComplaintCannot
from vendor_policy.complaints import ComplaintUnknown, StatementUnknown
from vendor_policy.log.exports import NoSuchTree, NotLoggedYet

log = logging.getLogger(__name__)

PROBLEM_JSON: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    code: str  # public and stable


PROBLEMS: Final[dict[type[Exception], Problem]] = {
    NotSignedIn: Problem(401, "not_signed_in"),
    CsrfMissing: Problem(403, "csrf_missing"),
    WrongAudience: Problem(403, "forbidden"),
    MayNotApprove: Problem(403, "may_not_approve"),
    MayNotChange: Problem(403, "forbidden"),
    StatementUnknown: Problem(404, "not_found"),
    ComplaintUnknown: Problem(404, "not_found"),
    ComplaintCannot: Problem(409, "complaint_cannot"),
    ContestCannot: Problem(409, "contest_cannot"),
    PolicyMoved: Problem(412, "changed_meanwhile"),
    NoSuchSuggestion: Problem(404, "not_found"),
    NotContestable: Problem(409, "not_contestable"),
    NotFound: Problem(404, "not_found"),
    UnknownOrder: Problem(404, "not_found"),
    UnknownStock: Problem(404, "not_found"),
    StockUnknown: Problem(404, "not_found"),
    NotYourDevice: Problem(404, "not_found"),
    CycleUnknown: Problem(404, "not_found"),
    QuarantinedUnknown: Problem(404, "not_found"),
    NotReportedByHand: Problem(404, "not_found"),
    BridgeCodeUnknown: Problem(404, "bridge_code_unknown"),
    ClaimCodeUnknown: Problem(404, "claim_code_unknown"),
    ModelUnknown: Problem(404, "model_unknown"),
    MakerClaimUnknown: Problem(404, "not_found"),
    UnknownMandate: Problem(404, "not_found"),
    UnknownOffer: Problem(404, "unknown_offer"),
    NoSuchTree: Problem(404, "no_such_tree"),
    UnknownCorrection: Problem(404, "not_found"),
    IllegalTransition: Problem(409, "illegal_transition"),
    OrderMoved: Problem(409, "order_moved"),
    OrderUnderway: Problem(409, "order_underway"),
    SlotIsAlone: Problem(409, "slot_is_alone"),
    AddressMissing: Problem(409, "address_missing"),
    AskExpired: Problem(409, "ask_expired"),
    NotLoggedYet: Problem(409, "not_logged_yet"),
    WarningNotAccepted: Problem(409, "warning_not_accepted"),
    DeviceIdTaken: Problem(409, "device_id_taken"),
    DeviceClaimed: Problem(409, "device_claimed"),
    CannotBeReleased: Problem(409, "cannot_be_released"),
    DeviceRevoked: Problem(409, "device_revoked"),
    ModelVersionTaken: Problem(409, "model_version_taken"),
    ClaimIdTaken: Problem(409, "claim_id_taken"),
    TooManyClaims: Problem(409, "too_many_claims"),
    TooManyCorrections: Problem(409, "too_many_corrections"),
    TooManyTries: Problem(429, "too_many_tries"),
    Stale: Problem(412, "changed_meanwhile"),
    NotKeptSoLong: Problem(422, "not_kept_so_long"),
    SettingRefused: Problem(422, "setting_refused"),
    StocksDiffer: Problem(422, "stocks_differ"),
    SignUpRefused: Problem(422, "sign_up_refused"),
    Invalid: Problem(422, "invalid"),
    RequestValidationError: Problem(422, "invalid"),
}
STATUS_CODES: Final = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_form",
    422: "invalid",
}
BROKEN: Final = Problem(500, "broken")


def add_error_answers(app: FastAPI) -> None:
    for exception in PROBLEMS:
        app.add_exception_handler(exception, _answer)
    app.add_exception_handler(HTTPException, _answer)
    app.add_exception_handler(Exception, _answer_broken)


async def _answer(request: Request, error: Exception) -> Response:
    problem = _problem(error)
    if is_api(request):
        return _problem_json(problem, error)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        then = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?then={then}", status_code=303)
    return await error_page(request, problem.status, problem.code, _fields(error))


async def _answer_broken(request: Request, error: Exception) -> Response:
    """The trace goes to the log (the server writes it), never to the reader."""
    if is_api(request):
        response: Response = _problem_json(BROKEN, None)
    else:
        response = await error_page(request, BROKEN.status, BROKEN.code)
    response.headers.update(HEADERS)  # this answer passes by the middleware that adds them
    return response


def is_api(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/events", "/healthz", "/metrics"))


def _problem(error: Exception) -> Problem:
    if isinstance(error, HTTPException):
        return Problem(error.status_code, STATUS_CODES.get(error.status_code, "refused"))
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def _problem_json(problem: Problem, error: Exception | None) -> JSONResponse:
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": _detail(error),
    }
    if isinstance(error, RequestValidationError):
        body["errors"] = [
            {"field": _place(each["loc"]), "message": each["msg"]} for each in error.errors()
        ]
    elif isinstance(error, Invalid):
        body["errors"] = [
            {"field": each.field, "code": each.code, "message": each.message}
            for each in error.faults
        ]
    elif isinstance(error, WarningNotAccepted):
        body["objections"] = [each.rule_id for each in error.objections]
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else None
    return JSONResponse(body, problem.status, headers, media_type=PROBLEM_JSON)


def _fields(error: Exception) -> tuple[str, ...]:
    """What there is to mend, by name."""
    match error:
        case RequestValidationError():
            return tuple(_place(each["loc"][1:]) for each in error.errors())
        case Invalid():
            return tuple(each.field for each in error.faults)
        case SettingRefused():
            return (error.field,)
    return ()


def _place(location: Iterable[int | str]) -> str:
    return ".".join(str(part) for part in location)


def _detail(error: Exception | None) -> str:
    if isinstance(error, HTTPException):
        return str(error.detail)
    if isinstance(error, RequestValidationError):
        return "the request does not have the documented form"
    return str(error) if error is not None else "it is written down and will be looked at"
