"""The dispatch board in a real browser: planned with the mouse, moved by keyboard, handed over, and who sees what."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from server.clock import wire as moment
from server.db.tickets import Ticket
from tests import people
from tests.browser.axes import faults
from tests.browser.desks import Desk
from tests.shop import Json, Shop

IS_LOW_ENOUGH = """(lane) => {
  const place = document.querySelector(`#lanes-drawn [data-lane='${lane}']`).getBoundingClientRect();
  return place.bottom < innerHeight - 80;
}"""
DRAWN = "() => document.documentElement.dataset.board === 'drawn'"


def opens_board(window: Page, day: datetime) -> None:
    window.goto(f"{window.url}board?day={day.date()}")
    window.wait_for_function(DRAWN)


def tomorrow_at(shop: Shop, hour: int) -> datetime:
    shanghai = ZoneInfo("Asia/Shanghai")
    day = shop.clock().astimezone(shanghai).date() + timedelta(days=1)
    return datetime.combine(day, time(hour), shanghai)


Point = tuple[float, float]


def ends_of(window: Page, thing: Locator, to: people.Character, hour: int | None) -> list[Point]:
    """From a thing into somebody's lane: to the hour named, or straight up or down."""
    at = thing.bounding_box()
    lane = window.locator(f"#lanes-drawn [data-lane='{to.id}']").bounding_box()
    assert at is not None
    assert lane is not None
    x, y = at["x"] + 12, at["y"] + 12
    there = x
    if hour is not None:
        slot = window.locator(f".ec-slot:has(time[datetime$='T{hour:02}:00:00'])").bounding_box()
        assert slot is not None
        there = slot["x"] + 4
    return [(x, y), (there, lane["y"] + 10)]


def drags(window: Page, thing: Locator, to: people.Character, hour: int | None) -> None:
    """With the mouse."""
    begin, end = ends_of(window, thing, to, hour)
    window.mouse.move(*begin)
    window.mouse.down()
    window.mouse.move(*end, steps=5)
    window.mouse.up()


class Finger:
    """On the glass of a tablet."""

    def __init__(self, window: Page) -> None:
        self.glass = window.context.new_cdp_session(window)

    def touches(self, at: Point) -> None:
        self._tells("touchStart", at)

    def goes(self, begin: Point, end: Point, steps: int = 5) -> None:
        (x, y), (to_x, to_y) = begin, end
        for step in range(1, steps + 1):
            share = step / steps
            self._tells("touchMove", (x + (to_x - x) * share, y + (to_y - y) * share))

    def leaves(self) -> None:
        self.glass.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _tells(self, what: str, at: Point) -> None:
        point = {"x": at[0], "y": at[1]}
        self.glass.send("Input.dispatchTouchEvent", {"type": what, "touchPoints": [point]})


def goes_out(shop: Shop, at: datetime, to: people.Character = people.ALICE) -> Json:
    """A job of two hours, as was agreed with the customer."""
    end = moment(at + timedelta(hours=2))
    agreed = "The customer can wait."
    return shop.issues_a_job(to=to, window_start=moment(at), window_end=end, reason=agreed)


def were_promised_long_ago(app: Flask, shop: Shop) -> None:
    """Whatever time of day it is: no move of today's test is weighed against a promise."""

    def act(session: Session) -> None:
        session.execute(update(Ticket).values(opened_at=shop.clock() - timedelta(days=5)))

    app.extensions["doorstep"].database.write(act)


