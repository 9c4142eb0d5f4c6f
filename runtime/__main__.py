"""Starts the `nachschub` command, or says in one line why it cannot."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader of this line may run an older one
    sys.exit("Python 3.11 or newer is needed. Run: make venv PYTHON=/path/to/python3.11")

MISSING = "The package {} is missing. Run: make venv"

try:
    from runtime.cli import main
except ModuleNotFoundError as missing:
    sys.exit(MISSING.format(missing.name))


def start() -> None:
    """Packages of the command that is called are loaded only now."""
    try:
        main()
    except ModuleNotFoundError as missing:
        sys.exit(MISSING.format(missing.name))


if __name__ == "__main__":
    start()
