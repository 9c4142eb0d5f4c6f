"""Brings a database to the newest tables, by the steps in migrations/.

Safe to call at the start of every process: a second one waits for the first, then finds
nothing left to do.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from core.database import blocking_engine, one_at_a_time

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


def migrate(url: str, to: str = "head") -> None:
    """url: as for `Database`. Raises CommandError when a newer program wrote the database."""
    engine = blocking_engine(url, for_migrations=True)
    try:
        with engine.begin() as connection:
            one_at_a_time(connection)
            _move(connection, to)
    finally:
        engine.dispose()


def configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _move(connection: Connection, to: str) -> None:
    if to == "base":
        command.downgrade(configuration(connection), to)
    else:
        command.upgrade(configuration(connection), to)
