"""`nachschub broker certs`: an authority of one's own for the broker's TLS listener.

For development and small installations. The authority's key signs whatever it is asked to: keep
it off the machine that runs the broker.
"""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from runtime.startup import CannotStart

AUTHORITY: Final = "ca"
BROKER: Final = "broker"
AUTHORITY_LIFE: Final = timedelta(days=3650)
LIFE: Final = timedelta(days=825)  # more is refused by some clients
GRACE: Final = timedelta(hours=1)  # for clocks that are behind

Key = ec.EllipticCurvePrivateKey


def make(
    folder: Path, *, hosts: Sequence[str], device_ids: Sequence[str], now: datetime
) -> list[Path]:
    """The certificates that were made; what stands already is kept. Each `NAME.crt` has its key
    beside it in `NAME.key`. Raises CannotStart.

    hosts: names and addresses by which devices reach the broker.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        if not (folder / f"{AUTHORITY}.crt").exists():
            made.append(_make_authority(folder, now))
        signer = _Authority(folder, now)
        if not (folder / f"{BROKER}.crt").exists():
            names = x509.SubjectAlternativeName([_host(each) for each in hosts])
            made.append(signer.sign(BROKER, ExtendedKeyUsageOID.SERVER_AUTH, names))
        for device_id in device_ids:
            names = x509.SubjectAlternativeName([x509.DNSName(device_id)])
            if not (folder / f"{device_id}.crt").exists():
                made.append(signer.sign(device_id, ExtendedKeyUsageOID.CLIENT_AUTH, names))
    except (OSError, ValueError) as error:
        raise CannotStart(f"{folder}: {error}") from None
    return made


class _Authority:
    def __init__(self, folder: Path, now: datetime) -> None:
        self._folder = folder
        self._now = now
        self._certificate = x509.load_pem_x509_certificate(
            (folder / f"{AUTHORITY}.crt").read_bytes()
        )
        key = serialization.load_pem_private_key(
            (folder / f"{AUTHORITY}.key").read_bytes(), password=None
        )
        if not isinstance(key, Key):
            raise CannotStart(f"{AUTHORITY}.key holds no key on an elliptic curve")
        self._key = key

    def sign(
        self,
        name: str,
        use: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName,
    ) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _certificate(name, key, self._certificate.subject, self._now, LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(names, critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        return _write(self._folder, name, key, certificate)


def _make_authority(folder: Path, now: datetime) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Nachschub development authority")
    certificate = (
        _certificate("Nachschub development authority", key, name, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_ONLY, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return _write(folder, AUTHORITY, key, certificate)


_SIGNS_ONLY: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _certificate(
    name: str, key: Key, issuer: x509.Name, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - GRACE)
        .not_valid_after(now + life)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _write(folder: Path, name: str, key: Key, certificate: x509.Certificate) -> Path:
    """The key is readable by the folder's group only: Mosquitto reads it as its own user."""
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    mode = 0o600 if name == AUTHORITY else 0o640
    handle = os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(private)
    path = folder / f"{name}.crt"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
