"""What somebody types at the office's pages: never lost, never in the wrong place, never over somebody else's."""

from playwright.sync_api import Page, expect

from tests import people
from tests.browser.desks import Desk
from tests.live import LiveServer
from tests.shop import Shop


def opens_edit(window: Page, address: str) -> None:
    window.goto(address)
    if not window.get_by_label("What it is about").is_visible():
        window.keyboard.press("e")


def test_a_text_that_was_not_sent_comes_back_and_goes_once_it_is_saved(
    desk: Desk,
    shop: Shop,
    live_server: LiveServer,
) -> None:
    ticket, other = shop.opens_a_ticket(), shop.opens_a_ticket()
    where = f"{live_server.address}/office/tickets/{ticket['id']}"
    wei = desk(people.WEI)
    opens_edit(wei, where)
    summary = wei.get_by_label("What it is about")
    summary.fill("The hood howls")
    told = wei.get_by_text("You typed this earlier")

    # Not on another ticket; on this one when the network fails and she looks again.
    opens_edit(wei, f"{live_server.address}/office/tickets/{other['id']}")
    expect(summary).to_have_value("The hood rattles")
    opens_edit(wei, where)
    expect(summary).to_have_value("The hood howls")
    wei.route("**/change", lambda route: route.abort())
    wei.get_by_role("button", name="Save").click()
    wei.unroute("**/change")
    wei.goto(where)
    expect(summary).to_have_value("The hood howls")

    # Sun saves the same field meanwhile: Wei is told, and neither loses a word.
    shop.sun.patch(
        f"/api/v1/tickets/{ticket['id']}",
        json={"summary": "The hood smells"},
        headers={"If-Match": "*"},
    )
    wei.goto(where)
    expect(told).to_be_visible()
    wei.get_by_role("button", name="Save").click()
    expect(wei.get_by_text("Somebody else changed the same field")).to_be_visible()
    expect(wei.get_by_text("The hood smells").first).to_be_visible()
    expect(summary).to_have_value("The hood howls")
    wei.get_by_role("button", name="Save").click()
    expect(wei.get_by_role("heading", level=1)).to_contain_text("The hood howls")
    opens_edit(wei, where)
    expect(told).to_have_count(0)

    # What she takes away is gone; what she leaves is nobody else's.
    summary.fill("Half a sentence")
    wei.goto(where)
    wei.get_by_role("button", name="Take it away").click()
    expect(summary).to_have_value("The hood howls")
    summary.fill("Only for Wei")
    wei.get_by_text("Wei", exact=True).click()
    wei.get_by_role("button", name="Sign out").click()
    wei.get_by_label("Username").fill("sun")
    wei.get_by_label("Password").fill(people.PASSWORD)
    wei.get_by_role("button", name="Sign in").click()
    wei.get_by_role("heading", name="Today", exact=True).wait_for()
    opens_edit(wei, where)
    expect(summary).to_have_value("The hood howls")


def test_a_key_that_is_held_down_judges_one_visit(
    desk: Desk,
    shop: Shop,
    live_server: LiveServer,
) -> None:
    jobs = []
    for _ in range(2):
        jobs.append(shop.issues_a_job())
        trip = shop.sends(people.ALICE, jobs[-1])
        trip.completes()
        trip.comes_home()
    wei = desk(people.WEI)
    wei.goto(f"{live_server.address}/office/verification/{jobs[0]['id']}")
    wei.keyboard.down("a")
    wei.wait_for_url(f"**/verification/{jobs[1]['id']}**")  # judged: the next one comes
    wei.keyboard.down("a")  # the same key, still held: a repetition
    wei.keyboard.press("?")
    expect(wei.get_by_role("dialog")).to_be_visible()
    assert shop.job(jobs[1])["state"] == "finished"
