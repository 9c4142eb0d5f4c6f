"""Signed notes, log checkpoints and cosignatures as C2SP writes them, with Ed25519.

Pure. Sources: c2sp.org/signed-note, /tlog-checkpoint, /tlog-cosignature. A note is a text that
ends in a newline, an empty line, and signature lines.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

SIGNATURE: Final = 0x01
COSIGNATURE: Final = 0x04  # a witness's, with its time
MOST_SIGNATURES: Final = 64
DASH: Final = "\N{EM DASH} "


class Malformed(ValueError):
    """Not in the form that is prescribed; the message says what."""


def to_base64(data: bytes) -> str:
    return b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """The one standard form only: another text is never the same bytes. Raises Malformed."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise Malformed(f"not base64: {text[:60]!r}") from None
    if to_base64(data) != text:
        raise Malformed(f"not the standard base64 of its bytes: {text[:60]!r}")
    return data


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and what it may sign: SIGNATURE or COSIGNATURE."""

    name: str
    kind: int
    public: bytes  # 32 bytes

    @property
    def key_id(self) -> bytes:
        named = f"{self.name}\n".encode() + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:4]

    @property
    def text(self) -> str:
        material = to_base64(bytes([self.kind]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Raises Malformed."""
        match text.split("+", 2):
            case [name, key_id, material] if is_key_name(name):
                data = from_base64(material)
                key = cls(name, data[0] if data else 0, data[1:])
                is_known = key.kind in (SIGNATURE, COSIGNATURE) and len(key.public) == 32
                if is_known and key.key_id.hex() == key_id:
                    return key
        raise Malformed(f"not a verifier key: {text[:80]!r}")

    def has_signed(self, note: "SignedNote", signature: bytes) -> bool:
        message = note.text.encode()
        if self.kind == COSIGNATURE:
            message = _cosigned(note.text, int.from_bytes(signature[:8]))
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under a name. `kind` as in VerifierKey."""

    name: str
    kind: int
    private: Ed25519PrivateKey

    @classmethod
    def of_seed(cls, seed: bytes, prefix: str, kind: int = SIGNATURE) -> Self:
        """seed: 32 bytes. The name follows from the key: another key is another log."""
        private = Ed25519PrivateKey.from_private_bytes(seed)
        named = hashlib.sha256(private.public_key().public_bytes_raw()).hexdigest()[:16]
        return cls(f"{prefix}/{named}", kind, private)

    @property
    def key(self) -> VerifierKey:
        return VerifierKey(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line of a note's text."""
        return self._line(self.private.sign(text.encode()))

    def cosigned_line(self, text: str, time_s: int) -> str:
        """time_s: seconds since the epoch."""
        signature = self.private.sign(_cosigned(text, time_s))
        return self._line(time_s.to_bytes(8) + signature)

    def _line(self, signature: bytes) -> str:
        return f"{DASH}{self.name} {to_base64(self.key.key_id + signature)}\n"


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class NoteSignature:
    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedNote:
    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parsed(cls, note: str) -> Self:
        """Raises Malformed."""
        body, blank, lines = note.rpartition("\n\n")
        is_plain = all(sign >= " " or sign == "\n" for sign in note)
        if not (blank and body and lines.endswith("\n") and is_plain):
            raise Malformed("not a signed note: text, empty line, signature lines")
        found = lines.splitlines()
        if len(found) > MOST_SIGNATURES:
            raise Malformed(f"more than {MOST_SIGNATURES} signatures")
        return cls(body + "\n", tuple(_signature(line) for line in found))

    def unknown_signers(self, keys: Iterable[VerifierKey]) -> list[str]:
        known = {(key.name, key.key_id) for key in keys}
        return [each.name for each in self.signatures if (each.name, each.key_id) not in known]

    def is_signed_by(self, key: VerifierKey) -> bool:
        """At least once, and never wrongly."""
        mine = [
            key.has_signed(self, each.signature)
            for each in self.signatures
            if (each.name, each.key_id) == (key.name, key.key_id)
        ]
        return bool(mine) and all(mine)


def _signature(line: str) -> NoteSignature:
    match line.removeprefix(DASH).split(" "):
        case [name, signed] if line.startswith(DASH) and is_key_name(name):
            data = from_base64(signed)
            if len(data) > 4:
                return NoteSignature(name, data[:4], data[4:])
    raise Malformed(f"not a signature line: {line[:60]!r}")


@dataclass(frozen=True, slots=True)
class LogCheckpoint:
    """What a log states about itself: so many leaves, under this root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @property
    def head(self) -> tuple[int, bytes]:
        return self.size, self.root

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Lines after the third belong to other logs and are passed over. Raises Malformed."""
        match text.removesuffix("\n").split("\n"):
            case [origin, size, root, *others] if origin and all(others):
                if size.isascii() and size.isdigit() and str(int(size[:20])) == size:
                    return cls(origin, int(size), from_base64(root))
        raise Malformed("not a checkpoint: origin, size and root on three lines")

    def signed(self, signer: Signer) -> str:
        return f"{self.text}\n{signer.line(self.text)}"
