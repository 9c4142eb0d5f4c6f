"""This instance as a witness of other logs (C2SP tlog-witness); open to everyone, since only a
checkpoint that a known log has signed is answered.
"""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from api.deps import PlatformDep
from api.refusals import NotFound
from vendor_policy.log import witness
from vendor_policy.log.witnessing import WitnessAnswer

router = APIRouter(prefix="/witness", tags=["witness"])

MOST_BYTES: Final = 65_536


@router.post("/add-checkpoint", response_class=PlainTextResponse)
async def add_checkpoint(request: Request, platform: PlatformDep) -> PlainTextResponse:
    """Answers with a cosignature when the checkpoint goes on from the last one seen."""
    if platform.witness is None:
        raise NotFound("witness here")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return PlainTextResponse("", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    answered = await witness.add_checkpoint(
        body.decode(errors="replace"),
        transaction=platform.transaction,
        wall=platform.wall,
        signer=platform.witness,
    )
    is_size = answered.answer is WitnessAnswer.OTHER_STATE
    kind = "text/x.tlog.size" if is_size else "text/plain"
    return PlainTextResponse(answered.text, answered.answer, media_type=kind)
