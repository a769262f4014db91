"""Filling an empty database from a backup, at the revision that the backup was made at."""

from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from server.backups import manifests, rows
from server.backups.manifests import Manifest, Rows
from server.backups.rows import Tally
from server.backups.targets import Target
from server.config import Config
from server.db import migrate
from server.db.engine import Database
from server.domain import errors


def build(config: Config, database: Database, revision: str) -> None:
    """The tables of that revision, without rows."""
    migrate.make_folder(config.database_url)
    _drop_tables(database)
    migrate.upgrade(config.database_url, revision)


def take_back(database: Database) -> None:
    """After a failure: the tables were empty and go; where not even that can be done, they stay empty."""
    with suppress(SQLAlchemyError):
        _drop_tables(database)


def _drop_tables(database: Database) -> None:
    """Only called where no table has a row."""
    found = sa.MetaData()
    with database.engine.begin() as connection:
        found.reflect(connection)
        found.drop_all(connection)


def fill(session: Session, target: Target, manifest: Manifest, epoch: str) -> None:
    """Every row, read back and compared, and the new epoch: in the caller's one transaction.

    Raises `BackupDamaged`, `BackupNotKept`.
    """
    rows.let_refer_late(session)
    for table in reversed(manifest.tables):
        session.execute(table.shape.table.delete())  # what migrations themselves have written
    for table in manifest.tables:
        _fill_table(session, target, manifest.backup, table)
    for table in manifest.tables:
        _read_back(session, table)
    house = manifest.table("house").shape.table
    session.execute(house.update().where(house.c.name == "epoch").values(value=epoch))


def _fill_table(session: Session, target: Target, backup: str, table: Rows) -> None:
    path = manifests.rows_path(target.folder(backup), table.shape.name)
    label = manifests.rows_label(backup, table.shape.name)
    seen = Tally()
    with target.open(path, label, packed=True) as file:
        rows.fill(session, table.shape, rows.read(table.shape, seen.counted(file)))
    if (seen.rows, seen.sha256) != (table.rows, table.sha256):
        raise errors.BackupDamaged(file=target.name_of(path))


def _read_back(session: Session, table: Rows) -> None:
    seen = Tally()
    seen.count(rows.lines(session.connection(), table.shape))
    if (seen.rows, seen.sha256) != (table.rows, table.sha256):
        raise errors.BackupNotKept(file=table.shape.name)
