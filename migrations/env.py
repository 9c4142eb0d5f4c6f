"""Alembic's entry: compares and changes the tables over the connection it is given."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import accounts.tables
import core.outbox
import devices.tables
import replenishment.tables
import vendor_policy.log.tables
import vendor_policy.tables
from core.database import UtcDateTime

TABLES = (
    accounts.tables,
    core.outbox,
    devices.tables,
    replenishment.tables,
    vendor_policy.log.tables,
    vendor_policy.tables,
)


def rendered(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Plain column types, so that a migration stands without the code of its day."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=rendered,
)
context.run_migrations()
