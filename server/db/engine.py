"""The database itself: how it is opened, and the one transaction around every write.

SQLite takes one writer at a time and wakes waiting ones unfairly: a queue of our own stands before
`BEGIN IMMEDIATE` (threads by a fair lock, processes by a lock file), so nobody meets "database is
locked". A reader never waits. Every durable setting is read back on every connection that the pool
opens; a library with the WAL-reset bug (fixed in 3.51.3) is refused.
"""

import contextlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.domain import errors

try:  # Windows has neither fcntl nor several server processes on one SQLite file
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")

SAFE_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 10_000
WRITER_WAIT_S = 20.0
DURABLE_SETTINGS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
RETRIED_STATES = frozenset({"40001", "40P01"})
RETRIES = 5


class Database:
    """One database, SQLite or PostgreSQL: `write` and `read` run a function in a transaction."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = normal_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.before_commit: list[Callable[[Session], None]] = []
        if self.is_sqlite:
            self._writer = _sqlite_engine(self.url, pool_size, read_only=False)
            self._reader = _sqlite_engine(self.url, pool_size, read_only=True)
            self._gate: contextlib.AbstractContextManager[Any] = WriterQueue(_path(self.url))
        else:
            self._writer = create_engine(self.url, pool_size=pool_size, pool_pre_ping=True)
            self._reader = self._writer.execution_options(postgresql_readonly=True)
            self._gate = contextlib.nullcontext()

    @property
    def engine(self) -> Engine:
        """The engine that may write: for migrations and checks."""
        return self._writer

    def write(self, act: Callable[[Session], T]) -> T:
        """Runs `act` in one transaction and commits it, with whatever `before_commit` adds.

        On PostgreSQL the act runs again after a deadlock or a failed serialisation, so it must have
        no effect but on its session. Raises `Busy` where no writer's turn came in time.
        """
        for attempt in range(RETRIES):
            try:
                return self._write_once(act)
            except DBAPIError as failure:
                if _state(failure) not in RETRIED_STATES or attempt == RETRIES - 1:
                    raise
                time.sleep(0.005 * 2**attempt)
        raise AssertionError("unreachable")

    def _write_once(self, act: Callable[[Session], T]) -> T:
        with self._gate, Session(self._writer, expire_on_commit=False) as session:
            with session.begin():
                outcome = act(session)
                for last_word in self.before_commit:
                    last_word(session)
            return outcome

    def read(self, act: Callable[[Session], T]) -> T:
        """Runs `act` on one snapshot that cannot write."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            return act(session)

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()
        if isinstance(self._gate, WriterQueue):
            self._gate.close()


class WriterQueue:
    """First come, first served, between threads; a lock file between processes.

    Held for the length of one write transaction. Raises `Busy` after `WRITER_WAIT_S`.
    """

    def __init__(self, database: Path | None) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False
        self._file = database.with_name(database.name + ".writer") if database else None
        self._handle: Any = None

    def __enter__(self) -> None:
        self._take_turn()
        try:
            self._take_file()
        except BaseException:
            self._pass_on()
            raise

    def __exit__(self, *failure: object) -> None:
        self._release_file()
        self._pass_on()

    def close(self) -> None:
        """Lets go of the lock file."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def _take_turn(self) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=WRITER_WAIT_S):
            return
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                raise errors.Busy(retry_after_s=2)
        # The turn came in the very moment of giving up: it is ours.

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False

    def _take_file(self) -> None:
        if self._file is None or fcntl is None:
            return
        if self._handle is None:
            self._handle = self._file.open("ab")
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def _release_file(self) -> None:
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)


def normal_url(url: str) -> URL:
    """`postgresql://` means psycopg 3, `sqlite:///` the SQLite that comes with the product."""
    parsed = make_url(url)
    drivers = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    return parsed.set(drivername=drivers.get(parsed.drivername, parsed.drivername))


def _path(url: URL) -> Path | None:
    return Path(url.database) if url.database and url.database != ":memory:" else None


def _state(failure: DBAPIError) -> str | None:
    return getattr(failure.orig, "sqlstate", None)


def sqlite_driver() -> Any:
    """The SQLite module to use, new enough to be trusted with data; raises `RuntimeError` if none."""
    import pysqlite3

    if tuple(pysqlite3.sqlite_version_info) < SAFE_SQLITE:
        raise RuntimeError(
            f"SQLite {pysqlite3.sqlite_version} can lose committed data in WAL mode. "
            f"Doorstep needs {'.'.join(map(str, SAFE_SQLITE))} or newer."
        )
    return pysqlite3


def _sqlite_engine(url: URL, pool_size: int, *, read_only: bool) -> Engine:
    driver = sqlite_driver()
    engine = create_engine(
        url,
        module=driver,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "isolation_level": None,
            "check_same_thread": False,
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        _make_durable(connection)
        if read_only:
            connection.execute("PRAGMA query_only = 1")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _make_durable(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    for name, wanted in DURABLE_SETTINGS.items():
        is_so = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if is_so != wanted:
            raise RuntimeError(
                f"SQLite refuses the durable setting {name} = {wanted} (it says {is_so}). "
                "Put the database on a local disk."
            )


__all__ = ["Database", "WriterQueue", "normal_url"]
