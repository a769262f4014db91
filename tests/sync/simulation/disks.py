"""What a power cut leaves of files: only what was flushed, under names whose folder was flushed.

Learned from the steps that product code announces, so a flush that somebody drops is missed here, too. The
databases are left alone: SQLite flushes by itself, which real power cuts prove elsewhere.
"""

import contextlib
import os
import shutil
from pathlib import Path
from random import Random


class Disk:
    """The difference between what is seen and what would survive."""

    def __init__(self) -> None:
        self._last: tuple[str, Path, int | None] | None = None
        self._durable: dict[int, int] = {}  # inode -> bytes that were flushed
        self._paths: dict[int, Path] = {}  # inode -> where it lies
        self._names: dict[Path, list[tuple[Path, Path | None]]] = {}
        # folder -> entries that were made in it: the name, and where the file was before

    def announced(self, step: str, path: Path) -> None:
        """The step before this one is done; this one begins."""
        self._settle()
        size = path.stat().st_size if step in ("write", "cut") and path.exists() else None
        self._last = (step, path, size)

    def _settle(self) -> None:
        if self._last is None:
            return
        (step, path, size), self._last = self._last, None
        with contextlib.suppress(FileNotFoundError):
            getattr(self, f"_note_{step}")(path, size)

    def _note_write(self, path: Path, size: int | None) -> None:
        inode = path.stat().st_ino
        if size is None:
            self._names.setdefault(path.parent, []).append((path, None))
            self._durable.pop(inode, None)
        self._durable.setdefault(inode, size or 0)
        self._paths[inode] = path

    def _note_cut(self, path: Path, size: int | None) -> None:
        inode = path.stat().st_ino
        self._durable[inode] = min(self._durable.get(inode, size or 0), path.stat().st_size)
        self._paths[inode] = path

    def _note_flush(self, path: Path, _size: int | None) -> None:
        inode = path.stat().st_ino
        self._durable.pop(inode, None)
        self._paths[inode] = path

    def _note_rename(self, path: Path, _size: int | None) -> None:
        inode = path.stat().st_ino
        self._names.setdefault(path.parent, []).append((path, self._paths.get(inode)))
        self._paths[inode] = path

    def _note_make_folder(self, path: Path, _size: int | None) -> None:
        self._names.setdefault(path.parent, []).append((path, None))

    def _note_flush_folder(self, path: Path, _size: int | None) -> None:
        self._names.pop(path, None)

    def loses_power(self, dice: Random) -> int:
        """Bytes and names that were not flushed survive by chance only."""
        self._settle()
        hit = self._cut_files(dice) + self._drop_names(dice)
        self._durable.clear()
        self._paths.clear()
        self._names.clear()
        return hit

    def _cut_files(self, dice: Random) -> int:
        hit = 0
        for inode, flushed in self._durable.items():
            path = self._paths[inode]
            if path.is_file() and path.stat().st_ino == inode and path.stat().st_size > flushed:
                os.truncate(path, dice.randrange(flushed, path.stat().st_size))
                hit += 1
        return hit

    def _drop_names(self, dice: Random) -> int:
        hit = 0
        for entries in self._names.values():
            for path, former in reversed(entries):
                if dice.random() < 0.3 or not path.exists():
                    continue
                hit += 1
                if path.is_dir():
                    shutil.rmtree(path)
                elif former is not None and former.parent.is_dir():
                    path.replace(former)
                else:
                    path.unlink()
        return hit
