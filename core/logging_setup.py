"""Logging for all processes: one line an event on stderr, never a secret."""

import logging
import sys


def configure_logging(level: str = "INFO") -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for chatty in ("httpx", "alembic"):  # every request with its URL, every start
        logging.getLogger(chatty).setLevel(logging.WARNING)
