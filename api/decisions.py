"""Decision records, as the bytes that were hashed."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import Owner, Reading
from api.web.queries_decision import find_decision

router = APIRouter(prefix="/decisions", tags=["decisions"])


@router.get("/{record_id}", response_class=Response)
async def get_record(session: Reading, owner: Owner, record_id: UUID) -> Response:
    """The canonical JSON of the record. `X-Record-Hash` is its SHA-256; the same choice can be
    computed again from these bytes alone.
    """
    row = await find_decision(session, record_id)
    return Response(
        row.record,
        media_type="application/json",
        headers={"X-Record-Hash": row.record_hash, "ETag": f'"{row.record_hash}"'},
    )
