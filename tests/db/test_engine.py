"""The database as it is opened: durable, one writer at a time, nothing lost, nobody left waiting."""

import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from server.db.engine import (
    Database,
    WriterQueue,
    make_durable,
    must_be_safe,
    normal_url,
    sqlite_driver,
)
from server.db.tickets import Counter
from server.domain import errors
from tests.db.writers import count_up, count_up_often

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0

Open = Callable[..., Database]


@pytest.fixture
def open_database(fresh_database_url: str) -> Iterator[Open]:
    """Opens this test's database, as often as it asks; a counter stands in it."""
    with ExitStack() as opened:

        def make(**options: Any) -> Database:
            database = Database(fresh_database_url, **options)
            opened.callback(database.close)
            return database

        database = make()
        database.write(lambda session: session.add(Counter(series="test", value=0)))
        yield make


@pytest.fixture
def database(open_database: Open) -> Database:
    return open_database()


@pytest.fixture
def on_sqlite(database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("of SQLite")


@pytest.fixture
def on_postgresql(database_kind: str) -> None:
    if database_kind != "postgresql":
        pytest.skip("of PostgreSQL")


def value(database: Database) -> int:
    return database.read(lambda session: session.get_one(Counter, "test").value)


# Addresses.


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("postgresql://doorstep@db/doorstep", "postgresql+psycopg"),
        ("postgres://doorstep@db/doorstep", "postgresql+psycopg"),
        ("postgresql+psycopg://doorstep@db/doorstep", "postgresql+psycopg"),
        ("sqlite:///var/doorstep.db", "sqlite"),
    ],
)
def test_an_address_means_the_driver_of_the_product(address: str, driver: str) -> None:
    assert normal_url(address).drivername == driver


# SQLite is durable.


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2), (3, 7, 0)])
def test_a_library_that_loses_data_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeError, match=r"can lose committed data .* needs 3\.51\.3 or newer"):
        must_be_safe(version)


def test_the_library_of_the_product_is_safe() -> None:
    must_be_safe((3, 51, 3))
    must_be_safe(sqlite_driver().sqlite_version_info)


@pytest.mark.usefixtures("on_sqlite")
def test_every_connection_of_the_pools_is_durable(database: Database) -> None:
    settings = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
    for engine, is_read_only in ((database.engine, 0), (database.reading, 1)):
        with ExitStack() as held:
            for connection in [held.enter_context(engine.connect()) for _ in range(4)]:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                found = [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in settings]
                assert found == ["wal", 2, 1, 10_000, is_read_only]


def test_a_place_that_cannot_be_durable_is_refused() -> None:
    with (
        closing(sqlite_driver().connect(":memory:")) as in_memory,
        pytest.raises(RuntimeError, match="refuses the durable setting journal_mode = wal"),
    ):
        make_durable(in_memory)


# Reading.


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        database.read(count_up_and_flush)
    assert value(database) == 0


def count_up_and_flush(session: Session) -> None:
    counter = session.get_one(Counter, "test")
    counter.value += 1
    session.flush()


def test_a_read_sees_one_moment(database: Database) -> None:
    """Also when somebody writes between its questions."""
    asked = select(Counter.value).where(Counter.series == "test")

    def look_twice(session: Session) -> tuple[int | None, int | None]:
        before = session.scalar(asked)
        database.write(count_up)
        return before, session.scalar(asked)

    assert database.read(look_twice) == (0, 0)
    assert value(database) == 1


def test_after_reading_a_connection_writes_again(open_database: Open) -> None:
    database = open_database(pool_size=1)
    for expected in range(1, 4):
        assert database.write(count_up) == expected
        assert value(database) == expected


# Writing.


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    def fails(session: Session) -> None:
        count_up(session)
        session.flush()
        raise errors.Conflict()

    for _ in range(3):
        with pytest.raises(errors.Conflict):
            database.write(fails)
    assert value(database) == 0
    assert database.write(count_up) == 1, "and passes its turn on"


