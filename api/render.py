"""From a frozen View to a page: templates, read at start, and the words of one reader."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from accounts.catalogues import read_catalogues
from accounts.texts import LANGUAGES, Sentences, Text, Words

_HERE: Final = Path(__file__).parent / "web"
STATIC: Final = _HERE / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What stands around every page."""

    language: str
    path: str  # of this page, to come back to
    section: str = ""  # which entry of the navigation is current
    owner_name: str = ""  # empty: nobody is signed in
    csrf_token: str = ""
    asks: int = 0
    unseen: int = 0  # notices
    changed_at: str = ""  # the page shows everything up to this change, maybe more
    is_auto_stopped: bool = False
    said: Text | None = None  # what the last act did


@dataclass(frozen=True, slots=True)
class Pages:
    environment: Environment
    catalogues: Mapping[str, Sentences]

    def words(self, language: str, timezone: str = "UTC") -> Words:
        known = language if language in LANGUAGES else "en"
        return Words(known, self.catalogues[known], ZoneInfo(timezone))

    def render(self, template: str, view: Any, shell: Shell, timezone: str = "UTC") -> str:
        """view: the frozen View of that page."""
        words = self.words(shell.language, timezone)
        page = self.environment.get_template(template)
        return page.render(view=view, shell=shell, w=words, t=words.say)


def read_pages() -> Pages:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = {
        path.name: f"/static/{path.name}?{_fingerprint(path)}" for path in STATIC.iterdir()
    }
    environment.globals["languages"] = LANGUAGES
    return Pages(environment, read_catalogues())


def _fingerprint(path: Path) -> str:
    """A changed file gets another address, so that browsers may keep each for long."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
