"""Revisits through the API: found, decided, issued."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.client import Client
from tests.make import make_part
from tests.people import ALICE
from tests.shop import Json, Shop, asked


@pytest.fixture
def revisit(shop: Shop) -> Json:
    """Due, because the goods were damaged."""
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="goods_damaged", words="Cracked in the box")
    trip.comes_home()
    return shop.revisit(shop.ticket(job))


def test_it_works(shop: Shop, wei: Client, revisit: Json) -> None:
    assert (revisit["state"], revisit["mode"], revisit["decides"]) == (
        "due",
        "at_once",
        "dispatcher",
    )
    assert (revisit["trigger"], revisit["cause"]) == ("finished_incomplete", "goods_damaged")
    assert revisit["words"] == "Cracked in the box"
    path = f"/api/v1/revisits/{revisit['id']}"
    shown = wei.get(path)
    assert (shown.json, shown.headers["ETag"]) == (revisit, '"1"')
    for query, count in (
        ({"state": "due"}, 1),
        ({"state": "planned"}, 0),
        ({"job_id": revisit["job_id"]}, 1),
    ):
        found = asked(wei.get("/api/v1/revisits", query_string=query))["items"]
        assert len(found) == count, query

    job = shop.issues_the_revisit(revisit)
    assert job["revisit_id"] == revisit["id"]
    planned = asked(wei.get(path))
    assert (planned["state"], planned["planned_job_id"]) == ("planned", job["id"])


def test_a_revisit_is_issued_once(shop: Shop, bob: Client, revisit: Json) -> None:
    path = f"/api/v1/revisits/{revisit['id']}/issue"
    request = {"json": {"assignee_id": ALICE.id}, "headers": {"Idempotency-Key": "one"}}
    first, again = (bob.post(path, **request) for _ in range(2))
    assert first.status_code == 201
    assert again.json == first.json
    twice = bob.post(path, json={"assignee_id": ALICE.id, "reason": "Once more"})
    assert (twice.status_code, twice.json["code"]) == (409, "step_not_possible")


def test_its_job_called_off_it_is_due_again(shop: Shop, bob: Client, revisit: Json) -> None:
    job = shop.issues_the_revisit(revisit)
    path = f"/api/v1/jobs/{job['id']}/cancel"
    asked(bob.post(path, json={"reason": "The customer is away"}))
    again = asked(bob.get(f"/api/v1/revisits/{revisit['id']}"))
    assert (again["state"], again["planned_job_id"]) == ("due", None)
    assert shop.waits(revisit) == ["job_incomplete", "revisit"]


def test_a_decision_needs_the_version_and_sometimes_a_reason(wei: Client, revisit: Json) -> None:
    path = f"/api/v1/revisits/{revisit['id']}/decide"
    blind = wei.post(path, json={"to": "dismissed", "reason": "x"})
    assert (blind.status_code, blind.json["code"]) == (428, "version_missing")
    headers = {"If-Match": '"1"'}
    for form, status, code in (
        ({"to": "dismissed"}, 422, "reason_missing"),
        ({"to": "proposed"}, 409, "step_not_possible"),
        ({"to": "planned"}, 422, "invalid"),
        ({"to": "dismissed", "because": "x"}, 422, "invalid"),
    ):
        refused = wei.post(path, json=form, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (status, code), form
    done = wei.post(path, json={"to": "dismissed", "reason": "Refunded"}, headers=headers)
    assert (asked(done)["state"], done.json["reason"]) == ("dismissed", "Refunded")
    late = wei.post(path, json={"to": "due"}, headers=headers)
    assert (late.status_code, late.json["code"]) == (412, "changed_meanwhile")


def test_what_is_planned_is_decided_by_its_job(shop: Shop, wei: Client, revisit: Json) -> None:
    shop.issues_the_revisit(revisit)
    path = f"/api/v1/revisits/{revisit['id']}/decide"
    refused = wei.post(path, json={"to": "due"}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_it_hides_other_branches(sam: Client, sun: Client, alice: Client, revisit: Json) -> None:
    path = f"/api/v1/revisits/{revisit['id']}"
    assert [each.get(path).status_code for each in (sun, sam, alice)] == [200, 404, 403]
    form = {"to": "dismissed", "reason": "x"}
    assert sam.post(f"{path}/decide", json=form, headers={"If-Match": "*"}).status_code == 404
    assert asked(sam.get("/api/v1/revisits"))["items"] == []


def test_closing_the_ticket_by_hand_dismisses_it(shop: Shop, wei: Client, revisit: Json) -> None:
    path = f"/api/v1/tickets/{revisit['ticket_id']}/close"
    asked(wei.post(path, json={"reason": "Replaced at the counter"}))
    dismissed = asked(wei.get(f"/api/v1/revisits/{revisit['id']}"))
    assert (dismissed["state"], dismissed["reason"]) == ("dismissed", "Replaced at the counter")
    assert shop.ticket(revisit)["state"] == "closed"


def test_the_form_has_the_last_word(
    shop: Shop, bob: Client, revisit: Json, save: Callable[..., Any]
) -> None:
    save(make_part())
    form = {
        "assignee_id": ALICE.id,
        "work": "Bring a new hood",
        "planned_parts": [{"sku": "HINGE-110", "quantity": 1}],
        "slots": [],
        "reason": "The part lies at the customer's",
    }
    job = asked(bob.post(f"/api/v1/revisits/{revisit['id']}/issue", json=form), 201)
    assert (job["work"], job["slots"]) == ("Bring a new hood", [])
    assert job["planned_parts"] == [{"sku": "HINGE-110", "quantity": 1}]
    assert job["cause"] == "goods_damaged"
