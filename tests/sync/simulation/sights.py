"""What is seen of a tablet's store: rows from outside, in tables that have the companion's names."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3

from tests.sync.simulation.rooms import Json

TABLES = {
    "installation": ("installation", "device_id, next_seq"),
    "people": ("person", "person_id, username, device_id, signed_in, cursor, epoch"),
    "base": ("base", "person_id, kind, id, version, standing, data"),
    "events": (
        "event", "place, event_id, person_id, job_id, kind, seq, body, state, status, code",
    ),
    "lanes": ("lane", "person_id, job_id, last_event_id"),
    "blobs": ("blob", "person_id, sha256, size, state, is_local"),
    "bytes": ("bytes", "person_id, sha256, digest, size"),
}  # fmt: skip
"""A table of the app's store: what the companion calls it, and its columns."""


class Sight:
    """A database in `file`, kept up to date by what is seen anew."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._writing() as connection:
            for table, columns in TABLES.values():
                connection.execute(f"CREATE TABLE {table} (row TEXT PRIMARY KEY, {columns})")

    @contextmanager
    def _writing(self) -> Iterator[pysqlite3.Connection]:
        connection = pysqlite3.connect(str(self._file))
        try:
            connection.execute("PRAGMA synchronous = OFF")
            yield connection
            connection.commit()
        finally:
            connection.close()

    def forget(self) -> None:
        with self._writing() as connection:
            for table, _ in TABLES.values():
                connection.execute(f"DELETE FROM {table}")

    def note(self, sights: Iterable[Json]) -> None:
        sights = list(sights)
        if not sights:
            return
        with self._writing() as connection:
            for sight in sights:
                self._note(connection, **sight)

    def _note(
        self, connection: pysqlite3.Connection, table: str, rows: list[list[Any]], gone: list[str]
    ) -> None:
        name, columns = TABLES[table]
        marks = ", ".join("?" * (columns.count(",") + 2))
        connection.executemany(f"INSERT OR REPLACE INTO {name} VALUES ({marks})", rows)
        connection.executemany(f"DELETE FROM {name} WHERE row = ?", [[each] for each in gone])
