"""What a push asks of the database: the same few questions for many events, and none that reads a table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from tests import events, people
from tests.events import Lane
from tests.office import Office
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Asked = list[tuple[str, Any]]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


@pytest.fixture
def listening(app: Flask) -> Callable[..., Any]:
    """Notes every statement while it lasts, with its parameters."""
    engine = app.extensions["doorstep"].database.engine

    @contextmanager
    def listen() -> Iterator[Asked]:
        asked: Asked = []

        def note(_c: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
            asked.append((statement, given))

        event.listen(engine, "before_cursor_execute", note)
        yield asked
        event.remove(engine, "before_cursor_execute", note)

    return listen


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


def test_more_events_ask_no_more(
    alice: Wire, office: Office, listening: Callable[..., Any]
) -> None:
    alice.pushes(*a_visit(alice.lane(office.issues_a_job(people.ALICE)), 1))
    counts = []
    for notes in (1, 40):
        visit = a_visit(alice.lane(office.issues_a_job(people.ALICE)), notes)
        with listening() as asked:
            alice.pushes(*visit)
        counts.append(len(asked))
    assert counts[1] == counts[0] <= 60


def test_no_question_reads_a_whole_table(
    alice: Wire, office: Office, listening: Callable[..., Any], app: Flask, database_kind: str
) -> None:
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL reads small tables as a whole, and is right to")
    visit = a_visit(alice.lane(office.issues_a_job(people.ALICE)), 3)
    with listening() as asked:
        alice.pushes(*visit)
    questions = {each: given for each, given in asked if each.startswith(("SELECT", "UPDATE"))}
    assert questions
    with app.extensions["doorstep"].database.reading.connect() as connection:
        plans = {
            each: [
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", given)
            ]
            for each, given in questions.items()
            if not isinstance(given, list)
        }
    scans = {each: plan for each, plan in plans.items() if any("SCAN " in step for step in plan)}
    reading = {each: plan for each, plan in scans.items() if "SCAN CONSTANT ROW" not in plan}
    assert not reading
