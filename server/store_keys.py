"""What opens a person's work on a tablet again: a secret of theirs, given to whoever signs in as them.

The tablet seals what it keeps with a key that it made itself, and locks that key up with this secret (and
with the person's PIN). It follows from the installation's secret, so that nothing more has to be kept, a
changed password loses nothing, and the same secret on a restored server opens what was sealed before.
"""

from base64 import b64encode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INFO = b"doorstep tablet store: "


def store_key(secret: str, person_id: str) -> str:
    """32 bytes, base64; always the same for a person."""
    way = HKDF(SHA256(), length=32, salt=None, info=INFO + person_id.encode())
    return b64encode(way.derive(secret.encode())).decode()
