"""Quarantined messages as pages show them, for owners and makers."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.principal import Principal
from accounts.texts import Text, text
from api.web.household import QUARANTINE_SHOWN
from api.web.queries_devices import find_ownership
from api.web.queries_maker import name_of
from api.web.views_devices import (
    MakerQuarantine,
    QuarantinedMessage,
    QuarantineFault,
    QuarantineView,
)
from devices import quarantine, quarantine_answers
from devices.quarantine_answers import KeptMessage
from devices.tables import QuarantineRow

WORDED = (  # codes of `wire.Fault` that have words in the catalogues
    "bad_payload",
    "too_large",
    "unknown_device",
    "revoked_device",
    "unknown_slot",
    "clock_ahead",
    "old_boot",
    "glitch",
    "not_processed",
)


async def of_device(
    session: AsyncSession, device_id: str, member: Principal, now: datetime
) -> QuarantineView:
    """Raises NotFound."""
    ownership = await find_ownership(session, device_id)
    since = (now - QUARANTINE_SHOWN).date()
    rows = await quarantine.of_owner(session, member.party_id, device_id)
    return QuarantineView(
        device_id=device_id,
        device_name=ownership.name,
        messages=_messages(rows),
        total=await quarantine.count(session, device_id, since_on=since),
        kept_a_day=quarantine.KEPT_A_DAY,
        may_change=member.may_change,
    )


async def of_maker(session: AsyncSession, maker: Principal) -> MakerQuarantine:
    return MakerQuarantine(
        csrf_token=maker.csrf_token or "",
        maker=await name_of(session, maker),
        messages=_messages(await quarantine.of_tests(session, maker.party_id)),
        kept_a_day=quarantine.KEPT_A_DAY,
    )


def _messages(rows: Iterable[QuarantineRow]) -> tuple[QuarantinedMessage, ...]:
    return tuple(_message(each) for each in quarantine_answers.messages(rows))


def _message(of: KeptMessage) -> QuarantinedMessage:
    return QuarantinedMessage(
        quarantine_id=of.quarantine_id,
        device_id=of.device_id,
        received_at=of.received_at,
        faults=tuple(
            QuarantineFault(
                reason=_reason(each.code), field=each.field, value=each.value, fix=each.fix
            )
            for each in of.faults
        ),
        raw=of.raw,
        payload_bytes=len(of.payload),
        may_be_released=of.may_be_released,
        is_released=of.released_at is not None,
    )


def _reason(code: str) -> Text:
    known = code in WORDED
    return text(f"quarantine.{code}") if known else text("quarantine.other", code=code)