def test_bob_plans_on_the_board_and_meis_board_is_her_own(
    desk: Desk, shop: Shop, app: Flask
) -> None:
    ten, eleven = tomorrow_at(shop, 10), tomorrow_at(shop, 11)
    alices = goes_out(shop, ten)
    carols = goes_out(shop, ten, people.CAROL)
    ticket = shop.opens_a_ticket(summary="The door hangs")
    were_promised_long_ago(app, shop)
    bob = desk(people.BOB)
    opens_board(bob, ten)
    assert faults(bob) == []

    # Dropped over what Alice has at eleven: told before it is written, and done with a reason.
    drags(bob, bob.locator(f"#ticket-{ticket['id']}"), people.ALICE, 11)
    asks = bob.get_by_role("dialog")
    expect(asks).to_contain_text(f"overlaps with job {alices['id']}")
    assert faults(bob) == []
    assert shop.ticket(ticket)["state"] == "new"
    bob.keyboard.type("Both live in one house.")
    asks.get_by_role("button", name="Do it all the same").click()
    expect(bob.locator("#board-says")).to_contain_text(f"Planned: {ticket['id']} Li Na, Alice")
    [job] = shop.bob.get("/api/v1/jobs", query_string={"ticket_id": ticket["id"]}).json["items"]
    assert job["window_start"] == moment(eleven)
    expect(bob.locator(f"#ticket-{ticket['id']}")).to_have_count(0)

    # By keyboard two hours later, where nothing is in the way.
    bar = bob.locator(f"[data-bar='{job['id']}']")
    bar.focus()
    for key in (" ", *["ArrowRight"] * 4, "Enter"):
        bob.keyboard.press(key)
    expect(bob.locator("#board-says")).to_contain_text(f"Moved: {job['id']}, Alice, 13:00–15:00")
    expect(bar).to_be_focused()
    assert shop.job(job)["window_start"] == moment(eleven + timedelta(hours=2))

    # Into Carol's lane at the same time, back, and there again.
    drags(bob, bar, people.CAROL, None)
    expect(bob.locator("#board-says")).to_contain_text(f"Handed over: {job['id']}, Carol")
    assert shop.job(job)["assignee_id"] == people.CAROL.id
    bob.keyboard.press("u")
    expect(bob.locator("#board-says")).to_contain_text("Taken back")
    assert shop.job(job)["assignee_id"] == people.ALICE.id
    drags(bob, bar, people.CAROL, None)
    expect(bob.locator("#board-says")).to_contain_text(f"Handed over: {job['id']}, Carol")

    # Carol's manager has Carol's lane and nothing of Alice's.
    mei = desk(people.MEI)
    opens_board(mei, ten)
    expect(mei.locator(f"[data-bar='{job['id']}']")).to_be_visible()
    expect(mei.locator(f"[data-bar='{carols['id']}']")).to_be_visible()
    assert mei.locator("#lanes-drawn [data-lane]").count() == 2  # the company, and Carol
    assert "Alice" not in mei.content()
    assert alices["id"] not in mei.content()


def test_a_finger_that_rests_carries_and_one_that_moves_on_scrolls(
    desk: Desk, shop: Shop, app: Flask
) -> None:
    ten = tomorrow_at(shop, 10)
    alices = goes_out(shop, ten)
    ticket = shop.opens_a_ticket(summary="The door hangs")
    were_promised_long_ago(app, shop)
    bob = desk(people.BOB, viewport={"width": 1024, "height": 520}, has_touch=True)
    opens_board(bob, ten)
    card, finger = bob.locator(f"#ticket-{ticket['id']}"), Finger(bob)

    # A swipe over the card is a swipe.
    bob.evaluate("() => addEventListener('scrollend', () => document.body.classList.add('rests'))")
    begin, _ = ends_of(bob, card, people.ALICE, 13)
    finger.touches(begin)
    finger.goes(begin, (begin[0], begin[1] - 160), steps=8)
    finger.leaves()
    bob.locator("body.rests").wait_for()
    assert bob.evaluate("() => scrollY") > 40
    assert bob.locator(".ghost").count() == 0
    bob.evaluate("() => scrollTo(0, 0)")
    bob.wait_for_function("() => scrollY === 0")

    # Held for a moment it is taken up, and carried into a lane.
    begin, _ = ends_of(bob, card, people.ALICE, 13)
    finger.touches(begin)
    bob.locator(".ghost").wait_for()
    finger.goes(begin, (begin[0], 300))
    assert bob.evaluate("() => scrollY") == 0
    finger.goes((begin[0], 300), (begin[0], 510))
    bob.wait_for_function(IS_LOW_ENOUGH, arg=people.ALICE.id)
    finger.goes((begin[0], 510), (begin[0], 300))
    _, end = ends_of(bob, card, people.ALICE, 13)
    finger.goes((begin[0], 300), end)
    finger.leaves()
    expect(bob.locator("#board-says")).to_contain_text(f"Planned: {ticket['id']} Li Na, Alice")
    [job] = shop.bob.get("/api/v1/jobs", query_string={"ticket_id": ticket["id"]}).json["items"]
    assert job["window_start"] == moment(tomorrow_at(shop, 13))

    # A bar, too.
    bar = bob.locator(f"[data-bar='{alices['id']}']")
    begin, end = ends_of(bob, bar, people.CAROL, None)
    finger.touches(begin)
    bob.locator(".ec-ghost, .ec-dragging, .ec-preview").first.wait_for(state="attached")
    finger.goes(begin, end)
    finger.leaves()
    expect(bob.locator("#board-says")).to_contain_text(f"Handed over: {alices['id']}, Carol")
    assert shop.job(alices)["assignee_id"] == people.CAROL.id
