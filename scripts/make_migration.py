"""Writes the next file in migrations/versions from what the tables have and migrations lack.

    python scripts/make_migration.py "orders remember the carrier"

Read the file before committing it: Alembic does not see renames, and compares no conditions
of partial indexes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

sys.path.insert(0, str(Path(__file__).parents[1]))  # this working tree's tables, not another's

from core.database import blocking_engine
from runtime.migrate import MIGRATIONS, configuration, migrate

VERSIONS = MIGRATIONS / "versions"


def main(message: str) -> None:
    newest = max((int(file.stem[:4]) for file in VERSIONS.glob("0*.py")), default=0)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'empty.db'}"
        if newest:
            migrate(url)
        write(url, message, f"{newest + 1:04d}")
    for file in VERSIONS.glob(f"{newest + 1:04d}_*.py"):
        tidy(file)


def write(url: str, message: str, revision: str) -> None:
    engine = blocking_engine(url)
    with engine.begin() as connection:
        config = configuration(connection)
        command.revision(config, message=message, autogenerate=True, rev_id=revision)
    engine.dispose()


def tidy(file: Path) -> None:
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "# ###" not in line))
    for act in (["format", "--quiet"], ["check", "--fix", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *act, file], check=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('say what changes: make migration MESSAGE="orders remember the carrier"')
    main(sys.argv[1])
