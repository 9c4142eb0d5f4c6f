import pytest

from core.ids import CODE_ALPHABET, Ids, RandomIds, SeededIds


def test_the_same_seed_gives_the_same_ids_in_the_same_order() -> None:
    one, two = SeededIds(7), SeededIds(7)
    assert [one.uuid(), one.secret(), one.code()] == [two.uuid(), two.secret(), two.code()]
    assert SeededIds(8).uuid() != SeededIds(7).uuid()


@pytest.mark.parametrize("ids", [RandomIds(), SeededIds(1)])
def test_ids_do_not_repeat(ids: Ids) -> None:
    assert len({ids.uuid() for _ in range(500)}) == 500
    assert ids.uuid().version == 4


@pytest.mark.parametrize("ids", [RandomIds(), SeededIds(1)])
def test_a_claim_code_has_twelve_signs_that_look_like_no_other(ids: Ids) -> None:
    code = ids.code()
    assert len(code) == 12
    assert set(code) <= set(CODE_ALPHABET)
    assert not set("IO01") & set(CODE_ALPHABET)
    assert len(CODE_ALPHABET) == 32


@pytest.mark.parametrize("ids", [RandomIds(), SeededIds(1)])
def test_a_secret_holds_at_least_256_bits_and_fits_into_a_url(ids: Ids) -> None:
    secret = ids.secret()
    assert len(secret) >= 43  # 43 signs of 64, or 52 of 32
    assert secret.replace("-", "").replace("_", "").isalnum()
