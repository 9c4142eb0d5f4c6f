"""Session cookies and API keys: 256 random bits, stored only as a hash."""

import hashlib


def token_hash(token: str) -> str:
    """SHA-256; a fast hash is right because the token cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()
