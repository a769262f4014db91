"""A real Chromium for the tests in this folder. dev.py installs it and says where it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent

# Without these a fresh Chromium calls its maker's servers before it opens the first page.
STAY_AT_HOME = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A camera that needs no hardware, and no question to the person before it opens.
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def flags() -> list[str]:
    """Chromium's sandbox does not work for root, as whom containers run their tests."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*STAY_AT_HOME, *CAMERA, *(["--no-sandbox"] if as_root else [])]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One headless browser for the tests of a file; `page` gives each test a window of its own.

    Not longer: Playwright's event loop runs as long as it does, and no other can be started meanwhile.
    """
    program = os.environ.get("DOORSTEP_CHROMIUM") or shutil.which("chromium")
    assert program, "no Chromium: run the tests with python3 dev.py test"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags())
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is seen in a browser does not hang on the database: once is enough."""
    if config.getoption("--database") == "sqlite":
        return
    ours = [item for item in items if HERE in item.path.parents]
    config.hook.pytest_deselected(items=ours)
    items[:] = [item for item in items if item not in set(ours)]
