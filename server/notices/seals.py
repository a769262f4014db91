"""Secrets of gateways and webhooks at rest: a copy of the database alone opens none.

The key follows from the installation's secret; another secret opens nothing of before, and the address or the
endpoint is then set up anew.
"""

import secrets
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INFO = b"doorstep notices: "
NONCE = 12  # bytes


def seal(server_secret: str, its_id: str, words: str) -> str:
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(_key(server_secret, its_id)).encrypt(nonce, words.encode(), None)
    return b64encode(nonce + sealed).decode()


def unseal(server_secret: str, its_id: str, sealed: str) -> str | None:
    """None where it was sealed under another secret, or for something else."""
    try:
        raw = b64decode(sealed)
        plain = AESGCM(_key(server_secret, its_id)).decrypt(raw[:NONCE], raw[NONCE:], None)
    except (InvalidTag, ValueError):
        return None
    return plain.decode()


def _key(server_secret: str, its_id: str) -> bytes:
    way = HKDF(SHA256(), length=32, salt=None, info=INFO + its_id.encode())
    return way.derive(server_secret.encode())
