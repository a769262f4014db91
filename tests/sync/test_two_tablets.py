"""More than one: one person with two tablets, two people with one, two people on one job."""

from collections.abc import Callable
from typing import Any

import pytest

from server.db.events import FieldEvent
from server.db.jobs import Job, Visit
from tests import people
from tests.office import Office
from tests.people import ALICE, BOB, LENA
from tests.sync.conftest import Tablet
from tests.wire import Wire, said

MakeTablet = Callable[..., Tablet]
MakeWire = Callable[..., Wire]
Load = Callable[..., Any]


def notes(load: Load, job_id: str) -> list[str]:
    visit = load(lambda s: s.get(Visit, s.get(Job, job_id).visit_id).content)
    return [each["text"] for each in visit["notes"]]


def test_two_tablets_of_one_person_both_count(
    tablet: MakeTablet, office: Office, load: Load
) -> None:
    job_id = office.issues_a_job(ALICE)
    in_the_van, in_the_house = tablet(ALICE, "-van"), tablet(ALICE, "-house")
    for each in (in_the_van, in_the_house):
        each.sync()
    in_the_van.note(job_id, "from the van")
    in_the_house.note(job_id, "from the house")
    in_the_van.arrive(job_id)
    for each in (in_the_house, in_the_van, in_the_house):
        assert each.sync().is_done
    assert sorted(notes(load, job_id)) == ["from the house", "from the van"]
    for each in (in_the_van, in_the_house):
        shown = each.show(job_id)
        assert shown.state == "on_site"
        assert len(shown.visit["notes"]) == 2
    assert office.sees_exceptions() == []


def test_two_people_on_one_tablet_keep_their_outboxes_apart(
    tablet: MakeTablet, office: Office, load: Load
) -> None:
    hers, lenas = office.issues_a_job(ALICE), office.issues_a_job(LENA)
    shared = tablet(ALICE)
    shared.sync()
    shared.network.goes_away()
    shared.note(hers, "Alice was here")
    shared.network.comes_back()
    shared.login(LENA.username, people.PASSWORD)
    report = shared.sync()
    assert (report.is_done, report.by_status) == (True, {})
    assert notes(load, hers) == []
    shared.note(lenas, "Lena was here")
    assert shared.sync().by_status == {"applied": 1}
    assert (notes(load, hers), notes(load, lenas)) == ([], ["Lena was here"])

    shared.login(ALICE.username, people.PASSWORD)
    assert shared.sync().by_status == {"applied": 1}
    assert notes(load, hers) == ["Alice was here"]
    persons = load(lambda s: {(e.person_id, e.actor_id) for e in s.query(FieldEvent)})
    assert persons == {(ALICE.id, ALICE.id), (LENA.id, LENA.id)}
    assert office.sees_exceptions() == []


def test_signing_out_loses_nothing(tablet: MakeTablet, office: Office, load: Load) -> None:
    job_id = office.issues_a_job(ALICE)
    alice = tablet(ALICE)
    alice.sync()
    alice.note(job_id, "before signing out")
    assert alice.logout()["events"] == 1
    alice.login(ALICE.username, people.PASSWORD)
    assert alice.sync().is_done
    assert notes(load, job_id) == ["before signing out"]


def test_both_lanes_of_a_crew_count(tablet: MakeTablet, office: Office, load: Load) -> None:
    job_id = office.issues_a_job(ALICE, crew=[LENA.id])
    alice, lena = tablet(ALICE), tablet(LENA)
    for each in (alice, lena):
        each.sync()
    lena.arrive(job_id)
    lena.note(job_id, "Lena carries")
    alice.note(job_id, "Alice drills")
    for each in (alice, lena):
        assert each.sync().by_status.keys() == {"applied"}
    assert sorted(notes(load, job_id)) == ["Alice drills", "Lena carries"]
    alice.finish(job_id, "incomplete", cause="out_of_time")
    lena.note(job_id, "and sweeps")
    for each in (alice, lena):
        assert each.sync().by_status == {"applied": 1}
    assert office.sees_job(job_id).state == "finished"
    assert office.sees_exceptions() == []


