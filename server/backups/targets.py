"""The folder that backups are kept in: what lies where, under which key, and who works on it."""

import fcntl
import gzip
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from server.backups.keys import Keys
from server.backups.sealing import Opening, Sealing, Sink
from server.backups.steps import BeforeStep, Steps, nothing_before
from server.domain import errors

FORMAT = 1
HEADER = "doorstep-backup"
BACKUP = re.compile(r"(\d{6})-\d{8}T\d{6}Z")
TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
LOCK = ".lock"


class Target:
    """An opened target. Get one from `begin` or `find`."""

    def __init__(self, root: Path, keys: Keys, before_step: BeforeStep = nothing_before) -> None:
        self.root, self.keys = root, keys
        self.steps = Steps(root, before_step)

    # What is there.

    def backups(self) -> list[str]:
        """The ids of the backups that are whole, the oldest first."""
        folder = self.root / "backups"
        return sorted(
            each.name
            for each in (folder.iterdir() if folder.is_dir() else ())
            if BACKUP.fullmatch(each.name)
        )

    def choose(self, wanted: str | None) -> str:
        """The backup of this id, by default the newest. Raises `BackupUnknown`."""
        there = self.backups()
        if not there or (wanted is not None and wanted not in there):
            raise errors.BackupUnknown(target=str(self.root), there=", ".join(there) or "-")
        return wanted or there[-1]

    def next_name(self, now: datetime) -> str:
        """Numbered, so that their order is the one in which they were made, whatever the clock says."""
        there = self.backups()
        number = int(there[-1].partition("-")[0]) + 1 if there else 1
        return f"{number:06}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def original(self, sha256: str) -> Path:
        name = self.keys.name_of(sha256)
        return self.root / "originals" / name[:2] / name

    def folder(self, backup: str) -> Path:
        return self.root / "backups" / backup

    def folder_under_way(self, backup: str) -> Path:
        return self.root / "backups" / f".{backup}"

    # Sealed files.

    def seal(
        self,
        path: Path,
        label: str,
        fill: Callable[[Sink], None],
        check: Callable[[Path], None],
        *,
        packed: bool = False,
    ) -> None:
        """Writes a sealed file from what `fill` writes; it appears once `check` has read it back.

        `packed` compresses it. `check` raises `BackupDamaged` where it does not read as it should; the
        disk is to blame then: raises `BackupNotKept`.
        """

        def write(file: BinaryIO) -> None:
            sealing = Sealing(file, self.keys, label)
            if packed:
                with gzip.GzipFile("", "wb", 1, sealing, mtime=0) as zipped:
                    fill(zipped)
            else:
                fill(sealing)
            sealing.finish()

        def read_back(passing: Path) -> None:
            try:
                check(passing)
            except errors.BackupDamaged as wrong:
                raise errors.BackupNotKept(file=self.name_of(path)) from wrong

        self.steps.fill(path, write, read_back)

    @contextmanager
    def open(self, path: Path, label: str, *, packed: bool = False) -> Iterator[io.BufferedIOBase]:
        """A sealed file, for reading. Raises `BackupDamaged`, also while it is read."""
        name = self.name_of(path)
        try:
            file = path.open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as missing:
            raise errors.BackupDamaged(file=name) from missing
        with file, io.BufferedReader(Opening(file, self.keys, label, name)) as plain:
            if packed:
                with gzip.GzipFile(fileobj=plain) as unpacked:
                    yield unpacked
            else:
                yield plain

    def name_of(self, path: Path) -> str:
        """How a file is called in messages."""
        return str(path.relative_to(self.root))

    # Ends.

    def publish(self, backup: str) -> None:
        """Lets a backup appear, whole."""
        self.steps.rename(self.folder_under_way(backup), self.folder(backup))

    def clear_away(self) -> None:
        """What a backup that was cut short has left; originals that it copied stay for the next one."""
        folder = self.root / "backups"
        for each in folder.iterdir() if folder.is_dir() else ():
            if each.name.startswith("."):
                shutil.rmtree(each, ignore_errors=True)
        for passing in (self.root / "originals").glob("*/.*"):
            passing.unlink(missing_ok=True)


def find(root: Path, passphrase: str) -> Target:
    """An existing target, for reading.

    Raises `BackupUnknown`, `BackupKeyWrong`, `BackupTooNew`, `BackupDamaged`.
    """
    return Target(root, _keys_of(root, passphrase))


@contextmanager
def begin(
    root: Path, passphrase: str, before_step: BeforeStep = nothing_before
) -> Iterator[Target]:
    """A target to write to, made where there is an empty folder or none; nobody else writes meanwhile.

    Raises `BackupTargetForeign`, `BackupBusy`, and as `find`.
    """
    steps = Steps(root, before_step)
    if not (root / HEADER).exists():
        _must_be_free(root)
    steps.make_folder(root)
    with locked(root / LOCK, str(root)):
        if not (root / HEADER).exists():
            _write_header(steps, passphrase)
        target = Target(root, _keys_of(root, passphrase), before_step)
        target.clear_away()
        try:
            yield target
        finally:
            target.clear_away()


def _must_be_free(root: Path) -> None:
    """A folder with other things in it is no place for backups; a first backup cut short is."""
    names = {each.name for each in root.iterdir()} if root.is_dir() else set()
    ours = {name for name in names if name == LOCK or name.startswith(f".{HEADER}.")}
    if names - ours or (root.exists() and not root.is_dir()):
        raise errors.BackupTargetForeign(target=str(root))


def _write_header(steps: Steps, passphrase: str) -> None:
    salt = os.urandom(32)
    said = json.dumps({"format": FORMAT, "salt": salt.hex()}).encode()
    proof = Keys(passphrase, salt).proof_of(said)
    steps.write(steps.root / HEADER, said + b"\n" + proof.encode())


def _keys_of(root: Path, passphrase: str) -> Keys:
    try:
        said, _, proof = (root / HEADER).read_bytes().partition(b"\n")
    except OSError as missing:
        raise errors.BackupUnknown(target=str(root), there="-") from missing
    header = _header(said)
    if isinstance(header.get("format"), int) and header["format"] > FORMAT:
        raise errors.BackupTooNew(what=f"format {header['format']}")
    try:
        salt = bytes.fromhex(header["salt"])
    except (KeyError, TypeError, ValueError) as wrong:
        raise errors.BackupDamaged(file=HEADER) from wrong
    keys = Keys(passphrase, salt)
    if keys.proof_of(said).encode() != proof:
        raise errors.BackupKeyWrong(target=str(root))
    return keys


def _header(said: bytes) -> dict[str, Any]:
    try:
        header = json.loads(said)
    except ValueError as wrong:
        raise errors.BackupDamaged(file=HEADER) from wrong
    if not isinstance(header, dict):
        raise errors.BackupDamaged(file=HEADER)
    return header


@contextmanager
def locked(file: Path, what: str) -> Iterator[None]:
    """Alone with a folder; the lock of a process that dies goes with it. Raises `BackupBusy`."""
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise errors.BackupBusy(target=what) from taken
        yield
