"""Exceptions through the API: found, shown with their event, handed over, decided."""

from typing import Any

import pytest

from tests.client import Client
from tests.people import ALICE, BOB, LENA, SAM, STOCK, SUN, WEI
from tests.shop import Json, Shop, asked


@pytest.fixture
def job(shop: Shop) -> Json:
    return shop.issues_a_job()


@pytest.fixture
def exception(shop: Shop, job: Json) -> Json:
    """Alice worked on a job that Lena has now."""
    trip = shop.sends(ALICE, job)
    trip.arrives()
    path = f"/api/v1/jobs/{job['id']}/reassign"
    asked(shop.bob.post(path, json={"assignee_id": LENA.id}))
    trip.sends_events()
    return shop.exception(job)


def test_it_works(shop: Shop, bob: Client, job: Json, exception: Json) -> None:
    assert (exception["kind"], exception["state"]) == ("work_on_reassigned", "open")
    assert (exception["owner_id"], exception["owner_role"]) == (BOB.id, "dispatcher")
    assert exception["holds_ticket"] is True
    path = f"/api/v1/exceptions/{exception['id']}"
    shown = bob.get(path)
    assert shown.headers["ETag"] == '"1"'
    assert {name: shown.json[name] for name in exception} == exception
    assert shown.json["event"]["raw"]["kind"] == "job.accepted"
    chinese = bob.get(path, headers={"Accept-Language": "zh"}).json["sentence"]
    assert chinese == "收到已改派派工单的原师傅现场记录。"

    form = {"decision": "apply", "reason": "She was there"}
    decided = bob.post(f"{path}/decide", json=form, headers={"If-Match": '"1"'})
    assert (asked(decided)["state"], decided.json["decision"]) == ("decided", "apply")
    assert (decided.json["reason"], decided.json["decided_by"]) == ("She was there", BOB.id)
    assert shop.job(job)["state"] == "on_site"
    late = bob.post(f"{path}/decide", json=form, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json["code"]) == (412, "changed_meanwhile")
    otherwise = {"decision": "keep", "reason": "No"}
    refused = bob.post(f"{path}/decide", json=otherwise, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_more_of_the_same_after_the_decision_is_a_new_one(
    shop: Shop, job: Json, exception: Json
) -> None:
    shop.decides_exception(exception, "keep")
    wire = shop.tablets[ALICE.id]
    lane = wire.lane(job["id"])
    wire.pushes(lane.add("note.added"))
    again = shop.exception(job)
    assert again["id"] != exception["id"]
    assert again["kind"] == exception["kind"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 1),
        ({"state": "decided"}, 0),
        ({"kind": "work_on_reassigned"}, 1),
        ({"kind": "photo_lost"}, 0),
        ({"owner_id": BOB.id}, 1),
        ({"owner_id": WEI.id}, 0),
        ({"ticket_id": "T-1001"}, 1),
        ({"ticket_id": "T-1"}, 0),
    ],
)
def test_a_list_is_narrowed_down(
    bob: Client, exception: Json, query: dict[str, Any], count: int
) -> None:
    found = asked(bob.get("/api/v1/exceptions", query_string=query))["items"]
    assert len(found) == count


def test_it_refuses_what_does_not_fit(bob: Client, exception: Json) -> None:
    path = f"/api/v1/exceptions/{exception['id']}/decide"
    blind = bob.post(path, json={"decision": "keep", "reason": "x"})
    assert (blind.status_code, blind.json["code"]) == (428, "version_missing")
    headers = {"If-Match": '"1"'}
    for form in (
        {"decision": "keep"},
        {"decision": "keep", "reason": " "},
        {"decision": "run_again", "reason": "x"},
        {"decision": "forget", "reason": "x"},
    ):
        refused = bob.post(path, json=form, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (422, "invalid"), form


def test_it_is_handed_to_somebody_who_can_decide_it(bob: Client, exception: Json) -> None:
    path = f"/api/v1/exceptions/{exception['id']}/owner"
    headers = {"If-Match": '"1"'}
    for who in (ALICE, SAM, STOCK):
        refused = bob.post(path, json={"owner_id": who.id}, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown"), who
    handed = bob.post(path, json={"owner_id": WEI.id}, headers=headers)
    assert (asked(handed)["owner_id"], handed.headers["ETag"]) == (WEI.id, '"2"')


def test_it_hides_other_branches(sam: Client, stock: Client, exception: Json) -> None:
    path = f"/api/v1/exceptions/{exception['id']}"
    for who in (sam, stock):
        assert who.get(path).status_code == 404
        assert asked(who.get("/api/v1/exceptions"))["items"] == []
        form = {"decision": "keep", "reason": "x"}
        hidden = who.post(f"{path}/decide", json=form, headers={"If-Match": "*"})
        assert hidden.status_code == 404


def test_an_event_that_still_cannot_be_read_stays_before_the_office(
    shop: Shop, sun: Client, job: Json
) -> None:
    wire = shop.sends(ALICE, job).wire
    lane = wire.lane(job["id"])
    wire.pushes(lane.add("photo.taken", {"slot": "after"}))
    exception = shop.exception(job, kind="event_quarantined")
    path = f"/api/v1/exceptions/{exception['id']}"
    shown = asked(sun.get(path))
    assert (shown["event"]["status"], shown["event"]["code"]) == ("quarantined", "data_invalid")
    assert shown["event"]["raw"] == lane.events[0]
    form = {"decision": "run_again", "reason": "We have a new reader"}
    still = sun.post(f"{path}/decide", json=form, headers={"If-Match": "*"})
    assert (still.status_code, still.json["code"]) == (409, "step_not_possible")
    assert asked(sun.get(path))["state"] == "open"
    form = {"decision": "keep", "reason": "It says nothing"}
    asked(sun.post(f"{path}/decide", json=form, headers={"If-Match": "*"}))


def test_what_was_no_event_at_all_is_shown_as_it_came(
    shop: Shop, sun: Client, bob: Client, job: Json
) -> None:
    wire = shop.sends(ALICE, job).wire
    asked(wire.client.post("/sync/v1/quarantine", json=["nonsense", {"x": "\x00"}]))
    (exception,) = asked(sun.get("/api/v1/exceptions"))["items"]
    path = f"/api/v1/exceptions/{exception['id']}"
    shown = asked(sun.get(path))
    assert shown["event"]["raw"] == ["nonsense", {"x": "\x00"}]
    assert shown["event"]["event_id"] is None
    assert bob.get(path).status_code == 404, "nobody knows whose branch it is"
    form = {"decision": "run_again", "reason": "Try"}
    refused = sun.post(f"{path}/decide", json=form, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_the_supervisor_sees_all(sun: Client, exception: Json) -> None:
    found = asked(sun.get("/api/v1/exceptions"))["items"]
    assert [each["id"] for each in found] == [exception["id"]]
    assert SUN.role == "supervisor"
