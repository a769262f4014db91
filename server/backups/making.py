"""Making a backup while the server runs.

The rows are read in one transaction that cannot write (SQLite: a read transaction in WAL mode;
PostgreSQL: REPEATABLE READ), so all tables are of one moment and no writer waits. A file is durable
before the row that names it is committed, and originals are never altered, and removed only with the person
whom they show: they are copied after the snapshot has ended.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from server.backups import forgetting, manifests, originals, rows, targets
from server.backups.keys import mark_of
from server.backups.manifests import Manifest, Rows
from server.backups.rows import Shape, Tally
from server.backups.sealing import Sink
from server.backups.steps import BeforeStep, nothing_before
from server.backups.targets import Target
from server.clock import wire
from server.config import Config, ConfigError
from server.db import migrate
from server.db.engine import Database
from server.domain import errors
from server.files import Media

SEALS = "audit_seals"


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup came to; `copied` and `bytes_copied` are the originals that were new to the target."""

    manifest: Manifest
    copied: int
    bytes_copied: int


def back_up(
    config: Config,
    root: Path,
    passphrase: str,
    now: datetime,
    *,
    before_step: BeforeStep = nothing_before,
) -> Made:
    """Makes one more backup in the target `root`. Earlier ones stay as they are, whatever happens.

    Originals that the media folder has lost, and no earlier backup has either, are named in
    `manifest.missing`. Raises `ConfigError`, `BackupTargetForeign`, `BackupKeyWrong`, `BackupTooNew`,
    `BackupBusy`, `BackupNoRoom`, `BackupNotKept`.
    """
    database = _opened(config)
    try:
        with targets.begin(root, passphrase, before_step) as target:
            manifest = _snapshot(target, database, config, now)
            made = _copy_originals(target, Media(config.media), manifest)
            manifests.write(target, made.manifest)
            target.publish(manifest.backup)
            forgetting.forget(target, made.manifest)
            return made
    finally:
        database.close()


def _opened(config: Config) -> Database:
    database = Database(config.database_url, pool_size=1)
    file = database.url.database if database.is_sqlite else None
    if file and not Path(file).exists():
        raise ConfigError(f"DATABASE_URL names {file}, which is not there: nothing to back up.")
    return database


def _snapshot(target: Target, database: Database, config: Config, now: datetime) -> Manifest:
    backup = target.next_name(now)
    with database.reading.connect() as connection, connection.begin():
        _wait_for_us(connection)
        revision = rows.revision(connection)
        if revision is None:
            raise ConfigError(
                "DATABASE_URL names a database without our tables: nothing to back up."
            )
        shapes = rows.shapes(connection, is_current=revision == migrate.newest())
        epoch = connection.scalar(sa.text("SELECT value FROM house WHERE name = 'epoch'"))
        anchor = _anchor(connection) if any(each.name == SEALS for each in shapes) else ""
        tables = tuple(_seal_rows(target, connection, backup, shape) for shape in shapes)
    return Manifest(
        backup=backup,
        made_at=str(wire(now)),
        database=connection.dialect.name,
        revision=revision,
        epoch=str(epoch),
        secret_mark=mark_of(config.secret),
        tables=tables,
        originals=0,
        size=0,
        missing=(),
        audit_anchor=anchor,
    )


def _anchor(connection: sa.Connection) -> str:
    """The newest seal of the audit: kept away from the database, it shows a chain that was made anew."""
    newest = sa.text(f"SELECT number, hash FROM {SEALS} ORDER BY number DESC LIMIT 1")
    found = connection.execute(newest).first()
    return f"{found.number}:{found.hash}" if found else ""


def _wait_for_us(connection: sa.Connection) -> None:
    """PostgreSQL may be told to end transactions that rest; this one rests while we write."""
    if connection.dialect.name == "postgresql":
        for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.execute(sa.text(f"SET LOCAL {limit} = 0"))


def _seal_rows(target: Target, connection: sa.Connection, backup: str, shape: Shape) -> Rows:
    tally = Tally()

    def fill(file: Sink) -> None:
        for line in tally.counted(rows.lines(connection, shape)):
            file.write(line)

    def check(passing: Path) -> None:
        check_rows(target, passing, backup, written())

    def written() -> Rows:
        return Rows(shape=shape, rows=tally.rows, sha256=tally.sha256)

    path = manifests.rows_path(target.folder_under_way(backup), shape.name)
    target.seal(path, manifests.rows_label(backup, shape.name), fill, check, packed=True)
    return written()


def check_rows(target: Target, path: Path, backup: str, expected: Rows) -> None:
    """Reads the rows of one table to their end. Raises `BackupDamaged`."""
    seen = Tally()
    with target.open(path, manifests.rows_label(backup, expected.shape.name), packed=True) as file:
        seen.count(file)
    if (seen.rows, seen.sha256) != (expected.rows, expected.sha256):
        raise errors.BackupDamaged(file=target.name_of(path))


def _copy_originals(target: Target, media: Media, manifest: Manifest) -> Made:
    count, size_of_all, copied, bytes_copied = 0, 0, 0, 0
    missing = []
    folder = target.folder_under_way(manifest.backup)
    for sha256, size in originals.named_by(target, folder, manifest):
        if not originals.is_there(target, sha256, size):
            try:
                originals.copy_out(target, media, sha256, size)
            except originals.Rotten:
                missing.append(sha256)
                continue
            copied, bytes_copied = copied + 1, bytes_copied + size
        count, size_of_all = count + 1, size_of_all + size
    whole = replace(manifest, originals=count, size=size_of_all, missing=tuple(missing))
    return Made(whole, copied, bytes_copied)
