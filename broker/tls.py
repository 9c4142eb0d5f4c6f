"""TLS of the gateway: 1.2 or newer, with certificates of clients where they are asked for."""

import ssl
from pathlib import Path


def context(
    certificate: Path, *, key: Path | None = None, client_ca: Path | None = None
) -> ssl.SSLContext:
    """PEM files. key None: it stands in the certificate's file. client_ca: who signs the
    certificates that every client then needs. Raises OSError (ssl.SSLError is one).
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    if client_ca is not None:
        made.load_verify_locations(client_ca)
        made.verify_mode = ssl.CERT_REQUIRED
    return made
