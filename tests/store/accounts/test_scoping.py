"""A session touches the rows of its own owner, whatever it asks for."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Executable, func
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, select, update

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
        session.add(
            NeedRow(
                need_id=BENS_NEED, owner_id=BEN, stock_id=BENS_STOCK, body={}, opened_at=NOON
            )
        )


async def add(database: Database, scope: Scope | None, row: OwnedRow) -> None:
    async with database.transaction(scope) as session:
        session.add(row)


async def run(database: Database, scope: Scope | None, statement: Executable) -> None:
    async with database.transaction(scope) as session:
        await session.run_sync(lambda sync: sync.execute(statement))


async def names(database: Database, scope: Scope = ALL_OWNERS) -> set[tuple[UUID, str]]:
    async with database.snapshot(scope) as session:
        rows = (await session.exec(select(StockRow))).all()
    return {(row.owner_id, row.name) for row in rows}


async def test_a_select_shows_the_owner_their_rows_only(database: Database) -> None:
    async with database.snapshot(ANNA) as session:
        assert [row.stock_id for row in await session.exec(select(StockRow))] == [ANNAS_STOCK]
        assert (await session.exec(select(func.count()).select_from(StockRow))).one() == 1
    async with database.snapshot(ALL_OWNERS) as session:
        assert len((await session.exec(select(StockRow))).all()) == 2


async def test_another_owners_row_is_not_found_by_its_id(database: Database) -> None:
    async with database.snapshot(ANNA) as session:
        assert await session.get(StockRow, ANNAS_STOCK) is not None
        assert await session.get(StockRow, BENS_STOCK) is None
        stolen = select(StockRow).where(StockRow.stock_id == BENS_STOCK)
        assert (await session.exec(stolen)).one_or_none() is None


async def test_a_row_cannot_be_asked_for_by_its_owner(database: Database) -> None:
    async with database.snapshot(ANNA) as session:
        asked = select(StockRow).where((StockRow.owner_id == BEN) | (StockRow.name == "Beans"))
        assert [row.owner_id for row in await session.exec(asked)] == [ANNA]


async def test_a_join_shows_no_row_of_another_owner(database: Database) -> None:
    joined = select(OwnerRow.owner_id, NeedRow.need_id).join(
        NeedRow, col(NeedRow.owner_id) == OwnerRow.owner_id
    )
    async with database.snapshot(ANNA) as session:
        assert (await session.exec(joined)).all() == []
    async with database.snapshot(BEN) as session:
        assert (await session.exec(joined)).all() == [(BEN, BENS_NEED)]


async def test_an_alias_or_a_subquery_is_no_way_around(database: Database) -> None:
    other = aliased(StockRow)
    inner = select(StockRow.stock_id).where(StockRow.owner_id == BEN)
    async with database.snapshot(ANNA) as session:
        rows = (await session.exec(select(other).where(col(other.name) == "Beans"))).all()
        assert [row.stock_id for row in rows] == [ANNAS_STOCK]
        counted = select(func.count()).select_from(inner.subquery())
        assert (await session.exec(counted)).one() == 0


async def test_an_update_changes_the_owners_rows_only(database: Database) -> None:
    async with database.transaction(ANNA) as session:
        await session.exec(update(StockRow).values(name="Tea"))
    assert await names(database) == {(ANNA, "Tea"), (BEN, "Beans")}


async def test_a_delete_takes_the_owners_rows_only(database: Database) -> None:
    async with database.transaction(ANNA) as session:
        await session.exec(delete(NoticeRow))
    async with database.snapshot(ALL_OWNERS) as session:
        assert [row.notice_id for row in await session.exec(select(NoticeRow))] == [BENS_NOTICE]


async def test_a_row_cannot_be_added_for_another_owner(database: Database) -> None:
    with pytest.raises(OutOfScope, match="StockRow belongs to another owner"):
        await add(database, ANNA, a_stock(UUID(int=13), BEN))
    assert await names(database) == {(ANNA, "Beans"), (BEN, "Beans")}


async def test_a_row_cannot_be_given_to_another_owner(database: Database) -> None:
    async def give_away() -> None:
        async with database.transaction(ANNA) as session:
            (await session.get_one(StockRow, ANNAS_STOCK)).owner_id = BEN

    with pytest.raises(OutOfScope):
        await give_away()
    assert await names(database) == {(ANNA, "Beans"), (BEN, "Beans")}


async def test_a_row_from_a_wider_session_cannot_be_changed_or_deleted(
    database: Database,
) -> None:
    async with database.snapshot(ALL_OWNERS) as session:
        bens = await session.get_one(StockRow, BENS_STOCK)

    async def rename() -> None:
        async with database.transaction(ANNA) as session:
            session.add(bens)
            bens.name = "Tea"

    async def remove() -> None:
        async with database.transaction(ANNA) as session:
            await session.delete(bens)

    for act in (rename, remove):
        with pytest.raises(OutOfScope):
            await act()
    assert (BEN, "Beans") in await names(database)


@pytest.mark.parametrize(
    "statement",
    [
        select(StockRow),
        select(func.count()).select_from(StockRow),
        select(OwnerRow).join(NeedRow, col(NeedRow.owner_id) == OwnerRow.owner_id),
        select(OwnerRow).where(col(OwnerRow.owner_id).in_(select(NeedRow.owner_id))),
        select(func.count()).select_from(select(StockRow).subquery()),
        select(aliased(StockRow)),
        update(StockRow).values(name="Tea"),
        delete(NoticeRow),
    ],
    ids=[
        "rows",
        "a count",
        "a join",
        "a condition",
        "a sub-select",
        "an alias",
        "an update",
        "a delete",
    ],
)
async def test_a_session_without_scope_touches_no_owned_row(
    database: Database, statement: Executable
) -> None:
    with pytest.raises(OutOfScope):
        await run(database, None, statement)


async def test_a_session_without_scope_adds_no_owned_row(database: Database) -> None:
    with pytest.raises(OutOfScope):
        await add(database, None, a_stock(UUID(int=13), BEN))


async def test_rows_of_nobody_need_no_scope(database: Database) -> None:
    async with database.snapshot(None) as session:
        assert len((await session.exec(select(OwnerRow))).all()) == 2


@pytest.mark.parametrize("table", owned_tables(), ids=lambda table: table.__tablename__)
async def test_every_owned_table_is_scoped(database: Database, table: type[OwnedRow]) -> None:
    async with database.snapshot(UUID(int=99)) as session:
        assert (await session.exec(select(table))).all() == []
    with pytest.raises(OutOfScope):
        await run(database, None, select(table))


def test_the_owned_tables_are_known() -> None:
    assert {NoticeRow, StockRow, OwnershipRow, NeedRow, OrderRow} <= set(owned_tables())
