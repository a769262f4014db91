"""Links that only this server can have made: an id with a mark over it and over what it is for.

A table says whether a link still counts; the mark keeps ids from being guessed, and a copy of that table from
being turned into links.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.domain.receipts import CODE_LETTERS

INFO = b"doorstep signed link: "


def token(secret: str, purpose: str, its_id: str) -> str:
    """The id and its mark, fit for an address."""
    return f"{its_id}.{_mark(secret, purpose, its_id)}"


def id_in(secret: str, purpose: str, token: str) -> str | None:
    """The id, where the mark is ours and for this purpose."""
    its_id, _, mark = token.rpartition(".")
    right = _mark(secret, purpose, its_id)
    return its_id if hmac.compare_digest(right.encode(), mark.encode()) else None


def code(secret: str, purpose: str, its_id: str) -> str:
    """Eighty bits of that mark as sixteen letters, for what people may have to type: nobody guesses one.

    A table finds the id again; letters are those of Crockford's base 32, without I, L, O and U.
    """
    bits = int.from_bytes(_marked(secret, purpose, its_id)[:10])
    return "".join(CODE_LETTERS[bits >> shift & 31] for shift in range(75, -1, -5))


def _mark(secret: str, purpose: str, its_id: str) -> str:
    return urlsafe_b64encode(_marked(secret, purpose, its_id)).decode().rstrip("=")


def _marked(secret: str, purpose: str, its_id: str) -> bytes:
    way = HKDF(SHA256(), length=32, salt=None, info=INFO + purpose.encode())
    key = way.derive(secret.encode())
    return hmac.new(key, its_id.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
