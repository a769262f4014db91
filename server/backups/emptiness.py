"""Whether a machine is empty: a restore must never lay itself over something that lives."""

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from server.backups.rows import ALEMBIC
from server.config import Config
from server.db.engine import Database
from server.db.models import Table
from server.domain import errors

FOLDERS = ("originals", "thumbnails", "incoming")


def must_be_empty(config: Config, *, has_plan: bool) -> None:
    """Raises `RestoreNotEmpty`. A database that was migrated and never used is empty.

    `has_plan`: files in the media folder are what a restore left that was cut short.
    """
    if not has_plan and next(files_in(config.media), None) is not None:
        raise errors.RestoreNotEmpty(what=str(config.media))
    if not _has_no_rows(config):
        raise errors.RestoreNotEmpty(what="DATABASE_URL")


def files_in(media: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (media / folder).rglob("*"):
            if not path.is_dir():
                yield path


def epoch_of(config: Config) -> str | None:
    """The epoch of the database, if it has any."""
    if not _is_there(config):
        return None
    database = Database(config.database_url, pool_size=1)
    try:
        with database.reading.connect() as connection:
            if not sa.inspect(connection).has_table("house"):
                return None
            found = connection.scalar(sa.text("SELECT value FROM house WHERE name = 'epoch'"))
            return None if found is None else str(found)
    finally:
        database.close()


def _is_there(config: Config) -> bool:
    """Whether there is something to connect to; SQLite would make a file by looking."""
    prefix = "sqlite:///"
    url = config.database_url
    return not url.startswith(prefix) or Path(url.removeprefix(prefix)).exists()


def _has_no_rows(config: Config) -> bool:
    if not _is_there(config):
        return True
    database = Database(config.database_url, pool_size=1)
    try:
        with database.reading.connect() as connection:
            names = set(sa.inspect(connection).get_table_names())
            if names - set(Table.metadata.tables) - {ALEMBIC}:
                return False  # somebody else's, or of a version that we do not know
            return not any(_has_rows(connection, name) for name in names - {ALEMBIC})
    finally:
        database.close()


def _has_rows(connection: sa.Connection, name: str) -> bool:
    """The first migration itself writes an epoch."""
    found = sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)
    if name == "house":
        found = found.where(sa.column("name") != "epoch")
    return connection.scalar(found) is not None
