"""The dispatch board: lanes, the pool beside them, and what is dropped where."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from tests import people
from tests.pages.desks import BROWSER, Desk, Page
from tests.shop import Shop

AtDesk = Callable[[people.Character], Desk]
Write = Callable[[Callable[[Any], None]], None]

MONDAY, TUESDAY = "/office/board?day=2026-11-23", "/office/board?day=2026-11-24"
FROM_THE_BOARD = {**BROWSER, "HX-Request": "true"}


def lane(page: Page, who: people.Character) -> str:
    """What stands in somebody's lane, as HTML."""
    found = re.search(rf'<tbody data-lane="{who.id}".*?</tbody>', page.html, re.S)
    return unescape(found.group()) if found else ""


def drops(desk: Desk, path: str, **fields: str) -> Page:
    """As the board's script sends it: what speaks against it comes back as a piece of a page."""
    token = (desk.page or desk.opens("/office/")).value("csrf_token")
    form = {"csrf_token": token, **{name.rstrip("_"): value for name, value in fields.items()}}
    return Page(desk.client.post(path, data=form, headers=FROM_THE_BOARD))


def dropped_on(who: people.Character, begin: str = "09:00", end: str = "11:00") -> dict[str, str]:
    return {
        "assignee_id": who.id, "day": "2026-11-24", "from_": begin, "to": end, "zone": "Asia/Shanghai"
    }  # fmt: skip


# What stands on it.


def test_the_board_shows_lanes_and_what_waits(bob: Desk, shop: Shop) -> None:
    job, waiting = shop.issues_a_job(work="Hang the door"), shop.opens_a_ticket(summary="It drips")
    page = bob.opens(MONDAY)
    assert 'data-start="2026-11-23T10:00"' in lane(page, people.ALICE)
    assert job["id"] in lane(page, people.ALICE)
    assert "free" in lane(page, people.CAROL)
    assert "Quick Hands contractor" in page.text
    assert "It drips" in page.text
    assert f'id="ticket-{waiting["id"]}"' in page.html
    assert f'id="ticket-{job["ticket_id"]}"' not in page.html
    assert lane(page, people.DAN) == ""
    assert job["id"] not in bob.opens(TUESDAY).html


def test_the_first_path(bob: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    bob.opens(TUESDAY)
    done = drops(bob, f"/office/tickets/{ticket['id']}/plan", **dropped_on(people.ALICE))
    assert done.status == 303
    assert ticket["id"] in lane(bob.opens(TUESDAY), people.ALICE)
