"""This instance as a witness of other logs (C2SP tlog-witness); open to everyone, since only a
checkpoint that a known log has signed is answered.
"""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse

from api.deps import PlatformDep
from vendor_policy.log import witness
from vendor_policy.log.notes import Signer
from vendor_policy.log.witnessing import WitnessAnswer

PREFIX: Final = "/witness"
MOST_BYTES: Final = 65_536


def add_witness(app: FastAPI, signer: Signer) -> None:
    """signer: the witness's own key."""
    router = APIRouter(prefix=PREFIX, tags=["witness"])

    @router.post("/add-checkpoint", response_class=PlainTextResponse)
    async def add_checkpoint(request: Request, platform: PlatformDep) -> PlainTextResponse:
        """Answers with a cosignature when the checkpoint goes on from the last one seen."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return PlainTextResponse("", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        answered = await witness.add_checkpoint(
            body.decode(errors="replace"),
            transaction=platform.transaction,
            wall=platform.wall,
            signer=signer,
        )
        kind = "text/plain"
        if answered.answer is WitnessAnswer.OTHER_STATE:
            kind = "text/x.tlog.size"
        return PlainTextResponse(answered.text, answered.answer, media_type=kind)

    app.include_router(router)