def test_what_a_savepoint_wrote_goes_with_it(database: Database) -> None:
    def write(session: Session) -> None:
        count_up(session)
        savepoint = session.begin_nested()
        session.add(Counter(series="gone", value=1))
        session.flush()
        savepoint.rollback()
        session.add(Counter(series="kept", value=1))

    database.write(write)
    series = database.read(lambda s: s.scalars(select(Counter.series)).all())
    assert sorted(series) == ["kept", "test"]
    assert value(database) == 1


def test_the_last_word_belongs_to_the_transaction(database: Database) -> None:
    def fails(session: Session) -> None:
        raise errors.Conflict()

    database.before_commit.append(fails)
    with pytest.raises(errors.Conflict):
        database.write(count_up)
    database.before_commit.clear()
    assert value(database) == 0


def test_no_update_is_lost_between_threads(database: Database) -> None:
    values = count_up_often(database, threads=16, times=60)
    assert sorted(values) == list(range(1, 961))
    assert value(database) == 960


class Process:
    """tests/db/writers.py, running."""

    def __init__(self, *order: object) -> None:
        command = [sys.executable, "-m", "tests.db.writers", *map(str, order)]
        self.popen = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.said, self.hears = self.stream(self.popen.stdout), self.stream(self.popen.stdin)

    @staticmethod
    def stream(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def says(self, word: str) -> None:
        assert self.said.readline() == f"{word}\n"

    def go(self) -> None:
        self.hears.write("go\n")
        self.hears.flush()

    def values(self) -> list[int]:
        return [int(each) for each in self.said.readline().split()]

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()


@contextmanager
def process(*order: object) -> Iterator[Process]:
    running = Process(*order)
    try:
        yield running
    finally:
        running.kill()
        running.said.close()
        running.hears.close()


def test_no_update_is_lost_between_processes(database: Database, fresh_database_url: str) -> None:
    with (
        process("raise", fresh_database_url, 8, 30) as one,
        process("raise", fresh_database_url, 8, 30) as other,
    ):
        for each in (one, other):
            each.says("ready")
        for each in (one, other):
            each.go()
        values = one.values() + other.values()
    assert sorted(values) == list(range(1, 481))
    assert value(database) == 480


@pytest.mark.usefixtures("on_sqlite")
def test_a_process_with_one_writer_is_not_starved_by_one_with_many(
    database: Database, fresh_database_url: str
) -> None:
    with process("raise", fresh_database_url, 16, 100) as busy:
        busy.says("ready")
        busy.go()
        waits_until(lambda: value(database) > 0)
        mine = [database.write(count_up) for _ in range(20)]
        assert len(busy.values()) == 1600
    between = [later - earlier - 1 for earlier, later in pairwise(mine)]
    assert max(between) < 100, "one turn each, but for the time that this process itself takes"


@pytest.mark.usefixtures("on_sqlite")
def test_a_process_that_dies_while_it_writes_lets_go(
    open_database: Open, fresh_database_url: str
) -> None:
    impatient, database = open_database(writer_wait_s=0.05), open_database()
    with process("hold", fresh_database_url) as holder:
        holder.says("holding")
        with pytest.raises(errors.Busy) as busy:
            impatient.write(count_up)
        assert busy.value.retry_after_s == 2
        assert value(impatient) == 0, "a reader never waits"
        holder.kill()
        assert database.write(count_up) == 1, "what it had not committed is gone"
    assert impatient.write(count_up) == 2


@pytest.mark.usefixtures("on_sqlite")
def test_another_program_that_holds_the_database_is_waited_for(open_database: Open) -> None:
    """One that knows nothing of our queue, such as a shell."""
    impatient = open_database(writer_wait_s=0.05)
    with closing(sqlite_driver().connect(impatient.url.database, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.Busy):
            impatient.write(count_up)
        shell.execute("ROLLBACK")
        assert impatient.write(count_up) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="of systems that fork")
def test_a_forked_process_takes_turns_like_any_other(database: Database) -> None:
    database.write(count_up)
    assert value(database) == 1  # connections are open now; the child must use others
    child = os.fork()
    if child == 0:  # pragma: no cover
        os._exit(_exit_code_of_child(database))
    for _ in range(50):
        database.write(count_up)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert value(database) == 101


def _exit_code_of_child(database: Database) -> int:
    try:
        for _ in range(50):
            database.write(count_up)
        return 0 if value(database) > 50 else 1
    except BaseException:
        traceback.print_exc()
        return 2


# The queue.


def waits_until(is_so: Callable[[], bool]) -> None:
    """For something that another thread or process is about to do."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.001)):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("it never came")


def test_turns_are_taken_in_the_order_of_coming() -> None:
    queue, order = WriterQueue(None), []

    def take(number: int) -> None:
        with queue:
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    with queue:
        for number, thread in enumerate(threads):
            thread.start()
            waits_until(lambda wanted=number + 1: queue.waiting == wanted)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_whoever_gives_up_leaves_the_queue(tmp_path: Path) -> None:
    queue = WriterQueue(tmp_path / "some.db", wait_s=0.05)
    with queue:
        told: list[errors.Busy] = []

        def wait() -> None:
            try:
                with queue:
                    raise AssertionError("it is taken")
            except errors.Busy as busy:
                told.append(busy)

        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
        assert [busy.retry_after_s for busy in told] == [2]
        assert queue.waiting == 0
    with queue:
        pass
    queue.close()


# PostgreSQL.


def test_a_deadlock_is_tried_again(database: Database, database_kind: str) -> None:
    """Two writers that take two rows crosswise. On SQLite they come one after the other."""
    database.write(lambda session: session.add(Counter(series="other", value=0)))
    met = threading.Barrier(2) if database_kind == "postgresql" else threading.Barrier(1)
    tried: list[str] = []

    def write(first: str, second: str) -> None:
        def act(session: Session) -> None:
            tried.append(first)
            session.get_one(Counter, first, with_for_update=True).value += 1
            session.flush()
            if len(tried) <= 2:
                met.wait(PATIENCE_S)
            session.get_one(Counter, second, with_for_update=True).value += 1

        database.write(act)

    threads = [
        threading.Thread(target=write, args=pair) for pair in (("test", "other"), ("other", "test"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = database.read(lambda s: s.scalars(select(Counter.value)).all())
    assert list(counted) == [2, 2]
    assert len(tried) == (3 if database_kind == "postgresql" else 2)


@pytest.mark.usefixtures("on_postgresql")
@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_what_postgresql_asks_to_repeat_is_repeated(database: Database, state: str) -> None:
    tries = []

    def act(session: Session) -> int:
        tries.append(state)
        if len(tries) < 4:
            session.execute(text(f"do $$ begin raise sqlstate '{state}'; end $$"))
        return count_up(session)

    assert database.write(act) == 1
    assert len(tries) == 4


@pytest.mark.usefixtures("on_postgresql")
def test_other_failures_are_not_repeated(database: Database) -> None:
    tries = []

    def act(session: Session) -> None:
        tries.append(1)
        session.execute(text("select 1 / 0"))

    with pytest.raises(DBAPIError, match="division by zero"):
        database.write(act)
    assert len(tries) == 1


@pytest.mark.usefixtures("on_postgresql")
def test_it_does_not_repeat_for_ever(database: Database) -> None:
    tries = []

    def act(session: Session) -> None:
        tries.append(1)
        session.execute(text("do $$ begin raise sqlstate '40001'; end $$"))

    with pytest.raises(OperationalError):
        database.write(act)
    assert len(tries) == 5


# What failures say.


def test_a_failure_does_not_repeat_what_people_wrote(database: Database) -> None:
    def act(session: Session) -> None:
        session.execute(text("select * from nowhere where name = :name"), {"name": "Li Na"})

    with pytest.raises(DBAPIError) as failure:
        database.write(act)
    assert "Li Na" not in str(failure.value)
