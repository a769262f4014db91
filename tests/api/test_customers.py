"""Customers through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from server.db.audit import AuditLine
from server.db.jobs import Job
from tests.client import Client
from tests.make import make_asset, make_customer, make_job, make_product, make_site, make_ticket
from tests.people import NORTH, SOUTH, WEI

Save = Callable[..., None]
Load = Callable[..., Any]


def names(answer: Any) -> list[str]:
    return [each["name"] for each in answer.json["items"]]


def test_it_works(wei: Client) -> None:
    added = wei.post("/api/v1/customers", json={"name": " Li Na ", "phone": "138 0013 8000"})
    assert added.status_code == 201
    assert added.headers["ETag"] == '"1"'
    assert added.json["name"] == "Li Na"
    assert added.json["branch_id"] == NORTH
    assert added.json["created_at"] == "2026-11-23T01:00:00.000Z"

    shown = wei.get(added.headers["Location"])
    assert shown.json == added.json

    changed = wei.patch(
        added.headers["Location"],
        json={"phone": "139", "is_vip": True},
        headers={"If-Match": shown.headers["ETag"]},
    )
    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert (changed.json["phone"], changed.json["is_vip"], changed.json["rev"]) == ("139", True, 2)


def test_every_change_is_audited(wei: Client, load: Load) -> None:
    added = wei.post("/api/v1/customers", json={"name": "Li Na"})
    wei.patch(added.headers["Location"], json={"notes": "rings twice"}, headers={"If-Match": "*"})
    wei.patch(added.headers["Location"], json={"notes": "rings twice"}, headers={"If-Match": "*"})
    lines = load(lambda session: session.scalars(select(AuditLine).order_by(AuditLine.id)).all())
    told = [(line.act, line.person_id, line.noun_id, line.details) for line in lines]
    assert told == [
        ("customer.added", WEI.id, added.json["id"], {}),
        ("customer.changed", WEI.id, added.json["id"], {"changed": ["notes"]}),
    ]


def test_it_is_safe_to_repeat(wei: Client) -> None:
    asked = {"json": {"name": "Li Na"}, "headers": {"Idempotency-Key": "one"}}
    first, again = (wei.post("/api/v1/customers", **asked) for _ in range(2))
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(wei.get("/api/v1/customers").json["items"]) == 1

    other = wei.post("/api/v1/customers", json={"name": "Bo"}, headers={"Idempotency-Key": "one"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "Li", "age": 40}, "age"),
        ({"name": "Li", "language": "fr"}, "language"),
        ({"name": "Li", "email": "nowhere"}, "email"),
        ({"name": "Li", "is_vip": "yes"}, "is_vip"),
        ({"name": "Li\x00"}, "name"),
    ],
)
def test_it_refuses_what_it_does_not_know(wei: Client, form: dict[str, Any], field: str) -> None:
    refused = wei.post("/api/v1/customers", json=form)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")
    assert refused.content_type == "application/problem+json"
    assert list(refused.json["errors"]["json"]) == [field]


def test_it_refuses_to_change_what_somebody_else_has_changed(wei: Client, save: Save) -> None:
    customer = make_customer(rev=2)
    save(customer)
    path = f"/api/v1/customers/{customer.id}"
    blind = wei.patch(path, json={"name": "Li"})
    assert (blind.status_code, blind.json["code"]) == (428, "version_missing")
    late = wei.patch(path, json={"name": "Li"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json["code"]) == (412, "changed_meanwhile")


def test_it_hides_other_branches(wei: Client, sam: Client, sun: Client, save: Save) -> None:
    customer = make_customer(name="Li Na")
    save(customer)
    path = f"/api/v1/customers/{customer.id}"
    assert [each.get(path).status_code for each in (wei, sun, sam)] == [200, 200, 404]
    hidden = sam.patch(path, json={"name": "Mine"}, headers={"If-Match": "*"})
    assert (hidden.status_code, hidden.json["code"]) == (404, "not_found")
    assert names(sam.get("/api/v1/customers")) == []


def test_a_supervisor_alone_names_the_branch(wei: Client, sun: Client) -> None:
    form = {"name": "Li Na", "branch_id": SOUTH}
    assert sun.post("/api/v1/customers", json=form).json["branch_id"] == SOUTH
    refused = wei.post("/api/v1/customers", json=form)
    assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown")
    assert refused.json["details"] == {"field": "branch_id"}


@pytest.mark.parametrize(
    "words", ["na", "LI N", "KÜRZ", "13800138", "138-0013", "(138) 0013", "ORDER-7", "sn-42"]
)
def test_a_search_finds_people_by_what_they_say_on_the_phone(
    wei: Client, save: Save, words: str
) -> None:
    customer, other = make_customer(name="Li Na Kürz"), make_customer(name="Bo", phone="+1 55")
    site, product = make_site(customer), make_product()
    asset = make_asset(site, product, serial="SN-42", order_number="order-7")
    save(customer, other, site, product, asset)
    assert names(wei.get("/api/v1/customers", query_string={"q": words})) == ["Li Na Kürz"]


@pytest.mark.parametrize("words", ["%", "_", "nobody", "0013-9", "\\"])
def test_a_search_finds_nothing_by_accident(wei: Client, save: Save, words: str) -> None:
    save(make_customer())
    assert names(wei.get("/api/v1/customers", query_string={"q": words})) == []


def test_a_search_sees_what_has_changed(wei: Client, save: Save) -> None:
    customer = make_customer(phone="1")
    save(customer)
    path = f"/api/v1/customers/{customer.id}"
    wei.patch(path, json={"phone": "555-77"}, headers={"If-Match": '"1"'})
    assert names(wei.get("/api/v1/customers?q=55577")) == ["Li Na"]


def test_a_list_comes_in_pages(wei: Client, save: Save) -> None:
    save(*(make_customer(name=f"Li {number}") for number in range(5)))
    first = wei.get("/api/v1/customers?limit=3")
    rest = wei.get("/api/v1/customers", query_string={"limit": 3, "after": first.json["next"]})
    assert names(first) + names(rest) == [f"Li {number}" for number in range(5)]
    assert rest.json["next"] is None
    wrong = wei.get("/api/v1/customers?after=nonsense")
    assert (wrong.status_code, wrong.json["code"]) == (400, "bad_request")


def test_a_new_name_reaches_the_sheet_of_an_open_job(wei: Client, save: Save, load: Load) -> None:
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    open_job, its_visit = make_job(ticket, site)
    done_job, done_visit = make_job(ticket, site, state="verified")
    save(customer, site, ticket, open_job, its_visit, done_job, done_visit)

    path = f"/api/v1/customers/{customer.id}"
    wei.patch(path, json={"notes": "only for us"}, headers={"If-Match": '"1"'})
    assert load(lambda session: session.get(Job, open_job.id)).rev == 0
    wei.patch(path, json={"name": "Li Na Wang"}, headers={"If-Match": '"2"'})

    job = load(lambda session: session.get(Job, open_job.id))
    assert job.rev == 1
    assert '"name":"Li Na Wang"' in job.document
    assert load(lambda session: session.get(Job, done_job.id)).rev == 0


def test_it_refuses_a_question_that_it_does_not_know(wei: Client) -> None:
    refused = wei.get("/api/v1/customers?name=Li")
    assert (refused.status_code, list(refused.json["errors"]["query"])) == (422, ["name"])


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_it_refuses_a_key_that_is_none(wei: Client, key: str) -> None:
    headers = {"Idempotency-Key": key}
    refused = wei.post("/api/v1/customers", json={"name": "Li Na"}, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (400, "bad_request")
