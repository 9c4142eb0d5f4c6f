"""Key files below `Settings.keys`: one per purpose, mode 0600, never in the database."""

import os
import secrets
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32


class KeyDamaged(Exception):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} does not hold a key of {KEY_BYTES} bytes; restore it from the backup"
        )


def load_key(folder: Path, name: str) -> bytes:
    """The key `name`, made on first use with mode 0600. Raises KeyDamaged."""
    path = folder / name
    if not path.exists():
        _make_key(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KeyDamaged(path)
    return key


def _make_key(path: Path) -> None:
    """Another process may make it at the same moment: the first one's stays, always whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(secrets.token_bytes(KEY_BYTES))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
