"""Somebody sits down at the office's pages, in a window of their own."""

from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Browser, Page

from tests import people

Desk = Callable[..., Page]


def desks_at(chromium: Browser, address: str) -> Iterator[Desk]:
    """Signed in and on Today, at the usual screen or another. The test fails when a script on their pages does."""
    failures: list[str] = []
    contexts = []

    def sit_down(who: people.Character, **screen: Any) -> Page:
        context = chromium.new_context(
            **{"viewport": {"width": 1366, "height": 768}, **screen},
            locale="en",
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        window = context.new_page()
        window.set_default_timeout(15_000)
        window.on("pageerror", lambda error: failures.append(str(error)))
        window.goto(f"{address}/office/")
        window.get_by_label("Username").fill(who.username)
        window.get_by_label("Password").fill(people.PASSWORD)
        window.get_by_role("button", name="Sign in").click()
        window.get_by_role("heading", name="Today", exact=True).wait_for()
        return window

    yield sit_down
    for each in contexts:
        each.close()
    assert failures == []
