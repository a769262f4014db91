"""Exceptions: taken, given, decided by one of two; what came in is text, whatever it says."""

from collections.abc import Callable

from tests import people
from tests.pages.desks import Desk
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]
HOSTILE = "<img src=x onerror=alert(1)>"


def put_aside(shop: Shop) -> Json:
    """Something that nobody can read arrives from Alice's tablet."""
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    event = trip.does("note.added")
    event["data"] = {"text": HOSTILE, "audience": 7}
    answer = trip.wire.sends(event)
    assert answer.json["results"][0]["status"] == "quarantined"
    return job


def dropped(shop: Shop) -> Json:
    """Alice works on a job that was called off."""
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    path = f"/api/v1/jobs/{job['id']}/cancel"
    shop.bob.post(path, json={"reason": "Not needed."}, headers={"If-Match": "*"})
    trip.arrives()
    trip.sends_events()
    return job


def test_what_came_in_is_shown_as_text(at_desk: AtDesk, shop: Shop) -> None:
    put_aside(shop)
    page = at_desk(people.SUN).opens("/office/exceptions")
    assert HOSTILE in page.text
    assert "what it says is not as it should be" in page.text
    assert HOSTILE not in page.html


def test_an_event_that_calls_itself_an_act_breaks_no_story(at_desk: AtDesk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    for kind in ("job.issued", "exception.opened", "photo.taken", HOSTILE):
        event = trip.does("note.added")
        event["kind"], event["data"] = (
            kind,
            {"assignee": [], "kind": {}, "photo_id": [1], "words": {}},
        )
        trip.wire.sends(event)
    page = at_desk(people.SUN).opens(f"/office/tickets/{job['ticket_id']}")
    assert page.status == 200
    assert "put aside" in page.text
    assert HOSTILE not in page.html


def test_somebody_takes_it_and_gives_it_away(bob: Desk, wei: Desk, shop: Shop) -> None:
    job = dropped(shop)
    doubt = shop.exception(job)
    where = f"/office/exceptions/{doubt['id']}/owner"
    assert "for Bob" in bob.opens("/office/exceptions").text
    page = wei.sends(where, owner_id=people.WEI.id)
    assert f"{job['id']} is yours now." in wei.follows(page).text
    assert job["id"] in wei.opens("/office/exceptions?whose=mine").text
    assert job["id"] not in bob.opens("/office/exceptions?whose=mine").text
    bob.sends(where, owner_id=people.SUN.id)
    assert shop.exception(job)["owner_id"] == people.SUN.id
    assert bob.sends(where, owner_id=people.SAM.id).status == 422


def test_the_second_to_decide_reads_what_the_first_has_decided(
    bob: Desk, wei: Desk, shop: Shop
) -> None:
    job = dropped(shop)
    where = f"/office/exceptions/{shop.exception(job)['id']}/decide"
    bob.sends(where, decision="apply", reason="She was there.")
    page = wei.follows(wei.sends(where, decision="keep", reason="No."))
    assert f"Somebody else has decided on {job['id']} already: see below." in page.text
    assert "Let it count · Decided by Bob" in page.text
    assert "She was there." in page.text


def test_each_filter_finds_its_own(wei: Desk, at_desk: AtDesk, shop: Shop) -> None:
    job = dropped(shop)
    put_aside(shop)
    sun = at_desk(people.SUN)
    for query, is_there in (
        ("kind=work_on_cancelled", True),
        ("kind=photo_lost", False),
        ("kind=nonsense", True),
        ("whose=nobody", False),
        (f"job={job['id']}", True),
        (f"job={job['ticket_id'].lower()}", True),
        ("job=%00", True),
    ):
        found = sun.opens(f"/office/exceptions?{query}")
        assert (job["id"] in found.text.replace(f'value="{job["id"]}"', "")) is is_there, query


def test_nobody_puts_words_on_a_page_through_its_address(wei: Desk, shop: Shop) -> None:
    for where in ("exceptions?decided=x", "verification?judged=J-9%20was%20forged"):
        page = wei.opens(f"/office/{where}")
        assert "forged" not in page.text
        assert "decision" not in page.text
    wei.client.set_cookie("doorstep_told", "forged", path="/office")
    assert "forged" not in wei.opens("/office/").text


def test_what_was_done_is_said_once(bob: Desk, shop: Shop) -> None:
    job = dropped(shop)
    where = f"/office/exceptions/{shop.exception(job)['id']}/decide"
    said = f"The decision on {job['id']} is kept."
    page = bob.sends(where, decision="keep", reason="Enough.")
    assert said in bob.follows(page).text
    assert said not in bob.opens("/office/exceptions").text
