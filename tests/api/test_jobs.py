"""Jobs through the API: issued, checked, found, changed, handed over, called off."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from server.clock import wire as moment
from server.db.people import Certificate, Organisation, Person
from server.ids import new_id
from tests.client import Client
from tests.conftest import HandClock
from tests.make import make_movement, make_part
from tests.people import ALICE, BOB, CAROL, CONTRACTOR, DAN, LENA, NOW, SAM
from tests.shop import Shop, asked

Save = Callable[..., None]
Load = Callable[..., Any]
Json = dict[str, Any]


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in asked(answer)["items"]]


@pytest.fixture
def form(shop: Shop) -> Json:
    """An ordinary job for Alice, ready to be issued."""
    return {"ticket_id": shop.opens_a_ticket()["id"], **shop.assignment()}


def test_it_works(bob: Client, form: Json) -> None:
    issued = bob.post("/api/v1/jobs", json={**form, "notes": "Ring twice"})
    assert issued.status_code == 201
    assert issued.headers["Location"] == "/api/v1/jobs/J-1001"
    assert issued.headers["ETag"] == '"1"'
    job = issued.json
    assert (job["state"], job["received"], job["assignee_id"]) == ("issued", "none", ALICE.id)
    assert (job["work"], job["priority"]) == ("The hood rattles", "ordinary")
    assert (job["warnings"], job["override_reason"]) == ([], None)
    assert job["sheet"]["customer"]["name"] == "Li Na"
    assert job["visit"]["state"] == "issued"
    assert bob.get(issued.headers["Location"]).json == job

    headers = {"If-Match": issued.headers["ETag"]}
    changed = bob.patch(issued.headers["Location"], json={"notes": "Knock"}, headers=headers)
    assert asked(changed)["notes"] == "Knock"
    assert (changed.json["edition"], changed.json["rev"]) == (2, 2)
    assert bob.get(issued.headers["Location"]).json == changed.json


def test_it_is_safe_to_repeat(bob: Client, form: Json) -> None:
    headers = {"Idempotency-Key": "one"}
    first, again = (bob.post("/api/v1/jobs", json=form, headers=headers) for _ in range(2))
    assert again.json == first.json
    assert ids(bob.get("/api/v1/jobs")) == ["J-1001"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"state": "finished"}, ["state"]),
        ({"planned_parts": [{"sku": "X", "quantity": 0}]}, ["planned_parts"]),
        ({"planned_parts": [{"sku": "X", "quantity": 1, "price": 2}]}, ["planned_parts"]),
        ({"window_start": "2026-11-24T01:00:00"}, ["window_start"]),
        ({"crew": "Alice"}, ["crew"]),
    ],
)
def test_it_refuses_what_it_does_not_know(
    bob: Client, form: Json, change: Json, fields: list[str]
) -> None:
    refused = bob.post("/api/v1/jobs", json={**form, **change})
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")
    assert list(refused.json["errors"]["json"]) == fields


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slots": [{"slot": "after"}]}, "slots"),
        ({"checklist": {"name": "x"}}, "checklist"),
        ({"window_end": None}, "window_end"),
        ({"window_end": moment(NOW)}, "window_end"),
    ],
)
def test_it_refuses_what_no_tablet_could_show(
    bob: Client, form: Json, change: Json, field: str
) -> None:
    for path in ("/api/v1/jobs", "/api/v1/jobs/check"):
        refused = bob.post(path, json={**form, **change})
        assert (refused.status_code, refused.json["code"]) == (422, "invalid")
        assert list(refused.json["errors"]) == [field]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ticket_id": "T-1"}, "ticket_id"),
        ({"assignee_id": BOB.id}, "assignee_id"),
        ({"assignee_id": DAN.id}, "assignee_id"),
        ({"crew": [SAM.id]}, "crew"),
        ({"site_id": "nowhere"}, "site_id"),
        ({"asset_id": "nothing"}, "asset_id"),
        ({"planned_parts": [{"sku": "NONE", "quantity": 1}]}, "planned_parts"),
    ],
)
def test_it_refuses_what_is_not_there(bob: Client, form: Json, change: Json, field: str) -> None:
    refused = bob.post("/api/v1/jobs", json={**form, **change})
    assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown")
    assert refused.json["details"] == {"field": field}


def test_a_contractor_without_a_grant_is_sent_nowhere(bob: Client, app: Any, form: Json) -> None:
    def end(session: Any) -> None:
        session.get(Organisation, CONTRACTOR).granted_until = NOW

    app.extensions["doorstep"].database.write(end)
    refused = bob.post("/api/v1/jobs", json={**form, "assignee_id": CAROL.id})
    assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown")


def test_warnings_are_told_and_overridden_with_a_reason(
    bob: Client, shop: Shop, save: Save, form: Json
) -> None:
    save(make_part(), make_movement("HINGE-110", 1, to_place=f"van:{ALICE.id}"))
    other = shop.issues_a_job()
    parts = [{"sku": "HINGE-110", "quantity": 2}]
    doubtful = {**form, "skills": ["gas"], "planned_parts": parts}
    told = asked(bob.post("/api/v1/jobs/check", json=doubtful))
    assert (told["can_be_issued"], told["needs_reason"]) == (True, True)
    assert [(each["code"], each["subject"]) for each in told["warnings"]] == [
        ("skill_missing", "gas"),
        ("window_overlaps", other["id"]),
        ("part_not_in_van", "HINGE-110"),
    ]
    assert told["warnings"][0]["sentence"] == "The skill gas is missing"
    assert ids(bob.get("/api/v1/jobs")) == [other["id"]], "trying issues nothing"

    refused = bob.post("/api/v1/jobs", json=doubtful)
    assert (refused.status_code, refused.json["code"]) == (409, "job_has_warnings")
    assert len(refused.json["details"]["warnings"]) == 3
    issued = asked(bob.post("/api/v1/jobs", json={**doubtful, "reason": "Learnt it"}), 201)
    assert issued["override_reason"] == "Learnt it"
    assert len(issued["warnings"]) == 3


def test_a_missing_certificate_is_overridden_by_nobody(
    bob: Client, shop: Shop, save: Save, app: Any, form: Json
) -> None:
    from server.db.customers import Product

    def need(session: Any) -> None:
        session.query(Product).one().certificate = "gas"

    app.extensions["doorstep"].database.write(need)
    stubborn = {**form, "certificates": [], "reason": "We are in a hurry"}
    refused = bob.post("/api/v1/jobs", json=stubborn)
    assert (refused.status_code, refused.json["code"]) == (422, "certificate_missing")
    assert refused.json["details"] == {"person": "Alice", "certificate": "gas"}
    told = asked(bob.post("/api/v1/jobs/check", json=stubborn))
    assert told["can_be_issued"] is False
    assert [(each["code"], each["can_be_overridden"]) for each in told["warnings"]] == [
        ("certificate_missing", False)
    ]
    today = date(2026, 11, 23)
    paper = {"kind": "gas", "valid_from": today, "valid_until": today}
    save(Certificate(id=new_id(), person_id=ALICE.id, **paper))
    job = asked(bob.post("/api/v1/jobs", json=stubborn), 201)
    assert job["certificates"] == ["gas"]
    headers = {"If-Match": '"1"'}
    path = f"/api/v1/jobs/{job['id']}"
    assert asked(bob.patch(path, json={"certificates": []}, headers=headers))["certificates"] == [
        "gas"
    ]
    tomorrow = {
        "window_start": moment(NOW + timedelta(days=1)),
        "window_end": moment(NOW + timedelta(days=1, hours=1)),
    }
    late = bob.patch(path, json=tomorrow, headers={"If-Match": '"2"'})
    assert (late.status_code, late.json["code"]) == (422, "certificate_missing")


def test_everybody_sees_their_own(shop: Shop, sign_in: Callable[..., Client]) -> None:
    alice, carol = shop.issues_a_job(), shop.issues_a_job(to=CAROL)
    crewed = shop.issues_a_job(
        to=LENA,
        crew=[CAROL.id],
        reason="They know each other",
        work="Carry it up",
    )
    from tests.people import BOB, MEI, SAM, SUN, WEI
    from tests.people import LENA as LEAD

    seen = {who.name: set(ids(sign_in(who).get("/api/v1/jobs"))) for who in
            (ALICE, LEAD, CAROL, MEI, SAM, BOB, WEI, SUN)}  # fmt: skip
    everything = {alice["id"], carol["id"], crewed["id"]}
    assert seen == {
        "Alice": {alice["id"]},
        "Lena": {alice["id"], crewed["id"]},
        "Carol": {carol["id"], crewed["id"]},
        "Mei": {carol["id"]},
        "Sam": set(),
        "Bob": everything,
        "Wei": everything,
        "Sun": everything,
    }
    for who in (CAROL, MEI, SAM):
        hidden = sign_in(who).get(f"/api/v1/jobs/{alice['id']}")
        assert (hidden.status_code, hidden.json["code"]) == (404, "not_found")


def test_the_office_s_doubts_stay_in_the_office(shop: Shop, alice: Client, bob: Client) -> None:
    job = shop.issues_a_job(skills=["gas"], reason="Nobody else is left")
    path = f"/api/v1/jobs/{job['id']}"
    assert bob.get(path).json["override_reason"] == "Nobody else is left"
    hers = asked(alice.get(path))
    assert (hers["warnings"], hers["override_reason"]) == ([], None)


def test_a_list_is_narrowed_down(shop: Shop, bob: Client, clock: HandClock) -> None:
    today = shop.issues_a_job()  # 10 to 12 o'clock in Shanghai
    clock.go_on(hours=14)  # to 23 o'clock
    night = shop.issues_a_job(to=LENA)  # from midnight on
    open_end = shop.issues_a_job(to=CAROL, window_start=None, window_end=None)

    def found(**query: Any) -> set[str]:
        return set(ids(shop.sign_in(BOB).get("/api/v1/jobs", query_string=query)))

    assert found(day="2026-11-23") == {today["id"]}
    assert found(day="2026-11-24") == {night["id"]}
    assert found(**{"from": today["window_end"]}) == {night["id"]}
    assert found(to=today["window_end"]) == {today["id"]}
    assert found(assignee_id=LENA.id) == {night["id"]}
    assert found(ticket_id=open_end["ticket_id"]) == {open_end["id"]}
    assert found(state="accepted") == set()
    assert found(received="none") == {today["id"], night["id"], open_end["id"]}


def test_a_change_needs_the_version_that_was_seen(shop: Shop, bob: Client) -> None:
    job = shop.issues_a_job()
    path = f"/api/v1/jobs/{job['id']}"
    assert bob.patch(path, json={"notes": "x"}).status_code == 428
    assert bob.patch(path, json={"notes": "x"}, headers={"If-Match": '"9"'}).status_code == 412
    crew = {"crew": [LENA.id]}
    assert asked(bob.patch(path, json=crew, headers={"If-Match": '"1"'}))["crew"] == [LENA.id]
    wrong = bob.patch(path, json={"crew": [DAN.id]}, headers={"If-Match": '"2"'})
    assert (wrong.status_code, wrong.json["details"]) == (422, {"field": "crew"})
    half = bob.patch(path, json={"window_start": None}, headers={"If-Match": '"2"'})
    assert (half.status_code, list(half.json["errors"])) == (422, ["window_end"])


def test_what_is_finished_is_not_changed(shop: Shop, bob: Client) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.completes()
    trip.comes_home()
    path = f"/api/v1/jobs/{job['id']}"
    for refused in (
        bob.patch(path, json={"notes": "x"}, headers={"If-Match": '"1"'}),
        bob.post(f"{path}/cancel", json={"reason": "x"}),
        bob.post(f"{path}/reassign", json={"assignee_id": LENA.id}),
    ):
        assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_a_lead_hands_out_within_the_team(shop: Shop, lena: Client) -> None:
    job = shop.issues_a_job()
    path = f"/api/v1/jobs/{job['id']}/reassign"
    outside = lena.post(path, json={"assignee_id": CAROL.id})
    assert (outside.status_code, outside.json["details"]) == (422, {"field": "assignee_id"})
    given = asked(lena.post(path, json={"assignee_id": LENA.id, "reason": "I am near"}))
    assert (given["assignee_id"], given["edition"]) == (LENA.id, 2)
    assert asked(lena.post(path, json={"assignee_id": LENA.id})) == given
    theirs = shop.issues_a_job(to=CAROL)
    hidden = lena.post(f"/api/v1/jobs/{theirs['id']}/reassign", json={"assignee_id": LENA.id})
    assert hidden.status_code == 404


def test_a_manager_hands_out_within_the_company(shop: Shop, mei: Client, save: Save) -> None:
    colleague = Person(
        id=new_id(), username="kim", name="Kim", role="installer", organisation_id=CONTRACTOR,
        password_hash="",
    )  # fmt: skip
    save(colleague)
    job = shop.issues_a_job(to=CAROL)
    path = f"/api/v1/jobs/{job['id']}/reassign"
    assert mei.post(path, json={"assignee_id": ALICE.id}).status_code == 422
    assert asked(mei.post(path, json={"assignee_id": colleague.id}))["assignee_id"] == colleague.id


def test_a_declined_job_goes_to_somebody_else(shop: Shop, bob: Client) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.does("job.declined", reason="The van broke down")
    trip.comes_home()
    assert shop.job(job)["state"] == "declined"
    assert shop.waits(job) == ["job_declined"]
    path = f"/api/v1/jobs/{job['id']}/reassign"
    again = asked(bob.post(path, json={"assignee_id": ALICE.id, "reason": "Repaired"}))
    assert again["state"] == "issued", "even to the same person"


def test_a_job_is_called_off_once(shop: Shop, bob: Client) -> None:
    job = shop.issues_a_job()
    path = f"/api/v1/jobs/{job['id']}/cancel"
    called_off = asked(bob.post(path, json={"reason": "Not needed"}))
    assert (called_off["state"], called_off["cancelled_reason"]) == ("cancelled", "Not needed")
    assert asked(bob.post(path, json={"reason": "Again"})) == called_off
    assert shop.waits(job) == ["job_missing"]
    assert bob.post(path, json={}).status_code == 422


@pytest.mark.parametrize(("levels", "status"), [(40, 422), (900, 422), (100_000, 400)])
def test_it_refuses_what_nests_too_deep(bob: Client, form: Json, levels: int, status: int) -> None:
    deep = "[" * levels + "]" * levels
    body = json.dumps({**form, "checklist": {"steps": "DEEP"}}).replace('"DEEP"', deep)
    refused = bob.post("/api/v1/jobs", data=body, content_type="application/json")
    assert refused.status_code == status, refused.json


def test_a_reason_once_given_is_not_asked_for_again(shop: Shop, bob: Client) -> None:
    job = shop.issues_a_job(skills=["gas"], reason="Nobody else is left")
    path = f"/api/v1/jobs/{job['id']}"
    changed = asked(bob.patch(path, json={"notes": "Knock"}, headers={"If-Match": '"1"'}))
    assert changed["override_reason"] == "Nobody else is left"
    more = bob.patch(path, json={"skills": ["gas", "water"]}, headers={"If-Match": '"2"'})
    assert (more.status_code, more.json["code"]) == (409, "job_has_warnings")
