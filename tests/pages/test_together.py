"""Two at once, and the same form twice: nothing is doubled, and nobody sees more than a clear answer."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from tests import people
from tests.pages.desks import BROWSER, Desk, Page
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]
TUESDAY = {"day": "2026-11-24", "from": "07:00", "to": "09:00"}


def at_once(*acts: Callable[[], Page]) -> list[Page]:
    """All of them together, each in a thread of its own."""
    gate = Barrier(len(acts))

    def go(act: Callable[[], Page]) -> Page:
        gate.wait(timeout=30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


def twice(desk: Desk, form_of: str, path: str, **said: str) -> list[Page]:
    """A double click on the button of the form that is on a page."""
    page = desk.opens(form_of)
    form = {
        "csrf_token": page.value("csrf_token"),
        "form_key": page.value("form_key"),
        **{name.rstrip("_"): value for name, value in said.items()},
    }
    assert form["form_key"]
    windows = [_window(desk), _window(desk)]
    return at_once(
        *(lambda each=each: Page(each.post(path, data=form, headers=BROWSER)) for each in windows)
    )


def _window(desk: Desk) -> Any:
    """One more client with the same cookie: the test's client takes one request at a time."""
    client = desk.client.application.test_client()
    cookie = desk.client.get_cookie("doorstep_office", path="/office")
    assert cookie is not None
    client.set_cookie("doorstep_office", cookie.value, path="/office")
    return client


def test_a_double_click_takes_in_one_customer(wei: Desk, shop: Shop) -> None:
    said = {"name": "Zhang Wei", "phone": "138 0013 8001", "address": "1 Long Street"}
    told = twice(wei, "/office/intake", "/office/intake/customers", **said)
    assert [page.status for page in told] == [303, 303]
    assert told[0].goes_to == told[1].goes_to
    found = shop.wei.get("/api/v1/customers", query_string={"q": "Zhang Wei"}).json["items"]
    assert len(found) == 1


