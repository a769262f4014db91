"""Bringing a database up to date, and asking whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from server.db.engine import Database

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def _settings() -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    return settings


def upgrade(url: str, revision: str = "head") -> None:
    """Runs every migration that the database at `url` has not seen yet."""
    settings = _settings()
    settings.attributes["url"] = url
    command.upgrade(settings, revision)


def write_revision(url: str, message: str) -> None:
    """Drafts a migration from the difference between tables and database."""
    settings = _settings()
    settings.attributes["url"] = url
    command.revision(settings, message, autogenerate=True)


def is_current(database: Database) -> bool:
    with database.engine.connect() as connection:
        now = set(MigrationContext.configure(connection).get_current_heads())
    return now == set(ScriptDirectory.from_config(_settings()).get_heads())
