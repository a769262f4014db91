"""What somebody at a desk does not reach: others' rows, others' words as markup, a session that has ended."""

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from server.db.jobs import Job
from server.db.people import Organisation, Person
from tests import people
from tests.pages.addresses import FORMS, QUERIES
from tests.pages.desks import BROWSER, Desk, Page
from tests.people import Character, Role
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]
Write = Callable[[Callable[[Any], None]], None]

# Rows of others.

# Branches lend each other people: who works in the shop and with which tablet, every desk may look up. What
# they do for whom is the branch's own, on these pages, too (domain.md: tickets and jobs are of the branch).
OF_THE_WHOLE_SHOP = ("{person}", "{device}", "{organisation}")


def test_another_branch_finds_nothing_under_any_address(at_desk: AtDesk, things: Json) -> None:
    sam = at_desk(people.SAM)  # an advisor, too
    for path, _names in QUERIES:
        page = sam.opens(path.format(**things))
        assert "Li Na" not in page.text, path
        assert "{job}" in path or things["job"] not in page.html, path
        is_hidden = "{" in path and not any(each in path for each in OF_THE_WHOLE_SHOP)
        assert not is_hidden or page.status in (403, 404), (path, page.status)
    for path, form in FORMS:
        if "{" in path:
            page = sam.sends(path.format(**things), **form)
            assert page.status in (403, 404), (path, page.status)


def test_a_contractor_hands_over_within_the_company_and_sees_nobody_elses_day(
    at_desk: AtDesk, shop: Shop
) -> None:
    alices = shop.issues_a_job(work="Only for the shop to read")
    carols = shop.issues_a_job(to=people.CAROL)
    mei = at_desk(people.MEI)
    page = mei.opens(f"/office/jobs/{carols['id']}/hand-over")
    assert "Carol" in page.text
    assert "Alice" not in page.text
    assert "Only for the shop" not in page.html
    assert alices["id"] not in page.html
    assert mei.opens(f"/office/jobs/{alices['id']}/hand-over").status == 404
    where = f"/office/jobs/{carols['id']}/reassign"
    assert mei.sends(where, assignee_id=people.ALICE.id).status == 422
    assert shop.job(carols)["assignee_id"] == people.CAROL.id


def test_what_a_contractor_does_for_another_branch_is_only_taken_time(
    bob: Desk, shop: Shop, write: Write
) -> None:
    theirs = shop.issues_a_job(to=people.CAROL, work="For the branch in the south")
    mine = shop.opens_a_ticket()
    write(lambda session: _moves_south(session, theirs["id"]))
    page = bob.opens(f"/office/tickets/{mine['id']}/plan?day=2026-11-23")
    assert "10:00–12:00" in page.text
    assert theirs["id"] not in page.html
    assert "For the branch in the south" not in page.html


def _moves_south(session: Any, job_id: str) -> None:
    session.get_one(Job, job_id).branch_id = people.SOUTH


def test_an_installer_of_another_branch_is_not_sent(bob: Desk, shop: Shop, write: Write) -> None:
    write(lambda session: _goes_south(session, people.LENA))
    ticket = shop.opens_a_ticket()
    where = f"/office/tickets/{ticket['id']}/plan"
    assert "Lena" not in bob.opens(where).text
    when = {"day": "2026-11-24", "from_": "09:00", "to": "11:00"}
    page = bob.sends(where, assignee_id=people.LENA.id, notes="Ring twice.", **when)
    assert page.status == 422
    assert "Choose another one" in page.text
    assert page.value("notes") == "Ring twice."


def _goes_south(session: Any, who: Character) -> None:
    session.get_one(Person, who.id).organisation_id = people.SOUTH


# Sessions that have ended.


def test_a_grant_that_has_ended_leaves_nothing_to_see(
    at_desk: AtDesk, shop: Shop, write: Write
) -> None:
    carols = shop.issues_a_job(to=people.CAROL)
    mei = at_desk(people.MEI)
    assert carols["id"] in mei.opens("/office/jobs").text

    def end(session: Any) -> None:
        session.get_one(Organisation, people.CONTRACTOR).granted_until = people.NOW

    write(end)
    assert carols["id"] not in mei.opens("/office/jobs").text
    assert carols["id"] not in mei.opens("/office/").text
    assert mei.opens(f"/office/jobs/{carols['id']}/hand-over").status == 404
    where = f"/office/jobs/{carols['id']}/reassign"
    assert mei.sends(where, assignee_id=people.CAROL.id).status == 404


@pytest.mark.parametrize(
    "change", [{"password": "nine umbrellas in the hall"}, {"is_active": False}], ids=str
)
def test_whoever_left_or_has_a_new_password_signs_in_again(
    at_desk: AtDesk, shop: Shop, change: Json
) -> None:
    desk = at_desk(people.WEI)
    changed = shop.sun.patch(
        f"/api/v1/people/{people.WEI.id}", json=change, headers={"If-Match": "*"}
    )
    assert changed.status_code == 200, changed.json
    assert desk.opens("/office/tickets").status == 303


def test_a_role_that_was_taken_away_is_gone_at_once(at_desk: AtDesk, shop: Shop) -> None:
    desk = at_desk(people.WEI)
    shop.sun.patch(
        f"/api/v1/people/{people.WEI.id}",
        json={"role": Role.INSTALLER},
        headers={"If-Match": "*"},
    )
    assert desk.opens("/office/tickets").status == 403
    assert desk.opens("/office/").status == 403


