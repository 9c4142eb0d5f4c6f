"""`nachschub migrate`."""

from runtime import migrate
from runtime.console import out, own_settings
from runtime.startup import prepare_home


def migrate_command() -> None:
    settings = own_settings()
    prepare_home(settings.home)
    migrate.migrate(settings.database)
    out.print("The database is up to date.")
