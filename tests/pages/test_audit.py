"""The audit page: what was done is found by who, what, when and its words, and the chain is proved on request."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import text

from server import spreadsheets
from server.db import audit_search
from server.office import audit_things
from server.worker import run_once
from tests import people
from tests.pages.desks import BROWSER, Desk
from tests.shop import Json, Shop

Sits = Callable[[people.Character], Desk]


@pytest.fixture
def done(shop: Shop) -> Json:
    """A ticket whose class was changed, then called off, and another one."""
    ticket = shop.opens_a_ticket()
    path, edition = f"/api/v1/tickets/{ticket['id']}", f'"{ticket["rev"]}"'
    changed = shop.wei.patch(path, json={"class": "urgent"}, headers={"If-Match": edition})
    form, edition = {"reason": "铰链 arrived by post"}, f'"{changed.json["rev"]}"'
    shop.wei.post(f"{path}/cancel", json=form, headers={"If-Match": edition})
    shop.opens_a_ticket()
    return ticket


def test_it_tells_what_changed_from_what_to_what(at_desk: Sits, done: Json) -> None:
    sun = at_desk(people.SUN)
    page = sun.opens(f"/office/audit?noun=ticket&id={done['id']}")
    assert "Ticket changed" in page.text
    assert "class Ordinary → Urgent" in page.text
    assert f"/office/tickets/{done['id']}" in page.links()
    assert "Wei" in page.text


@pytest.mark.parametrize(
    ("query", "finds", "leaves_out"),
    [
        ("q=铰链", "Ticket cancelled", "Ticket opened"),
        ("act=ticket.changed", "Ticket changed", "Ticket cancelled"),
        ("noun=customer", "Customer taken in", "Ticket opened"),
        (f"person={people.SUN.id}&noun=product", "Product added", "Customer taken in"),
        (f"person={people.WEI.id}&act=product.added", "No line fits", "Product added</td>"),
        ("from=2026-11-24", "No line fits", "Ticket opened</td>"),
        ("from=2026-11-23&until=2026-11-23&act=ticket.opened", "Ticket opened", "No line fits"),
    ],
)
def test_it_finds(at_desk: Sits, done: Json, query: str, finds: str, leaves_out: str) -> None:
    page = at_desk(people.SUN).opens(f"/office/audit?{query}")
    told = page.html[page.html.index("</form>\n", page.html.index("audit-filters")) :]
    assert finds in told
    assert leaves_out not in told


def test_it_looks_so_far_and_goes_on(
    at_desk: Sits, done: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "LOOKED_AT", 3)
    sun = at_desk(people.SUN)
    page, seen, pages = sun.opens("/office/audit?q=铰链"), 0, 1
    while True:
        seen += page.html.count("Ticket cancelled</td>")
        further = [each for each in page.links() if "after=" in each and "/audit?" in each]
        if not further:
            break
        assert "Looked through many lines" in page.text
        page, pages = sun.opens(further[0]), pages + 1
    assert (seen, pages > 3) == (1, True)


def test_it_is_proved_on_request_and_says_what_is_wrong(
    at_desk: Sits, done: Json, app: Flask, write: Callable[..., Any]
) -> None:
    sun = at_desk(people.SUN)
    assert "Not proved yet" in sun.opens("/office/audit").text
    page = sun.follows(sun.sends("/office/audit/prove"))
    assert "The chain is being proved" in page.text
    run_once(app.extensions["doorstep"])
    assert "proved until line" in sun.opens("/office/audit").text
    write(lambda s: s.execute(text("UPDATE audit SET act = 'ticket.opened' WHERE id = 3")))
    sun.sends("/office/audit/prove")
    run_once(app.extensions["doorstep"])
    assert "A line was changed: number 3" in sun.opens("/office/audit").text


def test_it_goes_out_as_a_file(at_desk: Sits, done: Json) -> None:
    sun = at_desk(people.SUN)
    answer = sun.client.get("/office/audit.xlsx?act=ticket.cancelled", headers=BROWSER)
    rows = spreadsheets.read(answer.data).rows
    assert [row.cells[5] for row in rows] == [done["id"]]
    assert "铰链" in rows[0].cells[6]


def test_things_are_called_what_people_call_them(at_desk: Sits, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes(reservation="It scrapes.")
    trip.comes_home()
    sun = at_desk(people.SUN)
    revisit = shop.revisit(shop.ticket(job))
    sun.sends(f"/office/revisits/{revisit['id']}/decide", to="due")
    page = sun.opens("/office/audit")
    for told in (
        f"Visit {job['id']}", f"Receipt {job['id']}", f"Revisit {job['ticket_id']}",
        "Address 12 Jade Lane", "Product of a customer SN-1", "Customer Li Na", "customer Li Na",
    ):  # fmt: skip
        assert told in page.text, told
    assert f"/office/tickets/{job['ticket_id']}#{job['id']}" in page.links()


def test_only_a_supervisor_reads_it(at_desk: Sits) -> None:
    assert at_desk(people.WEI).opens("/office/audit").status == 403


def test_every_page_that_a_line_leads_to_is_there(app: Flask) -> None:
    with app.test_request_context():
        for noun, (page, name) in audit_things.PAGES.items():
            values: dict[str, Any] = {name: "x"}
            assert url_for(page, **values).startswith("/office/"), noun
