"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost.

What is kept is sealed with a key that follows from the installation's secret: a copy of the database alone
makes no code. Another secret opens nothing of before; a supervisor then has people set theirs up anew.
"""

import hashlib
import hmac
import secrets
import unicodedata
from base64 import b64decode, b64encode
from datetime import datetime

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

INFO = b"doorstep second factor: "
ISSUER = "Doorstep"
STEP_S = 30
DRIFT = 1  # steps that a phone's clock may be off, either way (RFC 6238, 5.2)
DIGITS = 6
RECOVERY_CODES = 10
NONCE = 12  # bytes
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another


def new_secret() -> str:
    """160 bits in base32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def address(secret: str, username: str) -> str:
    """What the QR code says to an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def code_at(secret: str, step: int) -> str:
    return pyotp.TOTP(secret).at(step * STEP_S)


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S


def step_that_fits(secret: str, code: str, at: datetime, after: int) -> int | None:
    """The step of time whose code this is, near `at` and later than `after`; None for no code of ours."""
    said = digits(code)
    if len(said) != DIGITS:
        return None
    here = step_of(at)
    for step in range(here - DRIFT, here + DRIFT + 1):
        if step > after and hmac.compare_digest(code_at(secret, step), said):
            return step
    return None


def digits(code: str) -> str:
    """A code as people type it: in groups, and with the wide digits of a Chinese keyboard."""
    read = (unicodedata.decimal(letter, None) for letter in code if not letter.isspace())
    found = ["x" if digit is None else str(digit) for digit in read]
    return "".join(found) if "x" not in found else ""


# Recovery codes.


def new_recovery_codes() -> list[str]:
    """Ten of 50 bits each, in two groups of five; shown once."""
    return [f"{_five()}-{_five()}" for _ in range(RECOVERY_CODES)]


def _five() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))


def mark(server_secret: str, person_id: str, recovery_code: str) -> str:
    """What is kept of a recovery code: nobody can try codes on it without the server's secret."""
    plain = "".join(each for each in recovery_code.casefold() if each.isalnum())
    return hmac.new(_key(server_secret, person_id), plain.encode(), hashlib.sha256).hexdigest()


# At rest.


def seal(server_secret: str, person_id: str, secret: str) -> str:
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(_key(server_secret, person_id)).encrypt(nonce, secret.encode(), None)
    return b64encode(nonce + sealed).decode()


def unseal(server_secret: str, person_id: str, sealed: str) -> str | None:
    """None where it was sealed under another secret, or for somebody else."""
    raw = b64decode(sealed)
    try:
        plain = AESGCM(_key(server_secret, person_id)).decrypt(raw[:NONCE], raw[NONCE:], None)
    except InvalidTag:
        return None
    return plain.decode()


def _key(server_secret: str, person_id: str) -> bytes:
    way = HKDF(SHA256(), length=32, salt=None, info=INFO + person_id.encode())
    return way.derive(server_secret.encode())
