"""The dispatch board: lanes, the pool beside them, and what is dropped where."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from server.clock import wire as moment
from server.db.customers import Asset, Product, Site
from server.db.jobs import Crew, Job
from server.db.people import Absence, Organisation, Person
from tests import people
from tests.conftest import HandClock
from tests.pages.desks import BROWSER, Desk, Page
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]
Write = Callable[[Callable[[Any], None]], None]

LATER = "The customer wants it later."
MONDAY, TUESDAY = "/office/board?day=2026-11-23", "/office/board?day=2026-11-24"
FROM_THE_BOARD = {**BROWSER, "HX-Request": "true"}


def lane(page: Page, who: people.Character) -> str:
    """What stands in somebody's lane, as HTML."""
    found = re.search(rf'<tbody data-lane="{who.id}".*?</tbody>', page.html, re.S)
    return unescape(found.group()) if found else ""


def waits(page: Page) -> list[str]:
    """The pool, top to bottom."""
    return re.findall(r'<li class="pool-card[^"]*" id="([^"]+)"', page.html)


def drops(desk: Desk, path: str, **fields: str) -> Page:
    """As the board's script sends it: what speaks against it comes back as a piece of a page."""
    token = (desk.page or desk.opens("/office/")).value("csrf_token")
    form = {"csrf_token": token, **{name.rstrip("_"): value for name, value in fields.items()}}
    return Page(desk.client.post(path, data=form, headers=FROM_THE_BOARD))


def dropped_on(who: people.Character, begin: str = "09:00", end: str = "11:00") -> dict[str, str]:
    """On the day after the tickets are promised, as somebody has agreed to."""
    place = {"assignee_id": who.id, "day": "2026-11-24", "zone": "Asia/Shanghai"}
    return {**place, "from_": begin, "to": end, "reason": LATER}


def edition(shop: Shop, job: Json) -> str:
    return str(shop.job(job)["edition"])


# What stands on it.


def test_it_shows_lanes_and_what_waits(bob: Desk, shop: Shop) -> None:
    job, waiting = shop.issues_a_job(work="Hang the door"), shop.opens_a_ticket(summary="It drips")
    page = bob.opens(MONDAY)
    assert 'data-start="2026-11-23T10:00"' in lane(page, people.ALICE)
    assert job["id"] in lane(page, people.ALICE)
    assert "free" in lane(page, people.CAROL)
    assert "Quick Hands contractor" in page.text
    assert "It drips" in page.text
    assert waits(page) == [f"ticket-{waiting['id']}"]
    assert lane(page, people.DAN) == ""
    assert job["id"] not in bob.opens(TUESDAY).html