def test_events_brought_under_another_name_count_for_nobody(
    wire: MakeWire, office: Office, load: Load
) -> None:
    """Bob's tablet sends what Alice captured; once she brings it herself, it is hers."""
    job_id = office.issues_a_job(ALICE)
    alice, bob = wire(ALICE), wire(BOB)
    note = alice.lane(job_id).add("note.added", {"text": "hers", "audience": "office"})
    assert bob.statuses(note) == ["quarantined actor_mismatch"]
    assert notes(load, job_id) == []
    assert alice.asks_status(note["event_id"]) == ["unknown"]
    [hers] = alice.pushes(note)
    assert said(hers) == "applied"
    assert notes(load, job_id) == ["hers"]
    assert bob.asks_status(note["event_id"]) == ["unknown"]


# A tablet that was taken out of service.


@pytest.fixture
def revoked(office: Office, sign_in: Callable[[people.Character], Any]) -> Callable[..., None]:
    """Bob takes a tablet out of service: "collect" what waits on it, or it is "lost"."""

    def revoke(device_id: str, mode: str) -> None:
        answer = sign_in(BOB).post(f"/api/v1/devices/{device_id}/revoke", json={"mode": mode})
        assert answer.status_code in (200, 204), answer.json

    return revoke


def test_a_tablet_to_be_collected_delivers_and_receives_nothing(
    wire: MakeWire, office: Office, revoked: Callable[..., None]
) -> None:
    alice = wire(ALICE)
    lane = alice.lane(office.issues_a_job(ALICE))
    revoked(alice.device_id, "collect")
    for call in ("pull", "snapshot"):
        refused = alice.client.get(f"/sync/v1/{call}")
        assert (refused.status_code, refused.json["code"]) == (403, "device_revoked")
    assert (
        alice.statuses(lane.add("visit.arrived"), lane.add("note.added"))
        == ["recorded device_revoked"] * 2
    )
    assert office.sees_job(lane.job_id).state == "issued"
    assert office.sees_exceptions() == ["device_revoked"]
    assert alice.client.get("/sync/v1/hello").json["device"]["status"] == "draining"


def test_a_lost_tablet_is_signed_out_and_delivers_into_quarantine(
    wire: MakeWire, office: Office, revoked: Callable[..., None]
) -> None:
    alice = wire(ALICE)
    lane = alice.lane(office.issues_a_job(ALICE))
    revoked(alice.device_id, "lost")
    assert alice.sends(lane.add("visit.arrived")).json["code"] == "token_revoked"
    again = wire(ALICE, alice.device_id)
    assert again.statuses(*lane.events) == ["quarantined device_revoked"]
    assert again.pull_page().status_code == 403
    assert office.sees_job(lane.job_id).state == "issued"


def test_a_companion_on_a_collected_tablet_drains(
    tablet: MakeTablet, office: Office, revoked: Callable[..., None]
) -> None:
    job_id = office.issues_a_job(ALICE)
    alice = tablet(ALICE)
    alice.sync()
    alice.note(job_id, "the last word")
    revoked(alice.store.installation["device_id"], "collect")
    report = alice.sync()
    assert (report.is_done, report.by_status) == (True, {"recorded": 1})
    assert report.notices == ["device_revoked"]


def test_an_event_is_judged_by_the_tablet_it_came_from(
    wire: MakeWire, office: Office, revoked: Callable[..., None]
) -> None:
    """Alice's new tablet sent an event too early; the one before it comes from the collected one."""
    old, new = wire(ALICE), wire(ALICE)
    lane = old.lane(office.issues_a_job(ALICE))
    first, second = lane.add("note.added"), lane.add("note.added")
    assert new.statuses(second) == ["held waiting_for"]
    revoked(old.device_id, "collect")
    assert old.statuses(first) == ["recorded device_revoked"]
    assert new.asks_status(second["event_id"]) == ["applied"]
