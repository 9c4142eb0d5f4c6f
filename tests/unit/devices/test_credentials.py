"""Keys in files, secrets as keyed hashes."""

import pytest

from core.keys import KeyDamaged, load_key
from devices.credentials import hash_secret, verify


def test_a_key_is_made_once_for_its_owner_only_and_stays(tmp_path):
    key = load_key(tmp_path / "keys", "devices")
    assert load_key(tmp_path / "keys", "devices") == key
    assert load_key(tmp_path / "keys", "webhooks") != key
    path = tmp_path / "keys" / "devices"
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == ["devices", "webhooks"]


def test_a_damaged_key_is_not_replaced_silently(tmp_path):
    (tmp_path / "devices").write_bytes(b"short")
    with pytest.raises(KeyDamaged, match="32 bytes"):
        load_key(tmp_path, "devices")


def test_only_the_right_secret_under_the_right_key_verifies():
    key, other = b"a" * 32, b"b" * 32
    stored = hash_secret("open sesame", key)
    assert verify("open sesame", stored, key)
    assert not verify("open sesame ", stored, key)
    assert not verify("open sesame", stored, other)
    assert not verify("", "", key)