def test_a_week_begins_on_monday(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    assert job["id"] in bob.opens("/office/board?view=week&day=2026-11-29").html
    assert job["id"] not in bob.opens("/office/board?view=week&day=2026-11-30").html


@pytest.mark.parametrize(
    ("minutes", "word"), [(30, "issued"), (90, "late"), (24 * 60, "late")], ids=str
)
def test_who_has_not_set_out_is_late(
    bob: Desk, shop: Shop, clock: HandClock, minutes: int, word: str
) -> None:
    shop.issues_a_job()
    clock.go_on(minutes=minutes)
    bob.types_in("bob", people.PASSWORD)  # half an hour of silence signs out
    assert word in lane(bob.opens(MONDAY), people.ALICE)


def test_the_field_is_seen_at_once(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.does("job.accepted")
    trip.does("travel.started")
    trip.sends_events()
    assert "travelling" in lane(bob.opens(MONDAY), people.ALICE)
    trip.does("visit.arrived")
    trip.does("visit.assessed")
    trip.sends_events()
    assert "on site" in lane(bob.opens(MONDAY), people.ALICE)
    trip.works()
    trip.has_it_signed()
    trip.finishes()
    trip.sends_events()
    assert "waiting for photos" in lane(bob.opens(MONDAY), people.ALICE)
    trip.sends_files()
    assert "waiting for a verdict" in lane(bob.opens(MONDAY), people.ALICE)
    shop.judges(job)
    assert "verified" in lane(bob.opens(MONDAY), people.ALICE)


def test_a_declined_job_stays_where_somebody_has_to_take_it_away(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.does("job.declined", reason="I am ill.")
    trip.sends_events()
    row = lane(bob.opens(MONDAY), people.ALICE)
    assert "declined" in row
    assert f"/office/jobs/{job['id']}/hand-over" in row


def test_the_script_is_answered_only_with_news(bob: Desk, shop: Shop) -> None:
    shop.issues_a_job()
    asks = {"HX_Request": "true", "X_By_Itself": "1"}
    first = bob.opens(MONDAY, **asks)
    assert "<html" not in first.html
    mark = first.headers["ETag"]
    assert bob.opens(MONDAY, If_None_Match=mark, **asks).status == 304
    assert bob.opens(TUESDAY, If_None_Match=mark, **asks).status == 200
    job = shop.issues_a_job(to=people.CAROL)
    news = bob.opens(MONDAY, If_None_Match=mark, **asks)
    assert job["id"] in lane(news, people.CAROL)


def test_a_job_of_several_days_stands_on_each(bob: Desk, shop: Shop) -> None:
    start = people.NOW + timedelta(hours=13)
    window: Json = {"window_start": moment(start), "window_end": moment(start + timedelta(days=2))}
    job = shop.issues_a_job(**window, reason=LATER)
    for day in (23, 24, 25):
        assert job["id"] in bob.opens(f"/office/board?day=2026-11-{day}").html, day
    assert job["id"] not in bob.opens("/office/board?day=2026-11-26").html


def test_time_that_is_taken_otherwise(bob: Desk, shop: Shop, write: Write) -> None:
    """For another branch, and along with somebody else."""
    theirs = shop.issues_a_job(to=people.CAROL, work="For the branch in the south")
    along = shop.issues_a_job()

    def act(session: Any) -> None:
        session.get_one(Job, theirs["id"]).branch_id = people.SOUTH
        session.add(Crew(job_id=along["id"], person_id=people.LENA.id))

    write(act)
    page = bob.opens(MONDAY)
    assert "10:00–12:00" in lane(page, people.CAROL)
    assert theirs["id"] not in page.html
    assert "in the south" not in page.html
    assert f"goes along: {along['id']}" in lane(page, people.LENA)


def test_whoever_left_keeps_a_lane_until_the_last_job_is_given_away(
    bob: Desk, shop: Shop, write: Write
) -> None:
    job = shop.issues_a_job()

    def leave(session: Any) -> None:
        session.get_one(Person, people.ALICE.id).is_active = False

    write(leave)
    assert "can no longer be sent" in lane(bob.opens(MONDAY), people.ALICE)
    drops(bob, f"/office/jobs/{job['id']}/reassign", assignee_id=people.LENA.id)
    page = bob.opens(MONDAY)
    assert lane(page, people.ALICE) == ""
    assert job["id"] in lane(page, people.LENA)


# The pool.


def test_the_pool_is_narrowed_down(bob: Desk, shop: Shop, write: Write) -> None:
    tickets = {
        "drips": shop.opens_a_ticket(summary="The tap drips"),
        "urgent": shop.opens_a_ticket(**{"class": "urgent"}, summary="Smells of gas"),
        "new": shop.opens_a_ticket(kind="installation", summary="A new kitchen"),
    }
    shop.opens_a_ticket(kind="consultation", summary="Nobody has to go")

    def act(session: Any) -> None:
        session.get_one(Site, tickets["drips"]["site_id"]).district = "武侯区"
        asset = shop.ticket(tickets["new"])["asset_id"]
        session.get_one(Product, session.get_one(Asset, asset).product_id).category = "kitchen"

    write(act)

    def found(**query: str) -> set[str]:
        asked = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
        there = waits(bob.opens(f"{MONDAY}&{asked}"))
        return {name for name, each in tickets.items() if f"ticket-{each['id']}" in there}

    assert found() == {"drips", "urgent", "new"}
    assert found(kind="installation") == {"new"}
    assert found(class_="urgent") == {"urgent"}
    assert found(place="Chengdu/武侯区") == {"drips"}
    assert found(place="Chengdu") == {"drips", "urgent", "new"}
    assert found(skill="kitchen") == {"new"}
    assert found(q="smells") == {"urgent"}
    assert found(kind="repair", class_="ordinary") == {"drips"}
    assert "Nothing that waits fits" in bob.opens(f"{MONDAY}&q=nothing-like-it").text
    assert waits(bob.opens(MONDAY))[0] == f"ticket-{tickets['urgent']['id']}"  # the least time left


def test_a_revisit_and_a_job_without_a_time_wait_beside_tickets(bob: Desk, shop: Shop) -> None:
    timeless = shop.issues_a_job(window_start=None, window_end=None)
    done = shop.issues_a_job()
    trip = shop.sends(people.ALICE, done)
    trip.arrives()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    revisit = shop.revisit(shop.ticket(done))
    page = bob.opens(MONDAY)
    assert set(waits(page)) == {f"revisit-{revisit['id']}", f"job-{timeless['id']}"}
    assert "best Alice" in page.text
    at = f"/office/jobs/{timeless['id']}/move"
    assert drops(bob, at, **dropped_on(people.LENA), edition=edition(shop, timeless)).status == 303
    assert timeless["id"] in lane(bob.opens(TUESDAY), people.LENA)
    again = drops(
        bob, f"/office/revisits/{revisit['id']}/plan", **dropped_on(people.ALICE), expects="waiting"
    )
    assert again.status == 303
    assert waits(bob.opens(MONDAY)) == []


# Acts.


def test_what_two_drop_is_planned_once(bob: Desk, at_desk: AtDesk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    at, sun = f"/office/tickets/{ticket['id']}/plan", at_desk(people.SUN)
    bob.opens(MONDAY)
    assert drops(bob, at, **dropped_on(people.ALICE), expects="waiting").status == 303
    late = drops(sun, at, **dropped_on(people.LENA), expects="waiting")
    assert (late.status, "<html" in late.html) == (412, False)
    assert "Bob: Job issued, today" in late.text
    assert "changed_meanwhile" in late.text
    assert len(shop.bob.get("/api/v1/jobs").json["items"]) == 1


def test_a_move_is_told_to_the_tablet_and_kept_in_the_story(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    page = drops(
        bob, f"/office/jobs/{job['id']}/move", **dropped_on(people.ALICE, "14:00", "16:30")
    )
    assert page.status == 303
    sheet = trip.wire.pulls_job(job["id"])
    assert sheet["window"]["start"] == "2026-11-24T06:00:00.000Z", sheet
    assert sheet["rev"] > trip.sheet["rev"]
    story = bob.opens(f"/office/tickets/{job['ticket_id']}").text
    assert "Job moved to another time : tomorrow 14:00–16:30" in story


def test_another_lane_and_another_time_are_weighed_once(bob: Desk, shop: Shop) -> None:
    """Carol has something at the old time, which says nothing against the new one."""
    shop.issues_a_job(to=people.CAROL)
    job = shop.issues_a_job()
    at = f"/office/jobs/{job['id']}/move"
    assert drops(bob, at, **dropped_on(people.CAROL, "13:00", "15:00")).status == 303
    after = shop.job(job)
    assert (after["assignee_id"], after["state"]) == (people.CAROL.id, "issued")
    assert after["window_start"] == "2026-11-24T05:00:00.000Z"


def test_what_speaks_against_it_comes_before_it_is_written(
    bob: Desk, shop: Shop, write: Write
) -> None:
    first, second = shop.issues_a_job(), shop.issues_a_job(to=people.LENA)

    def far_apart(session: Any) -> None:
        for job, lat in ((first, 30.66), (second, 30.36)):
            site = session.get_one(Site, job["site_id"])
            site.lat, site.lon = lat, 104.06

    write(far_apart)
    at = f"/office/jobs/{second['id']}/move"
    place = {**dropped_on(people.ALICE, "12:00", "14:00"), "day": "2026-11-23", "reason": ""}
    page = drops(bob, at, **place)
    assert page.status == 409
    assert f"The way to or from job {first['id']} takes about 92 min" in page.text
    assert page.value("from") == "12:00"  # to be sent again with a reason
    assert shop.job(second)["assignee_id"] == people.LENA.id
    assert drops(bob, at, **{**place, "reason": "She flies."}).status == 303
    assert shop.job(second)["override_reason"] == "She flies."


def test_a_missing_certificate_is_refused_with_any_reason(bob: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    shop.sun.patch(
        f"/api/v1/products/{_product_of(shop, ticket)}",
        json={"certificate": "gas_fitter"},
        headers={"If-Match": "*"},
    )
    page = drops(
        bob,
        f"/office/tickets/{ticket['id']}/plan",
        **{**dropped_on(people.ALICE), "reason": "He can."},
    )
    assert page.status == 422
    assert "certificate_missing" in page.text
    assert "<form" not in page.html
    assert shop.ticket(ticket)["state"] == "new"


def _product_of(shop: Shop, ticket: Json) -> str:
    asset = shop.ticket(ticket)["asset_id"]
    return str(shop.wei.get(f"/api/v1/assets/{asset}").json["product_id"])


@pytest.mark.parametrize("where", ["move", "reassign"])
def test_somebody_else_was_faster(bob: Desk, shop: Shop, where: str) -> None:
    job = shop.issues_a_job()
    shown = edition(shop, job)
    at = f"/office/jobs/{job['id']}/"
    bob.opens(MONDAY)
    assert drops(bob, at + "reassign", assignee_id=people.LENA.id, edition=shown).status == 303
    form = dropped_on(people.CAROL) if where == "move" else {"assignee_id": people.CAROL.id}
    page = drops(bob, at + where, **form, edition=shown)
    assert page.status == 412
    assert "Bob: Job handed to somebody else, today" in page.text
    assert shop.job(job)["assignee_id"] == people.LENA.id
    whole = bob.sends(at + where, **form, edition=shown)  # without a script
    assert (whole.status, "<html" in whole.html) == (409, True)
    assert "Bob: Job handed to somebody else, today" in whole.text


def test_the_plain_form_moves_it(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    page = bob.opens(f"/office/jobs/{job['id']}/move")
    assert (page.value("day"), page.value("from"), page.value("to")) == (
        "2026-11-23", "10:00", "12:00",
    )  # fmt: skip
    form = {"assignee_id": people.LENA.id, "day": "2026-11-25", "from_": "08:00", "to": "09:00"}
    form["reason"] = LATER
    told = bob.follows(
        bob.sends(f"/office/jobs/{job['id']}/move", **form, edition=page.value("edition"))
    )
    assert "08:00–09:00" in told.text
    wrong = bob.sends(f"/office/jobs/{job['id']}/move", **{**form, "to": "07:00"})
    assert wrong.status == 422
    assert wrong.value("to") == "07:00"


def test_a_job_that_is_over_is_not_moved(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    trip.comes_home()
    page = drops(bob, f"/office/jobs/{job['id']}/move", **dropped_on(people.ALICE))
    assert (page.status, "step_not_possible" in page.text) == (409, True)


def test_over_midnight_and_much_too_long(bob: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    at, form = f"/office/jobs/{job['id']}/move", dropped_on(people.ALICE, "22:00", "02:00")
    assert drops(bob, at, **form).status == 422
    assert drops(bob, at, **form, until="2026-12-24").status == 422
    assert drops(bob, at, **form, until="2026-11-25").status == 303
    assert shop.job(job)["window_end"] == "2026-11-24T18:00:00.000Z"
    assert "22:00–Wed 25 Nov 02:00" in lane(bob.opens(TUESDAY), people.ALICE)


@pytest.mark.parametrize(
    ("day", "begin", "end", "until"),
    [
        (
            "2027-03-28",
            "02:45",
            "03:00",
            None,
        ),  # the hour that is left out: it ends before it begins
        ("2027-03-28", "01:30", "03:30", "2027-03-28T01:30:00.000Z"),  # an hour later by the sun
        ("2026-10-25", "01:30", "03:30", "2026-10-25T02:30:00.000Z"),  # the night with an hour more
    ],
)
def test_hours_that_are_left_out_or_come_twice(
    bob: Desk, shop: Shop, day: str, begin: str, end: str, until: str | None
) -> None:
    job = shop.issues_a_job()
    form = {"assignee_id": people.ALICE.id, "day": day, "from_": begin, "to": end}
    form["reason"] = LATER
    page = drops(bob, f"/office/jobs/{job['id']}/move", **form, zone="Europe/Berlin")
    assert page.status == (303 if until else 422)
    assert until is None or shop.job(job)["window_end"] == until


def test_the_boards_zone_is_that_of_the_branch(bob: Desk, shop: Shop, write: Write) -> None:
    """A site in another zone stands where it is by the branch's clocks, and says its own hours."""
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)
    window: Json = {"window_start": moment(start), "window_end": moment(start + timedelta(hours=2))}
    job = shop.issues_a_job(**window)

    def abroad(session: Any) -> None:
        session.get_one(Job, job["id"]).time_zone = "Asia/Tokyo"

    write(abroad)
    row = lane(bob.opens(MONDAY), people.ALICE)
    assert 'data-start="2026-11-23T20:00"' in row
    assert "there 21:00–23:00" in row


# Who may what.


def test_a_manager_sees_and_hands_over_only_the_own_peoples_jobs(
    at_desk: AtDesk, shop: Shop
) -> None:
    alices = shop.issues_a_job(work="Only for the shop to read")
    carols = shop.issues_a_job(to=people.CAROL)
    shop.opens_a_ticket(summary="Nobody has planned it")
    mei = at_desk(people.MEI)
    page = mei.opens(MONDAY)
    assert carols["id"] in lane(page, people.CAROL)
    assert "Hand over" in lane(page, people.CAROL)
    for hidden in ("Alice", alices["id"], "Only for the shop", "Nobody has planned it", "/move"):
        assert hidden not in page.html, hidden
    assert drops(mei, f"/office/jobs/{carols['id']}/move", **dropped_on(people.CAROL)).status == 403
    at = f"/office/jobs/{carols['id']}/reassign"
    assert drops(mei, at, assignee_id=people.ALICE.id).status == 422
    assert (
        drops(mei, f"/office/jobs/{alices['id']}/reassign", assignee_id=people.CAROL.id).status
        == 404
    )


def test_an_advisor_looks_on(wei: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    page = wei.opens(MONDAY)
    assert job["id"] in lane(page, people.ALICE)
    assert "/move" not in page.html
    assert "/hand-over" not in page.html
    assert "pool-card" not in page.html
    assert drops(wei, f"/office/jobs/{job['id']}/move", **dropped_on(people.LENA)).status == 403


def test_a_supervisor_looks_at_another_branch_and_nobody_else_does(
    at_desk: AtDesk, shop: Shop, write: Write
) -> None:
    job = shop.issues_a_job()

    def south(session: Any) -> None:
        session.get_one(Person, people.LENA.id).organisation_id = people.SOUTH

    write(south)
    there = f"{MONDAY}&branch={people.SOUTH}"
    page = at_desk(people.SUN).opens(there)
    assert lane(page, people.LENA)
    assert job["id"] not in page.html
    bobs = at_desk(people.BOB).opens(there)
    assert lane(bobs, people.LENA) == ""
    assert job["id"] in bobs.html


def test_a_board_without_anybody_says_what_to_do(at_desk: AtDesk, write: Write) -> None:
    def end(session: Any) -> None:
        session.get_one(Organisation, people.CONTRACTOR).granted_until = people.NOW

    write(end)
    assert "Nobody of this branch is in the field" in at_desk(people.SAM).opens(MONDAY).text


def test_who_is_away_and_when_the_shop_is_closed(bob: Desk, shop: Shop, write: Write) -> None:
    def act(session: Any) -> None:
        days = {"begins_on": date(2026, 9, 30), "ends_on": date(2026, 10, 9)}
        session.add(
            Absence(
                id="a1", person_id=people.ALICE.id, reason="holiday", noted_by=people.SUN.id,
                noted_at=people.NOW, **days,
            )
        )  # fmt: skip
        session.get_one(Organisation, people.NORTH).holidays_of = "CN"

    write(act)
    page = bob.opens("/office/board?view=week&day=2026-10-01")
    assert "away: Holiday" in lane(page, people.ALICE)
    assert 'data-start="2026-09-30T00:00" data-end="2026-10-05T00:00"' in lane(page, people.ALICE)
    assert "closed: National Day" in page.text
    assert "away" not in lane(bob.opens("/office/board?day=2026-10-10"), people.ALICE)
