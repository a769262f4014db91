"""The tablet app on a slow tablet: a real Chromium at a quarter of this machine's speed, a store as after a year.

The app is served by `doorstep serve`, the store is filled by the app's own modules (`filling.ts`), and what
is timed is what somebody sees: from the finger to the frame that shows what they wanted.
"""

import json
import re
import subprocess
from pathlib import Path

import httpx

from benchmarks import places, servers, shops, tablet_line
from benchmarks.peers import installing
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.statistics import median
from benchmarks.tablets import SLOWER, Tablet, opened, shot, takes_from_gallery
from tests import pictures
from tests.browser.tablets import PIN

TOPIC = "Tablet app"
JOBS, PHOTOS_EACH = 200, 10
STARTS, TAPS, SHOTS = 5, 12, 3
FIRST_PHOTOS, ALL_PHOTOS = 10, 60
SMALLER = (2048, 1536)
FILLING_MS = 180_000
KB = 1000
MADE = places.ROOT / "field_client" / "tablet" / "dist"


def run(record: Record, settings: Settings) -> None:
    if not (MADE / "index.html").exists():
        record.warn("The tablet app is not built: run `python3 dev.py setup` first.")
        return
    with places.temporary("tablet") as folder:
        shop = shops.on_sqlite(1, JOBS, folder / "shop.sqlite3")
        with servers.doorstep(shop, folder) as side:
            address = f"http://127.0.0.1:{side.port}"
            _download(record, address)
            with opened(folder / "profile", address) as tablet:
                _fill(tablet, shop.assignee(0), folder)
                _start(record, tablet)
                _tap(record, tablet)
                _photograph(record, tablet, shop, folder)
        tablet_line.run(record, TOPIC, folder)


def _download(record: Record, address: str) -> None:
    """Kilobytes of every file that the first start fetches, as they come over the wire, each once.

    The words of one language are among them, those of the other follow by themselves: the larger ones count.
    """
    with httpx.Client(base_url=f"{address}/tablet/") as client:
        page = client.get("index.html").raise_for_status().text
        worker = client.get("sw.js").raise_for_status().text
        words = json.loads(_listed("WORDS", worker)).values()
        names = ["sw.js", *json.loads(_listed("FILES", worker))]
        first = ["index.html", *re.findall(r'"/tablet/(assets/[^"]+)"', page)]
        for encoding, bar in [("gzip", 120), ("br", None)]:
            wire = {name: _wire_bytes(client, name, encoding) for name in names}
            largest = max(_wire_bytes(client, name, encoding) for name in words)
            what = f"the app's own download at first start, one language, {encoding}"
            size = (sum(wire.values()) + largest) / KB
            record.note(Line(TOPIC, what, size, "KB", bar=bar, at_most=True))
            what = f"of it before the first screen, {encoding}"
            size = (sum(wire[name] for name in first) + largest) / KB
            record.note(Line(TOPIC, what, size, "KB"))


def _listed(name: str, worker: str) -> str:
    """What the build told the worker under this name, as JSON."""
    listed = re.search(rf"const {name}=(.*?);$", worker, re.MULTILINE)
    assert listed, f"the worker has no {name}"
    return listed.group(1)


def _wire_bytes(client: httpx.Client, name: str, encoding: str) -> int:
    with client.stream("GET", name, headers={"Accept-Encoding": encoding}) as answer:
        answer.raise_for_status()
        return sum(len(piece) for piece in answer.iter_raw())


def _fill(tablet: Tablet, who: shops.Installer, folder: Path) -> None:
    """Signed in with all jobs, then a year's work on the disk; from here on without a network."""
    hands = tablet.hands
    hands.opens_the_app()
    hands.signs_in(who)
    hands.page.wait_for_function(
        "count => document.querySelectorAll('.card').length === count", arg=JOBS
    )
    hands.loses_the_network()
    hands.opens_the_app()  # and nobody opens it: what is written meanwhile draws no screen
    hands.page.evaluate(_bundle(folder))
    hands.page.set_default_timeout(FILLING_MS)
    counts = hands.page.evaluate("([pin, each]) => filling.fill(pin, each)", [PIN, PHOTOS_EACH])
    hands.page.set_default_timeout(60_000)
    assert counts == [JOBS, 2 * JOBS * PHOTOS_EACH, JOBS * PHOTOS_EACH], counts
    print(f"    {counts[0]} jobs, {counts[1]} events, {counts[2]} photos in the store", flush=True)


