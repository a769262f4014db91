"""The throw-away PostgreSQL of the tests with its ordinary, durable settings."""

from pathlib import Path

from tests.postgres import FOR_SPEED, SETTINGS, Postgres

# /var/tmp is kept over a restart, so it is on a disk; a socket's path must be short, ours is not.
PARENT = Path("/var/tmp")
DURABLE = {name: value for name, value in SETTINGS.items() if name not in FOR_SPEED}


class DurablePostgres(Postgres):
    """Flushes before it says that something is committed; cleans up after itself (autovacuum)."""

    def __init__(self) -> None:
        super().__init__(PARENT, {**DURABLE, "autovacuum": "on"})

    @property
    def root(self) -> int:
        """The process that all its others descend from."""
        assert self.process is not None, "it has been started"
        return self.process.pid
