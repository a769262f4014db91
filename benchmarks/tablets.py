"""A tablet on the bench: a real Chromium that can be made slow, and what a stopwatch in its page tells."""

import contextlib
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import CDPSession, Page, sync_playwright

from tests import pictures
from tests.browser.conftest import flags
from tests.browser.tablets import TABLET, Hands

SLOWER = 4

# Notes in the page when a finger came down or a file was chosen, and when what it led to was painted.
STOPWATCH = """
  const began = event => { window.began = event.timeStamp };
  addEventListener("click", began, true);
  addEventListener("change", event => { if (event.target.type === "file") began(event) }, true);
  window.painted = selector => new Promise(done => {
    const look = () => document.querySelector(selector)
      ? setTimeout(() => done(performance.now()))
      : requestAnimationFrame(look);
    requestAnimationFrame(look);
  });
  window.digit = name => [...document.querySelectorAll("main.door [role=group] button")]
    .find(button => button.textContent.trim() === name)
    .click();
  window.padShown = painted("main.door [role=group] button");
"""


@dataclass(frozen=True)
class Tablet:
    hands: Hands
    wire: CDPSession

    @property
    def page(self) -> Page:
        return self.hands.page

    def is_slow(self, times: int = SLOWER) -> None:
        self.wire.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def until(self, selector: str, act: str) -> float:
        """Milliseconds from the last touch of this act, an expression in the page, to its effect's frame."""
        told = f"(async () => {{ {act}; return (await painted({selector!r})) - began }})()"
        return float(self.page.evaluate(told))

    def heap_bytes(self) -> float:
        """What JavaScript holds after cleaning up, with the bytes behind its arrays."""
        for _ in range(2):
            self.wire.send("HeapProfiler.collectGarbage")
        used = self.wire.send("Runtime.getHeapUsage")
        return float(used["usedSize"]) + float(used.get("backingStorageSize", 0))


@contextlib.contextmanager
def opened(profile: Path, address: str) -> Iterator[Tablet]:
    """With a profile on the disk: a window without one would keep its store in memory."""
    program = os.environ.get("DOORSTEP_CHROMIUM") or shutil.which("chromium")
    assert program, "no Chromium: run it with python3 dev.py bench tablet"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=program, args=flags(), viewport=TABLET, locale="en"
        )
        page = context.new_page()
        page.add_init_script(STOPWATCH)
        hands = Hands(page, address)
        page.set_default_timeout(60_000)
        yield Tablet(hands, context.new_cdp_session(page))
        context.close()


def takes_from_gallery(tablet: Tablet, job_id: str, file: Path) -> float:
    page = tablet.page
    tablet.hands.goes_to(f"job/{job_id}/camera/before")
    tablet.hands.taps("Gallery")
    page.get_by_label("Why not with the camera?").fill("for the benchmark")
    page.evaluate("() => void (window.saved = painted('article.job, .camera-doubts'))")
    page.locator("input[type=file]").set_input_files(file)
    took = float(page.evaluate("saved.then(at => at - began)"))
    assert page.locator(".camera-doubts").count() == 0, page.locator(".camera-doubts").inner_text()
    return took


def shot(number: int, size: tuple[int, int]) -> bytes:
    """A picture from a camera that looks like no other."""
    chance = random.Random(number)
    cells = Image.new("RGB", (9, 8))
    cells.putdata([tuple(chance.choices(range(40, 216), k=3)) for _ in range(72)])
    large = cells.resize(size, Image.Resampling.NEAREST)
    scene = pictures.scene(size=size)
    return pictures.saved(Image.blend(scene, large, 0.5), "JPEG", quality=88)
