"""Figures: what a page says is what its lists hold, to the last one; nobody sees another branch's."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from server import spreadsheets
from server.images import Examiner
from server.worker import Worker
from tests import people
from tests.pages.desks import BROWSER, Desk, Page
from tests.shop import Json, Shop

Sits = Callable[[people.Character], Desk]


@pytest.fixture
def count(app: Flask) -> Callable[[], None]:
    worker = Worker(app.extensions["doorstep"], Examiner())

    def count_all() -> None:
        while worker.count():
            pass

    return count_all


def fixes(shop: Shop, to: people.Character = people.ALICE, **said: Any) -> Json:
    job = shop.issues_a_job(to=to)
    trip = shop.sends(to, job)
    trip.completes(**said)
    trip.comes_home()
    shop.judges(job)
    return job


@pytest.fixture
def done(shop: Shop, count: Callable[[], None]) -> dict[str, Json]:
    """One that went well, one with a reservation that became a revisit, and one whose customer was out."""
    well = fixes(shop, stars=5)
    shop.clock.now += timedelta(minutes=10)
    poor = shop.issues_a_job()
    trip = shop.sends(people.ALICE, poor)
    trip.arrives()
    trip.finishes("incomplete", cause="wrong_diagnosis")
    trip.comes_home()
    shop.clock.now += timedelta(minutes=10)
    again = shop.issues_the_revisit(shop.revisit(shop.ticket(poor)))
    trip = shop.sends(people.ALICE, again)
    trip.completes(stars=4)
    trip.comes_home()
    shop.judges(again)
    out = shop.issues_a_job()
    trip = shop.sends(people.ALICE, out)
    trip.arrives()
    trip.finishes("incomplete", cause="customer_absent")
    trip.comes_home()
    count()
    return {"well": well, "poor": poor, "again": again, "out": out}


def opened(desk: Desk, page: Page) -> dict[str, Page]:
    """Every list that a page of figures leads to, by its address."""
    found = {each for each in page.links() if re.match(r"/office/figures/\w+\?", each)}
    return {each: desk.opens(each) for each in sorted(found)}


def heading(page: Page) -> int:
    return int(re.search(r'<h1>.*?class="count">(\d+)<', page.html, re.S).group(1))  # type: ignore[union-attr]


def test_each_number_opens_into_as_many(at_desk: Sits, done: dict[str, Json]) -> None:
    sun = at_desk(people.SUN)
    page = sun.opens("/office/figures?figure=first_time_fix")
    assert "First-time fix" in page.text
    lists = opened(sun, page)
    assert lists
    for address, each in lists.items():
        assert each.status == 200, address
        assert heading(each) == each.html.count("/office/tickets/T-"), address
    missed = sun.opens(next(each for each in lists if "show=misses" in each))
    assert shop_ticket(done["poor"]) in missed.html
    assert "not fixed at the first visit: Wrong diagnosis" in missed.text
    assert f"/office/verification/{done['again']['id']}" in missed.html


def shop_ticket(job: Json) -> str:
    return str(job["ticket_id"])


def test_it_downloads_what_it_shows(at_desk: Sits, done: dict[str, Json]) -> None:
    sun = at_desk(people.SUN)
    page = sun.opens("/office/figures?figure=stars")
    for kind in ("csv", "xlsx"):
        [address] = [
            each for each in page.links() if each.startswith(f"/office/figures/table.{kind}")
        ]
        answer = sun.client.get(address, headers=BROWSER)
        assert answer.status_code == 200
        sheet = spreadsheets.read(answer.data)
        stars = [row.cells for row in sheet.rows if "Stars" in row.cells]
        assert any("4.5" in cells and "9" in cells and "2" in cells for cells in stars), stars


def test_an_empty_period_is_neither_good_nor_bad(at_desk: Sits, done: dict[str, Json]) -> None:
    sun = at_desk(people.SUN)
    page = sun.opens("/office/figures?period=chosen&from=2019-01-01&until=2028-12-31")
    assert "66.6%" not in page.text
    empty = sun.opens("/office/figures?period=chosen&from=2001-01-01&until=2011-12-31")
    assert "0%" not in empty.text
    assert empty.text.count("–") >= 5
    assert "Nothing was counted" in empty.text


def test_days_that_are_none_are_told(at_desk: Sits) -> None:
    sun = at_desk(people.SUN)
    for days in ("from=0001-01-01&until=9999-12-31", "from=2026-11-20&until=2026-11-01", "from="):
        page = sun.opens(f"/office/figures?{days}")
        assert page.status == 200
        assert "Choose a first day" in page.text, days


def test_nobody_sees_another_branch(at_desk: Sits, done: dict[str, Json]) -> None:
    sam = at_desk(people.SAM)
    page = sam.opens("/office/figures")
    assert "0 of 0" in page.text
    assert "Branch North" not in page.text
    assert sam.opens(f"/office/figures?branch={people.NORTH}").status == 404
    assert heading(sam.opens("/office/figures/stars")) == 0
    assert at_desk(people.STOCK).opens("/office/figures").status == 403
