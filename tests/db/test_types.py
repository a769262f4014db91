"""Column types mean the same on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from server.db.engine import Database
from server.db.house import KeptAnswer
from tests.people import NOW

EAST = timezone(timedelta(hours=8))


@pytest.fixture
def database(fresh_database_url: str) -> Iterator[Database]:
    opened = Database(fresh_database_url)
    yield opened
    opened.close()


def kept_at(at: datetime, headers: Any = None) -> KeptAnswer:
    return KeptAnswer(
        person_id="p", key="k", fingerprint="f", status=200, body="", headers=headers, at=at
    )


def as_kept(database: Database, column: Any) -> Any:
    return database.read(lambda session: session.execute(select(column)).scalar_one())


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=EAST),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=-11, minutes=-30))),
    ],
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(
    database: Database, moment: datetime
) -> None:
    database.write(lambda session: session.add(kept_at(moment, {})))
    found = as_kept(database, KeptAnswer.at)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_a_moment_is_found_whatever_zone_asks(database: Database) -> None:
    database.write(lambda session: session.add(kept_at(NOW, {})))
    for since, is_found in ((NOW, True), (NOW + timedelta(microseconds=1), False)):
        asked = select(KeptAnswer).where(KeptAnswer.at >= since.astimezone(EAST))
        found = database.read(partial(Session.scalar, statement=asked))
        assert (found is not None) is is_found


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        database.write(lambda session: session.add(kept_at(NOW.replace(tzinfo=None), {})))


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        "工单",
        {"工单": "派工单", "z": 1, "a": [None, True, 1.5, 2**53]},
        {"half": "\ud800", "nul": "a\x00b", "\udfff\x00": "\u2028"},
        0,
        False,
    ],
    ids=repr,
)
def test_a_document_comes_back_as_it_was(database: Database, document: Any) -> None:
    database.write(lambda session: session.add(kept_at(NOW, document)))
    found = as_kept(database, KeptAnswer.headers)
    assert found == document
    assert type(found) is type(document)
    if isinstance(document, dict):
        assert list(found) == list(document), "in the same order"


def test_a_document_that_is_changed_is_written(database: Database) -> None:
    database.write(lambda session: session.add(kept_at(NOW, {"before": 1})))
    database.write(lambda s: s.execute(update(KeptAnswer).values(headers={"after": 2})))
    assert as_kept(database, KeptAnswer.headers) == {"after": 2}
