"""The disk fails on order: a small C library that is preloaded into processes, and its remote control.

`Faults` holds a file that every process with the shim in it has mapped into its memory, so a failure is
armed and lifted while they run: that they recover without a restart can be seen. Needs Linux and a C
compiler; `why_not()` says what is missing, and whoever needs the shim says so aloud.
"""

import ctypes
import errno
import mmap
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
WHAT = {"write": 1, "flush": 2, "open": 3, "rename": 4, "lie": 5, "change": 6}
NUMBERS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO}


class Control(ctypes.Structure):
    """As `struct control` in shim.c."""

    _fields_ = (
        ("what", ctypes.c_int),
        ("left", ctypes.c_int),
        ("number", ctypes.c_int),
        ("for_good", ctypes.c_int),
        ("struck", ctypes.c_int),
        ("folder", ctypes.c_char * 512),
        ("place", ctypes.c_char * 512),
        ("disk", ctypes.c_longlong),
        ("room", ctypes.c_longlong),
    )


def compiler() -> str | None:
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def why_not() -> str | None:
    """Why the shim cannot be used here; None where it can."""
    if sys.platform != "linux":
        return "the shim that lets the disk fail is for Linux"
    return None if compiler() else "no C compiler (cc) for the shim that lets the disk fail"


def build(folder: Path) -> Path:
    """Compiles the shim into the folder. Raises CalledProcessError."""
    library = folder / "shim.so"
    command = [str(compiler()), "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


class Faults:
    """The remote control. `below` is the folder whose files may fail."""

    def __init__(self, library: Path, file: Path, below: Path) -> None:
        self._library, self._file = library, file
        file.write_bytes(bytes(ctypes.sizeof(Control)))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), 0)
        self._control = Control.from_buffer(self._memory)
        self._control.folder = os.fsencode(below.resolve())
        self._below = below.resolve()

    @property
    def environment(self) -> dict[str, str]:
        """For a process whose disk shall fail."""
        return {"LD_PRELOAD": str(self._library), "DOORSTEP_FAULTS": str(self._file)}

    @contextmanager
    def fail(self, what: str, number: int, nth: int, *, for_good: bool) -> Iterator[None]:
        """While the block runs, the nth call of a kind fails, with all that follow or alone."""
        control = self._control
        control.left, control.number, control.for_good = nth - 1, number, int(for_good)
        control.struck, control.place = 0, b""
        control.what = WHAT[what]
        try:
            yield
        finally:
            control.what = 0

    def shrink(self, disk: int) -> None:
        """From now on the folder lies on a disk with so many bytes, and what it holds has taken its share."""
        self._control.room = disk - self._held()
        self._control.disk = disk

    def _held(self) -> int:
        held = 0
        for each in self._below.rglob("*"):
            with suppress(FileNotFoundError):  # a browser comes and goes with them
                held += each.lstat().st_size if each.is_file() else 0
        return held

    def lie(self) -> None:
        """From now on every flush says "done" and does nothing."""
        self._control.what = WHAT["lie"]

    @property
    def struck(self) -> int:
        """How many calls have failed since it was armed."""
        return int(self._control.struck)

    @property
    def place(self) -> str:
        """The kind of file that was struck first: `incoming`, `originals`, `doorstep.db-wal` …"""
        path = Path(os.fsdecode(self._control.place))
        if not path.is_relative_to(self._below):
            return ""
        inside = path.relative_to(self._below).parts
        folders = [
            each for each in inside if each in ("originals", "thumbnails", "incoming", "blobs")
        ]
        return folders[0] if folders else (inside[-1] if inside else "the folder itself")
