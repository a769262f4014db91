"""Encrypted files: written and read as a stream, each with a key of its own.

The file is a magic line, 32 bytes of salt, then frames of at most `FRAME` bytes under AES-256-GCM. Every
frame's nonce is its number and whether it is the last one (the STREAM construction: Hoang, Reyhanitabar,
Rogaway, Vizár, 2015), so frames cannot be cut off, swapped or repeated unseen. The label that the key is
made for binds the file to its place.
"""

import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.backups.keys import Keys
from server.domain import errors

MAGIC = b"DOORSTEP-SEALED-1\n"
SALT = 32
FRAME = 256 * 1024
TAG = 16


class Sink(Protocol):
    """Whatever takes bytes."""

    def write(self, data: bytes, /) -> Any: ...


def sealed_size(size: int) -> int:
    """How many bytes a file of this size has once it is sealed."""
    frames = max(1, -(-size // FRAME))
    return len(MAGIC) + SALT + size + frames * TAG


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class Sealing:
    """Encrypts what is written to it into a file. Only `finish` makes the file whole."""

    def __init__(self, file: BinaryIO, keys: Keys, label: str) -> None:
        salt = os.urandom(SALT)
        self._file, self._cipher = file, AESGCM(keys.derive(label, salt))
        self._waiting, self._number = bytearray(), 0
        file.write(MAGIC + salt)

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) > FRAME:  # the last frame is known only at the end
            self._seal(bytes(self._waiting[:FRAME]), is_last=False)
            del self._waiting[:FRAME]
        return len(data)

    def flush(self) -> None:
        """A frame is written when it is full."""

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, frame: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._number, is_last=is_last)
        self._file.write(self._cipher.encrypt(nonce, frame, None))
        self._number += 1


class Opening(io.RawIOBase):
    """Decrypts a sealed file while it is read. Raises `BackupDamaged` at the first wrong byte.

    Whoever reads to the end has read the whole file; whoever stops before does not know.
    """

    def __init__(self, file: BinaryIO, keys: Keys, label: str, name: str) -> None:
        self._frames = _opened(file, keys, label, name)
        self._plain = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if not self._plain:
            self._plain = memoryview(next(self._frames, b""))
        count = min(len(into), len(self._plain))
        into[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count


def _opened(file: BinaryIO, keys: Keys, label: str, name: str) -> Iterator[bytes]:
    head = file.read(len(MAGIC) + SALT)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + SALT:
        raise errors.BackupDamaged(file=name)
    cipher = AESGCM(keys.derive(label, head[len(MAGIC) :]))
    number, frame = 0, file.read(FRAME + TAG)
    while True:
        following = file.read(FRAME + TAG)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not following), frame, None)
        except (InvalidTag, ValueError) as wrong:
            raise errors.BackupDamaged(file=name) from wrong
        if not following:
            return
        number, frame = number + 1, following
