"""Group commit: what waits at the same time is committed together, and nobody pays for a neighbour."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from server.db.engine import Database, sqlite_driver
from server.db.tickets import Counter
from server.domain import errors
from tests.db.test_engine import waits_until

pytestmark = pytest.mark.usefixtures("on_sqlite")


@pytest.fixture
def on_sqlite(database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("of SQLite; PostgreSQL groups its commits by itself")


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    opened = Database(fresh_database_url)
    yield opened
    opened.close()


@pytest.fixture
def commits(database: Database) -> list[int]:
    """Grows by one with each commit of a writer."""
    seen: list[int] = []
    event.listen(database.engine, "commit", lambda _connection: seen.append(1))
    return seen


def keeps(name: str) -> Callable[[Session], str]:
    def act(session: Session) -> str:
        session.add(Counter(series=name, value=1))
        return name

    return act


def stumbles(session: Session) -> None:
    session.add(Counter(series="half", value=1))
    session.flush()
    raise errors.Conflict()


def kept(database: Database) -> list[str]:
    return sorted(database.read(lambda s: s.scalars(select(Counter.series)).all()))


def while_somebody_writes(
    database: Database, acts: list[Callable[[Session], Any]]
) -> list[Future[Any]]:
    """Hands the acts over, in this order, while another writer has the turn; then that one ends, well
    or not."""
    has_turn, may_end = threading.Event(), threading.Event()

    def hold(_session: Session) -> None:
        has_turn.set()
        may_end.wait()

    with ThreadPoolExecutor(len(acts) + 1) as threads:
        holder = threads.submit(database.write, hold)
        has_turn.wait()
        told: list[Future[Any]] = []
        for act in acts:
            told.append(threads.submit(database.write_together, act))
            waits_until(lambda: database.waiting_together == len(told))
        may_end.set()
        holder.exception()
    return told


def test_what_waits_is_committed_together(database: Database, commits: list[int]) -> None:
    names = ["a", "b", "c", "d"]
    told = while_somebody_writes(database, [keeps(name) for name in names])
    assert [each.result() for each in told] == names
    assert kept(database) == names
    assert len(commits) == 1, "of all four"


def test_one_alone_is_a_write_like_any_other(database: Database, commits: list[int]) -> None:
    assert [database.write_together(keeps(name)) for name in ("a", "b")] == ["a", "b"]
    assert kept(database) == ["a", "b"]
    assert len(commits) == 2


def test_one_that_fails_alone_fails_alone(database: Database) -> None:
    with pytest.raises(errors.Conflict):
        database.write_together(stumbles)
    assert database.write_together(keeps("next")) == "next"
    assert kept(database) == ["next"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_that_fails_takes_nobody_along(database: Database, place: int) -> None:
    acts: list[Callable[[Session], Any]] = [keeps("a"), keeps("b")]
    acts.insert(place, stumbles)
    told = while_somebody_writes(database, acts)
    failures = [type(each.exception()) for each in told]
    assert failures.pop(place) is errors.Conflict
    assert failures == [type(None), type(None)]
    assert kept(database) == ["a", "b"], "and nothing of the one that failed"


def test_nobody_is_told_of_a_commit_that_failed(database: Database) -> None:
    def disk_is_full(_connection: object) -> None:
        raise OSError("No space left on device")

    event.listen(database.engine, "commit", disk_is_full)
    told = while_somebody_writes(database, [keeps("a"), keeps("b")])
    assert [type(each.exception()) for each in told] == [OSError, OSError]
    assert kept(database) == []
    event.remove(database.engine, "commit", disk_is_full)
    assert database.write_together(keeps("next")) == "next"


def test_whoever_waits_too_long_is_told_so(fresh_database_url: str) -> None:
    impatient = Database(fresh_database_url, writer_wait_s=0.05)
    has_turn, may_end = threading.Event(), threading.Event()

    def hold(_session: Session) -> None:
        has_turn.set()
        may_end.wait()

    with ThreadPoolExecutor(3) as threads:
        holder = threads.submit(impatient.write, hold)
        has_turn.wait()
        told = [threads.submit(impatient.write_together, keeps(name)) for name in ("a", "b")]
        assert {type(each.exception()) for each in told} == {errors.Busy}
        may_end.set()
        holder.result()
    assert impatient.write_together(keeps("next")) == "next"
    assert kept(impatient) == ["next"]
    impatient.close()


def test_another_program_that_holds_the_database_is_told_of(fresh_database_url: str) -> None:
    impatient = Database(fresh_database_url, writer_wait_s=2)
    with closing(sqlite_driver().connect(impatient.url.database, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        told = while_somebody_writes(impatient, [keeps("a"), keeps("b")])
        assert [type(each.exception()) for each in told] == [errors.Busy, errors.Busy]
        shell.execute("ROLLBACK")
    assert impatient.write_together(keeps("next")) == "next"
    assert kept(impatient) == ["next"]
    impatient.close()


def test_sixty_from_sixteen_threads(database: Database, commits: list[int]) -> None:
    names = [f"n{number:02}" for number in range(60)]
    with ThreadPoolExecutor(16) as threads:
        told = list(threads.map(lambda name: database.write_together(keeps(name)), names))
    assert told == names
    assert kept(database) == names
    assert len(commits) <= 60
