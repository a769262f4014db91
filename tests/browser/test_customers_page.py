"""Mrs Zhao at her phone, by links and without an account; the office at its desks, Alice at her tablet."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from server.clock import wire
from server.demo.pictures import draw
from tests import people, pictures
from tests.browser.axes import faults, hanging_over
from tests.browser.desks import Desk
from tests.live import LiveServer
from tests.shop import Json, Shop

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def zhao(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Her phone. The test fails when a script on it does."""
    failures: list[str] = []
    context = chromium.new_context(
        viewport=PHONE, has_touch=True, is_mobile=True, locale="zh-CN", base_url=live_server.address
    )
    phone = context.new_page()
    phone.set_default_timeout(10_000)
    phone.on("pageerror", lambda error: failures.append(str(error)))
    yield phone
    context.close()
    assert failures == []


def is_sound(page: Page) -> None:
    assert faults(page) == []
    assert hanging_over(page) == []


def hands_out(wei: Page, ticket: Json, purpose: str) -> str:
    """The path of a link, copied from the ticket."""
    home = wei.url.partition("/office")[0]
    wei.goto(f"{home}/office/tickets/{ticket['id']}")
    wei.get_by_role("button", name=f"Link: {purpose}", exact=True).click()
    address = wei.get_by_role("textbox", name=purpose, exact=True).input_value()
    return "/c/" + address.partition("/c/")[2]


def looks_again(phone: Page) -> None:
    """She takes the phone out of her bag: the page asks for news by itself."""
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_from_another_time_to_still_broken(
    zhao: Page, desk: Desk, shop: Shop, works_off: Callable[[], object], tmp_path: Path
) -> None:
    whom = shop.takes_in_a_customer(name="赵敏")
    ticket = shop.opens_a_ticket(**whom)
    start = shop.clock() + timedelta(days=1)
    window: Json = {"window_start": wire(start), "window_end": wire(start + timedelta(hours=2))}
    job = shop.issues_a_job(ticket, reason="As agreed", **window)
    wei = desk(people.WEI)
    act = hands_out(wei, ticket, "to look and act")

    # Another time, a note for whoever comes, a photo of the place.
    zhao.goto(act)
    is_sound(zhao)
    zhao.get_by_role("link", name="申请改时间").click()
    is_sound(zhao)
    zhao.get_by_role("group").nth(1).get_by_role("radio").nth(1).check()
    zhao.get_by_label("备注").fill("上午要送孩子")
    zhao.get_by_role("button", name="提交申请").click()
    zhao.get_by_text("门店将尽快答复").wait_for()
    zhao.get_by_label("门禁密码").fill("门禁 4711")
    zhao.get_by_role("button", name="提交留言").click()
    zhao.get_by_text("留言已提交").wait_for()
    place = tmp_path / "place.jpg"
    place.write_bytes(pictures.saved(draw("kitchen_before"), "JPEG"))
    zhao.locator("#photo").set_input_files(place)
    expect(zhao.locator("#preview")).to_be_visible()
    zhao.get_by_role("button", name="发送照片").click()
    zhao.get_by_text("照片已收到").wait_for()

    # The dispatcher grants it by one key; her page says so by itself.
    bob = desk(people.BOB)
    bob.get_by_role("link", name="Appointments to move").click()
    bob.get_by_text("上午要送孩子").wait_for()
    assert faults(bob) == []
    bob.keyboard.press("g")
    bob.get_by_text("is moved as the customer asked").wait_for()
    looks_again(zhao)
    zhao.get_by_text("已按您的申请改为").wait_for()
    zhao.get_by_role("button", name="确认该时间").click()
    zhao.get_by_text("谢谢，时间已确认").wait_for()

    # She follows Alice.
    trip = shop.sends(people.ALICE, job)
    assert "门禁 4711" in trip.sheet["site"]["access_notes"]
    trip.does("job.accepted")
    trip.does("travel.started")
    trip.sends_events()
    looks_again(zhao)
    zhao.get_by_role("heading", name="Alice 师傅正在赶来").wait_for()
    is_sound(zhao)
    trip.does("visit.arrived")
    trip.does("visit.assessed")
    trip.works()
    trip.does("receipt.presented", receipt_digest=trip.digest(), language="zh")
    trip.does("receipt.unsigned", reason="later")
    trip.finishes()
    trip.comes_home()

    # She signs later, on the very receipt.
    zhao.goto(hands_out(wei, ticket, "to sign the receipt"))
    is_sound(zhao)
    zhao.get_by_label("签字人姓名").fill("赵敏")
    draws_a_line(zhao)
    zhao.get_by_role("button", name="签字", exact=True).click()
    zhao.get_by_text("谢谢，回执已签字").wait_for()
    shop.judges(job)
    assert shop.ticket(ticket)["state"] == "closed"

    # Anybody can check that her receipt was not changed.
    zhao.goto(act)
    zhao.get_by_text("服务已完成").wait_for()
    is_sound(zhao)
    works_off()
    zhao.reload()
    zhao.get_by_role("link", name="核验回执真伪").click()
    zhao.wait_for_url("**/c/receipts/*")
    zhao.locator(".standing.signed").wait_for()
    is_sound(zhao)

    # It is still broken.
    zhao.goto(act)
    zhao.locator("summary", has_text="问题仍未解决").click()
    zhao.get_by_label("请描述问题").fill("还是有异响")
    zhao.get_by_role("button", name="告知门店").click()
    zhao.get_by_text("已收到，门店会立即处理").wait_for()

    # The ticket tells it all.
    wei.reload()
    for told in (
        "The customer asked for another time",
        "Another time granted",
        "The customer confirmed the appointment",
        "门禁 4711",
        "The customer signed by link",
        "还是有异响",
        "reopened",
    ):
        expect(wei.get_by_text(told).first).to_be_visible()
    assert faults(wei) == []


def draws_a_line(phone: Page) -> None:
    pad = phone.locator("#pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    phone.mouse.move(box["x"] + 30, box["y"] + 60)
    phone.mouse.down()
    for step in range(1, 9):
        phone.mouse.move(box["x"] + 30 + 25 * step, box["y"] + 60 + 40 * (step % 2))
    phone.mouse.up()
