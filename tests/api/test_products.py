"""Products through the API."""

from collections.abc import Callable
from typing import Any

from server.db.jobs import Job
from tests.client import Client
from tests.make import make_asset, make_customer, make_job, make_product, make_site, make_ticket

Save = Callable[..., None]
Load = Callable[..., Any]


def models(answer: Any) -> list[str]:
    return [each["model"] for each in answer.json["items"]]


def test_it_works(stock: Client, alice: Client) -> None:
    form = {"model": "HOOD-90", "name": "Hood", "certificate": "gas"}
    added = stock.post("/api/v1/products", json=form)
    assert added.status_code == 201
    assert (added.json["warranty_months"], added.json["is_active"]) == (24, True)
    assert alice.get(added.headers["Location"]).json == added.json

    changed = stock.patch(
        added.headers["Location"], json={"certificate": None}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json["certificate"]) == (200, None)


def test_it_refuses_a_model_that_is_taken(stock: Client, save: Save) -> None:
    save(make_product(model="HOOD-90"), make_product(model="HOOD-60"))
    refused = stock.post("/api/v1/products", json={"model": "HOOD-90", "name": "Hood"})
    assert (refused.status_code, refused.json["code"]) == (409, "already_there")
    assert refused.json["details"] == {"field": "model"}

    other = stock.get("/api/v1/products?q=hood-60").json["items"][0]
    path = f"/api/v1/products/{other['id']}"
    refused = stock.patch(path, json={"model": "HOOD-90"}, headers={"If-Match": "*"})
    assert refused.json["details"] == {"field": "model"}


def test_it_is_safe_to_repeat(stock: Client) -> None:
    asked = {
        "json": {"model": "HOOD-90", "name": "Hood"},
        "headers": {"Idempotency-Key": "one"},
    }
    first, again = (stock.post("/api/v1/products", **asked) for _ in range(2))
    assert (again.status_code, again.json) == (201, first.json)


def test_a_search_looks_at_models_and_names(wei: Client, save: Save) -> None:
    save(
        make_product(model="HOOD-90", name="Kitchen hood", name_zh="抽油烟机"),
        make_product(model="OVEN-1", name="Oven", name_zh="烤箱", is_active=False),
    )
    assert models(wei.get("/api/v1/products?q=hood")) == ["HOOD-90"]
    assert models(wei.get("/api/v1/products?q=烤")) == ["OVEN-1"]
    assert models(wei.get("/api/v1/products?is_active=true")) == ["HOOD-90"]
    assert models(wei.get("/api/v1/products?category=appliance")) == ["HOOD-90", "OVEN-1"]
    assert wei.get("/api/v1/products?is_active=maybe").status_code == 422


def test_a_new_name_reaches_the_sheet_of_an_open_job(stock: Client, save: Save, load: Load) -> None:
    customer, product = make_customer(), make_product()
    site = make_site(customer)
    asset, ticket = make_asset(site, product), make_ticket(customer, site)
    job, visit = make_job(ticket, site, asset_id=asset.id)
    save(customer, site, product, asset, ticket, job, visit)
    path = f"/api/v1/products/{product.id}"
    stock.patch(path, json={"care_card": "Wash it"}, headers={"If-Match": '"1"'})
    assert load(lambda session: session.get(Job, job.id)).rev == 0
    stock.patch(path, json={"name": "Hood 2"}, headers={"If-Match": '"2"'})
    assert '"name":"Hood 2"' in load(lambda session: session.get(Job, job.id)).document
