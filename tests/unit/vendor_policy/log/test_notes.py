"""Notes and checkpoints in the form of C2SP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vendor_policy.log.notes import (
    COSIGNATURE,
    LogCheckpoint,
    Malformed,
    SignedNote,
    Signer,
    VerifierKey,
    from_base64,
    to_base64,
)

LOG = Signer.of_seed(b"l" * 32, "example.com/log")
WITNESS = Signer.of_seed(b"w" * 32, "example.com/witness", COSIGNATURE)
CHECKPOINT = LogCheckpoint(LOG.name, 20_852_163, bytes(range(32)))
# The published example of tlog-cosignature, with the key its verifiers are given.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJs"
    "X3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_the_published_example_is_read():
    note = SignedNote.parsed(EXAMPLE)
    checkpoint = LogCheckpoint.parsed(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == note.text
    log, witness = note.signatures
    assert (log.key_id.hex(), len(log.signature)) == ("033de0ae", 64)
    assert int.from_bytes(witness.signature[:8]) == 1679315147  # "time" in the specification
    assert len(witness.signature) == 72


def test_a_signed_checkpoint_verifies_with_its_key_and_no_other():
    note = SignedNote.parsed(CHECKPOINT.signed(LOG))
    assert LogCheckpoint.parsed(note.text) == CHECKPOINT
    assert note.is_signed_by(LOG.key)
    stranger = Signer.of_seed(b"s" * 32, "example.com/log")
    assert not note.is_signed_by(stranger.key)
    assert not note.is_signed_by(VerifierKey(LOG.name, 1, stranger.key.public))
    assert note.unknown_signers([stranger.key]) == [LOG.name]


def test_a_published_key_verifies_its_published_note():
    """The example of golang.org/x/mod/sumdb/note."""
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    note = SignedNote.parsed(
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
        "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    key = VerifierKey.parsed(text)
    assert key.text == text
    assert note.is_signed_by(key)


def test_a_cosignature_counts_with_its_time():
    signed = CHECKPOINT.signed(LOG) + WITNESS.cosigned_line(CHECKPOINT.text, 1_700_000_000)
    note = SignedNote.parsed(signed)
    assert note.is_signed_by(LOG.key)
    assert note.is_signed_by(WITNESS.key)
    later = note.signatures[1].signature
    moved = (int.from_bytes(later[:8]) + 1).to_bytes(8) + later[8:]
    assert not WITNESS.key.has_signed(note, moved)


@given(st.data())
def test_a_changed_byte_of_a_checkpoint_is_detected(data):
    signed = CHECKPOINT.signed(LOG).encode()
    at = data.draw(st.integers(0, len(signed) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(signed)
    changed[at] ^= 1 << bit
    try:
        note = SignedNote.parsed(bytes(changed).decode())
    except (Malformed, UnicodeDecodeError):
        return
    assert not note.is_signed_by(LOG.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x\n",
        "x\n\n",
        "x\n\n— n\n",
        "x\n\n— n AAAA\n",
        "x\n\n- n AAAAAAAA\n",
        "\n\n— n A\n",
    ],
)
def test_what_is_no_note_is_refused(text: str):
    with pytest.raises(Malformed):
        SignedNote.parsed(text)


@pytest.mark.parametrize(
    "text", ["o\n1\n", "o\n01\nAAAA\n", "o\n-1\nAAAA\n", "\n1\nAAAA\n", "o\n１\nAA\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str):
    with pytest.raises(Malformed):
        LogCheckpoint.parsed(text)


@given(st.binary(min_size=1, max_size=40))
def test_base64_has_one_form(data):
    text = to_base64(data)
    assert from_base64(text) == data
    for other in (text.rstrip("="), text + "=", text + "\n", " " + text):
        if other != text:
            with pytest.raises(Malformed):
                from_base64(other)


def test_trailing_bits_of_base64_are_not_ignored():
    with pytest.raises(Malformed):
        from_base64("QR==")  # the same byte as "QQ==" to a lenient reader


@pytest.mark.parametrize("text", ["", "a+b", "n+00000000+AAAA", "a b+00000000+AAAA"])
def test_what_is_no_verifier_key_is_refused(text: str):
    with pytest.raises(Malformed):
        VerifierKey.parsed(text)
