"""A job that was called off while somebody was there: the work is kept, and the office decides."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests import events, uploads
from tests.conftest import HandClock
from tests.office import Office
from tests.people import ALICE, CAROL, NOW
from tests.sync.conftest import Tablet
from tests.sync.test_reassigned import decides, opened, visit_of
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Load = Callable[..., Any]
PICTURE = b"a picture of a closed door"


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(ALICE)


@pytest.fixture
def job_id(office: Office) -> str:
    return office.issues_a_job(ALICE)


@pytest.mark.parametrize("pulled", ["has not pulled", "has pulled"])
@pytest.mark.parametrize(
    ("captured", "pushed", "result"),
    [
        ("before", "before", "applied"),
        ("before", "after", "recorded job_cancelled"),
        ("after", "after", "recorded job_cancelled"),
    ],
)
def test_it_counts_only_before_the_job_was_cancelled(
    alice: Wire,
    office: Office,
    clock: HandClock,
    load: Load,
    job_id: str,
    captured: str,
    pushed: str,
    result: str,
    pulled: str,
) -> None:
    at = NOW - timedelta(hours=1) if captured == "before" else NOW + timedelta(hours=2)
    arrived = alice.lane(job_id, at=at).add("visit.arrived")
    if pushed == "before":
        assert alice.statuses(arrived) == [result]
    clock.go_on(hours=1)
    office.cancels(job_id)
    clock.go_on(hours=2)
    alice.renews()
    if pulled == "has pulled":
        assert alice.pulls()[0]["data"]["state"] == "cancelled"
    if pushed == "after":
        assert alice.statuses(arrived) == [result]
    assert office.sees_job(job_id).state == "cancelled"
    assert (visit_of(load, job_id)["arrived_at"] is None) == (pushed == "after")
    assert office.sees_exceptions() == ([] if pushed == "before" else ["work_on_cancelled"])


def test_photos_come_in_with_their_bytes_and_are_shown_apart(
    alice: Wire, office: Office, job_id: str
) -> None:
    office.cancels(job_id)
    alice.pushes(alice.lane(job_id).add("photo.taken", events.photo(PICTURE)))
    uploads.Tablet(alice.client, "", alice.device_id).upload(PICTURE)
    [photo] = office.sees_photos(job_id)
    assert (photo.state, photo.is_apart) == ("stored", True)


def test_the_office_lets_it_count_and_the_job_is_back(
    alice: Wire, office: Office, load: Load, job_id: str
) -> None:
    lane = alice.lane(job_id)
    office.cancels(job_id)
    lane.add("visit.arrived")
    alice.pushes(*lane.events, lane.finish())
    decides(office, opened(load)[0], "apply")
    job = office.sees_job(job_id)
    assert (job.state, job.outcome, job.received) == ("finished", "completed", "complete")
    assert job.cancelled_at is None
    assert alice.pulls_job(job_id)["state"] == "finished"


def test_the_ticket_waits_for_the_decision(
    alice: Wire, office: Office, load: Load, job_id: str
) -> None:
    office.cancels(job_id)
    alice.pushes(alice.lane(job_id).add("visit.arrived"))
    ticket = office.sees_ticket_of(job_id)
    assert "exception" in office.still_waits_for(ticket.id)
    decides(office, opened(load)[0], "keep")
    assert "exception" not in office.still_waits_for(ticket.id)
    assert office.sees_job(job_id).state == "cancelled"


def test_cancelled_after_it_was_given_away(
    alice: Wire, wire: MakeWire, office: Office, job_id: str
) -> None:
    office.reassigns(job_id, CAROL)
    office.cancels(job_id)
    assert alice.statuses(alice.lane(job_id).add("note.added")) == ["recorded job_cancelled"]
    carol = wire(CAROL)
    assert carol.statuses(carol.lane(job_id).add("note.added")) == ["recorded job_cancelled"]
    assert office.sees_exceptions() == ["work_on_cancelled"] * 2


def test_a_tablet_hears_of_it_with_its_work_delivered(
    tablet: Callable[..., Tablet], office: Office, job_id: str
) -> None:
    alice = tablet(ALICE)
    alice.sync()
    alice.network.goes_away()
    alice.arrive(job_id)
    office.cancels(job_id)
    alice.network.comes_back()
    report = alice.sync()
    assert (report.is_done, report.by_status) == (True, {"recorded": 1})
    assert alice.show(job_id).state == "cancelled"
