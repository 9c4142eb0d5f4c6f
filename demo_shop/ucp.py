"""The routes of UCP REST 2026-04-08 that this shop serves.

Create and complete are answered once per Idempotency-Key, for good: the answer is stored in the
same transaction as what it reports.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from ucp_sdk.models.schemas.shopping.catalog_lookup import LookupRequest
from ucp_sdk.models.schemas.shopping.catalog_search import SearchRequest

from demo_shop import catalogue
from demo_shop.answers import Answers
from demo_shop.records import Problem
from demo_shop.requests import CompleteCheckout, CreateCheckout, UpdateCheckout, wish
from demo_shop.store import Stored

Json = dict[str, Any]


def the_answers(request: Request) -> Answers:
    answers: Answers = request.app.answers
    return answers


def agent_is_named(ucp_agent: Annotated[str, Header()]) -> str:
    return ucp_agent


TheAnswers = Annotated[Answers, Depends(the_answers)]
IdempotencyKey = Annotated[str, Header(min_length=1)]
discovery = APIRouter()
router = APIRouter(prefix="/ucp", dependencies=[Depends(agent_is_named)])


@discovery.get("/.well-known/ucp")
async def profile(answers: TheAnswers) -> Json:
    return answers.profile()


@router.post("/catalog/search")
async def search(answers: TheAnswers, wanted: SearchRequest) -> Json:
    return catalogue.search(answers.shop, wanted)


@router.post("/catalog/lookup")
async def lookup(answers: TheAnswers, wanted: LookupRequest) -> Json:
    return catalogue.lookup(answers.shop, wanted)


@router.post("/checkout-sessions")
async def create_checkout(
    answers: TheAnswers, request: Request, body: CreateCheckout, idempotency_key: IdempotencyKey
) -> Response:
    def open_session() -> tuple[int, Json]:
        session = answers.shop.open_session(idempotency_key, wish(body))
        if len(session.problems) >= len(body.line_items):  # nothing of it can be bought
            return 200, answers.error(session.problems)
        return 201, answers.checkout(session)

    request_hash = await hash_of(request)
    is_repeat = answers.shop.ledger.answer(idempotency_key, request_hash) is not None
    if is_repeat and answers.shop.knobs.refuse_repeats:
        return Response(status_code=422)
    return once(answers, idempotency_key, request_hash, open_session)


@router.get("/checkout-sessions/{session_id}", response_model=None)
async def get_checkout(answers: TheAnswers, session_id: str) -> Json | Response:
    session = answers.shop.ledger.session(session_id)
    if session is None:
        return unknown(answers, session_id)
    if session.order_id is not None and answers.shop.knobs.bites("hide_sales"):
        return Response(status_code=500)
    return answers.checkout(session)


@router.put("/checkout-sessions/{session_id}")
async def update_checkout(answers: TheAnswers, session_id: str, body: UpdateCheckout) -> Json:
    session = answers.shop.ledger.session(session_id)
    if session is None:
        return unknown(answers, session_id)
    return answers.checkout(answers.shop.replace_session(session, wish(body)))


@router.post("/checkout-sessions/{session_id}/complete")
async def complete_checkout(
    answers: TheAnswers,
    request: Request,
    session_id: str,
    body: CompleteCheckout,
    idempotency_key: IdempotencyKey,
) -> Response:
    def complete() -> tuple[int, Json]:
        session = answers.shop.ledger.session(session_id)
        if session is None:
            return 200, unknown(answers, session_id)
        done, problems = answers.shop.complete(session, body.payment_handlers())
        return 200, answers.checkout(done, problems)

    response = once(answers, idempotency_key, await hash_of(request), complete)
    if answers.shop.knobs.bites("lose_answers"):
        return Response(status_code=500)
    return response


@router.post("/checkout-sessions/{session_id}/cancel")
async def cancel_checkout(answers: TheAnswers, session_id: str) -> Json:
    session = answers.shop.ledger.session(session_id)
    if session is None:
        return unknown(answers, session_id)
    canceled = answers.shop.cancel_session(session)
    if canceled.order_id is None:
        return answers.checkout(canceled)
    sold = Problem(code="not_cancelable", content="The order is placed.", path="$.status")
    return answers.checkout(canceled, [sold])


@router.get("/orders/{order_id}")
async def get_order(answers: TheAnswers, order_id: str) -> Json:
    order = answers.shop.ledger.order(order_id)
    return answers.order(order) if order is not None else unknown(answers, order_id)


def unknown(answers: Answers, what: str) -> Json:
    return answers.error(
        [Problem(code="not_found", content=f"There is no {what}.", path="$.id")]
    )


async def hash_of(request: Request) -> str:
    """Of method, path and meaning: white space and the order of keys do not count."""
    meaning = json.dumps(await request.json(), sort_keys=True)
    text = f"{request.method} {request.url.path}\n{meaning}"
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    answers: Answers, key: str, request_hash: str, act: Callable[[], tuple[int, Json]]
) -> Response:
    """Raises KeyReused when the key names another request."""
    ledger = answers.shop.ledger
    with ledger.transaction():
        stored = ledger.answer(key, request_hash)
        if stored is None:
            status, body = act()
            stored = Stored(request_hash=request_hash, status=status, body=json.dumps(body))
            ledger.keep_answer(key, stored)
    return Response(stored.body, status_code=stored.status, media_type="application/json")
