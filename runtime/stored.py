"""Reading what an installation has stored, without starting the platform."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.database import Database, Transaction, database_file
from core.settings import Settings
from runtime.startup import CannotStart

T = TypeVar("T")


async def reading(settings: Settings, ask: Callable[[Transaction], Awaitable[T]]) -> T:
    """Raises CannotStart where there is no database."""
    file = database_file(settings.database)
    if file is not None and not file.exists():
        raise CannotStart(
            f"There is no database at {file}. Name its folder: NACHSCHUB_HOME=var/demo"
        )
    database = Database(settings.database)
    try:
        return await ask(database.transaction)
    finally:
        await database.close()
