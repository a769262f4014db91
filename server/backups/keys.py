"""The key of a backup: from the passphrase that the office keeps to one key for each file.

scrypt (RFC 7914) makes the passphrase slow to guess; HKDF (RFC 5869) makes from it a key for every
purpose, so that no file opens under the name of another, of another backup or of another target.
"""

import hmac
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from server.config import ConfigError

KEY_FILE = "DOORSTEP_BACKUP_KEY_FILE"
SHORTEST = 20  # characters
COST = {"n": 2**15, "r": 8, "p": 1}  # 32 MiB and a tenth of a second for each guess
INFO = b"doorstep backup 1 "


def passphrase_of(env: Mapping[str, str], key_file: str | None) -> str | None:
    """What the key is made from: the content of `key_file`, or of the file that the environment names.

    None where neither is given. Raises `ConfigError` for a file that cannot be read or is too short.
    """
    named = key_file or env.get(KEY_FILE)
    if not named:
        return None
    try:
        passphrase = Path(named).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigError(f"The key file {named} cannot be read: {failure}.") from failure
    return must_be_strong(passphrase)


def must_be_strong(passphrase: str) -> str:
    """Raises `ConfigError` for what is guessed too soon."""
    if len(passphrase) < SHORTEST or len(set(passphrase)) < 8:
        raise ConfigError(
            f"A backup key needs {SHORTEST} characters or more. Make one with: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return passphrase


class Keys:
    """All keys of one target."""

    def __init__(self, passphrase: str, salt: bytes) -> None:
        self._master = Scrypt(salt=salt, length=32, **COST).derive(passphrase.encode())
        self._names = self.derive("names")

    def derive(self, purpose: str, salt: bytes | None = None) -> bytes:
        """32 bytes that nobody finds from those of another purpose or salt."""
        return HKDF(SHA256(), 32, salt, INFO + purpose.encode()).derive(self._master)

    def proof_of(self, text: bytes) -> str:
        """What only these keys can say of a text; 64 hex digits."""
        return hmac.new(self.derive("proof"), text, "sha256").hexdigest()

    def name_of(self, sha256: str) -> str:
        """The name of an original in the target; tells nobody which file it is."""
        return hmac.new(self._names, sha256.encode(), "sha256").hexdigest()


def mark_of(secret: str) -> str:
    """Tells whether two installations have the same secret, without telling the secret."""
    return HKDF(SHA256(), 32, None, INFO + b"secret").derive(secret.encode()).hex()
