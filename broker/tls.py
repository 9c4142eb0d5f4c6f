"""TLS of the gateway: 1.2 or newer, with certificates of clients where they are asked for."""

import ssl
from asyncio.sslproto import SSLProtocol
from pathlib import Path
from typing import Final

# Bytes that asyncio reads at once from a TLS connection. Its own 256 KiB are allocated for each
# connection and kept: 2.8 GB for 10,000 devices that say nothing.
READ_BYTES: Final = 16 * 1024


def context(
    certificate: Path, *, key: Path | None = None, client_ca: Path | None = None
) -> ssl.SSLContext:
    """PEM files. key None: it stands in the certificate's file. client_ca: who signs the
    certificates that every client then needs. Raises OSError (ssl.SSLError is one).
    """
    SSLProtocol.max_size = READ_BYTES
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    if client_ca is not None:
        made.load_verify_locations(client_ca)
        made.verify_mode = ssl.CERT_REQUIRED
    return made
