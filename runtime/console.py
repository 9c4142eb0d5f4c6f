"""What every command needs: where it prints, its settings, and a way to run a coroutine."""

from collections.abc import Coroutine
from typing import Annotated, Any, Final, TypeVar

import typer
from rich.console import Console

from core.logging_setup import configure_logging
from core.settings import Settings
from runtime import loop
from runtime.startup import settings_from_environment

CHECK_FAILED: Final = 3
out = Console()
err = Console(stderr=True, soft_wrap=True)
T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


def own_settings() -> Settings:
    """Those of the environment, with logging as they say. Raises CannotStart."""
    settings = settings_from_environment()
    configure_logging(settings.log_level)
    return settings


def run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return loop.run(work)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
