"""A session touches the rows of its own owner, whatever it asks for."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlalchemy.orm import aliased, selectinload
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from accounts.scoping import ALL_OWNERS, OutOfScope, OwnedRow, Scope, owned_tables
from accounts.tables import NoticeRow, OwnerRow
from core.database import Database
from devices.tables import OwnershipRow, StockRow
from replenishment.tables import NeedRow, OrderRow

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA, BEN = UUID(int=1), UUID(int=2)
ANNAS_STOCK, BENS_STOCK = UUID(int=11), UUID(int=12)
ANNAS_NOTICE, BENS_NOTICE = UUID(int=21), UUID(int=22)
BENS_NEED = UUID(int=32)


def an_owner(owner_id: UUID) -> OwnerRow:
    return OwnerRow(
        owner_id=owner_id,
        name="",
        timezone="UTC",
        language="en",
        created_at=NOON,
        changed_at=NOON,
    )


def a_notice(notice_id: UUID, owner_id: UUID) -> NoticeRow:
    return NoticeRow(
        notice_id=notice_id, owner_id=owner_id, text_key="x", params={}, created_at=NOON
    )


def a_stock(stock_id: UUID, owner_id: UUID) -> StockRow:
    return StockRow(
        stock_id=stock_id,
        owner_id=owner_id,
        name="Beans",
        category="coffee-beans",
        unit="g",
        fits=[],
        next_review_at=NOON,
    )


@pytest.fixture(autouse=True)
async def two_owners(database: Database) -> None:
    async with database.transaction(ALL_OWNERS) as session:
        session.add_all([an_owner(ANNA), an_owner(BEN)])
        await session.flush()
        session.add_all([a_stock(ANNAS_STOCK, ANNA), a_stock(BENS_STOCK, BEN)])
        session.add_all([a_notice(ANNAS_NOTICE, ANNA), a_notice(BENS_NOTICE, BEN)])
        await session.flush()
        session.add(NeedRow(need_id=BENS_NEED, owner_id=BEN, stock_id=BENS_STOCK, body={}, opened_at=NOON))


async def names(database: Database, scope: Scope = ALL_OWNERS) -> set[tuple[UUID, str]]:
    async with database.snapshot(scope) as session:
        rows = (await session.exec(select(StockRow))).all()
    return {(row.owner_id, row.name) for row in rows}
