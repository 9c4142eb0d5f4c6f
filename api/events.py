"""Server-sent events: one word when something of this owner changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from accounts.principal import Principal
from accounts.tables import OwnerRow
from api.deps import Owner, Platform, PlatformDep, find_principal

router = APIRouter(tags=["events"])

POLL_S: Final = 1.0
KEEP_ALIVE_POLLS: Final = 20  # a comment this often, so that proxies keep the stream
LONGEST_POLLS: Final = 600  # then the browser connects again, and is asked again who it is


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    platform: PlatformDep,
    owner: Owner,
    since: Annotated[str, Query(max_length=64)] = "",
    last_event_id: Annotated[str, Header(max_length=64)] = "",
) -> StreamingResponse:
    """A stream of `changed` events; what changed is read from the other addresses. since: the
    id of the last change the reader knows of, so that none between two streams is lost.
    """
    told = last_event_id or since or await _changed_at(platform, owner)
    stream = _changes(request, platform, owner, told)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _changes(
    request: Request, platform: Platform, owner: Principal, told: str
) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    for poll in range(1, LONGEST_POLLS + 1):
        await asyncio.sleep(POLL_S)
        if await request.is_disconnected():
            return
        changed_at = await _changed_at(platform, owner)
        if changed_at != told:
            told = changed_at
            yield f"event: changed\nid: {changed_at}\ndata: {changed_at}\n\n"
        elif poll % KEEP_ALIVE_POLLS == 0:
            if await find_principal(request, platform) is None:
                return
            yield ": still here\n\n"


async def _changed_at(platform: Platform, owner: Principal) -> str:
    async with platform.database.snapshot(owner.party_id) as session:
        return (await session.get_one(OwnerRow, owner.party_id)).changed_at.isoformat()
