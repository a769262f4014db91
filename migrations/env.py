"""How Alembic reaches the database: with the same engine settings as the server."""

from alembic import context

from server.db.engine import Database
from server.db.models import Table

database = Database(context.config.attributes["url"])
with database.engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="server.db.types.",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
database.close()
