"""What belongs to a backup: written last, sealed under the backup's id, and looked at first."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from server.backups.rows import KINDS, Shape
from server.backups.sealing import Sink
from server.backups.targets import BACKUP, TABLE, Target
from server.domain import errors

NAME = "manifest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One table of the snapshot: how many rows, and the SHA-256 of their lines."""

    shape: Shape
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`made_at` is RFC 3339 in UTC; `size` is that of all originals, in bytes; `missing` are originals
    that the media folder had lost by then; `audit_anchor` is the newest seal of the audit as NUMBER:HASH.
    """

    backup: str
    made_at: str
    database: str
    revision: str
    epoch: str
    secret_mark: str
    tables: tuple[Rows, ...]
    originals: int
    size: int
    missing: tuple[str, ...]
    audit_anchor: str = ""

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def table(self, name: str) -> Rows:
        return next(table for table in self.tables if table.shape.name == name)

    def written(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def rows_label(backup: str, table: str) -> str:
    return f"rows {backup} {table}"


def rows_path(folder: Path, table: str) -> Path:
    return folder / "rows" / table


def label(backup: str) -> str:
    return f"manifest {backup}"


def write(target: Target, manifest: Manifest) -> None:
    """Seals the manifest into the backup that is under way."""
    path = target.folder_under_way(manifest.backup) / NAME
    text = manifest.written()

    def check(passing: Path) -> None:
        with target.open(passing, label(manifest.backup)) as file:
            if file.read() != text:
                raise errors.BackupDamaged(file=NAME)

    def fill(file: Sink) -> None:
        file.write(text)

    target.seal(path, label(manifest.backup), fill, check)


def read(target: Target, backup: str) -> Manifest:
    """The manifest of a backup that is whole.

    Raises `BackupDamaged`, also where something lies in the backup's folder that it does not name.
    """
    path = target.folder(backup) / NAME
    with target.open(path, label(backup)) as file:
        text = file.read()
    try:
        manifest = _parsed(json.loads(text))
    except (KeyError, TypeError, ValueError) as wrong:
        raise errors.BackupDamaged(file=target.name_of(path)) from wrong
    _must_be_alone(target, manifest)
    return manifest


def _must_be_alone(target: Target, manifest: Manifest) -> None:
    folder = target.folder(manifest.backup)
    named = {rows_path(folder, table.shape.name) for table in manifest.tables} | {folder / NAME}
    there = {path for path in folder.rglob("*") if path != folder / "rows"}
    for path in sorted(named ^ there):
        raise errors.BackupDamaged(file=target.name_of(path))


def _parsed(said: dict[str, Any]) -> Manifest:
    tables = tuple(_rows(each) for each in said.pop("tables"))
    manifest = Manifest(**{**said, "tables": tables, "missing": tuple(said["missing"])})
    if not BACKUP.fullmatch(manifest.backup):
        raise ValueError(manifest.backup)
    return manifest


def _rows(said: dict[str, Any]) -> Rows:
    told = said["shape"]
    columns = tuple((str(name), str(kind)) for name, kind in told["columns"])
    unknown = {kind for _, kind in columns} - set(KINDS)
    if unknown or not TABLE.fullmatch(told["name"]):
        raise errors.BackupTooNew(what=", ".join(sorted(unknown)) or told["name"])
    shape = Shape(told["name"], columns, tuple(told["key"]))
    return Rows(shape=shape, rows=int(said["rows"]), sha256=str(said["sha256"]))
