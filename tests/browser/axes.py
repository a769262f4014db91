"""What axe finds on a page: https://github.com/dequelabs/axe-core, from the locked browser packages."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

# A button that is just becoming another has neither colour yet.
AT_REST = (
    "() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)))"
)


def faults(page: Page, *rules: str) -> list[str]:
    """What axe calls serious or critical on the screen of the moment: by all its rules, or by these."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate(AT_REST)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


SMALL = {"width": 1024, "height": 768}


def hanging_over_anywhere(page: Page) -> list[str]:
    """The same on a small screen, and again on the one of before: the page is loaded once."""
    usual = page.viewport_size
    assert usual is not None
    here = hanging_over(page)
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    there = hanging_over(page)
    page.set_viewport_size(usual)
    return here + [f"at {SMALL['width']}: {each}" for each in there]


def hanging_over(page: Page) -> list[str]:
    """What of the screen is wider than the glass."""
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [f"{wide} px hang over the edge"] if wide > 0 else []
