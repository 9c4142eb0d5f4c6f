from pathlib import Path

import pytest
from pydantic import ValidationError

from core.settings import Settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(f"NACHSCHUB_{field.upper()}", raising=False)


def test_without_any_setting_all_lives_below_var(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path}/var/nachschub.db"
    assert settings.keys == Path("var/keys")


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NACHSCHUB_HOME", "/srv/nachschub")
    monkeypatch.setenv("NACHSCHUB_HTTP_PORT", "0")
    monkeypatch.setenv("NACHSCHUB_DATABASE_URL", "sqlite+aiosqlite:////data/one.db")
    settings = Settings()
    assert settings.keys == Path("/srv/nachschub/keys")
    assert settings.http_port == 0
    assert settings.database == "sqlite+aiosqlite:////data/one.db"


@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTP_PORT", "65536"), ("MQTT_PORT", "many"), ("DOOR", "window"), ("CLAIM_LEASE_S", "0")],
)
def test_an_impossible_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"NACHSCHUB_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_settings_do_not_change() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.http_port = 9000  # type: ignore[misc]  # on purpose


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Settings(colour="red")  # type: ignore[call-arg]  # on purpose


@pytest.mark.parametrize("url", ["influx:8086", "http://", "http://me:secret@host", "ftp://h"])
def test_a_mirror_is_named_by_a_plain_address(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("NACHSCHUB_MIRROR_URL", url)
    with pytest.raises(ValidationError, match="mirror_url"):
        Settings()


def test_the_token_of_the_mirror_is_not_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NACHSCHUB_MIRROR_TOKEN", "of-the-bucket")
    settings = Settings()
    assert "of-the-bucket" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.mirror_token.get_secret_value() == "of-the-bucket"
