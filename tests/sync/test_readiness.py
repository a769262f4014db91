"""Ready to leave? The tablet says so in its hello, and the office sees it beside the job."""

from collections.abc import Callable
from typing import Any

import pytest

from server.db.people import Device
from server.db.readiness import Readiness
from tests import make, people
from tests.client import Client
from tests.conftest import HandClock
from tests.office import Office
from tests.sync.conftest import Tablet
from tests.wire import Wire

MakeWire = Callable[..., Wire]
MakeTablet = Callable[..., Tablet]
SignIn = Callable[[people.Character], Client]
Load = Callable[..., Any]

OUTBOX = {"events": 0, "oldest": None, "blobs": 0, "bytes": 0}
SHORT = {"what": "parts", "light": "red", "short": [{"sku": "HINGE-110", "missing": 2}]}
GOOD = {"what": "storage", "light": "green", "free_bytes": 2_000_000_000}


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


@pytest.fixture
def bob(sign_in: SignIn) -> Client:
    return sign_in(people.BOB)


def look(job_id: str, *checks: dict[str, Any]) -> dict[str, Any]:
    return {"job_id": job_id, "checked_at": "2026-11-23T08:59:00+08:00", "checks": list(checks)}


def says(tablet: Wire, *looks: Any) -> Any:
    told = {"outbox": OUTBOX, "readiness": list(looks)}
    answer = tablet.client.post("/sync/v1/hello", json=told)
    assert (answer.status_code, answer.json["login"]["state"]) == (200, "signed_in")
    return answer.json["readiness"]


def seen(bob: Client, job_id: str) -> Any:
    return bob.get(f"/api/v1/jobs/{job_id}").json["readiness"]


def test_it_works(alice: Wire, bob: Client, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    assert seen(bob, job_id) is None, "no tablet has said anything"
    assert says(alice, look(job_id, SHORT, GOOD)) == {"kept": [job_id], "refused": []}
    assert seen(bob, job_id) == {
        "light": "red",
        "checks": [SHORT, GOOD],
        "person_id": people.ALICE.id,
        "device_id": alice.device_id,
        "checked_at": "2026-11-23T00:59:00.000Z",
        "received_at": "2026-11-23T01:00:00.000Z",
        "set_out_at": None,
        "left_unready": None,
    }


def test_the_last_word_counts_until_the_van_moves(alice: Wire, bob: Client, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    says(alice, look(job_id, GOOD))
    says(alice, look(job_id, SHORT))
    lane = alice.lane(job_id)
    alice.pushes(lane.add("job.accepted"), lane.add("travel.started"))
    set_out_at = lane.events[-1]["captured_at"]
    late = says(alice, look(job_id, GOOD))
    assert late == {"kept": [], "refused": [{"job_id": job_id, "code": "already_left"}]}
    found = seen(bob, job_id)
    assert (found["light"], found["set_out_at"], found["left_unready"]) == ("red", set_out_at, True)


def test_what_was_seen_before_leaving_may_come_after_it(
    alice: Wire, bob: Client, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    alice.pushes(alice.lane(job_id).add("travel.started"))
    says(alice, look(job_id, GOOD))
    assert seen(bob, job_id)["left_unready"] is False


def test_it_is_safe_to_repeat(alice: Wire, bob: Client, office: Office, load: Load) -> None:
    job_id = office.issues_a_job(people.ALICE)
    first, again = (says(alice, look(job_id, SHORT)) for _ in range(2))
    assert first == again
    assert load(lambda session: session.query(Readiness).count()) == 1


def test_a_job_of_somebody_else_is_unknown(
    alice: Wire, office: Office, wire: MakeWire, load: Load
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    for stranger in (wire(people.CAROL), wire(people.LENA)):
        refused = says(stranger, look(job_id, GOOD), look("J-0", GOOD))["refused"]
        assert [each["code"] for each in refused] == ["job_unknown", "job_unknown"]
    assert load(lambda session: session.query(Readiness).count()) == 0


def test_whoever_gets_the_job_is_not_ready_by_the_word_of_the_one_before(
    alice: Wire, bob: Client, office: Office
) -> None:
    job_id = office.issues_a_job(people.ALICE)
    says(alice, look(job_id, GOOD))
    office.reassigns(job_id, people.LENA)
    assert seen(bob, job_id) is None
    assert [each["code"] for each in says(alice, look(job_id, GOOD))["refused"]] == ["job_unknown"]
    office.reassigns(job_id, people.ALICE)
    says(alice, look(job_id, SHORT))
    assert seen(bob, job_id)["light"] == "red"


@pytest.mark.parametrize("nonsense", [None, "red", {"J-1": "red"}, [None], [{"job_id": 7}], [[]]])
def test_nonsense_costs_nothing_but_itself(alice: Wire, load: Load, nonsense: Any) -> None:
    told = {"outbox": {**OUTBOX, "events": 9}, "readiness": nonsense}
    answer = alice.client.post("/sync/v1/hello", json=told)
    assert answer.status_code == 200
    assert [each["code"] for each in answer.json["readiness"]["refused"]] == ["data_invalid"]
    device = load(lambda session: session.get(Device, alice.device_id))
    assert device.report["outbox"]["events"] == 9


def test_who_says_nothing_of_it_hears_nothing_of_it(alice: Wire) -> None:
    answer = alice.client.post("/sync/v1/hello", json={"outbox": OUTBOX})
    assert answer.status_code == 200
    assert "readiness" not in answer.json


def test_the_companion_says_what_it_knows_and_only_when_it_has_changed(
    tablet: MakeTablet, bob: Client, office: Office, clock: HandClock, save: Callable[..., None]
) -> None:
    alice = tablet(people.ALICE)
    part = make.make_part()
    save(part)
    planned = [{"sku": part.sku, "quantity": 2}]
    job_id = office.issues_a_job(people.ALICE, planned_parts=planned, reason="It comes by post")
    for _ in range(2):  # the first one brings the job
        alice.sync()
        clock.go_on(minutes=1)
    found = seen(bob, job_id)
    told = {each["what"]: each["light"] for each in found["checks"]}
    assert told == {"parts": "red", "storage": "green", "clock": "green", "contact": "green"}
    assert found["checks"][0] == SHORT
    alice.sync()
    assert seen(bob, job_id) == found, "nothing is new"
    clock.go_on(minutes=61)
    alice.sync()
    assert seen(bob, job_id)["checked_at"] > found["checked_at"]
