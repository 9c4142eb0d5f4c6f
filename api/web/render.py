"""From a frozen View to a page: templates, read at start, and the words of one reader."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from accounts.texts import LANGUAGES, Sentences, Words, read_catalogues
from api.web.views import Shell

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"


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
