"""The dispatch board in a real browser: planned with the mouse, moved by keyboard, handed over, and who sees what."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, expect

from server.clock import wire as moment
from tests import people
from tests.browser.axes import faults
from tests.browser.desks import Desk
from tests.shop import Json, Shop

DRAWN = "() => document.documentElement.dataset.board === 'drawn'"


def opens_board(window: Page, day: datetime) -> None:
    window.goto(f"{window.url}board?day={day.date()}")
    window.wait_for_function(DRAWN)


def tomorrow_at(shop: Shop, hour: int) -> datetime:
    shanghai = ZoneInfo("Asia/Shanghai")
    day = shop.clock().astimezone(shanghai).date() + timedelta(days=1)
    return datetime.combine(day, time(hour), shanghai)


def drags(window: Page, thing: Locator, to: people.Character, hour: int | None) -> None:
    """With the mouse: into somebody's lane, to the hour named or straight down."""
    at = thing.bounding_box()
    lane = window.locator(f"#lanes-drawn [data-lane='{to.id}']").bounding_box()
    assert at is not None
    assert lane is not None
    x, y = at["x"] + 12, at["y"] + 12
    window.mouse.move(x, y)
    window.mouse.down()
    if hour is not None:
        slot = window.locator(f".ec-slot:has(time[datetime$='T{hour:02}:00:00'])").bounding_box()
        assert slot is not None
        x = slot["x"] + 4
    window.mouse.move(x, lane["y"] + 10, steps=5)
    window.mouse.up()


def test_bob_plans_on_the_board_and_meis_board_is_her_own(
    desk: Desk,
    shop: Shop,
) -> None:
    ten, eleven = tomorrow_at(shop, 10), tomorrow_at(shop, 11)
    window: Json = {"window_start": moment(ten), "window_end": moment(ten + timedelta(hours=2))}
    alices = shop.issues_a_job(**window)
    carols = shop.issues_a_job(to=people.CAROL, **window)
    ticket = shop.opens_a_ticket(summary="The door hangs")
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
