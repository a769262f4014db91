"""Organisations through the API."""

from collections.abc import Callable
from typing import Any

from server.db.jobs import Job
from tests.client import Client
from tests.make import make_customer, make_job, make_site, make_ticket
from tests.people import CONTRACTOR, NORTH, SOUTH

Save = Callable[..., None]
Load = Callable[..., Any]


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer.json["items"]]


def test_it_works(sun: Client, wei: Client) -> None:
    form = {"kind": "contractor", "name": "Two Ladders", "granted_until": "2027-01-01T00:00:00Z"}
    added = sun.post("/api/v1/organisations", json=form)
    assert added.status_code == 201
    assert added.json["granted_until"] == "2027-01-01T00:00:00.000Z"
    assert wei.get(added.headers["Location"]).json == added.json

    changed = sun.patch(
        added.headers["Location"], json={"granted_until": None}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json["granted_until"]) == (200, None)


def test_a_branch_is_granted_nothing(sun: Client) -> None:
    grant = {"granted_until": "2027-01-01T00:00:00Z"}
    refused = sun.post("/api/v1/organisations", json={"kind": "branch", "name": "West", **grant})
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, ["granted_until"])
    path = f"/api/v1/organisations/{NORTH}"
    assert sun.patch(path, json=grant, headers={"If-Match": "*"}).status_code == 422


def test_a_contractors_people_see_their_own_only(carol: Client, wei: Client) -> None:
    assert ids(carol.get("/api/v1/organisations")) == [CONTRACTOR]
    assert carol.get(f"/api/v1/organisations/{NORTH}").status_code == 404
    assert ids(wei.get("/api/v1/organisations?kind=branch")) == [NORTH, SOUTH]


def test_it_is_safe_to_repeat(sun: Client) -> None:
    asked = {
        "json": {"kind": "branch", "name": "West"},
        "headers": {"Idempotency-Key": "one"},
    }
    first, again = (sun.post("/api/v1/organisations", **asked) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)


def test_a_new_name_reaches_the_sheets_of_the_branch(sun: Client, save: Save, load: Load) -> None:
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    job, visit = make_job(ticket, site)
    save(customer, site, ticket, job, visit)
    path = f"/api/v1/organisations/{NORTH}"
    sun.patch(path, json={"name": "Branch Far North"}, headers={"If-Match": '"1"'})
    assert '"name":"Branch Far North"' in load(lambda session: session.get(Job, job.id)).document
