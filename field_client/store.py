"""The store on the device: one SQLite file, durable before anybody is told "saved".

WAL with synchronous FULL, read back at every open (NORMAL may lose the last commits in a power cut).
Whoever writes takes the lock at once (BEGIN IMMEDIATE) and waits for it at most `busy_wait_s`; a deferred
transaction that begins with a read would fail at its first write without waiting at all.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from field_client import errors, schema
from field_client.clock import Clock, new_id, new_secret
from field_client.crashes import crash_point

OLDEST_SQLITE = (3, 51, 3)
BUSY_WAIT_S = 10.0

Row = dict[str, Any]


class Store:
    """An open store. One thread at a time; other processes may have it open too.

    Raises StoreBusy, StoreTooNew, StoreBroken, SqliteTooOld, DiskFull.
    """

    def __init__(self, home: Path, clock: Clock, *, busy_wait_s: float = BUSY_WAIT_S) -> None:
        self.home, self.clock = home, clock
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise errors.SqliteTooOld(version=sqlite3.sqlite_version)
        with self._translated():
            self._make_folders()
            self.db = self._open(busy_wait_s)
        try:
            with self._translated():
                self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.db.close()

    def _make_folders(self) -> None:
        for folder in (self.home, self.blobs, self.incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def blobs(self) -> Path:
        return self.home / "blobs"

    @property
    def incoming(self) -> Path:
        return self.home / "incoming"

    def _open(self, busy_wait_s: float) -> Database:
        file = self.home / "store.sqlite3"
        if not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        connection = self._connect(file, busy_wait_s)
        try:
            db = Database(connection)
            _set(db, "journal_mode", "wal")
            _set(db, "synchronous", 2, "FULL")
            _set(db, "foreign_keys", 1)
            _set(db, "fullfsync", 1)
        except BaseException:
            connection.close()
            raise
        return db

    def _connect(self, file: Path, busy_wait_s: float) -> sqlite3.Connection:
        return sqlite3.connect(
            str(file), timeout=busy_wait_s, isolation_level=None, check_same_thread=False
        )

    def _bring_up_to_date(self) -> None:
        if not schema.migrations.pending(self.db) and self.rows("SELECT 1 FROM installation"):
            self._refuse_newer()
            return
        with self.writing():
            self._refuse_newer()
            if schema.migrations.pending(self.db):
                crash_point("open.before_migration")
                schema.migrations.apply(self.db)
                crash_point("open.after_migration")
            if not self.rows("SELECT 1 FROM installation"):
                self.insert("installation", **self._newborn())

    def _refuse_newer(self) -> None:
        """A migration that this version does not know was written by a later one."""
        applied = {migration.name for migration in schema.migrations.applied(self.db)}
        if applied - schema.NAMES:
            raise errors.StoreTooNew()

    def _newborn(self) -> Row:
        name = os.uname().nodename if hasattr(os, "uname") else "device"
        return {
            "id": 1,
            "device_id": new_id(self.clock),
            "install_secret": new_secret(self.clock),
            "name": name,
        }

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction, all or nothing, on the disk when the block ends. Nests.

        Raises StoreBusy when another process keeps the lock, DiskFull when there is no room.
        """
        with self._translated():
            if self.db.conn.in_transaction:
                with self.db.atomic():
                    yield self.db
                return
            self.db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.conn.execute("COMMIT")
            except BaseException:
                self.db.rollback()
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's and the disk's complaints as errors that a person understands."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as problem:
            raise self._meaning(str(problem)) from problem
        except OSError as problem:
            raise errors.of_disk(problem, self.home) from problem

    def _meaning(self, text: str) -> errors.CompanionError:
        if "locked" in text or "busy" in text:
            return errors.StoreBusy()
        if "full" in text:
            return errors.DiskFull()
        return errors.StoreBroken(why=text, home=str(self.home))

    def rows(self, sql: str, values: Sequence[Any] | Row = ()) -> list[Row]:
        """Past `db.query`, which wraps every question in a savepoint in case it writes."""
        with self._translated():
            found = self.db.execute(sql, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def row(self, sql: str, values: Sequence[Any] | Row = ()) -> Row | None:
        found = self.rows(sql, values)
        return found[0] if found else None

    def value(self, sql: str, values: Sequence[Any] | Row = ()) -> Any:
        found = self.row(sql, values)
        return next(iter(found.values())) if found else None

    def execute(self, sql: str, values: Sequence[Any] | Row = ()) -> int:
        """Writes, inside `writing()` only; returns how many rows it changed."""
        assert self.db.conn.in_transaction, "write inside store.writing()"
        return int(self.db.execute(sql, values).rowcount)

    def insert(self, table: str, **values: Any) -> None:
        places = ", ".join(f":{name}" for name in values)
        self.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", values)

    @property
    def installation(self) -> Row:
        row = self.row("SELECT * FROM installation")
        assert row is not None, "made with the store"
        return row

    def set_installation(self, **values: Any) -> None:
        names = ", ".join(f"{name} = :{name}" for name in values)
        with self.writing():
            self.execute(f"UPDATE installation SET {names}", values)

    @property
    def hello(self) -> Row:
        """What the server last said about limits, policy and keys; empty before the first time."""
        text = self.installation["hello"]
        return json.loads(text) if text else {}


def _set(db: Database, name: str, wanted: Any, written: Any = None) -> None:
    """Sets a pragma and reads it back: SQLite ignores what it cannot do without a word."""
    db.conn.execute(f"PRAGMA {name} = {wanted if written is None else written}").fetchall()
    found = db.conn.execute(f"PRAGMA {name}").fetchone()[0]
    if found != wanted:
        raise sqlite3.DatabaseError(f"{name} is {found}, not {wanted}")
