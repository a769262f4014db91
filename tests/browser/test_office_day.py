"""The office's day in a real browser: a call, a plan, a visit, verdicts by keyboard, a revisit, the close."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta

import pytest
from PIL import ImageOps
from PIL.Image import Image
from playwright.sync_api import FilePayload, Page, expect

from server.clock import wire as moment
from server.demo.pictures import Scene, draw
from tests import people, pictures
from tests.browser.axes import faults, hanging_over_anywhere
from tests.browser.desks import Desk
from tests.shop import Shop

SCENES: tuple[Scene, ...] = ("kitchen_before", "kitchen_after", "serial_label", "clean_floor")


def alice_works(shop: Shop, job_id: str, turned: Callable[[Image], Image] = Image.copy) -> None:
    """The whole visit on her tablet, with pictures that somebody can look at."""
    trip = shop.sends(people.ALICE, {"id": job_id})
    trip.arrives()
    for scene, slot in zip(SCENES, trip.sheet["slots"], strict=False):
        trip.takes_photo(slot["slot"], pictures.saved(turned(draw(scene)), "JPEG"))
    for step in trip.sheet["checklist"]["steps"]:
        if step["kind"] == "yes_no":
            trip.does("checklist.answered", step_id=step["step_id"], answer=True)
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()


def test_from_the_call_to_the_close(
    desk: Desk, shop: Shop, works_off: Callable[[], object]
) -> None:
    # Wei takes the call.
    wei = desk(people.WEI)
    wei.keyboard.press("n")
    wei.get_by_label("Find the customer").fill("138 0013")
    wei.get_by_text("Nobody is known").wait_for()
    wei.get_by_text("Somebody new").click()
    wei.get_by_label("Name", exact=True).fill("王小明")
    wei.get_by_label("Phone", exact=True).fill("138 0013 8000")
    wei.get_by_label("Street, building, flat").fill("玉林路 12 号")
    wei.get_by_role("button", name="Take the customer in").click()
    wei.get_by_label("What is it about?").fill("The wall cabinet does not close")
    takes_what_the_customer_sends(wei)
    wei.get_by_label("Class").select_option("urgent")
    wei.get_by_text("Promise: a plan by").wait_for()
    wei.keyboard.press("Control+Enter")
    expect(wei.get_by_role("heading", level=1)).to_contain_text("The wall cabinet")
    ticket_id = wei.url.rsplit("/", 1)[1]
    expect(wei.locator("#from-customer")).to_contain_text("the hinge")
    expect(wei.locator("#from-customer li")).to_have_count(2)
    assert faults(wei) == []

    # Bob finds it by the customer's name, from the keyboard, and plans.
    bob = desk(people.BOB)
    bob.keyboard.press("Control+k")
    bob.keyboard.type("小明")
    bob.get_by_role("option", name=ticket_id).wait_for()
    assert faults(bob) == []
    bob.keyboard.press("Enter")
    bob.get_by_role("heading", name="Still waits for").wait_for()
    bob.wait_for_load_state()
    bob.keyboard.press("p")
    bob.get_by_label("Alice", exact=True).check()
    assert faults(bob) == []
    issues_past_the_promise(bob)
    bob.get_by_text("Job issued").wait_for()
    [job] = shop.bob.get("/api/v1/jobs", query_string={"ticket_id": ticket_id}).json["items"]

    # Alice works; Wei looks at it by keyboard, and sends it back.
    alice_works(shop, job["id"])
    works_off()
    wei.get_by_role("link", name="Verification").click()
    wei.get_by_role("link", name=job["id"]).click()
    wei.locator("#large").wait_for()
    assert faults(wei) == []
    looks_closely(wei)
    wei.keyboard.press(
        "a"
    )  # too fast: the queue is empty, the ticket closed, and she takes it back
    wei.get_by_text("No finished visit waits").wait_for()
    assert shop.ticket({"id": ticket_id})["state"] == "closed"
    wei.keyboard.press("u")
    wei.get_by_text("is taken back, with all that came of it").wait_for()
    wei.locator("#large").wait_for()
    for key in ("w", "2", "Enter"):
        wei.keyboard.press(key)
    wei.get_by_text("No finished visit waits").wait_for()
    assert shop.job(job)["verdict_reason"] == "Doors or drawers scrape or do not close."

    # The revisit is planned, done, accepted with one key; the ticket closes by itself.
    bob.goto(bob.url)
    bob.get_by_role("link", name="Plan the revisit").click()
    bob.get_by_text("Cause: Workmanship").wait_for()
    bob.get_by_label("Alice", exact=True).check()
    bob.get_by_label("From").fill("13:00")
    bob.get_by_label("To", exact=True).fill("15:00")
    issues_past_the_promise(bob)
    bob.get_by_text(f"revisit of {job['id']}").first.wait_for()
    jobs = shop.bob.get("/api/v1/jobs", query_string={"ticket_id": ticket_id}).json["items"]
    again = next(each for each in jobs if each["revisit_of"])
    shop.clock.now += timedelta(minutes=1)
    alice_works(shop, again["id"], turned=ImageOps.mirror)  # no picture is sent twice
    works_off()
    wei.goto(wei.url.split("?")[0])
    wei.get_by_role("link", name="Begin with the oldest").click()
    wei.locator("#large").wait_for()
    wei.keyboard.press("a")
    wei.get_by_text("No finished visit waits").wait_for()
    assert shop.waits({"id": ticket_id}) == []
    bob.reload()
    bob.get_by_text("nothing is missing").wait_for()
    assert faults(bob) == []


PASTED = """(picture) => {
  const bytes = Uint8Array.from(atob(picture), (each) => each.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "pasted.jpg", { type: "image/jpeg" }));
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


