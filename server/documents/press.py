"""Where receipts are drawn and signed: a process of its own, so that the worker stays small.

The typeface and the libraries for PDF are some 100 MB; they are there while receipts are made, and go when
nobody has wanted one for a while. The paper goes in over a pipe, the signed file comes back.
"""

import atexit
import os
import pickle
import select
import struct
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives import serialization

from server.documents.identities import Identity
from server.documents.papers import Paper

ROOT = Path(__file__).resolve().parents[2]
WALL_S, IDLE_S = 60.0, 60.0
MOST_MADE = 200  # by one process
LARGEST = 64 * 1024 * 1024  # bytes of a document
HEAD = struct.Struct(">?Q")  # whether it went well, and how many bytes follow


class PressFailed(Exception):
    """The document could not be made; says why."""


class Press:
    """Makes one document after the other; threads take turns. The process starts with the first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = self._made = 0
        self._used_at = 0.0

    def make(self, paper: Paper, by: Identity) -> bytes:
        """The signed PDF. Raises `PressFailed`."""
        with self._lock:
            process = self._ready()
            try:
                return self._ask(process, pickle.dumps((paper, _carried(by))))
            except (OSError, EOFError, struct.error, TimeoutError) as failure:
                self._end()
                raise PressFailed(
                    f"the process that draws receipts ended: {failure!r}"
                ) from failure

    def rest(self) -> None:
        """Ends the process where it has not been used for a while."""
        with self._lock:
            if self._process is not None and time.monotonic() - self._used_at > IDLE_S:
                self._end()

    def close(self) -> None:
        with self._lock:
            self._end()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _ready(self) -> subprocess.Popen[bytes]:
        its_process = self._process
        is_ours = its_process is not None and self._owner == os.getpid()
        if its_process is None or not is_ours or its_process.poll() is not None or self._made >= MOST_MADE:  # fmt: skip
            self._end()
            self._process = its_process = subprocess.Popen(
                [sys.executable, "-m", "server.documents.press_child"],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True,
            )  # fmt: skip
            self._owner, self._made = os.getpid(), 0
            atexit.register(self.close)
        self._made += 1
        self._used_at = time.monotonic()
        return its_process

    def _ask(self, process: subprocess.Popen[bytes], question: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = time.monotonic() + WALL_S
        process.stdin.write(struct.pack(">Q", len(question)) + question)
        is_well, size = HEAD.unpack(_read(process.stdout.fileno(), HEAD.size, deadline))
        if size > LARGEST:
            raise EOFError("a document that is too large")
        content = _read(process.stdout.fileno(), size, deadline)
        if not is_well:
            raise PressFailed(content.decode("utf-8", "replace")[:2_000])
        return content

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        if self._owner == os.getpid():
            process.kill()
            process.wait()


PRESS = Press()
"""The one of this process."""


def _carried(by: Identity) -> tuple[bytes, bytes, list[bytes], bool]:
    """The identity as bytes: keys of a library do not travel."""
    der = serialization.Encoding.DER
    key = by.key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = [each.public_bytes(der) for each in by.chain]
    return key, by.certificate.public_bytes(der), chain, by.is_self_made


def _read(pipe: int, size: int, deadline: float) -> bytes:
    pieces, missing = [], size
    while missing:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            raise TimeoutError
        piece = os.read(pipe, min(missing, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
