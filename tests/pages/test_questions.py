"""How many questions a page puts to the database does not grow with the rows that it shows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from server.office import today
from server.reports import counting
from tests import people
from tests.pages.desks import Desk
from tests.shop import Json, Shop

PAGES = [
    "/office/",
    "/office/tickets",
    "/office/tickets?show=closed",
    "/office/tickets?show=all",
    "/office/search",
    "/office/search?q=Li",
    "/office/tickets?q=hood",
    "/office/intake?q=Li",
    "/office/jobs?day=2026-11-23",
    "/office/board?day=2026-11-23",
    "/office/board?view=week&day=2026-11-23&kind=repair&skill=hood&place=Chengdu",
    "/office/jobs/{job}/move",
    "/office/route-sheets?day=2026-11-23",
    "/office/verification",
    "/office/revisits",
    "/office/exceptions",
    "/office/part-requests",
    "/office/parts",
    "/office/products",
    "/office/stock",
    "/office/movements",
    "/office/variances",
    "/office/devices",
    "/office/audit",
    "/office/audit?noun=ticket",
    "/office/audit?act=job.issued&person=x",
    "/office/audit?from=2026-01-01&person=x",
    "/office/devices/{device}",
    "/office/people?show=all",
    "/office/people/{person}",
    "/office/organisations",
    "/office/organisations/{organisation}",
    "/office/figures",
    "/office/figures?figure=revisits&by=cause&from=2019-01-05&until=2028-12-30",
    "/office/figures/on_time_arrival",
    "/office/figures/photo_rejection",
    "/office/figures/revisits?show=all&by=cause&of=part_missing",
    "/office/intake/{customer}",
    "/office/customers",
    "/office/customers?q=Li",
    "/office/customers?show=time_is_up",
    "/office/customers/{customer}",
    "/office/sites/{site}",
    "/office/assets/{asset}",
    "/office/tickets/{ticket}",
    "/office/tickets/{ticket}/plan?day=2026-11-23",
    "/office/verification/{job}",
]


@contextmanager
def questions(app: Flask) -> Iterator[list[str]]:
    """Every statement that the reader sends while this is open."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(" ".join(statement.split()))

    engine = app.extensions["doorstep"].database.reading
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def goes_on(shop: Shop, ticket: Json) -> Json:
    """One more of everything: a trip for the ticket that a part was missing on, a visit to be judged, and
    work on a job that had been cancelled."""
    again = shop.issues_a_job(ticket)
    trip = shop.sends(people.ALICE, again)
    trip.arrives()
    trip.takes_photo()
    trip.requests_part()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    done = shop.issues_a_job(
        shop.opens_a_ticket(customer_id=ticket["customer_id"], site_id=ticket["site_id"])
    )
    trip = shop.sends(people.ALICE, done)
    trip.completes()
    trip.comes_home()
    called_off = shop.issues_a_job()
    trip = shop.sends(people.ALICE, called_off)
    shop.bob.post(
        f"/api/v1/jobs/{called_off['id']}/cancel", json={"reason": "x"}, headers={"If-Match": "*"}
    )
    trip.arrives()
    trip.sends_events()
    return done


def test_more_rows_are_not_more_questions(
    at_desk: Callable[[people.Character], Desk],
    app: Flask,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(today, "LINES", 1)  # a panel that shows all of its rows need not count them
    ticket = shop.opens_a_ticket()
    done = goes_on(shop, ticket)
    goes_on(shop, ticket)
    device = shop.tablets[people.ALICE.id].device_id
    known = {**about(ticket), "job": done["id"], "device": device}
    few = counted(at_desk(people.SUN), app, known)
    for _ in range(2):
        goes_on(shop, ticket)
    many = counted(at_desk(people.SUN), app, known)
    grown = {
        path: [each for each in set(many[path]) if many[path].count(each) > few[path].count(each)]
        for path in PAGES
        if len(many[path]) > len(few[path])
    }
    assert grown == {}, grown


def about(ticket: Json) -> dict[str, str]:
    known = {each: ticket[f"{each}_id"] for each in ("customer", "site", "asset")}
    whose = {"person": people.ALICE.id, "organisation": people.CONTRACTOR}
    return {"ticket": ticket["id"], **known, **whose}


def counted(desk: Desk, app: Flask, known: dict[str, str]) -> dict[str, list[str]]:
    found = {}
    while app.extensions["doorstep"].database.write(counting.count_some):
        pass
    for path in PAGES:
        with questions(app) as asked:
            page = desk.opens(path.format(**known))
        assert page.status == 200, page.text
        found[path] = asked
    return found
