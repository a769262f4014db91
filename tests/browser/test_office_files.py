"""Two advisors in two windows edit one ticket and one customer, and neither loses a word; two files become one."""

from playwright.sync_api import Page, expect

from tests import people
from tests.browser.axes import faults
from tests.browser.desks import Desk
from tests.shop import Shop


def opens(window: Page, path: str) -> None:
    """A page, and the form on it that is opened by its key."""
    window.goto(window.url.split("/office/")[0] + path)
    window.keyboard.press("e")
    window.get_by_role("button", name="Save").wait_for()


def test_two_windows_one_ticket_one_customer(desk: Desk, shop: Shop) -> None:
    customer = shop.takes_in_a_customer(notes="")
    double = shop.takes_in_a_customer(name="Lina", notes="Speaks English.")
    ticket = shop.opens_a_ticket(**customer)
    wei, sun = desk(people.WEI), desk(people.SUN)

    # Both open the ticket; each changes something else, and the description both.
    where = f"/office/tickets/{ticket['id']}"
    for window in (wei, sun):
        opens(window, where)
    sun.get_by_label("Class").select_option("urgent")
    sun.get_by_label("In the customer's words").fill("It howls at night.")
    sun.get_by_role("button", name="Save").click()
    sun.get_by_text("Ticket changed").wait_for()
    wei.get_by_label("What it is about").fill("The hood howls")
    wei.get_by_label("In the customer's words").fill("Since Monday.")
    wei.get_by_role("button", name="Save").click()
    wei.get_by_text("Sun wrote today").wait_for()
    assert faults(wei) == []
    expect(wei.get_by_label("In the customer's words")).to_have_value("Since Monday.")
    wei.get_by_label("Keep both").check()
    wei.get_by_role("button", name="Save").click()
    expect(wei.get_by_role("heading", level=1)).to_contain_text("The hood howls")
    known = shop.ticket(ticket)
    assert known["description"] == "It howls at night.\nSince Monday."
    assert known["class"] == "urgent"

    # The same with the customer; what was typed survives a reload on the way.
    file = f"/office/customers/{customer['customer_id']}"
    for window in (wei, sun):
        opens(window, file)
    sun.get_by_label("Notes for the office").fill("Has a dog.")
    sun.get_by_role("button", name="Save").click()
    sun.get_by_text("Has a dog.").wait_for()
    wei.get_by_role("textbox", name="Phone").fill("139 0000 0000")
    wei.get_by_label("Notes for the office").fill("Rings twice.")
    wei.reload()
    expect(wei.get_by_label("Notes for the office")).to_have_value("Rings twice.")
    wei.get_by_role("button", name="Save").click()
    wei.get_by_text("Sun wrote today").wait_for()
    wei.get_by_label("Keep both").check()
    wei.get_by_role("button", name="Save").click()
    wei.get_by_text("139 0000 0000").first.wait_for()
    known = shop.wei.get(f"/api/v1/customers/{customer['customer_id']}").json
    assert known["notes"] == "Has a dog.\nRings twice."

    # Sun finds the double by its name and makes them one.
    sun.reload()
    sun.get_by_role("link", name="Merge with another file").click()
    sun.get_by_label("Find the customer").fill("Lin")
    sun.get_by_role("link", name="Lina").click()
    sun.get_by_role("heading", name="Two files of one customer?").wait_for()
    assert faults(sun) == []
    sun.get_by_role("button", name="Make them one").click()
    sun.get_by_role("button", name="Take the merge back").wait_for()
    assert "Speaks English." in sun.locator("#facts").inner_text()
    sun.goto(sun.url.replace(customer["customer_id"], double["customer_id"]))
    expect(sun.get_by_role("heading", level=1)).to_contain_text("Li Na")