def test_a_double_click_opens_one_ticket(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    where = f"/office/intake/{customer['customer_id']}"
    told = twice(wei, where, where, summary="The hood rattles", kind="repair")
    assert [page.status for page in told] == [303, 303]
    assert told[0].goes_to == told[1].goes_to
    assert len(shop.wei.get("/api/v1/tickets").json["items"]) == 1


def test_a_double_click_issues_one_job(bob: Desk, shop: Shop) -> None:
    where = f"/office/tickets/{shop.opens_a_ticket()['id']}/plan"
    told = twice(bob, where, where, assignee_id=people.ALICE.id, **TUESDAY)
    assert [page.status for page in told] == [303, 303]
    assert len(shop.bob.get("/api/v1/jobs").json["items"]) == 1


def test_a_form_that_was_sent_and_changed_is_not_taken_for_the_same(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    where = f"/office/intake/{customer['customer_id']}"
    key = wei.opens(where).value("form_key")
    assert wei.sends(where, form_key=key, summary="One", kind="repair").status == 303
    told = wei.sends(where, form_key=key, summary="Two", kind="repair")
    assert told.status == 409
    assert "form_sent_already" in told.text
    assert len(shop.wei.get("/api/v1/tickets").json["items"]) == 1


def test_a_form_that_came_back_is_sent_again(wei: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer()
    where = f"/office/intake/{customer['customer_id']}"
    key = wei.opens(where).value("form_key")
    assert wei.sends(where, form_key=key, summary="", kind="repair").status == 422
    assert wei.sends(where, form_key=key, summary="Two", kind="repair").status == 303


def visited(shop: Shop) -> Json:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    trip.comes_home()
    return job


def ready(desk: Desk, path: str, **said: str) -> Callable[[], Page]:
    """Somebody's finger on the button."""
    form = {"csrf_token": desk.opens("/office/").value("csrf_token"), **said}
    return lambda: Page(desk.client.post(path, data=form, headers=BROWSER))


def test_two_judge_the_same_visit(wei: Desk, at_desk: AtDesk, shop: Shop) -> None:
    job = visited(shop)
    where = f"/office/verification/{job['id']}/verdict"
    sun = at_desk(people.SUN)
    words = {"verdict": "rework", "reason": "The door scrapes."}
    told = at_once(ready(wei, where, **words), ready(sun, where, **words))
    assert {page.status for page in told} <= {303, 409}, [page.text for page in told]
    assert 303 in {page.status for page in told}
    assert shop.revisit(shop.ticket(job))["cause"] == "workmanship"


def test_two_plan_the_same_revisit(bob: Desk, at_desk: AtDesk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    where = f"/office/revisits/{shop.revisit(shop.ticket(job))['id']}/plan"
    sun = at_desk(people.SUN)
    told = at_once(
        ready(bob, where, assignee_id=people.ALICE.id, **TUESDAY),
        ready(sun, where, assignee_id=people.LENA.id, **TUESDAY),
    )
    assert sorted(page.status for page in told) == [303, 409], [page.text for page in told]
    assert len(shop.bob.get("/api/v1/jobs").json["items"]) == 2


def test_one_edits_one_closes_one_cancels(
    wei: Desk, bob: Desk, at_desk: AtDesk, shop: Shop
) -> None:
    job = shop.issues_a_job()
    where = f"/office/tickets/{job['ticket_id']}"
    edited = {"summary": "The hood howls", "was_summary": "The hood rattles"}
    told = at_once(
        ready(bob, f"{where}/change", **edited),
        ready(wei, f"{where}/close", reason="Solved by phone."),
        ready(at_desk(people.SUN), f"{where}/cancel", reason="Not needed."),
    )
    assert {page.status for page in told} <= {303, 409}, [page.text for page in told]
    assert shop.ticket(job)["state"] in ("closed", "cancelled")
    assert shop.job(job)["state"] == "cancelled"


def test_two_publish_the_same_draft(at_desk: AtDesk, shop: Shop) -> None:
    """And two branches change the same setting at the same moment: neither is lost."""
    sun, other = at_desk(people.SUN), at_desk(people.SUN)
    where = "/office/settings/checklists/repair"
    sun.sends(f"{where}/take-out", listed="steps", code="test_minutes")
    told = at_once(*(ready(each, f"{where}/publish", rev="1", was="1") for each in (sun, other)))
    assert sorted(page.status for page in told) == [303, 409], [page.text for page in told]
    north, south = (
        ready(
            each,
            "/office/settings/auto_accept",
            **{
                "kinds.repair": "on",
                "sample": "50",
                "was": "1",
                "shown": "1",
                "branch": branch,
                "form_key": branch,
            },
        )
        for each, branch in ((sun, people.NORTH), (other, people.SOUTH))
    )
    assert [page.status for page in at_once(north, south)] == [303, 303]


def test_accepting_twice_is_accepting(wei: Desk, shop: Shop) -> None:
    job = visited(shop)
    where = f"/office/verification/{job['id']}/verdict"
    told = [wei.sends(where, verdict="accept") for _ in range(2)]
    assert [page.status for page in told] == [303, 303], told[1].text


def test_what_was_done_a_moment_ago_is_told_not_done_again(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    where = f"/office/jobs/{job['id']}/cancel"
    told = [bob.sends(where, reason="Not needed.") for _ in range(2)]
    assert [page.status for page in told] == [303, 303], told[1].text
    where = f"/office/tickets/{job['ticket_id']}/cancel"
    told = [bob.sends(where, reason="Not needed.") for _ in range(2)]
    assert [page.status for page in told] == [303, 303], told[1].text


def test_two_save_the_same_field_in_the_same_moment(wei: Desk, at_desk: AtDesk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer(notes="one")
    where = f"/office/customers/{customer['customer_id']}/edit"
    sun = at_desk(people.SUN)
    told = at_once(
        ready(wei, where, notes="two", was_notes="one"),
        ready(sun, where, notes="three", was_notes="one"),
    )
    assert sorted(page.status for page in told) == [303, 409]
    (refused,) = [page for page in told if page.status == 409]
    kept = shop.wei.get(f"/api/v1/customers/{customer['customer_id']}").json["notes"]
    assert kept in refused.text
    assert {kept, refused.value("notes")} == {"two", "three"}
