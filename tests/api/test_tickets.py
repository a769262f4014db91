"""Tickets through the API: opened, found, changed, answered, cancelled; their promises and timeline."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.client import Client
from tests.conftest import HandClock
from tests.make import make_customer, make_site, make_ticket
from tests.people import ALICE, SOUTH, WEI
from tests.shop import Shop, asked

Save = Callable[..., None]
Load = Callable[..., Any]


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in asked(answer)["items"]]


def test_it_works(shop: Shop, wei: Client) -> None:
    whom = shop.takes_in_a_customer()
    form = {"kind": "repair", "summary": " The hood rattles ", **whom, "class": "urgent"}
    opened = wei.post("/api/v1/tickets", json=form)
    assert opened.status_code == 201
    assert opened.headers["Location"] == f"/api/v1/tickets/{opened.json['id']}"
    assert opened.json["id"] == "T-1001"
    assert (opened.json["summary"], opened.json["class"]) == ("The hood rattles", "urgent")
    assert (opened.json["state"], opened.json["opened_by"]) == ("new", WEI.id)
    assert opened.json["still_waits_for"] == [
        {"code": "job_missing", "subject": "", "sentence": "A job to be planned"}
    ]

    shown = wei.get(opened.headers["Location"])
    assert shown.json == opened.json
    assert shown.headers["ETag"] == opened.headers["ETag"]

    changed = wei.patch(
        opened.headers["Location"],
        json={"category": "installation", "description": "since Monday"},
        headers={"If-Match": shown.headers["ETag"]},
    )
    assert asked(changed)["state"] == "triaged", "naming a category counts as triage"
    assert changed.json["rev"] > opened.json["rev"]
    assert changed.headers["ETag"] == f'"{changed.json["rev"]}"'
    late = wei.patch(opened.headers["Location"], json={}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json["code"]) == (412, "changed_meanwhile")


def test_it_speaks_chinese(shop: Shop, wei: Client) -> None:
    ticket = shop.opens_a_ticket()
    path = f"/api/v1/tickets/{ticket['id']}"
    shown = asked(wei.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9"}))
    assert shown["still_waits_for"][0]["sentence"] == "等待安排派工"


def test_it_is_safe_to_repeat(shop: Shop, wei: Client) -> None:
    whom = shop.takes_in_a_customer()
    request = {
        "json": {"kind": "repair", "summary": "It rattles", **whom},
        "headers": {"Idempotency-Key": "one"},
    }
    first, again = (wei.post("/api/v1/tickets", **request) for _ in range(2))
    assert (again.json, again.headers["Location"]) == (first.json, first.headers["Location"])
    assert ids(wei.get("/api/v1/tickets")) == [first.json["id"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"class": "royal"}, "class"),
        ({"ticket_class": "urgent"}, "ticket_class"),
        ({"summary": ""}, "summary"),
        ({"fault": "a b"}, "fault"),
        ({"state": "closed"}, "state"),
    ],
)
def test_it_refuses_what_it_does_not_know(wei: Client, change: dict[str, str], field: str) -> None:
    form = {"customer_id": "x", "kind": "repair", "summary": "It rattles", **change}
    refused = wei.post("/api/v1/tickets", json=form)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")
    assert list(refused.json["errors"]["json"]) == [field]


def test_it_refuses_what_belongs_to_somebody_else(shop: Shop, wei: Client, save: Save) -> None:
    elsewhere = make_customer(branch_id=SOUTH)
    save(elsewhere)
    mine, other = shop.takes_in_a_customer(), shop.takes_in_a_customer(name="Bo")
    for field, value in (
        ("customer_id", elsewhere.id),
        ("site_id", other["site_id"]),
        ("asset_id", other["asset_id"]),
    ):
        form = {"kind": "repair", "summary": "It rattles", **mine, field: value}
        refused = wei.post("/api/v1/tickets", json=form)
        assert (refused.status_code, refused.json["code"]) == (422, "reference_unknown")
        assert refused.json["details"] == {"field": field}


def test_it_hides_other_branches(
    shop: Shop, sam: Client, sun: Client, stock: Client, alice: Client
) -> None:
    ticket = shop.opens_a_ticket()
    path = f"/api/v1/tickets/{ticket['id']}"
    told = [each.get(path).status_code for each in (sun, stock, sam, alice)]
    assert told == [200, 200, 404, 403]
    assert sam.get(f"{path}/timeline").status_code == 404
    assert ids(sam.get("/api/v1/tickets")) == []
    for verb, form in (
        ("answer", {"words": "x"}),
        ("cancel", {"reason": "x"}),
        ("close", {"reason": "x"}),
        ("reopen", {"trigger": "follow_up_not_fixed", "words": "x"}),
    ):
        assert sam.post(f"{path}/{verb}", json=form).status_code == 404


def test_a_list_is_narrowed_down(shop: Shop, wei: Client, sun: Client) -> None:
    first = shop.opens_a_ticket(summary="The HOOD rattles")
    shop.clock.go_on(minutes=1)
    second = shop.opens_a_ticket(kind="complaint", summary="Rude on the phone")
    shop.clock.go_on(minutes=1)
    other = shop.takes_in_a_customer(name="Wang Wei")
    third = shop.opens_a_ticket(**other)
    job = shop.issues_a_job(third)
    everything = [third["id"], second["id"], first["id"]]

    def found(**query: Any) -> list[str]:
        return ids(wei.get("/api/v1/tickets", query_string=query))

    assert found() == everything
    assert found(kind="complaint") == [second["id"]]
    assert found(state="planned") == [third["id"]]
    assert found(assignee_id=ALICE.id) == [job["ticket_id"]]
    assert found(customer_id=other["customer_id"]) == [third["id"]]
    assert found(branch_id=SOUTH) == []
    assert found(q="hood") == [third["id"], first["id"]]
    assert found(q="wang") == [third["id"]]
    assert found(q=first["id"].lower()) == [first["id"]]
    assert found(q="%") == []
    asked(wei.post(f"/api/v1/tickets/{first['id']}/cancel", json={"reason": "sold"}))
    assert found(is_open="true") == [third["id"], second["id"]]
    assert found(is_open="false") == [first["id"]]


def test_a_list_comes_in_pages(shop: Shop, wei: Client) -> None:
    whom = shop.takes_in_a_customer()
    opened = [shop.opens_a_ticket(**whom)["id"] for _ in range(3)]  # in the same moment
    first = asked(wei.get("/api/v1/tickets?limit=2"))
    rest = wei.get("/api/v1/tickets", query_string={"limit": 2, "after": first["next"]})
    assert [each["id"] for each in first["items"]] + ids(rest) == opened[::-1]
    wrong = wei.get("/api/v1/tickets?after=W10")
    assert (wrong.status_code, wrong.json["code"]) == (400, "bad_request")


def test_a_consultation_closes_with_its_answer(shop: Shop, wei: Client) -> None:
    ticket = shop.opens_a_ticket(kind="consultation", summary="How to clean it?")
    assert shop.waits(ticket) == ["answer"]
    path = f"/api/v1/tickets/{ticket['id']}"
    closed = asked(wei.post(f"{path}/answer", json={"words": "With citric acid."}))
    assert (closed["state"], closed["answer"]) == ("closed", "With citric acid.")
    for verb, form in (("answer", {"words": "again"}), ("cancel", {"reason": "no"})):
        refused = wei.post(f"{path}/{verb}", json=form)
        assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")

    form = {"trigger": "customer_still_broken", "words": "It did not help"}
    again = asked(wei.post(f"{path}/reopen", json=form))
    assert (again["state"], shop.waits(ticket)) == ("reopened", ["answer"])


def test_cancelling_calls_off_all_that_is_open(shop: Shop, wei: Client, alice: Client) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="customer_absent")
    trip.comes_home()
    ticket = shop.ticket(job)
    second = shop.issues_the_revisit(shop.revisit(ticket))
    path = f"/api/v1/tickets/{ticket['id']}/cancel"
    cancelled = asked(wei.post(path, json={"reason": "Moved abroad"}))
    assert (cancelled["state"], cancelled["still_waits_for"]) == ("cancelled", [])
    assert cancelled["cancelled_reason"] == "Moved abroad"
    assert shop.job(second)["state"] == "cancelled"
    assert shop.revisit(ticket)["state"] == "dismissed"
    assert asked(wei.post(path, json={"reason": "again"})) == cancelled
    refused = shop.bob.post("/api/v1/jobs", json={"ticket_id": ticket["id"], **shop.assignment()})
    assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_work_that_counts_brings_a_cancelled_ticket_back(shop: Shop, wei: Client) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.completes()
    path = f"/api/v1/tickets/{job['ticket_id']}/cancel"
    asked(wei.post(path, json={"reason": "Nobody came"}))
    trip.sends_events()
    trip.sends_files()
    shop.decides_exception(shop.exception(job), "apply")
    assert shop.ticket(job)["state"] == "verifying"
    shop.judges(job)
    assert shop.ticket(job)["state"] == "closed"


def test_the_same_fault_again_is_linked_to_the_first(shop: Shop, wei: Client) -> None:
    whom = shop.takes_in_a_customer()
    first = shop.opens_a_ticket(**whom, fault="noise")
    path = f"/api/v1/tickets/{first['id']}/close"
    asked(wei.post(path, json={"reason": "Gone by itself"}))
    assert shop.opens_a_ticket(**whom, fault="leak")["repeats"] is None
    assert shop.opens_a_ticket(**whom, fault="noise")["repeats"] == first["id"]


def test_a_word_changed_reaches_the_tablet(shop: Shop, wei: Client) -> None:
    job = shop.issues_a_job()
    ticket = shop.ticket(job)
    path = f"/api/v1/tickets/{ticket['id']}"
    headers = {"If-Match": f'"{ticket["rev"]}"'}
    asked(wei.patch(path, json={"summary": "The hood roars"}, headers=headers))
    trip = shop.sends(ALICE, job)
    assert trip.sheet["ticket"]["summary"] == "The hood roars"
    assert trip.sheet["rev"] == 2


def test_promises_run_from_the_first_call(shop: Shop, wei: Client, clock: HandClock) -> None:
    ticket = shop.opens_a_ticket()
    promises = ticket["promises"]
    assert promises["respond"] == {
        "due_at": "2026-11-23T01:05:00.000Z",
        "met_at": None,
        "state": "running",
        "left_minutes": 5,
    }
    assert promises["plan"]["left_minutes"] == 120
    clock.go_on(minutes=4)
    assert shop.ticket(ticket)["promises"]["respond"]["state"] == "at_risk"
    clock.go_on(minutes=6)
    path = f"/api/v1/tickets/{ticket['id']}"
    late = asked(wei.patch(path, json={"fault": "noise"}, headers={"If-Match": "*"}))
    assert late["promises"]["respond"]["state"] == "broken"
    assert late["promises"]["respond"]["left_minutes"] == -5
    shop.issues_a_job(ticket)
    assert shop.ticket(ticket)["promises"]["plan"]["state"] == "met"

    asked(wei.post(f"{path}/close", json={"reason": "Enough"}))
    clock.go_on(minutes=20)
    assert shop.ticket(ticket)["promises"]["close"]["left_minutes"] == 24 * 60 - 10
    form = {"trigger": "follow_up_not_fixed", "words": "still"}
    again = asked(wei.post(f"{path}/reopen", json=form))
    assert again["promises"]["close"]["met_at"] is None
    clock.go_on(minutes=10)
    left = shop.ticket(ticket)["promises"]["close"]["left_minutes"]
    assert left == 24 * 60 - 20, "while it was closed the clock stood still"


def test_a_very_important_customer_waits_half_as_long(shop: Shop) -> None:
    ticket = shop.opens_a_ticket(**shop.takes_in_a_customer(is_vip=True))
    assert ticket["promises"]["plan"]["left_minutes"] == 60


def test_a_timeline_refuses_a_token_that_was_not_made_here(wei: Client, save: Save) -> None:
    customer = make_customer()
    site = make_site(customer)
    ticket = make_ticket(customer, site)
    save(customer, site, ticket)
    path = f"/api/v1/tickets/{ticket.id}/timeline"
    assert asked(wei.get(path)) == {"items": [], "next": None}
    for token in ("nonsense", "W10", "WyJhIiwgImFjdCIsIDFd", "W251bGwsIG51bGwsIG51bGxd", "é"):
        wrong = wei.get(path, query_string={"after": token})
        assert (wrong.status_code, wrong.json["code"]) == (400, "bad_request")


def test_a_reopening_is_told_once(shop: Shop, wei: Client) -> None:
    ticket = shop.opens_a_ticket()
    path = f"/api/v1/tickets/{ticket['id']}"
    asked(wei.post(f"{path}/close", json={"reason": "Gone by itself"}))
    shop.clock.go_on(minutes=5)
    form = {"trigger": "customer_still_broken", "words": "It is back"}
    asked(wei.post(f"{path}/reopen", json=form))
    told = [each["what"] for each in asked(wei.get(f"{path}/timeline"))["items"]]
    assert told == ["ticket.opened", "ticket.closed_by_hand", "ticket.closed", "ticket.reopened"]


def test_closing_by_hand_calls_off_who_is_still_out(shop: Shop, wei: Client) -> None:
    job = shop.issues_a_job()
    path = f"/api/v1/tickets/{job['ticket_id']}/close"
    closed = asked(wei.post(path, json={"reason": "The customer moved away"}))
    assert closed["state"] == "closed"
    called_off = asked(wei.get(f"/api/v1/jobs/{job['id']}"))
    assert called_off["state"] == "cancelled"
