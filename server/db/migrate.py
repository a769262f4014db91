"""Bringing a database up to date, and asking whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from server.db.engine import Database, normal_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def _settings(url: str, folder: Path = MIGRATIONS) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(folder))
    settings.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    settings.attributes["url"] = url
    return settings


def upgrade(url: str, revision: str = "head", *, folder: Path = MIGRATIONS) -> None:
    """Runs every migration that the database at `url` has not seen yet, in one transaction."""
    make_folder(url)
    command.upgrade(_settings(url, folder), revision)


def make_folder(url: str) -> None:
    """Where the file of a SQLite database is going to lie."""
    file = normal_url(url).database if url.startswith("sqlite") else None
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)


def write_revision(url: str, message: str) -> None:
    """Drafts a migration from the difference between tables and database."""
    command.revision(_settings(url), message, autogenerate=True)


def newest() -> str | None:
    """The revision that this version of the product brings a database to."""
    return _scripts().get_current_head()


def is_known(revision: str) -> bool:
    """Whether this version has the migration; a newer one may have more."""
    return revision in {each.revision for each in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def is_current(database: Database) -> bool:
    """Whether the database has seen every migration, and none that we do not know."""
    with database.reading.connect() as connection:
        now = set(MigrationContext.configure(connection).get_current_heads())
    scripts = ScriptDirectory.from_config(_settings(str(database.url)))
    return now == set(scripts.get_heads())
