"""Questions past the session: one snapshot each, on connections that are left to the next one."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.db.engine import Database
from server.db.lookups import SPARE, Lookups, Question
from server.db.tickets import Counter
from tests.db.writers import count_up

PATIENCE_S = 30.0
_VALUE = Question(select(Counter.value).where(Counter.series == bindparam("series")))


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    """With a counter that stands at 0."""
    database = Database(fresh_database_url)
    database.write(lambda session: session.add(Counter(series="test", value=0)))
    yield database
    database.close()


def counted(database: Database) -> int:
    with Lookups(database) as asked:
        return _value(asked)


def _value(asked: Lookups) -> int:
    row = asked.one(_VALUE, series="test")
    assert row is not None
    return int(row[0])


def test_each_block_sees_one_snapshot_and_the_next_one_what_was_written_meanwhile(
    database: Database,
) -> None:
    with Lookups(database) as asked:
        assert _value(asked) == 0
        database.write(count_up)
        assert _value(asked) == 0
    assert counted(database) == 1


def test_a_block_that_failed_holds_up_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError), Lookups(database) as asked:
        asked.execute("SELECT no_such_column")
    database.write(count_up)
    assert counted(database) == 1


def test_nothing_can_be_written(database: Database) -> None:
    assert counted(database) == 0
    with pytest.raises(DBAPIError), Lookups(database) as asked:
        asked.execute("DELETE FROM counters")
    assert counted(database) == 0


def test_more_at_once_than_connections_are_spared_all_get_their_answer(database: Database) -> None:
    many = 2 * SPARE
    together, found = threading.Barrier(many), list[int]()

    def ask() -> None:
        with Lookups(database) as asked:
            together.wait(PATIENCE_S)  # all of them have a connection now
            found.append(_value(asked))

    for _ in range(2):
        threads = [threading.Thread(target=ask) for _ in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert found == [0] * (2 * many)


def test_a_spare_connection_that_the_database_has_closed_is_replaced(
    database: Database, database_kind: str
) -> None:
    if database_kind != "postgresql":
        pytest.skip("of PostgreSQL")
    assert counted(database) == 0

    def end_the_others(session: Session) -> None:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    database.write(end_the_others)
    assert counted(database) == 0


def test_an_engine_that_was_disposed_of_is_asked_anew(database: Database) -> None:
    assert counted(database) == 0
    database.close()
    assert counted(database) == 0
