"""A job given to somebody else: what was done is kept, shown apart, and put before the office."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.actions import deciding
from server.db.exceptions import FieldException
from server.db.jobs import Job, Visit
from server.db.parts import Movement
from server.db.people import Person
from tests import events, people, uploads
from tests.conftest import HandClock
from tests.office import Office
from tests.people import ALICE, BOB, CAROL, NOW
from tests.sync.conftest import Tablet
from tests.wire import Wire

MakeWire = Callable[..., Wire]
Load = Callable[..., Any]
PICTURE = b"a picture of a hinge"


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(ALICE)


@pytest.fixture
def job_id(office: Office) -> str:
    return office.issues_a_job(ALICE)


def visit_of(load: Load, job_id: str) -> dict[str, Any]:
    return load(lambda s: s.get(Visit, s.get(Job, job_id).visit_id).content)


def opened(load: Load) -> list[FieldException]:
    return load(lambda s: list(s.scalars(select(FieldException).order_by(FieldException.id))))


def decides(office: Office, exception: FieldException, decision: str) -> None:
    def act(session: Any) -> None:
        bob = session.get(Person, BOB.id)
        row = session.get(FieldException, exception.id)
        deciding.decide(session, bob, row, decision, "They spoke on the phone", office.at())

    office.write(act)


@pytest.mark.parametrize("pulled", ["has not pulled", "has pulled"])
@pytest.mark.parametrize(
    ("captured", "pushed", "result"),
    [
        ("before", "before", "applied"),
        ("before", "after", "recorded not_assignee"),
        ("after", "after", "recorded not_assignee"),
    ],
)
def test_it_counts_only_while_the_job_was_hers(
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
    """What decides is when the event arrives; when it was captured is told, and never trusted."""
    at = NOW - timedelta(hours=1) if captured == "before" else NOW + timedelta(hours=2)
    lane = alice.lane(job_id, at=at)
    arrived = lane.add("visit.arrived")
    if pushed == "before":
        assert alice.statuses(arrived) == [result]
    clock.go_on(hours=1)
    office.reassigns(job_id, CAROL)
    clock.go_on(hours=2)
    alice.renews()
    if pulled == "has pulled":
        assert [each["change"] for each in alice.pulls()] == ["remove"]
    if pushed == "after":
        assert alice.statuses(arrived) == [result]
    assert office.sees_job(job_id).state == "issued"
    assert visit_of(load, job_id)["arrived_at"] is None
    assert office.sees_exceptions() == ([] if pushed == "before" else ["work_on_reassigned"])
    [again] = alice.pushes(arrived)
    assert (again["status"], again["replayed"]) == (result.split()[0], True)


def test_one_exception_for_all_that_one_person_did_on_one_job(
    alice: Wire, wire: MakeWire, office: Office, load: Load, job_id: str
) -> None:
    lena = wire(people.LENA)
    other = office.issues_a_job(ALICE)
    for each in (job_id, other):
        office.reassigns(each, people.LENA)
        office.reassigns(each, CAROL)
    for tablet, hers in ((alice, job_id), (alice, other), (lena, job_id)):
        lane = tablet.lane(hers)
        tablet.pushes(*(lane.add("note.added") for _ in range(3)))
        tablet.pushes(lane.add("note.added"))
    told = [(each.job_id, each.person_id, each.details["code"]) for each in opened(load)]
    assert told == [
        (job_id, ALICE.id, "not_assignee"),
        (other, ALICE.id, "not_assignee"),
        (job_id, people.LENA.id, "not_assignee"),
    ]


def test_what_arrives_after_a_decision_is_put_before_the_office_again(
    alice: Wire, office: Office, load: Load, job_id: str
) -> None:
    lane = alice.lane(job_id)
    office.reassigns(job_id, CAROL)
    alice.pushes(lane.add("note.added"))
    decides(office, opened(load)[0], "keep")
    alice.pushes(*lane.events)
    assert [each.state for each in opened(load)] == ["decided"]
    alice.pushes(lane.add("note.added"), lane.add("note.added"))
    assert [each.state for each in opened(load)] == ["decided", "open"]


def test_photos_come_in_with_their_bytes_and_are_shown_apart(
    alice: Wire, office: Office, load: Load, job_id: str
) -> None:
    lane = alice.lane(job_id)
    office.reassigns(job_id, CAROL)
    assert alice.statuses(lane.add("photo.taken", events.photo(PICTURE))) == [
        "recorded not_assignee"
    ]
    [photo] = office.sees_photos(job_id)
    assert (photo.state, photo.is_apart, photo.taken_by) == ("awaited", True, ALICE.id)
    camera = uploads.Tablet(alice.client, "", alice.device_id)
    camera.upload(PICTURE)
    [photo] = office.sees_photos(job_id)
    assert (photo.state, photo.is_apart) == ("stored", True)
    assert camera.check(PICTURE)[0]["state"] == "stored"
    assert visit_of(load, job_id)["photos"] == {}


def test_bytes_that_came_before_are_met_by_the_recorded_photo(
    alice: Wire, office: Office, job_id: str
) -> None:
    uploads.Tablet(alice.client, "", alice.device_id).upload(PICTURE)
    office.reassigns(job_id, CAROL)
    alice.pushes(alice.lane(job_id).add("photo.taken", events.photo(PICTURE)))
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]


def test_a_photo_kept_apart_may_be_lost(alice: Wire, office: Office, job_id: str) -> None:
    lane = alice.lane(job_id)
    office.reassigns(job_id, CAROL)
    taken = lane.add("photo.taken")
    gone = lane.add("photo.lost", {"photo_id": taken["data"]["photo_id"], "reason": "file damaged"})
    assert alice.statuses(taken, gone) == ["recorded not_assignee"] * 2
    assert [photo.state for photo in office.sees_photos(job_id)] == ["lost"]


def test_the_office_lets_it_count(alice: Wire, office: Office, load: Load, job_id: str) -> None:
    lane = alice.lane(job_id)
    office.reassigns(job_id, CAROL)
    lane.add("visit.arrived")
    lane.add("photo.taken", events.photo(PICTURE))
    lane.add("part.used", events.part(quantity=3))
    alice.pulls()
    assert set(alice.statuses(*lane.events)) == {"recorded not_assignee"}
    assert load(lambda s: s.scalar(select(Movement.quantity))) is None
    decides(office, opened(load)[0], "apply")
    assert office.sees_job(job_id).state == "on_site"
    assert [photo.is_apart for photo in office.sees_photos(job_id)] == [False]
    assert load(lambda s: list(s.scalars(select(Movement.quantity)))) == [3]
    told = [each["data"] for each in alice.pulls() if each["kind"] == "event_result"]
    assert told == [{"status": "applied", "was": "recorded", "code": "by_decision"}] * 3
    assert set(alice.statuses(*lane.events)) == {"applied by_decision"}
    assert load(lambda s: list(s.scalars(select(Movement.quantity)))) == [3]


def test_the_office_leaves_it_as_it_is(
    alice: Wire, office: Office, load: Load, job_id: str
) -> None:
    lane = alice.lane(job_id)
    office.reassigns(job_id, CAROL)
    alice.pushes(lane.add("visit.arrived"))
    decides(office, opened(load)[0], "keep")
    assert office.sees_job(job_id).state == "issued"
    assert alice.statuses(*lane.events) == ["recorded not_assignee"]


def test_two_people_did_the_same_job(
    alice: Wire, wire: MakeWire, office: Office, load: Load, job_id: str
) -> None:
    """Alice finished offline while the job went to Carol, who finished it, too."""
    office.reassigns(job_id, CAROL)
    carol = wire(CAROL)
    carol.pushes(carol.lane(job_id).finish("incomplete", cause="customer_absent"))
    hers = alice.lane(job_id, at=NOW - timedelta(minutes=30))
    assert alice.statuses(hers.finish()) == ["recorded not_assignee"]
    before = office.sees_job(job_id)
    decides(office, opened(load)[0], "apply")
    job = office.sees_job(job_id)
    assert (job.state, job.outcome) == ("finished", "incomplete")
    assert job.finished_at == before.finished_at
    assert len(office.sees_revisits(job.ticket_id)) == 1


def test_a_job_that_comes_back_counts_again(
    alice: Wire, office: Office, load: Load, job_id: str
) -> None:
    lane = alice.lane(job_id)
    early = lane.add("note.added")
    office.reassigns(job_id, CAROL)
    office.reassigns(job_id, ALICE)
    assert alice.statuses(early, lane.add("visit.arrived")) == ["applied", "applied"]
    assert office.sees_job(job_id).state == "on_site"


def test_somebody_who_was_never_on_the_job_is_not_recorded(
    wire: MakeWire, office: Office, job_id: str
) -> None:
    carol = wire(CAROL)
    assert carol.statuses(carol.lane(job_id).add("photo.taken")) == ["quarantined job_unknown"]
    assert office.sees_photos(job_id) == []


def test_nobody_touches_a_photo_of_another_job(
    alice: Wire, wire: MakeWire, office: Office, job_id: str
) -> None:
    """Carol names the id of a photo of Alice's that is kept apart; it stays as it is."""
    office.reassigns(job_id, people.LENA)
    taken = alice.lane(job_id).add("photo.taken")
    alice.pushes(taken)
    carol = wire(CAROL)
    lane = carol.lane(office.issues_a_job(CAROL))
    lane.add("photo.taken", taken["data"])
    lane.add("photo.lost", {"photo_id": taken["data"]["photo_id"], "reason": "gone"})
    carol.pushes(*lane.events)
    [photo] = office.sees_photos(job_id)
    assert (photo.is_apart, photo.state, photo.job_id) == (True, "awaited", job_id)


# On a real tablet.


@pytest.mark.parametrize("moment", ["before the capture", "after the capture"])
def test_a_tablet_sends_its_work_and_then_lets_the_job_go(
    tablet: Callable[..., Tablet], office: Office, job_id: str, moment: str
) -> None:
    alice = tablet(ALICE)
    alice.sync()
    alice.network.goes_away()
    if moment == "before the capture":
        office.reassigns(job_id, CAROL)
    alice.arrive(job_id)
    alice.note(job_id, "The door hangs")
    if moment == "after the capture":
        office.reassigns(job_id, CAROL)
    alice.network.comes_back()
    report = alice.sync()
    assert report.is_done, report
    assert report.by_status == {"recorded": 2}
    assert alice.jobs() == []
    assert office.sees_exceptions() == ["work_on_reassigned"]
