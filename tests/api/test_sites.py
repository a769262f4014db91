"""Sites through the API."""

from collections.abc import Callable
from typing import Any

import pytest

from server.db.jobs import Job
from tests.client import Client
from tests.make import make_customer, make_job, make_site, make_ticket

Save = Callable[..., None]
Load = Callable[..., Any]

FORM = {"address": "12 Jade Lane", "city": "Chengdu", "lat": 30.66, "lon": 104.06}


def test_it_works(wei: Client, save: Save) -> None:
    customer = make_customer()
    save(customer)
    added = wei.post("/api/v1/sites", json={**FORM, "customer_id": customer.id})
    assert added.status_code == 201
    assert added.json["time_zone"] == "Asia/Shanghai"
    assert wei.get(added.headers["Location"]).json == added.json

    changed = wei.patch(
        added.headers["Location"],
        json={"access_notes": "Gate code 7", "lat": None},
        headers={"If-Match": added.headers["ETag"]},
    )
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert (changed.json["access_notes"], changed.json["lat"]) == ("Gate code 7", None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lat": 91}, "lat"),
        ({"lon": "104.06"}, "lon"),
        ({"country": "China"}, "country"),
        ({"time_zone": "Chengdu"}, "time_zone"),
        ({"address": ""}, "address"),
    ],
)
def test_it_refuses_nonsense(wei: Client, save: Save, changes: dict[str, Any], field: str) -> None:
    customer = make_customer()
    save(customer)
    form = {**FORM, "customer_id": customer.id, **changes}
    refused = wei.post("/api/v1/sites", json=form)
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, [field])


def test_it_hides_other_branches(wei: Client, sam: Client, save: Save) -> None:
    customer = make_customer()
    site = make_site(customer)
    save(customer, site)
    assert sam.get(f"/api/v1/sites/{site.id}").status_code == 404
    assert sam.get("/api/v1/sites").json["items"] == []
    stolen = sam.post("/api/v1/sites", json={**FORM, "customer_id": customer.id})
    assert (stolen.status_code, stolen.json["code"]) == (422, "reference_unknown")
    assert stolen.json["details"] == {"field": "customer_id"}


def test_a_list_shows_one_customers_sites(wei: Client, save: Save) -> None:
    customer, other = make_customer(), make_customer()
    site, elsewhere = make_site(customer), make_site(other)
    save(customer, other, site, elsewhere)
    answer = wei.get("/api/v1/sites", query_string={"customer_id": customer.id})
    assert [each["id"] for each in answer.json["items"]] == [site.id]


def test_it_is_safe_to_repeat(wei: Client, save: Save) -> None:
    customer = make_customer()
    save(customer)
    asked = {
        "json": {**FORM, "customer_id": customer.id},
        "headers": {"Idempotency-Key": "one"},
    }
    first, again = (wei.post("/api/v1/sites", **asked) for _ in range(2))
    assert first.json == again.json
    assert len(wei.get("/api/v1/sites").json["items"]) == 1


def test_a_change_reaches_the_sheet_of_an_open_job(wei: Client, save: Save, load: Load) -> None:
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    job, visit = make_job(ticket, site)
    save(customer, site, ticket, job, visit)
    path = f"/api/v1/sites/{site.id}"
    wei.patch(path, json={"access_notes": "Ring twice"}, headers={"If-Match": '"1"'})
    assert '"access_notes":"Ring twice"' in load(lambda s: s.get(Job, job.id)).document
