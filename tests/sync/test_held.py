"""Held: what came before its predecessor waits for it, but never for ever."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from server.actions import deciding
from server.db.events import FieldEvent
from server.db.exceptions import FieldException
from server.db.jobs import Job, Visit
from server.db.people import Person
from server.worker import run_once
from tests import events, people
from tests.conftest import HandClock
from tests.events import Lane
from tests.office import Office
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Load = Callable[..., Any]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


@pytest.fixture
def job_id(office: Office) -> str:
    return office.issues_a_job(people.ALICE)


@pytest.fixture
def lane(alice: Wire, job_id: str) -> Lane:
    return alice.lane(job_id)


def note(lane: Lane, text: str, **changes: Any) -> dict[str, Any]:
    return lane.add("note.added", {"text": text, "audience": "office"}, **changes)


def notes(load: Load, job_id: str) -> list[str]:
    visit = load(lambda s: s.get(Visit, s.get(Job, job_id).visit_id).content)
    return [each["text"] for each in visit["notes"]]


def verdicts(tablet: Wire) -> dict[str, Any]:
    """What the pull says became of events after their push."""
    return {each["id"]: each["data"] for each in tablet.pulls() if each["kind"] == "event_result"}


def test_it_works(alice: Wire, lane: Lane, load: Load) -> None:
    first, second, third = (note(lane, text) for text in ("one", "two", "three"))
    alice.pulls()
    assert alice.statuses(third, second) == ["held waiting_for", "held waiting_for"]
    assert notes(load, lane.job_id) == []
    assert alice.statuses(first) == ["applied"]
    assert notes(load, lane.job_id) == ["one", "two", "three"]
    told = {"status": "applied", "was": "held"}
    assert verdicts(alice) == {second["event_id"]: told, third["event_id"]: told}
    assert alice.statuses(third) == ["applied"]


def test_any_order_comes_to_the_same(alice: Wire, office: Office, load: Load) -> None:
    for order in ((3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1), (3, 0, 1, 2)):
        lane = alice.lane(office.issues_a_job(people.ALICE))
        four = [note(lane, str(number)) for number in range(4)]
        for place in order:
            alice.pushes(four[place])
        assert notes(load, lane.job_id) == ["0", "1", "2", "3"], order


def test_the_end_of_a_visit_may_come_first(alice: Wire, lane: Lane, office: Office) -> None:
    lane.add("visit.arrived")
    lane.add("note.added")
    end = lane.finish("incomplete", cause="customer_absent")
    assert alice.statuses(end) == ["held waiting_for"]
    assert office.sees_job(lane.job_id).state == "issued"
    alice.pushes(*lane.events[:2])
    job = office.sees_job(lane.job_id)
    assert (job.state, job.outcome, job.received) == ("finished", "incomplete", "complete")
    ticket = office.sees_ticket_of(lane.job_id)
    assert len(office.sees_revisits(ticket.id)) == 1


def test_a_held_event_of_the_manifest_is_missing(alice: Wire, lane: Lane, office: Office) -> None:
    """Nobody counts as received what still waits."""
    first, early = note(lane, "one"), note(lane, "two")
    lane.events.remove(early)
    end = lane.finish("incomplete", cause="out_of_time")
    end["data"]["manifest"] = events.manifest([first["event_id"], early["event_id"]])
    lost = {**early, "after": events.new_id()}
    alice.pushes(first, lost, end)
    job = office.sees_job(lane.job_id)
    assert (job.received, job.missing["events"]) == ("partial", [early["event_id"]])


def test_poison_does_not_hold_its_followers(alice: Wire, lane: Lane, load: Load) -> None:
    unreadable, after = lane.add("tea.made", {}), note(lane, "after the tea")
    assert alice.statuses(after) == ["held waiting_for"]
    alice.pushes(unreadable)
    assert notes(load, lane.job_id) == ["after the tea"]


def test_a_broken_envelope_does_not_hold_its_followers(alice: Wire, lane: Lane, load: Load) -> None:
    broken, after = note(lane, "broken"), note(lane, "after it")
    alice.pushes(after)
    assert alice.statuses({**broken, "captured_at": "soon"}) == ["quarantined envelope_invalid"]
    assert notes(load, lane.job_id) == ["after it"]


def test_recorded_work_does_not_hold_its_followers(alice: Wire, lane: Lane, office: Office) -> None:
    first, second = note(lane, "one"), note(lane, "two")
    alice.pushes(second)
    office.reassigns(lane.job_id, people.CAROL)
    assert alice.statuses(first) == ["recorded not_assignee"]
    assert alice.asks_status(second["event_id"]) == ["recorded not_assignee"]


def test_a_released_event_is_judged_by_what_is_so_now(
    alice: Wire, lane: Lane, office: Office
) -> None:
    first, end = lane.add("visit.arrived"), lane.finish()
    alice.pushes(end)
    office.cancels(lane.job_id)
    alice.pushes(first)
    assert alice.asks_status(end["event_id"]) == ["recorded job_cancelled"]
    assert office.sees_job(lane.job_id).state == "cancelled"


def test_a_ring_of_events_waits_and_is_forced(
    alice: Wire, lane: Lane, clock: HandClock, app: Flask, load: Load
) -> None:
    """Nobody makes such a lane; it must not hang anybody either."""
    one, two = note(lane, "one"), note(lane, "two")
    one["after"] = two["event_id"]
    assert alice.statuses(one, two) == ["held waiting_for"] * 2
    clock.go_on(days=5, minutes=1)
    run_once(app.extensions["doorstep"])
    assert load(lambda s: s.get(FieldEvent, one["event_id"]).status) == "recorded"
    assert load(lambda s: s.get(FieldEvent, two["event_id"]).status) == "applied"


def test_an_event_after_itself_counts(alice: Wire, lane: Lane) -> None:
    own = note(lane, "one")
    own["after"] = own["event_id"]
    presented = lane.add("receipt.presented")
    assert alice.statuses(own, presented) == ["applied", "applied"]


# Not for ever.


def days_later(app: Flask, clock: HandClock, **time: float) -> None:
    clock.go_on(**time)
    run_once(app.extensions["doorstep"])


def status(load: Load, event: dict[str, Any]) -> tuple[str, str | None]:
    return load(lambda s: (lambda e: (e.status, e.code))(s.get(FieldEvent, event["event_id"])))


def test_after_five_days_it_is_on_record_without_its_predecessor(
    alice: Wire,
    lane: Lane,
    clock: HandClock,
    app: Flask,
    load: Load,
    office: Office,
    wire: MakeWire,
) -> None:
    note(lane, "lost on the way")
    second, third = note(lane, "two"), note(lane, "three")
    alice.pushes(second, third)
    days_later(app, clock, days=4, hours=23)
    assert status(load, second)[0] == "held"
    days_later(app, clock, hours=2)
    assert status(load, second) == ("recorded", "forced")
    assert status(load, third) == ("applied", None)
    assert office.sees_exceptions() == ["event_forced"]
    again = wire(people.ALICE)
    assert verdicts(again) == {
        second["event_id"]: {"status": "recorded", "was": "held", "code": "forced"},
        third["event_id"]: {"status": "applied", "was": "held"},
    }
    days_later(app, clock, days=30)
    assert office.sees_exceptions() == ["event_forced"]


def test_the_predecessor_may_come_after_all(
    lane: Lane, alice: Wire, clock: HandClock, app: Flask, load: Load, wire: MakeWire
) -> None:
    first, second = note(lane, "one"), note(lane, "two")
    alice.pushes(second)
    days_later(app, clock, days=6)
    assert wire(people.ALICE).statuses(first) == ["applied"]
    assert status(load, second) == ("recorded", "forced")
    assert notes(load, lane.job_id) == ["one"]


def test_the_office_lets_a_forced_event_count(
    alice: Wire, lane: Lane, clock: HandClock, app: Flask, load: Load, office: Office
) -> None:
    note(lane, "lost on the way")
    alice.pushes(note(lane, "two"))
    days_later(app, clock, days=6)

    def decide(session: Any) -> None:
        [opened] = session.query(FieldException).filter_by(kind="event_forced")
        bob = session.get(Person, people.BOB.id)
        deciding.decide(session, bob, opened, "apply", "The installer confirms it", clock())

    office.write(decide)
    assert notes(load, lane.job_id) == ["two"]
    assert status(load, lane.events[-1]) == ("applied", "by_decision")


# One event on which our own code stumbles.


def test_a_follower_that_makes_us_stumble_takes_nobody_along(
    alice: Wire, lane: Lane, load: Load, office: Office
) -> None:
    """The second event's kept text is damaged on our side, as by a disk; only it goes aside."""
    first, second, third = (note(lane, text) for text in ("one", "two", "three"))
    alice.pushes(second, third)
    damaged = update(FieldEvent).where(FieldEvent.id == second["event_id"]).values(raw="{")
    office.write(lambda session: session.execute(damaged))
    assert alice.statuses(first) == ["applied"]
    assert status(load, second) == ("quarantined", "internal")
    assert status(load, third) == ("applied", None)
    assert notes(load, lane.job_id) == ["one", "three"]
    assert office.sees_exceptions() == ["event_quarantined"]

    mended = update(FieldEvent).where(FieldEvent.id == second["event_id"])
    office.write(lambda session: session.execute(mended.values(raw=json.dumps(second))))

    def run_again(session: Any) -> None:
        [opened] = session.query(FieldException).filter_by(kind="event_quarantined")
        sun = session.get(Person, people.SUN.id)
        deciding.decide(session, sun, opened, "run_again", "The disk was replaced", office.at())

    office.write(run_again)
    assert status(load, second) == ("applied", None)
    assert sorted(notes(load, lane.job_id)) == ["one", "three", "two"]
