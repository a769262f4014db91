"""The contractor's manager at the desk, somebody who comes by a link on a phone, and the second factor."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests import people
from tests.browser.axes import faults, hanging_over
from tests.client import Client
from tests.conftest import HandClock
from tests.live import LiveServer
from tests.shop import Shop

DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
PASSWORD = "four lamps beside the river"

Window = Callable[[ViewportSize], Page]


@pytest.fixture
def window(chromium: Browser) -> Iterator[Window]:
    """A window of a browser of its own. The test fails when a script in one does."""
    failures: list[str] = []
    contexts: list[BrowserContext] = []

    def opened(size: ViewportSize) -> Page:
        contexts.append(
            chromium.new_context(viewport=size, locale="en", timezone_id="Asia/Shanghai")
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        return page

    yield opened
    for each in contexts:
        each.close()
    assert failures == []


def signs_in(page: Page, address: str, username: str, password: str = people.PASSWORD) -> None:
    page.goto(f"{address}/office/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_carols_manager_sees_carols_jobs_and_nothing_else(
    window: Window,
    live_server: LiveServer,
    clock: HandClock,
    sign_in: Callable[[people.Character], Client],
) -> None:
    shop = Shop(sign_in, clock)
    hers, alices = shop.issues_a_job(to=people.CAROL), shop.issues_a_job(to=people.ALICE)
    mei, address = window(DESK), live_server.address
    signs_in(mei, address, "mei")
    mei.get_by_role("link", name="Jobs", exact=True).click()
    day = datetime.fromisoformat(hers["window_start"]) + timedelta(hours=8)
    mei.goto(f"{address}/office/jobs?day={day.date()}")
    mei.get_by_text(hers["id"]).first.wait_for()
    expect(mei.get_by_text(alices["id"])).to_have_count(0)
    mei.goto(f"{address}/office/people/{people.ALICE.id}")
    mei.get_by_text("There is nothing here that you can see.").first.wait_for()

    # She keeps a certificate of Carol's.
    mei.goto(f"{address}/office/people")
    mei.get_by_role("link", name="Carol").click()
    mei.get_by_text(hers["id"]).first.wait_for()
    mei.get_by_text("Add a certificate", exact=False).first.click()
    mei.get_by_label("Kind").fill("gas")
    mei.get_by_label("First day", exact=True).fill("2026-01-01")
    mei.get_by_label("Last day", exact=True).fill("2030-01-01")
    mei.get_by_role("button", name="Add", exact=True).click()
    mei.get_by_role("cell", name="gas").wait_for()
    assert [*faults(mei), *hanging_over(mei)] == []

    # She invites somebody, who comes in on a phone.
    mei.get_by_role("link", name="People", exact=True).click()
    mei.get_by_role("link", name="Invite somebody").click()
    mei.get_by_label("Name", exact=True).fill("Nora Ning")
    mei.get_by_role("button", name="Make the link").click()
    link = mei.get_by_label("Link", exact=True).input_value()
    assert [*faults(mei), *hanging_over(mei)] == []
    nora = window(PHONE)
    nora.goto(link)
    nora.get_by_text("Quick Hands invites you").wait_for()
    assert [*faults(nora), *hanging_over(nora)] == []
    nora.get_by_label("Username").fill("nora")
    nora.get_by_label("Password").fill(PASSWORD)
    nora.get_by_role("button", name="Come in").click()
    nora.get_by_role("link", name="Open the app").click()
    nora.get_by_label("Username").fill("nora")
    nora.get_by_label("Password").fill(PASSWORD)
    nora.get_by_role("button", name="Sign in").click()
    nora.get_by_role("heading", name="Choose a PIN").wait_for()
    mei.reload()
    mei.get_by_text("The link was used").wait_for()


@pytest.fixture
def guarded_server(app: Flask, clock: HandClock, tmp_path: Path) -> Iterator[LiveServer]:
    """One that asks for the second factor, as every one but the demo does."""
    clock.now = datetime.now(UTC)
    config = dataclasses.replace(app.extensions["doorstep"].config, second_factor=True)
    with LiveServer(config, tmp_path / "server.log") as server:
        yield server


def test_the_second_factor_is_set_up_and_asked_for(
    window: Window, guarded_server: LiveServer
) -> None:
    wei, address = window(DESK), guarded_server.address
    signs_in(wei, address, "wei")
    wei.get_by_role("heading", name="Set up the second factor").wait_for()
    wei.wait_for_function("() => document.querySelector('.qr').naturalWidth > 0")
    wei.get_by_text("It cannot scan?").click()
    phone = pyotp.TOTP(wei.locator(".key").inner_text().replace(" ", ""))
    assert [*faults(wei), *hanging_over(wei)] == []
    wei.get_by_label("Six digits").fill(phone.now())
    wei.get_by_role("button", name="Confirm").click()
    codes = wei.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    assert [*faults(wei), *hanging_over(wei)] == []
    wei.get_by_role("link", name="I have kept them").click()
    wei.get_by_role("heading", name="Today", exact=True).wait_for()

    elsewhere = window(DESK)
    signs_in(elsewhere, address, "wei")
    elsewhere.get_by_role("heading", name="Code of the app").wait_for()
    assert [*faults(elsewhere), *hanging_over(elsewhere)] == []
    elsewhere.get_by_label("Six digits").fill(codes[0])
    elsewhere.get_by_role("button", name="Sign in").click()
    elsewhere.get_by_role("heading", name="Today", exact=True).wait_for()
