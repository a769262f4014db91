"""People through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.db.feed import Change, person_scope
from server.db.jobs import Job
from server.db.people import Person
from tests.client import Client
from tests.make import make_customer, make_job, make_site, make_ticket
from tests.people import ALICE, CAROL, CONTRACTOR, DAN, LENA, NORTH, PASSWORD, SUN, WEI, Character

Save = Callable[..., None]
Load = Callable[..., Any]
SignIn = Callable[[Character], Client]

NEW_PASSWORD = "eleven paper cranes above the sink"
FORM = {
    "username": "Ming",
    "name": "Ming",
    "role": "installer",
    "organisation_id": NORTH,
    "password": NEW_PASSWORD,
}


def path_of(who: Character) -> str:
    return f"/api/v1/people/{who.id}"


def names(answer: Any) -> set[str]:
    return {each["name"] for each in answer.json["items"]}


def can_sign_in(app: Flask, username: str, password: str) -> bool:
    form = {"username": username, "password": password}
    return bool(app.test_client().post("/api/v1/auth/login", json=form).status_code == 200)


def test_it_works(app: Flask, sun: Client) -> None:
    added = sun.post("/api/v1/people", json={**FORM, "skills": ["kitchen"], "team": "blue"})
    assert added.status_code == 201
    assert (added.json["username"], added.json["skills"]) == ("ming", ["kitchen"])
    assert "password" not in str(added.json)
    assert sun.get(added.headers["Location"]).json == added.json
    assert can_sign_in(app, "MING", NEW_PASSWORD)

    changed = sun.patch(added.headers["Location"], json={"team": None}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json["team"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "chief"}, "role"),
        ({"username": "two words"}, "username"),
        ({"username": ""}, "username"),
        ({"skills": ["a b"]}, "skills"),
        ({"role": "contractor_manager"}, "role"),
        ({"organisation_id": CONTRACTOR, "role": "advisor"}, "role"),
        ({"password_hash": "x"}, "password_hash"),
    ],
)
def test_it_refuses_nonsense(sun: Client, changes: dict[str, Any], field: str) -> None:
    refused = sun.post("/api/v1/people", json={**FORM, **changes})
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, [field])


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "password_too_short"), ("passwordpassword", "password_too_common")],
)
def test_it_refuses_weak_passwords(sun: Client, password: str, code: str) -> None:
    refused = sun.post("/api/v1/people", json={**FORM, "password": password})
    assert (refused.status_code, refused.json["code"]) == (422, code)


def test_it_refuses_a_username_that_is_taken(sun: Client) -> None:
    refused = sun.post("/api/v1/people", json={**FORM, "username": "ALICE"})
    assert (refused.status_code, refused.json["code"]) == (409, "already_there")
    assert refused.json["details"] == {"field": "username"}
    refused = sun.patch(path_of(WEI), json={"username": "alice"}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json["details"]) == (409, {"field": "username"})


def test_it_refuses_an_organisation_that_is_not_there(sun: Client) -> None:
    refused = sun.post("/api/v1/people", json={**FORM, "organisation_id": "nowhere"})
    assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown")


def test_it_is_safe_to_repeat(sun: Client) -> None:
    asked = {"json": FORM, "headers": {"Idempotency-Key": "one"}}
    first, again = (sun.post("/api/v1/people", **asked) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)


def test_a_contractors_people_see_each_other_only(carol: Client, mei: Client, wei: Client) -> None:
    assert names(carol.get("/api/v1/people")) == {"Carol", "Mei"}
    assert carol.get(path_of(ALICE)).status_code == 404
    assert mei.get(path_of(CAROL)).status_code == 200
    assert wei.get(path_of(CAROL)).status_code == 200


def test_people_are_found_by_name_role_and_team(wei: Client) -> None:
    def found(**asked: str) -> set[str]:
        return names(wei.get("/api/v1/people", query_string=asked))

    assert found(q="aLi") == {"Alice"}
    assert found(role="installer") == {"Alice", "Carol", "Dan"}
    assert found(role="installer", is_active="true") == {"Alice", "Carol"}
    assert found(team="blue", is_active="true") == {"Alice", "Lena"}
    assert found(organisation_id=CONTRACTOR) == {"Carol", "Mei"}


def test_whoever_leaves_is_signed_out_at_once(alice: Client, sun: Client) -> None:
    assert alice.get("/api/v1/auth/me").status_code == 200
    sun.patch(path_of(ALICE), json={"is_active": False}, headers={"If-Match": '"1"'})
    told = alice.get("/api/v1/auth/me")
    assert (told.status_code, told.json["code"]) == (401, "token_revoked")


def test_a_new_password_from_the_office_signs_out_everywhere(
    app: Flask, alice: Client, sun: Client
) -> None:
    form = {"password": NEW_PASSWORD}
    changed = sun.patch(path_of(ALICE), json=form, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert alice.get("/api/v1/auth/me").status_code == 401
    assert not can_sign_in(app, "alice", PASSWORD)
    assert can_sign_in(app, "alice", NEW_PASSWORD)


def test_the_last_supervisor_cannot_leave(sun: Client) -> None:
    for form in ({"is_active": False}, {"role": "advisor"}):
        refused = sun.patch(path_of(SUN), json=form, headers={"If-Match": '"1"'})
        assert (refused.status_code, refused.json["details"]) == (409, {"why": "last_supervisor"})
    sun.patch(path_of(WEI), json={"role": "supervisor"}, headers={"If-Match": '"1"'})
    form = {"is_active": False}
    assert sun.patch(path_of(SUN), json=form, headers={"If-Match": '"1"'}).status_code == 200


def test_everybody_changes_the_own_password(
    app: Flask, alice: Client, sign_in: SignIn, load: Load
) -> None:
    path, form = "/api/v1/people/me/password", {"current": PASSWORD, "password": NEW_PASSWORD}
    wrong = alice.post(path, json={**form, "current": "not this one, surely"})
    assert (wrong.status_code, wrong.json["code"]) == (401, "wrong_password")
    assert can_sign_in(app, "alice", PASSWORD)
    assert alice.post(path, json=form).status_code == 204
    assert can_sign_in(app, "alice", NEW_PASSWORD)
    assert alice.get("/api/v1/auth/me").status_code == 200


def test_guessing_the_own_password_is_stopped(alice: Client) -> None:
    form = {"current": "not this one, surely", "password": NEW_PASSWORD}
    for _ in range(10):
        alice.post("/api/v1/people/me/password", json=form)
    stopped = alice.post("/api/v1/people/me/password", json={**form, "current": PASSWORD})
    assert (stopped.status_code, stopped.json["code"]) == (429, "too_many_requests")


@pytest.fixture
def job(save: Save) -> Job:
    """A job of Alice."""
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    job, visit = make_job(ticket, site, ALICE)
    save(customer, site, ticket, job, visit)
    return job


def test_a_new_name_reaches_the_sheet(sun: Client, job: Job, load: Load) -> None:
    sun.patch(path_of(ALICE), json={"name": "Alice Wang"}, headers={"If-Match": '"1"'})
    assert '"name":"Alice Wang"' in load(lambda session: session.get(Job, job.id)).document


def test_jobs_follow_somebody_to_another_team(sun: Client, job: Job, load: Load) -> None:
    def change() -> str | None:
        of_lena = select(Change.change).where(
            Change.scope == person_scope(LENA.id), Change.entity_id == job.id
        )
        found: str | None = load(lambda session: session.scalar(of_lena))
        return found

    sun.patch(path_of(ALICE), json={"team": None}, headers={"If-Match": '"1"'})
    assert change() is None
    sun.patch(path_of(ALICE), json={"team": "blue"}, headers={"If-Match": '"2"'})
    assert change() == "upsert"
    sun.patch(path_of(LENA), json={"role": "installer"}, headers={"If-Match": '"1"'})
    assert change() == "remove"


def test_somebody_who_has_left_keeps_their_name(sun: Client, load: Load) -> None:
    assert sun.get(path_of(DAN)).json["name"] == "Dan"
    assert not load(lambda session: session.get(Person, DAN.id)).is_active
