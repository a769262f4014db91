"""The catalogue of parts through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from server.db.feed import CATALOGUE, Change
from server.db.jobs import Job
from tests.client import Client
from tests.make import make_customer, make_job, make_part, make_site, make_ticket

Save = Callable[..., None]
Load = Callable[..., Any]


def skus(answer: Any) -> list[str]:
    return [each["sku"] for each in answer.json["items"]]


def test_it_works(stock: Client, alice: Client) -> None:
    form = {"sku": "HINGE-110", "name": "Hinge", "unit_price": 1250}
    added = stock.post("/api/v1/parts", json=form)
    assert added.status_code == 201
    assert added.headers["Location"] == "/api/v1/parts/HINGE-110"
    assert (added.json["currency"], added.json["unit"]) == ("CNY", "piece")
    assert alice.get("/api/v1/parts/HINGE-110").json == added.json

    path = "/api/v1/parts/HINGE-110"
    changed = stock.patch(path, json={"is_active": False}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["is_active"]) == (200, False)


def test_every_tablet_hears_of_it(stock: Client, load: Load) -> None:
    stock.post("/api/v1/parts", json={"sku": "HINGE-110", "name": "Hinge"})
    stock.patch("/api/v1/parts/HINGE-110", json={"unit_price": 5}, headers={"If-Match": "*"})
    told = select(Change).where(Change.scope == CATALOGUE)
    change = load(lambda session: session.scalars(told).one())
    assert (change.kind, change.entity_id, change.version) == ("part", "HINGE-110", 2)
    assert '"unit_price": 5' in change.data


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"sku": "A/B", "name": "x"}, "sku"),
        ({"sku": "A", "name": "x", "unit_price": 1.5}, "unit_price"),
        ({"sku": "A", "name": "x", "unit_price": -1}, "unit_price"),
        ({"sku": "A", "name": "x", "currency": "yuan"}, "currency"),
        ({"name": "x"}, "sku"),
    ],
)
def test_it_refuses_nonsense(stock: Client, form: dict[str, Any], field: str) -> None:
    refused = stock.post("/api/v1/parts", json=form)
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, [field])


def test_it_refuses_a_number_that_is_taken(stock: Client, save: Save) -> None:
    save(make_part(sku="A"))
    refused = stock.post("/api/v1/parts", json={"sku": "A", "name": "x"})
    assert (refused.status_code, refused.json["details"]) == (409, {"field": "sku"})


def test_its_number_is_for_good(stock: Client, save: Save) -> None:
    save(make_part(sku="A"))
    refused = stock.patch("/api/v1/parts/A", json={"sku": "B"}, headers={"If-Match": "*"})
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, ["sku"])


def test_a_search_looks_at_numbers_and_names(wei: Client, save: Save) -> None:
    save(
        make_part(sku="HINGE-110", name="Hinge", name_zh="铰链"),
        make_part(sku="SEAL-1", name="Seal", name_zh="密封圈", is_active=False),
    )
    assert skus(wei.get("/api/v1/parts?q=hing")) == ["HINGE-110"]
    assert skus(wei.get("/api/v1/parts?q=密封")) == ["SEAL-1"]
    assert skus(wei.get("/api/v1/parts?is_active=false")) == ["SEAL-1"]


def test_a_new_price_reaches_the_sheet_that_plans_it(stock: Client, save: Save, load: Load) -> None:
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    planned = [{"sku": "HINGE-110", "quantity": 2}]
    job, visit = make_job(ticket, site, planned_parts=planned)
    other, its_visit = make_job(ticket, site, planned_parts=[{"sku": "HINGE-1", "quantity": 2}])
    save(customer, site, ticket, make_part(), job, visit, other, its_visit)
    path = "/api/v1/parts/HINGE-110"
    stock.patch(path, json={"unit_price": 999}, headers={"If-Match": '"1"'})
    assert '"unit_price":999' in load(lambda session: session.get(Job, job.id)).document
    assert load(lambda session: session.get(Job, other.id)).rev == 0
