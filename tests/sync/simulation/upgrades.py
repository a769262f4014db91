"""The release to come: a store with one migration more, over everything that waits in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database, Migrations

from field_client import schema


@contextmanager
def next_release() -> Iterator[None]:
    """While the block runs, stores are opened by the app of the next release."""
    coming = Migrations("field_client")
    for migration in schema.migrations._migrations:
        coming(name=migration.name)(migration.fn)

    @coming(name="2031_01_next")
    def following(db: Database) -> None:
        db.execute("ALTER TABLE event ADD COLUMN weather TEXT")

    before = schema.migrations, schema.NAMES
    schema.migrations, schema.NAMES = coming, schema.NAMES | {"2031_01_next"}
    try:
        yield
    finally:
        schema.migrations, schema.NAMES = before
