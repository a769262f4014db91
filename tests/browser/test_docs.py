"""The page on which people read the API: complete, and without the internet."""

from collections.abc import Iterator
from threading import Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import ConsoleMessage, Locator, Page, Request
from werkzeug.serving import make_server

DOCS, REFERENCE = "/api/v1/docs", "/api/v1/openapi.json"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app answers a browser."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_works_without_the_internet(page: Page, address: str, app: Flask) -> None:
    asked: list[str] = []
    complaints: list[str] = []

    def note_request(request: Request) -> None:
        asked.append(request.url)

    def note_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("request", note_request)
    page.on("console", note_console)
    page.set_default_timeout(10_000)
    page.goto(address + DOCS, wait_until="networkidle")
    page.get_by_role("heading", name="Doorstep").first.wait_for()

    ours = urlsplit(address).netloc
    elsewhere = [
        url for url in asked if urlsplit(url).netloc != ours and not url.startswith("data:")
    ]
    assert elsewhere == []
    assert complaints == [], "no refusal of the content security policy, nothing missing"

    shown = page.locator(".opblock-tag").evaluate_all("tags => tags.map(tag => tag.dataset.tag)")
    reference = app.test_client().get(REFERENCE).get_json()
    assert shown == [tag["name"] for tag in reference["tags"]]
    login = open_login(page)
    assert "Sign in with name and password" in login.inner_text()
    login.get_by_text("After ten failures").wait_for()
    assert complaints == [], "nor when an operation is opened"


def open_login(page: Page) -> Locator:
    page.locator(".opblock-tag[data-tag=auth]").click()
    login = page.locator(".opblock", has_text="/api/v1/auth/login")
    login.locator(".opblock-summary-control").click()
    return login


def test_it_can_be_tried_out(page: Page, address: str) -> None:
    """A stranger signs in on the page itself, as the README says."""
    page.goto(address + DOCS, wait_until="networkidle")
    login = open_login(page)
    login.get_by_role("button", name="Try it out").click()
    login.locator("textarea").fill('{"username": "alice", "password": "not hers at all"}')
    login.get_by_role("button", name="Execute").click()
    told = login.locator(".live-responses-table").first
    told.wait_for()
    assert "wrong_password" in told.inner_text()
