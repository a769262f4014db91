"""Is it a picture, and what does it show: answered by a guarded child process.

Files from outside are never decoded in the server's own process. An `Examiner` keeps one child
(`server.images.child`) that may read, compute and answer, but cannot write a single byte to disk,
and has its own limits of memory, CPU and wall-clock time. Whatever the child raises, dies of or
prints wrongly comes out as `NotAnImage`, `ImageTooLarge` or `ImageTooCostly`.

The originals are only read. The two derivatives come back as bytes; whoever asked places them.
"""

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from server.domain import errors, photos

log = logging.getLogger("doorstep.images")

ROOT = Path(__file__).resolve().parents[2]
HEADER_BYTES = 64 * 1024
DERIVATIVE_BYTES = 16 * 1024 * 1024
REFUSALS: dict[str, type[errors.DoorstepError]] = {
    refusal.code: refusal
    for refusal in (errors.NotAnImage, errors.ImageTooLarge, errors.ImageTooCostly)
}


@dataclass(frozen=True)
class Limits:
    """What one picture may cost. Bytes, seconds and pixels.

    `decode_bytes` is the memory that a decoder may want by estimate, `address_space` the ceiling
    that the system enforces where it can (macOS does not). A child is replaced after
    `pictures_per_child` pictures, or when it still holds more than `resident_bytes` afterwards.
    """

    max_pixels: int = photos.MAX_PIXELS
    max_bytes: int = photos.MAX_BYTES
    long_edge: int = photos.LONG_EDGE
    thumbnail_edge: int = photos.THUMBNAIL_EDGE
    decode_bytes: int = 384 * 1024 * 1024
    address_space: int = 1024 * 1024 * 1024
    cpu_s: int = 20
    wall_s: float = 30.0
    start_s: float = 30.0
    pictures_per_child: int = 200
    resident_bytes: int = 160 * 1024 * 1024


@dataclass(frozen=True)
class Examined:
    """The facts of a picture and its two derivatives: upright JPEG, sRGB, without any metadata."""

    measured: photos.Measured
    large: bytes
    thumb: bytes