def takes_what_the_customer_sends(wei: Page) -> None:
    """Chosen and pasted while she types; what is no picture is told by name, and her words stay."""
    panel = pictures.saved(draw("damaged_panel"), "JPEG")
    files: list[FilePayload] = [
        {"name": "panel.jpg", "mimeType": "image/jpeg", "buffer": panel},
        {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"},
    ]
    wei.get_by_label("Photos from the customer").set_input_files(files)
    wei.get_by_text("bill.pdf: This file is not a picture").wait_for()
    wei.get_by_label("panel.jpg").fill("the hinge")
    wei.evaluate(PASTED, b64encode(pictures.jpeg("hinge_detail")).decode())
    wei.get_by_label("pasted.jpg").wait_for()
    expect(wei.get_by_label("panel.jpg")).to_have_value("the hinge")
    expect(wei.get_by_label("What is it about?")).to_have_value("The wall cabinet does not close")
    assert faults(wei) == []


def issues_past_the_promise(bob: Page) -> None:
    """An urgent ticket is promised within two hours: the page says so, and wants to know why later."""
    bob.get_by_role("button", name="Issue the job").click()
    bob.get_by_text("The ticket is promised to be closed by").wait_for()
    bob.get_by_label("Why go on all the same?").fill("The customer is at work until then.")
    bob.get_by_role("button", name="Issue the job").click()


def looks_closely(wei: Page) -> None:
    """The next picture, closer; before laid over after, and more of it by an arrow; the reasons' order."""
    first = wei.locator("#large").get_attribute("src")
    wei.keyboard.press("ArrowRight")
    expect(wei.locator("#large")).not_to_have_attribute("src", first or "")
    wei.keyboard.press("z")
    expect(wei.locator(".stage")).to_have_class("stage close")
    wei.keyboard.press("c")
    slider = wei.get_by_role("slider")
    expect(slider).to_be_focused()
    wei.keyboard.press("ArrowRight")
    expect(wei.locator(".compare:visible")).to_have_attribute("style", "--shown: 51%;")
    wei.keyboard.press("c")
    expect(wei.locator("#large")).to_be_visible()
    wei.keyboard.press("ArrowRight")
    wei.keyboard.press("r")
    expect(wei.locator("[data-judging=retake] .choice").first).to_contain_text("serial number")
    wei.keyboard.press("Escape")
    expect(wei.locator("[data-judging=retake]")).not_to_have_attribute("open", "")


def test_the_next_picture_is_there_before_the_key_is_pressed(
    desk: Desk, shop: Shop, works_off: Callable[[], object]
) -> None:
    jobs = []
    for hours, turned in ((1, Image.copy), (4, ImageOps.mirror)):
        start = shop.clock() + timedelta(hours=hours)
        end = start + timedelta(hours=2)
        job = shop.issues_a_job(window_start=moment(start), window_end=moment(end))
        jobs.append(job["id"])
        alice_works(shop, jobs[-1], turned)
        shop.clock.now += timedelta(minutes=1)
    first, second = jobs
    works_off()
    wei = desk(people.WEI)
    came: list[str] = []
    wei.on("requestfinished", lambda request: came.append(request.url))
    wei.goto(f"{wei.url}verification/{first}", wait_until="networkidle")
    photos = shop.wei.get("/api/v1/photos", query_string={"job_id": second}).json["items"]
    assert [each for each in came if each.endswith(f"/{photos[-1]['id']}/large")]

    wei.keyboard.press("a")
    wei.get_by_role("heading", name=second).wait_for()
    shown = wei.locator("#large").evaluate(
        "async (image) => (await image.decode(), performance.getEntriesByName(image.src).at(-1))"
    )
    assert [photos[-1]["id"] in shown["name"], shown["decodedBodySize"] > 0] == [True, True]
    assert shown["transferSize"] == 0  # out of the browser's own store


def test_what_somebody_types_survives_a_reload(desk: Desk, shop: Shop) -> None:
    ticket = shop.opens_a_ticket()
    wei = desk(people.WEI)
    wei.goto(f"{wei.url}tickets/{ticket['id']}")
    wei.keyboard.press("e")
    wei.get_by_label("In the customer's words").fill("Since Monday, and it smells.")
    wei.reload()
    expect(wei.get_by_label("In the customer's words")).to_have_value(
        "Since Monday, and it smells."
    )
    wei.get_by_role("button", name="Save").click()
    wei.get_by_text("Ticket changed").wait_for()
    wei.reload()
    wei.keyboard.press("e")
    expect(wei.get_by_label("In the customer's words")).to_have_value(
        "Since Monday, and it smells."
    )
    assert shop.ticket(ticket)["description"] == "Since Monday, and it smells."


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_has_a_serious_fault_or_hangs_over(desk: Desk, shop: Shop, language: str) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part()
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    sun = desk(people.SUN)
    office = sun.url
    if language == "zh":
        sun.get_by_text("Sun", exact=True).click()
        sun.get_by_role("button", name="简体中文").click()
        sun.get_by_role("heading", name="今天", exact=True).wait_for()
    revisit = shop.revisit(shop.ticket(job))
    ticket = shop.ticket(job)
    device = shop.sun.get("/api/v1/devices").json["items"][0]["id"]
    found = {}
    for where in (
        "",
        "tickets",
        f"tickets/{ticket['id']}",
        "jobs",
        "board",
        "board?view=week",
        f"jobs/{job['id']}/move",
        "verification",
        "revisits",
        "move-requests",
        f"revisits/{revisit['id']}/plan",
        "revisits?show=calls",
        "exceptions",
        "exceptions?show=decided",
        "verification?show=policy",
        "part-requests",
        "parts",
        "products",
        "stock",
        f"stock/van:{people.ALICE.id}",
        f"stock/van:{people.ALICE.id}/count",
        "movements",
        "counts",
        "variances",
        "imports",
        "new/part",
        "new/product",
        "move/receive",
        "devices",
        "audit",
        "exports",
        f"devices/{device}",
        "people",
        f"people/{people.ALICE.id}",
        f"people/{people.ALICE.id}/leave",
        "people/invite",
        "organisations",
        "organisations/new",
        f"organisations/{people.CONTRACTOR}",
        f"organisations/{people.NORTH}",
        "audit",
        "figures",
        "figures/revisits",
        "intake",
        f"intake/{ticket['customer_id']}",
        "customers",
        "customers/new",
        f"customers/{ticket['customer_id']}",
        f"customers/{ticket['customer_id']}/edit",
        f"customers/{ticket['customer_id']}/erase",
        f"sites/{ticket['site_id']}",
        f"assets/{ticket['asset_id']}/edit",
        f"tickets/{ticket['id']}/edit",
        "route-sheets?day=2026-11-23",
        f"tickets/{ticket['id']}/plan",
        f"verification/{job['id']}",
        "settings",
        "settings/promises",
        "settings/texts",
        "settings/notices",
        "notices?show=all",
        "webhooks",
        "settings/checklists/repair",
        "settings/checklists/repair/steps/fault",
        "settings/checklists/repair/tablet",
        "nowhere",
    ):
        sun.goto(office + where)
        # Neither names for readers nor colours speak a language; the length of words does.
        named = faults(sun) if language == "en" else []
        if told := [*named, *hanging_over_anywhere(sun)]:
            found[where] = told
    assert found == {}
