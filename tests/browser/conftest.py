"""A real Chromium for the tests in this folder. dev.py installs it and says where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from server.worker import run_once
from tests import people
from tests.browser.chromiums import flags, program
from tests.browser.desks import Desk, desks_at
from tests.browser.proxies import Proxy
from tests.browser.tablets import Hands, hands_on
from tests.client import Client
from tests.conftest import HandClock
from tests.live import LiveServer
from tests.office import Office
from tests.shop import Shop

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One headless browser for the tests of a file; `page` gives each test a window of its own.

    Not longer: Playwright's event loop runs as long as it does, and no other can be started meanwhile.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=flags())
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty window without cookies. The test fails when a script on the page does."""
    context = chromium.new_context()
    window = context.new_page()
    failures: list[str] = []
    window.on("pageerror", lambda error: failures.append(str(error)))
    yield window
    context.close()
    assert failures == []


@pytest.fixture
def office(app: Flask, clock: HandClock) -> Office:
    return Office(app, clock)


@pytest.fixture
def shop(sign_in: Callable[[people.Character], Client], clock: HandClock) -> Shop:
    """Alice and her tablet, beside the pages."""
    return Shop(sign_in, clock)


@pytest.fixture
def desk(chromium: Browser, live_server: LiveServer) -> Iterator[Desk]:
    yield from desks_at(chromium, live_server.address)


@pytest.fixture
def works_off(app: Flask, clock: HandClock) -> Callable[[], object]:
    """The worker does all that is due, a few minutes later."""

    def work() -> object:
        clock.go_on(minutes=5)
        return run_once(app.extensions["doorstep"])

    return work


@pytest.fixture
def alice(chromium: Browser, live_server: LiveServer) -> Iterator[Hands]:
    """Her tablet. The test fails when a script on it does."""
    yield from on_watch(hands_on(chromium, live_server.address))


@pytest.fixture
def proxy(live_server: LiveServer) -> Iterator[Proxy]:
    with Proxy(live_server.port) as between:
        yield between


@pytest.fixture
def alice_behind(chromium: Browser, proxy: Proxy) -> Iterator[Hands]:
    """Her tablet, which reaches the office only through the proxy."""
    yield from on_watch(hands_on(chromium, proxy.address))


def on_watch(hands: Hands) -> Iterator[Hands]:
    failures: list[str] = []
    hands.page.on("pageerror", lambda error: failures.append(str(error)))
    yield hands
    hands.context.close()
    assert failures == []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is seen in a browser does not hang on the database: once is enough."""
    if config.getoption("--database") == "sqlite":
        return
    ours = [item for item in items if HERE in item.path.parents]
    config.hook.pytest_deselected(items=ours)
    items[:] = [item for item in items if item not in set(ours)]
