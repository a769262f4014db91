"""What a push asks of the database: the same few questions for many events, and none that reads a table."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event

from tests import events, people
from tests.events import Lane
from tests.office import Office
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Asked = list[str]
Listening = Callable[[], Any]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


@pytest.fixture
def listening(app: Flask, database_kind: str) -> Listening:
    """Notes every statement that reaches the driver of the writing engine while it lasts; on SQLite
    with its values filled in."""
    engine = app.extensions["doorstep"].database.engine

    @contextmanager
    def listen() -> Iterator[Asked]:
        asked: Asked = []
        hear = _hear_sqlite if database_kind == "sqlite" else _hear_postgresql
        engine.dispose()  # what is opened from now on is heard

        def opened(connection: Any, _record: object) -> None:
            hear(connection, asked)

        event.listen(engine, "connect", opened)
        yield asked
        event.remove(engine, "connect", opened)
        engine.dispose()

    return listen


def _hear_sqlite(connection: Any, asked: Asked) -> None:
    connection.set_trace_callback(asked.append)


def _hear_postgresql(connection: Any, asked: Asked) -> None:
    class Heard(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **how: Any) -> Any:
            asked.append(str(query))
            return super().execute(query, *args, **how)

        def executemany(self, query: Any, *args: Any, **how: Any) -> None:
            asked.append(str(query))
            super().executemany(query, *args, **how)

    connection.cursor_factory = Heard


def number_of(asked: Asked) -> int:
    """How many statements there were; rows that follow each other into one table are one."""
    heads = [re.split(r"\bVALUES\b", each)[0] for each in asked]
    return sum(1 for _ in groupby(heads))


def a_visit(lane: Lane, notes: int) -> list[events.Event]:
    lane.add("visit.arrived")
    lane.add("photo.taken")
    lane.add("part.used")
    for number in range(notes):
        lane.add("note.added", {"text": f"note {number}", "audience": "office"})
    lane.add("receipt.presented")
    lane.add("receipt.signed")
    lane.finish()
    return lane.events


def test_more_events_ask_no_more(alice: Wire, office: Office, listening: Listening) -> None:
    alice.pushes(*a_visit(alice.lane(office.issues_a_job(people.ALICE)), 1))
    counts = []
    for notes in (1, 40):
        visit = a_visit(alice.lane(office.issues_a_job(people.ALICE)), notes)
        with listening() as asked:
            alice.pushes(*visit)
        counts.append(number_of(asked))
    assert counts[1] == counts[0]
    assert 20 < counts[0] < 50


def test_no_question_reads_a_whole_table(
    alice: Wire, office: Office, listening: Listening, app: Flask, database_kind: str
) -> None:
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL reads small tables as a whole, and is right to")
    visit = a_visit(alice.lane(office.issues_a_job(people.ALICE)), 3)
    with listening() as asked:
        alice.pushes(*visit)
    questions = [each for each in asked if each.startswith(("SELECT", "UPDATE"))]
    assert len(questions) > 10
    with app.extensions["doorstep"].database.reading.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None, "it has just been opened"
        plans = {
            each: [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {each}")]
            for each in questions
        }
    scans = {each: [step for step in plan if "SCAN" in step] for each, plan in plans.items()}
    reading = {each: steps for each, steps in scans.items() if not all(map(_is_free, steps))}
    assert not reading


def _is_free(step: str) -> bool:
    """Whether a scan reads nothing but the question's own values."""
    return step.startswith(("SCAN CONSTANT ROW", "SCAN json_each"))
