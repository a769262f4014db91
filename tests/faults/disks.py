"""A disk whose power can be cut: an ext4 in a file, mounted through a loop device. Root only.

`cut` tells the file system to stop at once and to write nothing more, not even what its journal holds
(EXT4_IOC_SHUTDOWN without a flush of the log). From then on every write and flush fails, and what programs
had written without a flush is in memory only. `mounted_again` takes the memory away and mounts what had
reached the device, as after a power cut.
"""

import fcntl
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.live import Running

EXT4_IOC_SHUTDOWN = 0x8004587D
WITHOUT_LOG_FLUSH = 2
MEGABYTES = 600
PATIENCE_S = 20.0
NEEDED = ("mkfs.ext4", "mount", "umount")


def why_not(folder: Path) -> str | None:
    """Why no power can be cut here; None where it can, which is tried out."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root on Linux may mount a disk of its own"
    missing = [each for each in NEEDED if shutil.which(each) is None]
    if missing:
        return f"{', '.join(missing)} not found"
    try:
        with Disk(folder, megabytes=16) as disk:
            disk.cut()
            disk.mounted_again()
    except (OSError, subprocess.CalledProcessError) as refused:
        words = getattr(refused, "stderr", None) or refused
        return f"no disk can be mounted and cut ({words!s})".replace("\n", " ")
    return None


class Disk:
    """A context manager; `root` is where the disk is mounted, below the folder."""

    def __init__(self, folder: Path, megabytes: int = MEGABYTES) -> None:
        self.root, self._image = folder / "disk", folder / "disk.img"
        self._megabytes = megabytes
        self._is_mounted = False

    def __enter__(self) -> Self:
        self.root.mkdir()
        with self._image.open("wb") as image:
            image.truncate(self._megabytes << 20)
        try:
            _run("mkfs.ext4", "-q", "-F", str(self._image))
            self._mount()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_mounted:
            self._unmount()
        self._image.unlink(missing_ok=True)
        self.root.rmdir()

    def settle(self) -> None:
        """Whatever was written so far reaches the device: the state before the story begins."""
        _run("sync", "-f", str(self.root))

    def cut(self) -> None:
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", WITHOUT_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def mounted_again(self) -> None:
        """Nobody may have a file open on it any more."""
        self._unmount()
        self._mount()

    def _mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self.root))
        self._is_mounted = True

    def _unmount(self) -> None:
        """The kernel may need a moment to let go of what killed processes held."""
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                _run("umount", str(self.root))
                break
            except subprocess.CalledProcessError:
                if time.monotonic() > give_up_at:
                    _run("umount", "-l", str(self.root))  # never left behind
                    self._is_mounted = False
                    raise
                time.sleep(0.05)
        self._is_mounted = False


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def end_at_once(process: Running | subprocess.Popen[str]) -> None:
    """The machine goes off: the process and all that came of it, in whatever group they are."""
    kill(process.pid)
    process.wait()


def kill(pid: int) -> None:
    """The same for somebody else's child, who waits for it."""
    for each in reversed(_with_descendants(pid)):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def freeze(pids: Iterable[int]) -> None:
    """The processor stops, an instant before the disk does: from here on nobody says anything more.

    Without this a flush that is under way when the file system is shut down can say "done" although
    nothing was written (jbd2 forgets a transaction that was aborted while somebody else committed it,
    and tells whoever asks for it later that all is well), and a process lives on to repeat it: a
    machine without power cannot. A thread that is inside of the disk stays there: that is the point.
    """
    everybody = [pid for each in pids for pid in _with_descendants(each)]
    for pid in everybody:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    give_up_at = time.monotonic() + PATIENCE_S
    while any(_is_thinking(pid) for pid in everybody):
        assert time.monotonic() < give_up_at, "a process does not stop"
        time.sleep(0.001)


def _is_thinking(pid: int) -> bool:
    """Whether any of its threads may still run: neither stopped, nor inside of the disk, nor dead."""
    for stat in Path(f"/proc/{pid}/task").glob("[0-9]*/stat"):
        try:
            state = stat.read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "TtDZX":
            return True
    return False


def _with_descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for each in found:  # grows while it is walked
        found += parents.get(each, [])
    return found
