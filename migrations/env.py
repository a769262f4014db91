"""How Alembic reaches the database: with the same engine settings as the server.

All migrations of one run are one transaction, and a second run that comes at the same time waits. On SQLite a
table is changed by building it anew, which foreign keys would forbid: they rest meanwhile, and are checked
before the commit.
"""

from alembic import context
from sqlalchemy import Connection

from server.db.engine import Database
from server.db.models import Table

ONE_AT_A_TIME = 0x0D00257E  # the number of our advisory lock; any will do


def run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="server.db.types.",
    )
    with context.begin_transaction():
        context.run_migrations()


def rest_foreign_keys(connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.execute("PRAGMA foreign_keys = OFF")  # has no effect once a transaction has begun


def check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration leaves {len(broken)} rows that refer to nothing")


database = Database(context.config.attributes["url"])
try:
    with database.engine.connect() as connection:
        if database.is_sqlite:
            rest_foreign_keys(connection)
        with connection.begin():
            run(connection)
            if database.is_sqlite:
                check_foreign_keys(connection)
finally:
    database.close()
