"""The black box: everything that waits, in one encrypted file that the office can import.

The last resort of a device that will not sync any more. Nobody on the way can read it; importing it twice
does no harm, because events and files are known by their ids. The layout of the file:

    "DOORSTEP-BLACKBOX-1\\n"
    one line of JSON: {"ephemeral_key", "salt", "nonce_prefix" (all base64), "device_id", "proof" (see
    `proof`), "made_at"}
    frames, until the last: 4 bytes length (big endian), then so many bytes of AES-256-GCM ciphertext

`ephemeral_key` is an uncompressed P-256 point. The key of the frames is HKDF-SHA256 over the ECDH secret
with the salt (16 bytes) and the info "doorstep black box". The nonce of frame n (from 0) is the prefix
(8 bytes) and n as 4 bytes, big endian. The additional data is the header line with its newline and one
byte more: 1 for the last frame, 0 for the others; so a file that was cut or joined does not open.

Inside is a zip: `about.json`, `events.json` ({"<person id>": [wire envelopes, oldest first]}) and
`blobs/<sha256>`.
"""

import hashlib
import hmac
import io
import json
import os
import zipfile
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from field_client import blobs, errors
from field_client.clock import stamp
from field_client.crashes import crash_point
from field_client.outbox import envelope_of
from field_client.store import Store

MAGIC = b"DOORSTEP-BLACKBOX-1\n"
INFO = b"doorstep black box"
FRAME = 1 << 20
PREFIX_BYTES, SALT_BYTES = 8, 16


class Sealed(io.RawIOBase):
    """A file that can only be written, and whose bytes reach the disk as encrypted frames."""

    def __init__(self, out: IO[bytes], header: bytes, key: bytes, prefix: bytes) -> None:
        super().__init__()
        self._out, self._header, self._prefix = out, header, prefix
        self._cipher, self._frame = AESGCM(key), 0
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        """Keeps a full frame back, because only the end tells which one is the last."""
        piece = bytes(content)
        self._kept += piece
        while len(self._kept) > FRAME:
            self._seal(bytes(self._kept[:FRAME]), is_last=False)
            del self._kept[:FRAME]
        return len(piece)

    def end(self) -> None:
        self._seal(bytes(self._kept), is_last=True)
        self._kept.clear()

    def _seal(self, plain: bytes, *, is_last: bool) -> None:
        nonce = self._prefix + self._frame.to_bytes(4, "big")
        sealed = self._cipher.encrypt(nonce, plain, self._header + bytes([is_last]))
        self._out.write(len(sealed).to_bytes(4, "big") + sealed)
        self._frame += 1


def export(store: Store, file: Path, *, everything: bool = False) -> dict[str, int]:
    """Writes what waits of every person on this device; with `everything` also what was received.

    Returns {"events", "blobs", "bytes"}. Raises NoKey before the first sync, DiskFull and FileUnreadable
    with nothing left behind.
    """
    key_text = store.hello.get("black_box_key")
    if not key_text:
        raise errors.NoKey()
    temporary = file.with_name(f".{file.name}.part")
    try:
        with temporary.open("wb") as out:
            counts = _write(store, out, b64decode(key_text), everything=everything)
            out.flush()
            os.fsync(out.fileno())
        crash_point("export.after_temporary")
        temporary.replace(file)
        blobs.sync_folder(file.parent)
    except OSError as problem:
        with suppress(OSError):
            temporary.unlink()
        if errors.is_disk_full(problem):
            raise errors.DiskFull() from problem
        why = problem.strerror or str(problem)
        raise errors.FileUnreadable(file=str(file), why=why) from problem
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    crash_point("export.after_rename")
    return {**counts, "bytes": file.stat().st_size}


def _write(store: Store, out: IO[bytes], server_key: bytes, *, everything: bool) -> dict[str, int]:
    curve = ec.SECP256R1()
    own = ec.generate_private_key(curve)
    secret = own.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, server_key)
    )
    salt, prefix = os.urandom(SALT_BYTES), os.urandom(PREFIX_BYTES)
    key = HKDF(SHA256(), length=32, salt=salt, info=INFO).derive(secret)
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    installation, ephemeral = store.installation, b64encode(point).decode()
    header = json.dumps(
        {
            "ephemeral_key": ephemeral,
            "salt": b64encode(salt).decode(),
            "nonce_prefix": b64encode(prefix).decode(),
            "device_id": installation["device_id"],
            "proof": proof(installation["install_secret"], installation["device_id"], ephemeral),
            "made_at": stamp(store.clock.now()),
        }
    )
    line = header.encode() + b"\n"
    out.write(MAGIC + line)
    sealed = Sealed(out, line, key, prefix)
    counts = _pack(store, sealed, everything=everything)
    sealed.end()
    return counts


def proof(install_secret: str, device_id: str, ephemeral_key: str) -> str:
    """That this installation made the box: HMAC-SHA256 of both, under the hash of its secret, which is
    what the server keeps of it. Without it anybody who has the server's public key could write one.
    """
    key = hashlib.sha256(install_secret.encode()).hexdigest().encode()
    return hmac.new(key, f"{device_id}\n{ephemeral_key}".encode(), "sha256").hexdigest()


def _pack(store: Store, sealed: Sealed, *, everything: bool) -> dict[str, int]:
    events = _events(store, everything=everything)
    hashes = _hashes(store, everything=everything)
    about = {
        "device_id": store.installation["device_id"],
        "name": store.installation["name"],
        "server": store.installation["server"],
        "made_at": stamp(store.clock.now()),
        "events": sum(map(len, events.values())),
        "blobs": len(hashes),
    }
    with zipfile.ZipFile(sealed, "w") as box:  # type: ignore[arg-type,unused-ignore]
        _put(box, "about.json", json.dumps(about).encode())
        _put(box, "events.json", json.dumps(events, ensure_ascii=False).encode())
        for sha256 in hashes:
            _put(box, f"blobs/{sha256}", blobs.path(store, sha256).read_bytes())
    return {"events": about["events"], "blobs": len(hashes)}


def _put(box: zipfile.ZipFile, name: str, content: bytes) -> None:
    box.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _events(store: Store, *, everything: bool) -> dict[str, list[Any]]:
    which = "" if everything else "WHERE state <> 'acknowledged'"
    told: dict[str, list[Any]] = {}
    for row in store.rows(f"SELECT person_id, body, seq FROM event {which} ORDER BY place"):
        told.setdefault(row["person_id"], []).append(envelope_of(row))
    return told


def _hashes(store: Store, *, everything: bool) -> list[str]:
    which = "" if everything else "AND state = 'waiting'"
    rows = store.rows(f"SELECT sha256 FROM blob WHERE is_local = 1 {which} ORDER BY sha256")
    return [row["sha256"] for row in rows if blobs.path(store, row["sha256"]).is_file()]