def _bundle(folder: Path) -> str:
    """`filling.ts` and what it needs of the app, as one script."""
    out = folder / "filling.js"
    program = places.ROOT / "node_modules" / "rolldown" / "bin" / "cli.mjs"
    source = Path(__file__).with_name("filling.ts")
    words = [installing.node(), program, source, "--format", "iife", "--name", "filling"]
    told = [str(word) for word in [*words, "--file", out]]
    subprocess.run(told, cwd=places.ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return out.read_text(encoding="utf-8")


def _start(record: Record, tablet: Tablet) -> None:
    """From nothing to the PIN, and from its last digit to the day; the typing between counts for nobody."""
    tablet.is_slow()
    to_pin, to_day = [], []
    for _ in range(STARTS):
        tablet.page.goto("about:blank")
        tablet.hands.opens_the_app()
        to_pin.append(float(tablet.page.evaluate("padShown")))
        tablet.hands.types_pin(PIN[:-1])
        to_day.append(tablet.until(".card", f"digit('{PIN[-1]}')"))
    both = [(pad + day) / 1000 for pad, day in zip(to_pin, to_day, strict=True)]
    against = f"{median(to_pin):.0f} ms to the PIN, {median(to_day):.0f} ms from it to the day"
    what = f"offline start to “my day”, {JOBS} jobs"
    record.note(Line(TOPIC, what, median(both), "s", bar=1.0, at_most=True, against=against))


def _tap(record: Record, tablet: Tablet) -> None:
    spent = []
    for number in range(TAPS):
        at = number * JOBS // TAPS
        tablet.page.evaluate("document.querySelector('article.job')?.classList.add('old')")
        card = f"document.querySelectorAll('.card a')[{at}].click()"
        spent.append(tablet.until("article.job:not(.old)", card))
        tablet.page.wait_for_load_state()
    against = f"{min(spent):.0f} to {max(spent):.0f} ms"
    what = f"tap on a job to its screen, {JOBS} jobs, {JOBS * PHOTOS_EACH} photos"
    record.note(Line(TOPIC, what, median(spent), "ms", bar=100, at_most=True, against=against))


def _photograph(record: Record, tablet: Tablet, shop: shops.Shop, folder: Path) -> None:
    """Photos from the gallery, all on one job: the first at a tablet's speed, smaller ones for the memory."""
    job_id = shop.job_id(1)
    spent, heap = [], {}
    for number in range(ALL_PHOTOS):
        tablet.is_slow(SLOWER if number < SHOTS else 1)
        file = folder / "shot.jpg"
        size = pictures.MEGAPIXELS_12 if number < SHOTS else SMALLER
        file.write_bytes(shot(number, size))
        took = takes_from_gallery(tablet, job_id, file)
        if number < SHOTS:
            spent.append(took / 1000)
        if number + 1 in (FIRST_PHOTOS, ALL_PHOTOS):
            heap[number + 1] = tablet.heap_bytes()
    against = f"{min(spent):.2f} to {max(spent):.2f} s"
    what = "a 12-megapixel photo, from the gallery to “saved”"
    record.note(Line(TOPIC, what, median(spent), "s", bar=1.5, at_most=True, against=against))
    first, last = heap[FIRST_PHOTOS], heap[ALL_PHOTOS]
    what = f"heap after {ALL_PHOTOS} photos by that after {FIRST_PHOTOS}"
    against = f"{last / 1e6:.1f} MB by {first / 1e6:.1f} MB"
    record.note(Line(TOPIC, what, last / first, "×", bar=1.2, at_most=True, against=against))
