"""Whose rows a session may touch: one hook adds the owner to every statement.

A session is opened with a scope: an owner's id, or ALL_OWNERS for the platform's own work
(worker, ingest, sign-in). A session without one cannot touch an owned row at all.
"""

from enum import Enum
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ClauseElement, Executable, TableClause, event
from sqlalchemy.orm import (
    LoaderCriteriaOption,
    ORMExecuteState,
    Session,
    UOWTransaction,
    with_loader_criteria,
)
from sqlalchemy.sql.visitors import iterate
from sqlmodel import Field, SQLModel


class AllOwners(Enum):
    EVERYONE = "all owners"


ALL_OWNERS: Final = AllOwners.EVERYONE

Scope = UUID | AllOwners


class OwnedRow(SQLModel):
    """Mixin of every table whose rows belong to one owner (the tenant boundary)."""

    owner_id: UUID = Field(foreign_key="owner.owner_id", index=True)


class OutOfScope(Exception):
    """A session tried to touch an owned row without a scope, or another owner's row."""


def owned_tables() -> list[type[OwnedRow]]:
    """Every mapped class that carries an owner."""
    found: list[type[OwnedRow]] = []
    waiting: list[type[OwnedRow]] = [OwnedRow]
    while waiting:
        for child in waiting.pop().__subclasses__():
            waiting.append(child)
            if hasattr(child, "__table__"):
                found.append(child)
    return found


@event.listens_for(Session, "do_orm_execute")
def _add_owner(state: ORMExecuteState) -> None:
    scope = state.session.info.get("scope")
    if scope is ALL_OWNERS or state.is_column_load or state.is_relationship_load:
        return
    if isinstance(scope, UUID):
        state.statement = state.statement.options(*_only_of(scope, tuple(owned_tables())))
    elif _reads_owned_tables(state.statement):
        raise OutOfScope("this session was opened without a scope")


@lru_cache(maxsize=256)  # to work them out takes longer than a small statement
def _only_of(
    owner_id: UUID, tables: tuple[type[OwnedRow], ...]
) -> tuple[LoaderCriteriaOption, ...]:
    return tuple(
        with_loader_criteria(table, table.owner_id == owner_id, include_aliases=True)  # type: ignore[arg-type]  # SQLModel types columns as their values
        for table in tables
    )


def _reads_owned_tables(statement: Executable) -> bool:
    """Also in joins, sub-selects and counts, which name no mapped class."""
    owned = {table.__tablename__ for table in owned_tables()}
    parts = iterate(statement) if isinstance(statement, ClauseElement) else ()
    return any(isinstance(part, TableClause) and part.name in owned for part in parts)


@event.listens_for(Session, "before_flush")
def _check_owner(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    scope = session.info.get("scope")
    if scope is ALL_OWNERS:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, OwnedRow) and row.owner_id != scope:
            raise OutOfScope(f"{type(row).__name__} belongs to another owner")
