"""The database itself: how it is opened, and the one transaction around every write.

SQLite takes one writer at a time and wakes waiting ones unfairly: a queue of our own stands before
`BEGIN IMMEDIATE` (threads by a fair lock, processes by a lock file), so nobody meets "database is
locked". A reader never waits. Every durable setting is read back on every connection that the pool
opens; a library with the WAL-reset bug (fixed in 3.51.3) is refused.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.db.group_commits import Act, Group
from server.db.lock_files import CAN_LOCK, LockFiles
from server.domain import errors

T = TypeVar("T")

SAFE_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 10_000
WRITER_WAIT_S = 20.0
DURABLE_SETTINGS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
RETRIED_STATES = frozenset({"40001", "40P01"})
RETRIES = 5


class Database:
    """One database, SQLite or PostgreSQL: `write` and `read` run a function in a transaction.

    `writer_wait_s` is how long a write waits for its turn on SQLite.
    """

    def __init__(
        self, url: str, *, pool_size: int = 10, writer_wait_s: float = WRITER_WAIT_S
    ) -> None:
        self.url = normal_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.before_commit: list[Callable[[Session], None]] = []
        self._pool_size, self._writer_wait_s = pool_size, writer_wait_s
        self._of_parent: list[Any] = []
        self._open()
        _OPENED.add(self)

    def _open(self) -> None:
        if self.is_sqlite:
            busy_ms = min(BUSY_TIMEOUT_MS, int(self._writer_wait_s * 1000))
            self._writer = _sqlite_engine(self.url, self._pool_size, busy_ms, read_only=False)
            self._reader = _sqlite_engine(self.url, self._pool_size, busy_ms, read_only=True)
            self._gate: contextlib.AbstractContextManager[Any] = WriterQueue(
                _path(self.url), self._writer_wait_s
            )
            self._group = Group(self._write_group, self.write, self._writer_wait_s)
        else:
            self._writer = create_engine(
                self.url, pool_size=self._pool_size, pool_pre_ping=True, hide_parameters=True
            )
            self._reader = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._gate = contextlib.nullcontext()

    def open_anew(self) -> None:
        """In a child process: its own connections and its own turns. What the parent had is kept as
        it is, because closing it here would end it there. Fork between writes: SQLite itself would
        believe for ever that the child holds the lock of a write that went on."""
        self._of_parent.append((self._writer, self._reader, self._gate))
        self._open()

    @property
    def engine(self) -> Engine:
        """The engine that may write: for migrations and checks."""
        return self._writer

    @property
    def reading(self) -> Engine:
        """The engine that cannot write."""
        return self._reader

    def write(self, act: Callable[[Session], T]) -> T:
        """Runs `act` in one transaction and commits it, with whatever `before_commit` adds.

        On PostgreSQL the act runs again after a deadlock or a failed serialisation, so it must have
        no effect but on its session. On SQLite it raises `Busy` where no turn came in time.
        """
        for attempt in range(RETRIES):
            try:
                with self._turn():
                    return self._transact(self._writer, act)
            except DBAPIError as failure:
                if _state(failure) not in RETRIED_STATES or attempt == RETRIES - 1:
                    raise
                time.sleep(0.005 * 2**attempt)
        raise AssertionError("unreachable")

    def write_together(self, act: Callable[[Session], T]) -> T:
        """As `write`; on SQLite acts that come at the same time are committed together, by one flush of
        the disk. The act may run on another thread: it must ask nothing of its request.
        """
        if not self.is_sqlite:
            return self.write(act)
        outcome: T = self._group.write(act)
        return outcome

    @property
    def waiting_together(self) -> int:
        """How many acts wait to be committed together."""
        return self._group.waiting if self.is_sqlite else 0

    def _write_group(self, join: Callable[[], list[Act]]) -> list[Any]:
        with self._turn():
            acts = join()
            if len(acts) == 1:
                return [self._transact(self._writer, acts[0])]
            with self._writer.begin() as connection:
                return [self._transact(connection, act) for act in acts]

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """The writer's turn. Raises `Busy` where another program holds the database too long."""
        try:
            with self._gate:
                yield
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlite_errorname", None) == "SQLITE_BUSY":
                raise errors.Busy(retry_after_s=2) from failure
            raise

    def _transact(self, bind: Engine | Connection, act: Callable[[Session], T]) -> T:
        """Runs `act` in one transaction, or as a part of the one that the connection is in."""
        with Session(bind, expire_on_commit=False) as session, session.begin():
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


_OPENED: WeakSet[Database] = WeakSet()


def _after_fork() -> None:
    for database in list(_OPENED):
        database.open_anew()


_at_fork = getattr(os, "register_at_fork", None)  # Windows has none
if _at_fork is not None:
    _at_fork(after_in_child=_after_fork)


class WriterQueue:
    """First come, first served, between threads; lock files between processes.

    Held for the length of one write transaction. Raises `Busy` after `wait_s` seconds.
    """

    def __init__(self, database: Path | None, wait_s: float = WRITER_WAIT_S) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False
        self._wait_s = wait_s
        self._database = database if CAN_LOCK else None
        self._files: LockFiles | None = None

    @property
    def waiting(self) -> int:
        """How many threads of this process wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        give_up_at = time.monotonic() + self._wait_s
        self._take_turn()
        try:
            self._take_files(give_up_at)
        except BaseException:
            self._pass_on()
            raise

    def __exit__(self, *failure: object) -> None:
        if self._files is not None:
            self._files.let_go()
        self._pass_on()

    def close(self) -> None:
        """Lets go of the lock files."""
        if self._files is not None:
            self._files.close()
        self._files = None

    def _take_turn(self) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=self._wait_s):
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

    def _take_files(self, give_up_at: float) -> None:
        if self._database is None:
            return
        if self._files is None:
            self._files = LockFiles(self._database)
        self._files.take(give_up_at)


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
    """The SQLite module to use; raises `RuntimeError` where it cannot be trusted with data."""
    import pysqlite3

    must_be_safe(pysqlite3.sqlite_version_info)
    return pysqlite3


def must_be_safe(version: tuple[int, ...]) -> None:
    """Raises `RuntimeError` for a SQLite with the WAL-reset bug."""
    if tuple(version) < SAFE_SQLITE:
        said, needed = (".".join(map(str, each)) for each in (version, SAFE_SQLITE))
        raise RuntimeError(
            f"SQLite {said} can lose committed data in WAL mode. Doorstep needs {needed} or newer."
        )


def _sqlite_engine(url: URL, pool_size: int, busy_ms: int, *, read_only: bool) -> Engine:
    driver = sqlite_driver()
    engine = create_engine(
        url,
        module=driver,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={
            "timeout": busy_ms / 1000,
            "isolation_level": None,
            "check_same_thread": False,
        },
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        make_durable(connection)
        if read_only:
            connection.execute("PRAGMA query_only = 1")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def make_durable(connection: sqlite3.Connection) -> None:
    """Sets what a power cut must not undo; raises `RuntimeError` where that does not hold."""
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
