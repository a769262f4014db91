"""What axe finds on a page: https://github.com/dequelabs/axe-core, from the locked browser packages."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def faults(page: Page) -> list[str]:
    """What it calls serious or critical on the page of the moment, and what hangs over its edge."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    told = [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [*told, *([f"{wide} px hang over the edge"] if wide > 0 else [])]
