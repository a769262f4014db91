"""The stock ledger through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from server.db.feed import Change, person_scope
from tests.client import Client
from tests.make import make_customer, make_job, make_movement, make_part, make_site, make_ticket
from tests.people import ALICE, CAROL, NORTH

Save = Callable[..., None]
Load = Callable[..., Any]

WAREHOUSE, VAN = f"warehouse:{NORTH}", f"van:{ALICE.id}"
RECEIVE = {
    "kind": "receive",
    "sku": "HINGE-110",
    "quantity": 10,
    "from_place": "supplier",
    "to_place": WAREHOUSE,
}
LOAD_VAN = {**RECEIVE, "kind": "transfer", "from_place": WAREHOUSE, "to_place": VAN, "quantity": 4}


@pytest.fixture(autouse=True)
def part(save: Save) -> None:
    save(make_part(sku="HINGE-110"))


def balances(client: Client, **asked: str) -> dict[str, int]:
    answer = client.get("/api/v1/stock", query_string=asked)
    return {each["place"]: each["quantity"] for each in answer.json["items"]}


def test_it_works(stock: Client) -> None:
    received = stock.post("/api/v1/movements", json=RECEIVE)
    assert received.status_code == 201
    assert (received.json["at"], received.json["reason"]) == ("2026-11-23T01:00:00.000Z", "")
    assert stock.get(received.headers["Location"]).json == received.json
    assert stock.post("/api/v1/movements", json=LOAD_VAN).status_code == 201
    assert balances(stock) == {"supplier": -10, WAREHOUSE: 6, VAN: 4}


def test_it_is_safe_to_repeat(stock: Client) -> None:
    asked = {"json": RECEIVE, "headers": {"Idempotency-Key": "one"}}
    first, again = (stock.post("/api/v1/movements", **asked) for _ in range(2))
    assert first.json == again.json
    assert balances(stock)[WAREHOUSE] == 10


def test_the_tablet_hears_what_is_in_its_van(stock: Client, load: Load) -> None:
    stock.post("/api/v1/movements", json=LOAD_VAN)
    told = select(Change).where(Change.scope == person_scope(ALICE.id))
    change = load(lambda session: session.scalars(told).one())
    assert (change.kind, change.data) == ("stock", '{"sku": "HINGE-110", "quantity": 4}')


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 2.5}, "quantity"),
        ({"from_place": "moon"}, "from_place"),
        ({"kind": "steal"}, "kind"),
        ({"kind": "transfer"}, "kind"),
        ({"kind": "transfer", "from_place": WAREHOUSE}, "to_place"),
        ({"kind": "adjust", "from_place": "count"}, "reason"),
        ({"at": "2026-11-23T01:00:00Z"}, "at"),
    ],
)
def test_it_refuses_what_goes_no_such_way(
    stock: Client, changes: dict[str, Any], field: str
) -> None:
    refused = stock.post("/api/v1/movements", json={**RECEIVE, **changes})
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, [field])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sku": "UNKNOWN"}, "sku"),
        ({"to_place": "warehouse:nowhere"}, "to_place"),
        ({"to_place": "van:nobody"}, "to_place"),
        ({"job_id": "J-0"}, "job_id"),
    ],
)
def test_it_refuses_what_is_not_there(stock: Client, changes: dict[str, Any], field: str) -> None:
    refused = stock.post("/api/v1/movements", json={**RECEIVE, **changes})
    assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown")
    assert refused.json["details"] == {"field": field}


def test_every_kind_of_place_is_reached(stock: Client, save: Save) -> None:
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    job, visit = make_job(ticket, site)
    save(customer, site, ticket, job, visit)
    shelf, parcel, home = f"reserved:{job.id}", f"transit:{ticket.id}", f"customer:{site.id}"
    for kind, start, end in (
        ("reserve", WAREHOUSE, shelf),
        ("ship", shelf, parcel),
        ("ship", parcel, home),
        ("return", home, "scrap"),
    ):
        form = {**RECEIVE, "kind": kind, "from_place": start, "to_place": end, "job_id": job.id}
        assert stock.post("/api/v1/movements", json=form).status_code == 201
    assert balances(stock) == {WAREHOUSE: -10, "scrap": 10}
    found = stock.get(f"/api/v1/movements?job_id={job.id}&kind=ship").json["items"]
    assert [each["to_place"] for each in found] == [home, parcel]


def test_the_stock_of_another_branchs_customer_is_not_touched(stock: Client, save: Save) -> None:
    customer = make_customer(branch_id="01980000-0000-7000-8000-0000000000a2")
    site = make_site(customer)
    save(customer, site)
    form = {**RECEIVE, "kind": "use", "from_place": WAREHOUSE, "to_place": f"customer:{site.id}"}
    assert stock.post("/api/v1/movements", json=form).json["details"] == {"field": "to_place"}


def test_below_zero_is_a_variance_not_a_refusal(stock: Client) -> None:
    assert stock.post("/api/v1/movements", json=LOAD_VAN).status_code == 201
    assert balances(stock, is_variance="true") == {WAREHOUSE: -4}
    assert balances(stock, is_variance="false") == {VAN: 4}
    assert balances(stock, place_kind="warehouse") == {WAREHOUSE: -4}
    assert balances(stock, place=VAN, sku="HINGE-110") == {VAN: 4}


def test_the_field_sees_its_own_van(
    alice: Client, lena: Client, carol: Client, stock: Client
) -> None:
    stock.post("/api/v1/movements", json=RECEIVE)
    moved = stock.post("/api/v1/movements", json=LOAD_VAN)
    path = moved.headers["Location"]
    assert [each.get(path).status_code for each in (alice, lena, carol)] == [200, 200, 404]
    assert len(alice.get("/api/v1/movements").json["items"]) == 1
    assert balances(alice) == {VAN: 4}
    assert balances(lena) == {VAN: 4}
    assert balances(carol) == {}

    van = f"/api/v1/people/{ALICE.id}/stock"
    assert alice.get(van).json["items"][0]["quantity"] == 4
    assert stock.get(van).json["items"][0]["quantity"] == 4
    assert carol.get(van).status_code == 404
    assert alice.get(f"/api/v1/people/{CAROL.id}/stock").status_code == 404


def test_balances_come_in_pages(stock: Client, save: Save) -> None:
    save(*(make_movement(f"PART-{number}", 5) for number in range(3)))
    seen: list[tuple[str, str]] = []
    asked: dict[str, Any] = {"limit": 2}
    while True:
        answer = stock.get("/api/v1/stock", query_string=asked).json
        seen += [(each["place"], each["sku"]) for each in answer["items"]]
        if answer["next"] is None:
            break
        asked["after"] = answer["next"]
    assert len(seen) == len(set(seen)) == 6
    assert seen == sorted(seen)


def test_a_count_sets_the_ledger_right(stock: Client, save: Save) -> None:
    save(make_part(sku="SEAL-1"), make_part(sku="OLD-1"))
    save(make_movement("HINGE-110", 10, to_place=VAN), make_movement("OLD-1", 2, to_place=VAN))
    counted = [{"sku": "HINGE-110", "quantity": 8}, {"sku": "SEAL-1", "quantity": 1}]
    answer = stock.post("/api/v1/stock/counts", json={"place": VAN, "counted": counted})
    assert answer.status_code == 200
    moves = [
        (each["sku"], each["quantity"], each["to_place"]) for each in answer.json["adjustments"]
    ]
    assert moves == [("HINGE-110", 2, "count"), ("SEAL-1", 1, VAN)]
    van = stock.get(f"/api/v1/people/{ALICE.id}/stock").json["items"]
    assert {each["sku"]: each["quantity"] for each in van} == {
        "HINGE-110": 8,
        "OLD-1": 2,
        "SEAL-1": 1,
    }
    again = stock.post("/api/v1/stock/counts", json={"place": VAN, "counted": counted})
    assert again.json["adjustments"] == []


def test_a_count_refuses_what_cannot_be(stock: Client) -> None:
    def count(place: str, *skus: str) -> Any:
        counted = [{"sku": sku, "quantity": 1} for sku in skus]
        return stock.post("/api/v1/stock/counts", json={"place": place, "counted": counted})

    assert count(VAN, "UNKNOWN").json["code"] == "reference_unknown"
    assert count(VAN, "HINGE-110", "HINGE-110").status_code == 422
    assert count(VAN).status_code == 422
    assert count("supplier", "HINGE-110").status_code == 422
    assert count("van:nobody", "HINGE-110").json["details"] == {"field": "place"}
