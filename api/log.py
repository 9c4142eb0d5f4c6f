"""The decision log: checkpoints and proofs for everyone, receipts for vendors, an order's proof
for its owner.
"""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import PlainTextResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Owner, PlatformDep, Reading, Vendor
from api.refusals import NotFound
from api.schemas import Output
from api.web.queries_decision import find_decision
from api.web.queries_orders import find_order
from vendor_policy.log import exports

router = APIRouter(tags=["log"])

Size = Annotated[int, Query(ge=0, le=2**53)]


class ProofView(Output):
    """`path`: hashes in base64, as in RFC 9162."""

    path: list[str]


async def get_public(platform: PlatformDep) -> AsyncIterator[AsyncSession]:
    """A session of no scope: it cannot read anything that belongs to anybody."""
    async with platform.database.snapshot(None) as session:
        yield session


Public = Annotated[AsyncSession, Depends(get_public, scope="function")]


@router.get("/log/checkpoint", response_class=PlainTextResponse)
async def checkpoint(session: Public) -> PlainTextResponse:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    return PlainTextResponse((await exports.log_view(session)).note)


@router.get("/log/key", response_class=PlainTextResponse)
async def key(session: Public) -> PlainTextResponse:
    """The key that the log signs with (C2SP verifier key). It never changes."""
    return PlainTextResponse((await exports.log_view(session)).head.verifier_key + "\n")


@router.get("/log/inclusion")
async def inclusion(session: Public, index: Size, size: Size) -> ProofView:
    """That leaf `index` stands in the tree of `size` leaves."""
    return ProofView(path=list(await exports.inclusion(session, index, size)))


@router.get("/log/consistency")
async def consistency(session: Public, old: Size, new: Size) -> ProofView:
    """That the tree of `new` leaves begins with the tree of `old` leaves."""
    return ProofView(path=list(await exports.consistency(session, old, new)))


@router.get("/log/listing", response_class=Response)
async def listing(session: Public, vendor: Vendor, category: str) -> Response:
    """The receipt of what you list in a category: hashes by SKU, signed by the log."""
    found = await exports.listing_receipt(session, vendor.vendor_id, category)
    if found is None:
        raise NotFound(f"a listing of yours in {category}")
    return _file(found, f"listing-{category}.json")


@router.get("/orders/{order_id}/proof", response_class=Response)
async def order_proof(session: Reading, owner: Owner, order_id: UUID) -> Response:
    """The proof bundle: decision, listings and all moves of the order, each proven to stand in
    the log. Verified offline by `nachschub verify` and by verifier/nachschub_verify.py.
    """
    order = await find_order(session, order_id)
    decision = await find_decision(session, order.record_id)
    found = await exports.order_proof(session, order_id, decision)
    return _file(found, f"proof-{order_id}.json")


def _file(content: bytes, name: str) -> Response:
    safe = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name[:-5])
    headers = {"Content-Disposition": f'attachment; filename="{safe}.json"'}
    return Response(content, media_type="application/json", headers=headers)
