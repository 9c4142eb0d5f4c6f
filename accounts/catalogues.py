"""The sentences of every language, read once at start from `accounts/locales/*.po`."""

from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

from accounts.texts import LANGUAGES, Sentences

_LOCALES: Final = Path(__file__).parent / "locales"


def read_catalogue(language: str) -> Sentences:
    with (_LOCALES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {
        _key(message.id): _forms(message.string)
        for message in catalogue
        if message.id and message.string
    }


def read_catalogues() -> dict[str, Sentences]:
    return {language: read_catalogue(language) for language in LANGUAGES}


def _key(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _forms(string: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)
