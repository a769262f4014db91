"""Assets through the API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from server.db.customers import Asset, Customer, Product, Site
from server.db.jobs import Job
from tests.client import Client
from tests.make import make_asset, make_customer, make_job, make_product, make_site, make_ticket

Save = Callable[..., None]
Load = Callable[..., Any]


@dataclass
class Home:
    customer: Customer
    site: Site
    product: Product
    asset: Asset


@pytest.fixture
def home(save: Save) -> Home:
    """A customer with one thing of one product."""
    customer, product = make_customer(), make_product(warranty_months=24)
    site = make_site(customer)
    asset = make_asset(site, product, serial="SN-1")
    save(customer, site, product, asset)
    return Home(customer, site, product, asset)


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer.json["items"]]


def test_it_works(wei: Client, home: Home) -> None:
    form = {"site_id": home.site.id, "product_id": home.product.id, "serial": "SN-2"}
    added = wei.post("/api/v1/assets", json={**form, "sold_on": "2026-02-28"})
    assert added.status_code == 201
    assert added.json["warranty_until"] == "2028-02-28"
    assert added.json["product"]["model"] == home.product.model
    assert wei.get(added.headers["Location"]).json == added.json

    changed = wei.patch(
        added.headers["Location"],
        json={"serial": None, "warranty_until": None},
        headers={"If-Match": '"1"'},
    )
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert (changed.json["serial"], changed.json["warranty_until"]) == (None, None)


def test_a_warranty_that_was_agreed_stands(wei: Client, home: Home) -> None:
    form = {"site_id": home.site.id, "product_id": home.product.id, "sold_on": "2026-02-28"}
    added = wei.post("/api/v1/assets", json={**form, "warranty_until": "2030-01-01"})
    assert added.json["warranty_until"] == "2030-01-01"


def test_it_is_found_by_serial_order_customer_site_and_product(wei: Client, home: Home) -> None:
    for asked in (
        {"serial": "sn-1"},
        {"order_number": "order-7"},
        {"customer_id": home.customer.id},
        {"site_id": home.site.id},
        {"product_id": home.product.id},
    ):
        assert ids(wei.get("/api/v1/assets", query_string=asked)) == [home.asset.id]
        nothing = dict.fromkeys(asked, "other")
        assert ids(wei.get("/api/v1/assets", query_string=nothing)) == []


def test_it_refuses_a_serial_that_is_taken(wei: Client, home: Home) -> None:
    form = {"site_id": home.site.id, "product_id": home.product.id}
    refused = wei.post("/api/v1/assets", json={**form, "serial": "sn-1"})
    assert (refused.status_code, refused.json["code"]) == (409, "already_there")
    assert refused.json["details"] == {"field": "serial"}

    same = wei.patch(
        f"/api/v1/assets/{home.asset.id}", json={"serial": "SN-1"}, headers={"If-Match": "*"}
    )
    assert same.status_code == 200


@pytest.mark.parametrize("field", ["site_id", "product_id"])
def test_it_refuses_what_is_not_there(wei: Client, home: Home, field: str) -> None:
    form = {"site_id": home.site.id, "product_id": home.product.id, field: "nothing"}
    refused = wei.post("/api/v1/assets", json=form)
    assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown")
    assert refused.json["details"] == {"field": field}


def test_it_hides_other_branches(sam: Client, home: Home) -> None:
    path = f"/api/v1/assets/{home.asset.id}"
    assert sam.get(path).status_code == 404
    assert sam.patch(path, json={}, headers={"If-Match": "*"}).status_code == 404
    assert ids(sam.get("/api/v1/assets?serial=SN-1")) == []


def test_a_change_reaches_the_sheet_of_an_open_job(
    wei: Client, home: Home, save: Save, load: Load
) -> None:
    other = make_product(name="Oven")
    ticket = make_ticket(home.customer, home.site)
    job, visit = make_job(ticket, home.site, asset_id=home.asset.id)
    save(other, ticket, job, visit)
    form = {"product_id": other.id, "serial": "SN-9"}
    path = f"/api/v1/assets/{home.asset.id}"
    changed = wei.patch(path, json=form, headers={"If-Match": '"1"'})
    assert changed.json["product"]["name"] == "Oven"
    document = load(lambda session: session.get(Job, job.id)).document
    assert '"serial":"SN-9"' in document
    assert '"name":"Oven"' in document
