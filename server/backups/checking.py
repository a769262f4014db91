"""Looking at a backup without restoring it: every row, every original, to the last byte."""

from collections.abc import Iterator
from pathlib import Path

from server.backups import manifests, originals, targets
from server.backups.making import check_rows
from server.backups.manifests import Manifest
from server.backups.targets import Target
from server.db import migrate
from server.domain import errors


def verify(root: Path, passphrase: str, wanted: str | None = None) -> Manifest:
    """Reads a whole backup, by default the newest.

    Raises `BackupUnknown`, `BackupKeyWrong`, `BackupTooNew`, `BackupDamaged`.
    """
    target, manifest = opened(root, passphrase, wanted)
    look_at_rows(target, manifest)
    for sha256, size in originals_of(target, manifest):
        originals.check(target, sha256, size)
    return manifest


def opened(root: Path, passphrase: str, wanted: str | None) -> tuple[Target, Manifest]:
    """A backup that this version can read; raises as `verify`."""
    target = targets.find(root, passphrase)
    manifest = manifests.read(target, target.choose(wanted))
    if not migrate.is_known(manifest.revision):
        raise errors.BackupTooNew(what=f"revision {manifest.revision}")
    return target, manifest


def look_at_rows(target: Target, manifest: Manifest) -> None:
    """Raises `BackupDamaged`, also where an original is not there or too short."""
    folder = target.folder(manifest.backup)
    for table in manifest.tables:
        path = manifests.rows_path(folder, table.shape.name)
        check_rows(target, path, manifest.backup, table)
    for sha256, size in originals_of(target, manifest):
        originals.must_be_there(target, sha256, size)


def originals_of(target: Target, manifest: Manifest) -> Iterator[tuple[str, int]]:
    """Those that the backup has."""
    missing = set(manifest.missing)
    for sha256, size in originals.named_by(target, target.folder(manifest.backup), manifest):
        if sha256 not in missing:
            yield sha256, size
