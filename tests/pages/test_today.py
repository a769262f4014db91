"""Today: each role sees what needs it, and counts open into work."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import update

from server.actions import promises
from server.db.tickets import Ticket
from server.worker import run_once
from tests import people
from tests.pages.desks import Desk, Page
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]

ALL = [
    "promises",
    "verify",
    "moves",
    "calls",
    "revisits",
    "exceptions",
    "road",
    "unready",
    "parts",
    "tablets",
]
FIRST = {
    people.WEI: ["promises", "verify", "calls"],
    people.BOB: ["plan", "moves", "revisits", "road", "unready", "promises"],
    people.SUN: ["promises", "exceptions", "verify"],
    people.STOCK: ["parts", "exceptions", "promises"],
    people.MEI: ["road", "unready"],
}
PANELS = {
    people.WEI: set(ALL),
    people.BOB: {*ALL, "plan", "nobody"},
    people.SUN: {*ALL, "plan", "nobody", "certificates"},
    people.STOCK: {"promises", "exceptions", "parts"},
    people.MEI: {"road", "unready", "nobody", "certificates"},
}


@pytest.mark.parametrize("who", PANELS, ids=lambda who: who.name)
def test_each_role_sees_its_own_work(at_desk: AtDesk, who: people.Character) -> None:
    page = at_desk(who).opens("/office/")
    shown = re.findall(r'id="panel-([a-z]+)"', page.html)
    assert set(shown) == PANELS[who]
    assert shown[: len(FIRST[who])] == FIRST[who]


def test_every_link_of_today_opens(at_desk: AtDesk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    for who in PANELS:
        desk = at_desk(who)
        links = {each.split("#")[0] for each in desk.opens("/office/").links()}
        ours = sorted(
            each for each in links if each.startswith("/office/") and "static" not in each
        )
        told = {each: desk.opens(each).status for each in ours}
        assert set(told.values()) == {200}, told


def test_the_panels_come_alone_for_htmx(wei: Desk) -> None:
    page = wei.opens("/office/", HX_Request="true")
    assert "panel-verify" in page.html
    assert "<html" not in page.html


def test_a_broken_promise_stands_on_top(wei: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    shop.clock.go_on(hours=3)
    wei.signs_in(people.WEI)
    assert ticket["id"] in wei.opens("/office/").text


def count_of(page: Page, panel: str) -> tuple[int, str]:
    """The figure of a panel, and the address of its list."""
    found = re.search(
        rf'id="title-{panel}"><a href="([^"]+)">.*?class="count">(\d+)', page.html, re.S
    )
    assert found, panel
    return int(found.group(2)), unescape(found.group(1))


def test_counts_are_those_of_their_lists(wei: Desk, at_desk: AtDesk, shop: Shop) -> None:
    """A late promise, a visit to verify, a call, a revisit, an exception, a part, a silent tablet."""
    for stars in (5, 1):
        trip = shop.sends(people.ALICE, shop.issues_a_job())
        trip.completes(stars=stars)
        trip.comes_home()
    trip = shop.sends(people.ALICE, shop.issues_a_job())
    trip.arrives()
    trip.requests_part()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    dropped = shop.issues_a_job()
    trip = shop.sends(people.ALICE, dropped)
    path = f"/api/v1/jobs/{dropped['id']}/cancel"
    shop.bob.post(path, json={"reason": "x"}, headers={"If-Match": "*"})
    trip.arrives()
    trip.sends_events()
    late = shop.opens_a_ticket()
    shop.clock.go_on(hours=25)
    sun = at_desk(people.SUN)
    today = sun.opens("/office/")
    found = {}
    for panel, row in {
        "promises": r"<tr>\s*<td><a href=\"/office/tickets/",
        "verify": r"<tr>\s*<td><a href=\"/office/verification/",
        "calls": r'<section class="box"',
        "revisits": r'<tr>\s*<td><a href="/office/tickets/',
        "exceptions": r'<section class="box exception"',
        "parts": r'<section class="box"',
        "tablets": r"<tr>\s*<td",
    }.items():
        count, where = count_of(today, panel)
        rows = re.findall(row, sun.opens(where).html)
        found[panel] = (count, len(rows))
    assert all(count == rows and count > 0 for count, rows in found.values()), found
    assert late["id"] in sun.opens("/office/tickets?show=at_risk").text


def test_a_promise_is_found_by_what_is_kept_of_it(wei: Desk, shop: Shop) -> None:
    """At risk when a quarter of the time is left; no longer once it is kept; halved for who is important."""
    ticket = shop.opens_a_ticket()
    where = "/office/tickets?show=at_risk"
    assert ticket["id"] not in wei.opens(where).text
    shop.clock.go_on(minutes=4)
    assert ticket["id"] in wei.opens(where).text
    wei.sends(
        f"/office/tickets/{ticket['id']}/change",
        summary="It rattles.",
        kind="repair",
        class_="ordinary",
        was_summary="The hood rattles",
        was_kind="repair",
        was_class="ordinary",
    )
    assert ticket["id"] not in wei.opens(where).text
    shop.clock.go_on(minutes=50)
    wei.signs_in(people.WEI)
    assert ticket["id"] not in wei.opens(where).text
    path = f"/api/v1/customers/{ticket['customer_id']}"
    answer = shop.wei.patch(path, json={"is_vip": True}, headers={"If-Match": "*"})
    assert answer.status_code == 200
    assert ticket["id"] in wei.opens(where).text


def test_what_is_kept_of_a_promise_can_be_reckoned_anew(
    wei: Desk, shop: Shop, write: Callable[..., None], app: Flask
) -> None:
    ticket = shop.opens_a_ticket()
    shop.clock.go_on(minutes=10)
    write(lambda session: session.execute(update(Ticket).values(at_risk_from=None)))
    assert ticket["id"] not in wei.opens("/office/tickets?show=at_risk").text
    write(lambda session: promises.ask_to_keep_all(session, shop.clock()))
    run_once(app.extensions["doorstep"])
    assert ticket["id"] in wei.opens("/office/tickets?show=at_risk").text


def test_a_call_is_noted_and_decides(wei: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes(stars=1)
    trip.comes_home()
    revisit = shop.revisit(shop.ticket(job))
    where = f"/office/revisits/{revisit['id']}/call"
    wei.sends(where, outcome="not_reached")
    assert "Nobody is to be called." in wei.opens("/office/revisits?show=calls").text
    shop.clock.go_on(hours=3)
    wei.signs_in(people.WEI)
    assert job["ticket_id"] in wei.opens("/office/revisits?show=calls").text
    assert wei.sends(where, outcome="content").status == 422
    page = wei.sends(where, outcome="somebody_goes", words="The door still scrapes.")
    assert "is noted" in wei.follows(page).text
    assert shop.revisit(shop.ticket(job))["state"] == "due"
    assert wei.sends(where, outcome="content", words="Fine.").status == 409
    assert "Customer called" in wei.opens(f"/office/tickets/{job['ticket_id']}").text


def test_who_left_unready_is_told(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    lacks = {"what": "parts", "light": "red", "short": [{"sku": "HINGE-110", "missing": 2}]}
    look = {"job_id": job["id"], "checked_at": "2026-11-23T08:59:00+08:00", "checks": [lacks]}
    outbox = {"events": 0, "oldest": None, "blobs": 0, "bytes": 0}
    said = trip.wire.client.post("/sync/v1/hello", json={"outbox": outbox, "readiness": [look]})
    assert said.json["readiness"]["kept"] == [job["id"]]
    assert count_of(bob.opens("/office/"), "unready")[0] == 0
    trip.arrives()
    trip.sends_events()
    count, where = count_of(bob.opens("/office/"), "unready")
    assert count == 1
    assert job["id"] in bob.opens(where).text


def test_a_storekeeper_sends_the_part(at_desk: AtDesk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part(words="the seal of the door")
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    stock = at_desk(people.STOCK)
    assert "the seal of the door" in stock.opens("/office/part-requests").text
    asked = shop.sun.get("/api/v1/part-requests").json["items"][0]
    stock.sends(f"/office/part-requests/{asked['id']}/step", step="arrive")
    assert "No part is waited for." in stock.opens("/office/part-requests").text


def test_work_on_a_cancelled_job_is_decided_with_a_reason(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    bob.sends(f"/office/jobs/{job['id']}/cancel", reason="Not needed.")
    trip.completes()
    trip.sends_events()
    trip.sends_files()
    page = bob.opens("/office/exceptions")
    assert "Work arrived for a job that had been cancelled." in page.text
    assert "Photo taken × 2" in page.text
    assert "The job is no longer called off: its visit counts" in page.text
    where = f"/office/exceptions/{shop.exception(job)['id']}/decide"
    assert bob.sends(where, decision="apply").status == 422
    assert bob.sends(where, decision="apply", reason="She was there already.").status == 303
    assert shop.job(job)["state"] == "finished"


def test_a_lost_tablet_is_taken_out_of_service(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    shop.sends(people.ALICE, job)
    assert "Alice" in bob.opens("/office/devices").text
    device = shop.bob.get("/api/v1/devices").json["items"][0]
    bob.sends(f"/office/devices/{device['id']}/revoke", mode="lost")
    assert "out of service" in bob.opens("/office/devices").text
