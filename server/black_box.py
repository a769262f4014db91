"""The black box: what a tablet could not send, exported by it as one encrypted file, opened here.

Its key pair follows from the installation's secret, so nothing more has to be kept: the same secret on
a restored server opens the boxes of before. The layout of the file is in field_client/black_box.py.
"""

import hmac
import json
import tempfile
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.domain import errors

MAGIC = b"DOORSTEP-BLACKBOX-1\n"
INFO = b"doorstep black box"
MAX_FRAME = (1 << 20) + 16
MAX_HEADER = 4096
MAX_IN_MEMORY = 64 << 20  # a larger box is opened in a temporary file
# The order of P-256 (FIPS 186-4, D.1.2.3): a private key is a number from 1 to this less one.
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _private_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """48 bytes before the remainder keep its bias below 2^-128 (FIPS 186-4, B.4.1)."""
    seed = HKDF(SHA256(), length=48, salt=None, info=INFO + b" key").derive(secret.encode())
    return ec.derive_private_key(int.from_bytes(seed, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def public_key(secret: str) -> str:
    """The uncompressed point that tablets encrypt to, base64."""
    point = _private_key(secret).public_key()
    return b64encode(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode()


class Box:
    """An opened black box: whose device it was, the events of each person, and the files."""

    def __init__(self, about: dict[str, Any], content: zipfile.ZipFile) -> None:
        self.device_id = str(about.get("device_id"))
        self._proof = str(about.get("proof"))
        self._ephemeral_key = str(about.get("ephemeral_key"))
        self._content = content

    def is_from(self, secret_hash: str) -> bool:
        """Whether the installation with this secret made it, and not just somebody with our public key."""
        said = f"{self.device_id}\n{self._ephemeral_key}".encode()
        wanted = hmac.new(secret_hash.encode(), said, "sha256").hexdigest()
        return hmac.compare_digest(wanted.encode(), self._proof.encode())

    def events(self) -> dict[str, list[Any]]:
        """person id -> wire envelopes, oldest first."""
        try:
            found = json.loads(self._content.read("events.json"))
        except (ValueError, KeyError, RecursionError, zipfile.BadZipFile) as bad:
            raise errors.BoxUnreadable() from bad
        if not isinstance(found, dict) or not all(
            isinstance(each, list) for each in found.values()
        ):
            raise errors.BoxUnreadable()
        return found

    def files(self) -> Iterator[tuple[str, bytes]]:
        """(sha256, bytes) of every photo and signature."""
        for name in self._content.namelist():
            if name.startswith("blobs/"):
                yield name.removeprefix("blobs/"), self._content.read(name)


@contextmanager
def open_box(file: IO[bytes], secret: str) -> Iterator[Box]:
    """Decrypts a black box; raises `BoxUnreadable` where it was cut, altered or made for another server."""
    with tempfile.SpooledTemporaryFile(MAX_IN_MEMORY) as plain:
        try:
            header = _decrypt(file, secret, plain)
            box = Box(header, zipfile.ZipFile(plain))
        except (ValueError, LookupError, TypeError, InvalidTag, zipfile.BadZipFile) as bad:
            raise errors.BoxUnreadable() from bad
        yield box


def _decrypt(file: IO[bytes], secret: str, plain: IO[bytes]) -> dict[str, Any]:
    """Writes the content and returns the header."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("not a black box")
    line = file.readline(MAX_HEADER)
    header: dict[str, Any] = json.loads(line)
    point = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), b64decode(header["ephemeral_key"])
    )
    shared = _private_key(secret).exchange(ec.ECDH(), point)
    key = HKDF(SHA256(), length=32, salt=b64decode(header["salt"]), info=INFO).derive(shared)
    for frame in _frames(file, AESGCM(key), b64decode(header["nonce_prefix"]), line):
        plain.write(frame)
    return header


def _frames(file: IO[bytes], cipher: AESGCM, prefix: bytes, line: bytes) -> Iterator[bytes]:
    """The frames in order; which is the last one is sealed into it, so nothing can be cut off."""
    number, size = 0, file.read(4)
    while size:
        length = int.from_bytes(size, "big")
        sealed = file.read(min(length, MAX_FRAME))
        if len(sealed) < length:
            raise ValueError("a frame is cut, or longer than any")
        size = file.read(4)
        nonce = prefix + number.to_bytes(4, "big")
        yield cipher.decrypt(nonce, sealed, line + bytes([not size]))
        number += 1
    if number == 0:
        raise ValueError("no frame")