# Other sites, other ways in.


def test_an_old_browser_says_where_a_form_comes_from(stranger: Desk) -> None:
    form = {"username": "wei", "password": people.PASSWORD}
    for origin, status in (("https://evil.example", 403), ("http://localhost", 303)):
        answer = stranger.client.post(
            "/office/sign-in", data=form, headers={"Accept": "text/html", "Origin": origin}
        )
        assert answer.status_code == status


def test_the_cookie_goes_over_tls_only_where_the_page_came_by_it(stranger: Desk) -> None:
    form = {"username": "wei", "password": people.PASSWORD}
    answer = stranger.client.post(
        "/office/sign-in", data=form, headers=BROWSER, base_url="https://office.example"
    )
    (said,) = [
        each for each in answer.headers.getlist("Set-Cookie") if each.startswith("doorstep_office=")
    ]
    assert "Secure" in said


def test_a_proxy_with_a_password_of_its_own_does_not_lock_the_door(stranger: Desk) -> None:
    stranger.client.environ_base["HTTP_AUTHORIZATION"] = "Basic b2ZmaWNlOnNlY3JldA=="
    assert stranger.opens("/office/sign-in").status == 200
    stranger.signs_in(people.WEI)
    assert stranger.opens("/office/").status == 200


def test_our_own_pages_learn_from_which_of_ours_somebody_comes(wei: Desk, clock: Any) -> None:
    assert wei.opens("/office/tickets").headers["Referrer-Policy"] == "same-origin"
    clock.now += timedelta(hours=1)
    page = Page(
        wei.client.post(
            "/office/tickets/T-1/answer",
            data={"words": "x"},
            headers={**BROWSER, "Referer": "http://localhost/office/tickets/T-1"},
        )
    )
    assert page.goes_to == "/office/sign-in?next=/office/tickets/T-1"


# Words as words.

EVIL = "\"'><img src=x onerror=alert(1)> {{7*7}}"


class Tags(HTMLParser):
    """Fails on markup that none of our templates has."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _value in attrs}
        assert not any(name.startswith("on") for name in names), (tag, attrs)
        assert ("src", "x") not in attrs, (tag, attrs)
        known = all(name.replace("-", "").isalnum() for name in names)
        assert known, (tag, attrs)


def test_words_of_others_are_never_markup(at_desk: AtDesk, shop: Shop, write: Write) -> None:
    write(_renames_everybody)
    customer = shop.takes_in_a_customer(name=EVIL, phone=EVIL, notes=EVIL)
    shop.wei.patch(
        f"/api/v1/sites/{customer['site_id']}",
        json={"address": EVIL, "access_notes": EVIL},
        headers={"If-Match": "*"},
    )
    shop.wei.patch(
        f"/api/v1/assets/{customer['asset_id']}", json={"serial": EVIL}, headers={"If-Match": "*"}
    )
    slots = [{"slot": "after", "label": EVIL, "label_zh": EVIL, "minimum": 1}]
    steps = [{"step_id": "why", "kind": "text", "label": EVIL, "label_zh": EVIL, "required": True}]
    checklist = {"name": "repair", "version": 1, "steps": steps}
    ticket = shop.opens_a_ticket(**customer, summary=EVIL, description=EVIL)
    job = shop.issues_a_job(ticket, work=EVIL, notes=EVIL, slots=slots, checklist=checklist)
    other = shop.issues_a_job(shop.opens_a_ticket(**customer), to=people.CAROL)
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.does("note.added", text=EVIL, audience="office")
    trip.requests_part(words=EVIL, sku=None)
    trip.takes_photo("after")
    trip.does("checklist.answered", step_id="why", answer=EVIL)
    trip.has_it_signed(reservation=EVIL, signer_name=EVIL, words=EVIL, stars=1)
    trip.finishes("incomplete", cause="other", words=EVIL)
    trip.comes_home()
    lost = shop.sends(people.CAROL, other)
    lost.does("visit.assessed", severity=EVIL, words=EVIL)
    lost.sends_events()
    shop.wei.post(f"/api/v1/tickets/{ticket['id']}/answer", json={"words": EVIL})
    sun = at_desk(people.SUN)
    known = {
        "customer": customer["customer_id"],
        "site": customer["site_id"],
        "asset": customer["asset_id"],
        "job": job["id"],
        "ticket": job["ticket_id"],
        "revisit": shop.wei.get("/api/v1/revisits").json["items"][0]["id"],
        "device": shop.sun.get("/api/v1/devices").json["items"][0]["id"],
        "person": people.ALICE.id,
        "organisation": people.CONTRACTOR,
    }
    seen = ""
    for language in ("zh", "en"):
        sun.sends("/office/language", language=language)
        for path, names in QUERIES:
            query = dict.fromkeys(names, EVIL) if "after" not in names else {}
            answer = sun.client.get(path.format(**known), query_string=query, headers=BROWSER)
            page = Page(answer)
            allowed = (
                (200, 303, 404) if "branch" in names else (200, 303)
            )  # there is no such branch
            assert page.status in allowed, (path, page.text)
            Tags().feed(page.html)
            assert "<img src=x" not in page.html, path
            seen += page.html
    assert "&lt;img src=x onerror=alert(1)&gt;" in seen


def _renames_everybody(session: Any) -> None:
    for who in people.CAST:
        session.get_one(Person, who.id).name = EVIL
    for its_id in (people.NORTH, people.CONTRACTOR):
        session.get_one(Organisation, its_id).name = EVIL