class Examiner:
    """Examines pictures one after the other; threads take turns.

    The child starts with the first picture and is replaced after a failure. A process that was
    forked from one with a child starts its own.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = Lock()
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def examine(self, path: Path) -> Examined:
        """Measure the picture and derive its two copies; the file is only read.

        Raises NotAnImage, ImageTooLarge or ImageTooCostly for what the picture is, ExaminerDown
        when no child can be started, and OSError when the file cannot be read.
        """
        size = path.stat().st_size
        if size > self.limits.max_bytes:
            raise errors.ImageTooCostly(bytes=size, max_bytes=self.limits.max_bytes)
        with self._lock:
            try:
                return self._ready_child().examine(path)
            except _KilledFromOutside:
                self._drop_child()
                log.warning("the picture process was killed from outside; trying once more")
                return self._second_try(path)

    def _second_try(self, path: Path) -> Examined:
        try:
            return self._ready_child().examine(path)
        except _KilledFromOutside as killed:
            raise errors.ImageTooCostly() from killed

    @property
    def child_pid(self) -> int | None:
        """The process id of the child, None while there is none."""
        return self._child.pid if self._child else None

    def close(self) -> None:
        """End the child. The examiner may be used again."""
        with self._lock:
            self._drop_child()

    def _ready_child(self) -> "_Child":
        if self._child is not None and not self._child.is_fit():
            self._drop_child()
        if self._child is None:
            self._child = _Child(self.limits)
        return self._child

    def _drop_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _KilledFromOutside(Exception):
    """SIGKILL or SIGTERM that we did not send: the system was short of memory, or is going down."""


class _Child:
    """One running child process and the conversation with it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._owner = os.getpid()
        self._pictures = 0
        self._resident = 0
        self._broken = False
        self._buffer = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "server.images.child", json.dumps(asdict(limits))],
            cwd=ROOT,
            env=_sparse_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._deadline = time.monotonic() + limits.start_s
        try:
            if self._read_line() != b"ready":
                raise ValueError("not ready")
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.end()
            raise errors.ExaminerDown() from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_fit(self) -> bool:
        """Whether the next picture may go to this child."""
        return (
            not self._broken
            and self._owner == os.getpid()
            and self._process.poll() is None
            and self._pictures < self._limits.pictures_per_child
            and self._resident <= self._limits.resident_bytes
        )

    def end(self) -> None:
        """Kill the child with all that it started, and close the pipes. A fork's copy is left."""
        if self._owner == os.getpid():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def examine(self, path: Path) -> Examined:
        """One question, one answer. After anything but a clean answer the child is unfit."""
        self._pictures += 1
        self._broken = True
        self._deadline = time.monotonic() + self._limits.wall_s
        try:
            self._ask({"path": str(path.absolute())})
            answer = json.loads(self._read_line())
            examined = self._examined(answer)
        except TimeoutError as error:
            log.warning("a picture took longer than %s s", self._limits.wall_s)
            raise errors.ImageTooCostly() from error
        except (OSError, EOFError) as error:
            raise self._cause_of_death() from error
        except (ValueError, KeyError, TypeError) as error:
            log.warning("the picture process answered wrongly: %r", error)
            raise errors.NotAnImage() from error
        self._broken = False
        if isinstance(examined, Exception):
            raise examined
        return examined

    def _examined(self, answer: dict[str, Any]) -> Examined | Exception:
        self._resident = int(answer["resident_bytes"])
        if "refused" in answer:
            log.info("picture refused: %s", str(answer["why"])[:300])
            return REFUSALS[answer["refused"]](**answer["details"])
        if "unreadable" in answer:
            return OSError(answer["unreadable"], os.strerror(answer["unreadable"]))
        large = self._read_derivative(answer["large_bytes"])
        thumb = self._read_derivative(answer["thumb_bytes"])
        return Examined(_measured(answer["measured"]), large, thumb)

    def _read_derivative(self, size: int) -> bytes:
        if not 0 < size <= DERIVATIVE_BYTES:
            raise ValueError(f"a derivative of {size} bytes")
        while len(self._buffer) < size:
            self._read_some()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        if photos.sniff(data) != "image/jpeg":
            raise ValueError("a derivative that is no JPEG")
        return data

    def _ask(self, question: dict[str, str]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question).encode() + b"\n")

    def _read_line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > HEADER_BYTES:
                raise ValueError("an answer without an end")
            self._read_some()
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line

    def _read_some(self) -> None:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        left = self._deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            raise TimeoutError
        data = os.read(pipe, 1 << 20)
        if not data:
            raise EOFError
        self._buffer += data

    def _cause_of_death(self) -> Exception:
        """What the child's end says about the picture. It has closed its pipe: it is going."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return errors.NotAnImage()
        log.warning("the picture process ended with %s", code)
        if code in (-signal.SIGKILL, -signal.SIGTERM):
            return _KilledFromOutside()
        if code in (-signal.SIGXCPU, -signal.SIGABRT):
            return errors.ImageTooCostly()
        return errors.NotAnImage()


def _sparse_environment() -> dict[str, str]:
    """Nothing secret goes into the child; one heap keeps its address space small."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {
        **kept,
        "LC_ALL": "C.UTF-8",
        "MALLOC_ARENA_MAX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _measured(fields: dict[str, Any]) -> photos.Measured:
    taken_at, position = fields.pop("taken_at"), fields.pop("position")
    if fields["format"] not in photos.FORMATS or not min(fields["width"], fields["height"]) > 0:
        raise ValueError("a measure that cannot be")
    return photos.Measured(
        **fields,
        taken_at=datetime.fromisoformat(taken_at) if taken_at else None,
        position=(float(position[0]), float(position[1])) if position else None,
    )
