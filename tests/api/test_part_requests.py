"""Part requests through the API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from server.db.jobs import Job
from server.db.parts import PartRequest
from server.db.revisits import Revisit
from server.ids import new_id
from tests.client import Client
from tests.make import (
    make_customer,
    make_job,
    make_movement,
    make_part,
    make_request,
    make_site,
    make_ticket,
)
from tests.people import NORTH, NOW

Save = Callable[..., None]
Load = Callable[..., Any]

WAREHOUSE = f"warehouse:{NORTH}"


@dataclass
class Lack:
    """A visit that lacked two hinges, of which ten lie in the warehouse."""

    job: Job
    request: PartRequest

    @property
    def path(self) -> str:
        return f"/api/v1/part-requests/{self.request.id}"


@pytest.fixture
def lack(save: Save) -> Lack:
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    job, visit = make_job(ticket, site)
    request = make_request(job, quantity=2)
    save(customer, site, ticket, job, visit, make_part(), request, make_movement("HINGE-110", 10))
    return Lack(job, request)


def step(client: Client, lack: Lack, verb: str, **form: Any) -> Any:
    return client.post(f"{lack.path}/{verb}", json=form)


def balances(client: Client) -> dict[str, int]:
    items = client.get("/api/v1/stock").json["items"]
    return {each["place"]: each["quantity"] for each in items if each["place"] != "supplier"}


def test_it_works(stock: Client, lack: Lack) -> None:
    shown = stock.get(lack.path).json
    assert (shown["state"], shown["next_step"]["code"]) == ("requested", "reserve_or_ship")

    reserved = step(stock, lack, "reserve")
    assert (reserved.status_code, reserved.json["state"]) == (200, "reserved")
    assert reserved.headers["ETag"] == '"2"'
    assert balances(stock) == {WAREHOUSE: 8, f"reserved:{lack.job.id}": 2}

    shipped = step(stock, lack, "ship", tracking="SF 1", expected_at="2026-11-25T04:00:00Z")
    assert (shipped.json["state"], shipped.json["tracking"]) == ("shipped", "SF 1")
    assert balances(stock) == {WAREHOUSE: 8, f"transit:{lack.job.ticket_id}": 2}

    arrived = step(stock, lack, "arrive")
    assert (arrived.json["state"], arrived.json["next_step"]["code"]) == ("arrived", "plan_visit")
    assert balances(stock) == {WAREHOUSE: 8, f"customer:{lack.job.site_id}": 2}


def test_every_step_is_safe_to_repeat(stock: Client, lack: Lack) -> None:
    for verb in ("reserve", "ship", "arrive"):
        first, again = step(stock, lack, verb), step(stock, lack, verb)
        assert (again.status_code, again.json) == (200, first.json)
    assert balances(stock) == {WAREHOUSE: 8, f"customer:{lack.job.site_id}": 2}


def test_it_refuses_a_step_that_is_not_possible(stock: Client, lack: Lack) -> None:
    step(stock, lack, "cancel", reason="Found in the box")
    for verb in ("reserve", "ship", "arrive"):
        refused = step(stock, lack, verb)
        assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_what_was_set_aside_goes_back_where_it_came_from(stock: Client, lack: Lack) -> None:
    for _ in range(2):
        step(stock, lack, "reserve")
        again = step(stock, lack, "ask-again", reason="Needed elsewhere")
        assert again.json["state"] == "requested"
    assert balances(stock) == {WAREHOUSE: 10}
    step(stock, lack, "reserve")
    assert step(stock, lack, "cancel", reason="No longer wanted").json["state"] == "cancelled"
    assert balances(stock) == {WAREHOUSE: 10}


def test_a_lost_parcel_is_written_off(stock: Client, lack: Lack) -> None:
    step(stock, lack, "ship", tracking="SF 1")
    again = step(stock, lack, "ask-again", reason="The parcel was lost")
    assert (again.json["state"], again.json["tracking"]) == ("requested", "")
    assert balances(stock) == {WAREHOUSE: 8, "scrap": 2}


def test_a_part_that_nobody_knows_is_named_first(stock: Client, lack: Lack, save: Save) -> None:
    nameless = make_request(lack.job, sku=None, words="the bent one")
    save(nameless)
    path = f"/api/v1/part-requests/{nameless.id}"
    assert stock.get(path).json["next_step"]["code"] == "name_part"
    refused = stock.post(f"{path}/reserve", json={})
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, ["sku"])
    unknown = stock.patch(path, json={"sku": "NOTHING"}, headers={"If-Match": '"1"'})
    assert unknown.json["details"] == {"field": "sku"}
    named = stock.patch(path, json={"sku": "HINGE-110"}, headers={"If-Match": '"1"'})
    assert named.status_code == 200
    assert stock.post(f"{path}/reserve", json={}).json["state"] == "reserved"


def test_what_is_under_way_is_no_longer_another_part(stock: Client, lack: Lack) -> None:
    step(stock, lack, "ship")
    refused = stock.patch(lack.path, json={"quantity": 9}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")
    later = {"expected_at": "2026-11-30T04:00:00Z"}
    changed = stock.patch(lack.path, json=later, headers={"If-Match": "*"})
    assert changed.json["expected_at"] == "2026-11-30T04:00:00.000Z"


def test_the_office_asks_for_a_part(wei: Client, lack: Lack) -> None:
    form = {"job_id": lack.job.id, "sku": "HINGE-110", "quantity": 1, "reason": "missing"}
    added = wei.post("/api/v1/part-requests", json=form)
    assert added.status_code == 201
    assert added.json["ticket_id"] == lack.job.ticket_id
    assert wei.get(added.headers["Location"]).json == added.json

    silent = {"job_id": lack.job.id, "quantity": 1, "reason": "missing"}
    refused = wei.post("/api/v1/part-requests", json=silent)
    assert (refused.status_code, list(refused.json["errors"]["json"])) == (422, ["sku"])


def test_they_are_found_by_state_ticket_job_and_part(wei: Client, lack: Lack) -> None:
    for name in ("state", "ticket_id", "job_id", "sku"):
        asked = {name: getattr(lack.request, name) or "requested"}
        assert len(wei.get("/api/v1/part-requests", query_string=asked).json["items"]) == 1
    assert wei.get("/api/v1/part-requests?state=arrived").json["items"] == []


def test_it_hides_other_branches(sam: Client, lack: Lack) -> None:
    assert sam.get(lack.path).status_code == 404
    assert step(sam, lack, "cancel", reason="Mine").status_code == 404
    assert sam.get("/api/v1/part-requests").json["items"] == []
    form = {"job_id": lack.job.id, "sku": "HINGE-110", "quantity": 1, "reason": "missing"}
    assert sam.post("/api/v1/part-requests", json=form).json["details"] == {"field": "job_id"}


def test_a_revisit_waits_for_its_last_part(
    stock: Client, lack: Lack, save: Save, load: Load
) -> None:
    other = make_request(lack.job)
    revisit = Revisit(
        id=new_id(),
        ticket_id=lack.job.ticket_id,
        job_id=lack.job.id,
        trigger="finished_incomplete",
        cause="part_missing",
        mode="at_once",
        state="due",
        opened_at=NOW,
    )
    save(other, revisit)

    def earliest() -> Any:
        return load(lambda session: session.get(Revisit, revisit.id)).earliest_at

    step(stock, lack, "ship", expected_at="2026-11-25T04:00:00Z")
    assert earliest() is None
    stock.post(f"/api/v1/part-requests/{other.id}/cancel", json={"reason": "One will do"})
    assert earliest().isoformat() == "2026-11-25T04:00:00+00:00"
    step(stock, lack, "arrive")
    assert earliest() == NOW
