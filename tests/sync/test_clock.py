"""Clocks: a tablet's time is kept, corrected and doubted, but nothing is ever ordered by it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.clock import wire as written
from server.db.events import FieldEvent
from server.db.exceptions import FieldException
from server.db.jobs import Job, Visit
from tests.conftest import HandClock
from tests.office import Office
from tests.people import ALICE, NOW
from tests.sync.conftest import Tablet
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Load = Callable[..., Any]


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(ALICE)


@pytest.fixture
def job_id(office: Office) -> str:
    return office.issues_a_job(ALICE)


def kept(load: Load, event_id: str) -> FieldEvent:
    return load(lambda session: session.get(FieldEvent, event_id))


def doubts(load: Load) -> list[FieldException]:
    clocks = select(FieldException).where(FieldException.kind == "clock_wrong")
    return load(lambda session: list(session.scalars(clocks)))


@pytest.mark.parametrize("days", [-90, 90], ids=["slow", "fast"])
def test_a_clock_off_by_months_is_flagged_and_its_times_corrected(
    tablet: Callable[..., Tablet],
    office: Office,
    clock: HandClock,
    load: Load,
    job_id: str,
    days: int,
) -> None:
    alice = tablet(ALICE)
    alice.clock.is_off_by = timedelta(days=days)
    alice.sync()
    arrived = alice.arrive(job_id)
    assert arrived is not None
    true_time = clock()
    clock.go_on(hours=3)
    assert alice.sync().is_done
    event = kept(load, arrived["event_id"])
    assert event.captured_at == arrived["captured_at"]
    assert event.is_clock_suspect
    assert abs(event.captured_est - true_time) < timedelta(seconds=5)
    assert office.sees_job(job_id).state == "on_site"
    [doubt] = doubts(load)
    assert (doubt.job_id, doubt.person_id) == (job_id, ALICE.id)


@pytest.mark.parametrize("days", [-90, 90], ids=["back", "forward"])
def test_a_clock_that_was_set_after_the_last_contact_is_flagged(
    tablet: Callable[..., Tablet], clock: HandClock, load: Load, job_id: str, days: int
) -> None:
    """What it was off by at the capture nobody measured; that it is off shows when it sends."""
    alice = tablet(ALICE)
    alice.sync()
    alice.network.goes_away()
    alice.clock.is_off_by = timedelta(days=days)
    arrived = alice.arrive(job_id)
    assert arrived is not None
    clock.go_on(hours=1)
    alice.network.comes_back()
    assert alice.sync().is_done
    event = kept(load, arrived["event_id"])
    assert event.is_clock_suspect
    assert event.uncertainty_s >= 89 * 24 * 3600
    assert event.captured_est <= clock()


def test_a_clock_that_is_nearly_right_is_not_flagged(
    tablet: Callable[..., Tablet], clock: HandClock, load: Load, job_id: str
) -> None:
    alice = tablet(ALICE)
    alice.clock.is_off_by = timedelta(seconds=100)
    alice.sync()
    arrived = alice.arrive(job_id)
    assert arrived is not None
    clock.go_on(days=14)
    alice.sync()
    event = kept(load, arrived["event_id"])
    assert not event.is_clock_suspect
    assert event.uncertainty_s < 120
    assert doubts(load) == []


def test_one_doubt_for_a_device_and_a_job(
    alice: Wire, office: Office, load: Load, job_id: str
) -> None:
    off = {"boot": "b7e1", "mono_ms": 1, "offset_ms": 500_000, "offset_age_s": 60}
    sent = alice.batch()["sent_at"]
    for each in (job_id, office.issues_a_job(ALICE)):
        lane = alice.lane(each)
        events = [lane.add("note.added", clock=off) for _ in range(3)]
        assert alice.sends(*events, sent_at=sent).status_code == 200
    assert len(doubts(load)) == 2


def test_an_event_of_the_future_is_as_late_as_its_arrival(
    alice: Wire, load: Load, job_id: str
) -> None:
    ahead = alice.lane(job_id, at=NOW + timedelta(days=400)).add("visit.arrived")
    assert alice.statuses(ahead) == ["applied"]
    event = kept(load, ahead["event_id"])
    assert (event.captured_est, event.is_clock_suspect) == (NOW, True)
    assert event.uncertainty_s > 399 * 24 * 3600


def test_nothing_is_ordered_by_the_time_of_a_device(alice: Wire, load: Load, job_id: str) -> None:
    """The clock jumped back a year between two answers: the later one in the lane stands."""
    lane = alice.lane(job_id)
    first = lane.add("checklist.answered", {"step_id": "level", "answer": False})
    long_ago = written(NOW - timedelta(days=365))
    second = lane.add(
        "checklist.answered", {"step_id": "level", "answer": True}, captured_at=long_ago
    )
    alice.pushes(second)
    alice.pushes(first)
    visit = load(lambda s: s.get(Visit, s.get(Job, job_id).visit_id).content)
    assert visit["answers"]["level"]["answer"] is True
    assert visit["answers"]["level"]["at"] == long_ago


def test_an_event_weeks_old_is_no_doubt(alice: Wire, load: Load, job_id: str) -> None:
    old = alice.lane(job_id, at=NOW - timedelta(days=40)).add("visit.arrived")
    assert alice.statuses(old) == ["applied"]
    assert not kept(load, old["event_id"]).is_clock_suspect


def test_three_times_are_kept(alice: Wire, clock: HandClock, load: Load, job_id: str) -> None:
    early = alice.lane(job_id).add("visit.arrived")
    clock.go_on(hours=5)
    alice.renews()
    sent_at = written(clock())
    assert alice.sends(early, sent_at=sent_at).status_code == 200
    event = kept(load, early["event_id"])
    assert (event.captured_at, event.sent_at) == (early["captured_at"], sent_at)
    assert event.received_at == clock()
