"""A visit with ten photos over a thin line that is cut again and again: how much of it is of use, what goes twice.

The app in Chromium, the server, and between them a line of 1 Mbit/s and 60 ms there and back, on which
one of five stretches as long as a photo is cut at any byte. The app is on its own, back-off and all.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers, shops
from benchmarks.report import Line, Record
from benchmarks.statistics import median
from benchmarks.tablets import Tablet, opened, shot, takes_from_gallery
from benchmarks.thin_lines import Request, ThinLine

VISITS, PHOTOS = 3, 10
BITS_PER_S = 1e6
CHUNK = 1024 * 1024
SIZE = (2048, 1536)
CUT_EVERY = 400_000  # bytes: about a photo
LONGEST_MS = 120_000
UPLOADS, PUSH = "/sync/v1/media/uploads", "/sync/v1/push"


@dataclass(frozen=True)
class Sent:
    """What went over the line until the office had everything."""

    useful: int  # bytes: each file once, each batch of events once
    passed: int
    seconds: float
    cuts: int
    again: tuple[int, ...]  # bytes sent again, for each cut of a file

    @property
    def share(self) -> float:
        return self.useful * 8 / BITS_PER_S / self.seconds


def run(record: Record, topic: str, folder: Path) -> None:
    shop = shops.on_sqlite(1, VISITS, folder / "line.sqlite3")
    with (
        servers.doorstep(shop, folder) as side,
        ThinLine(side.port) as line,
        opened(folder / "line", line.address) as tablet,
    ):
        tablet.hands.opens_the_app()
        tablet.hands.signs_in(shop.assignee(0))
        jobs = [shop.job_id(number) for number in range(VISITS)]
        visits = [_visit(tablet, line, job, at, folder) for at, job in enumerate(jobs)]
    shares = [100 * visit.share for visit in visits]
    cuts = sum(visit.cuts for visit in visits)
    waste = 100 * (1 - sum(visit.useful for visit in visits) / sum(v.passed for v in visits))
    against = f"{min(shares):.0f} to {max(shares):.0f} %; {cuts} cuts, {waste:.0f} % of what passed was not"
    what = f"a visit with {PHOTOS} photos, 1 Mbit/s, one of five cut: useful part of the line"
    record.note(Line(topic, what, median(shares), "%", bar=70, against=against))
    most = max(again for visit in visits for again in (0, *visit.again)) / 1024
    what = "sent again after a cut, the most"
    record.note(Line(topic, what, most, "KiB", bar=CHUNK / 1024, at_most=True, against="one chunk"))


def _visit(tablet: Tablet, line: ThinLine, job_id: str, number: int, folder: Path) -> Sent:
    hands = tablet.hands
    hands.goes_to(f"job/{job_id}")
    hands.loses_the_network()
    for step in ("Accept the job", "Set out", "I have arrived"):
        hands.does_next(step)
    for photo in range(PHOTOS):
        file = folder / "shot.jpg"
        file.write_bytes(shot(number * PHOTOS + photo, SIZE))
        takes_from_gallery(tablet, job_id, file)
    line.becomes_thin(BITS_PER_S, CUT_EVERY, seed=number)
    hands.goes_to("")
    began = time.monotonic()
    hands.finds_the_network()
    hands.page.get_by_text("All with the office").first.wait_for(timeout=LONGEST_MS)
    seconds = time.monotonic() - began
    sent = _sent(line, seconds)
    line.becomes_wide()
    return sent


def _sent(line: ThinLine, seconds: float) -> Sent:
    files = _pieces_by_file(line.heard)
    assert len(files) == PHOTOS, f"{len(files)} files"
    again: list[int] = []
    for sha256, pieces in files.items():
        twice = sum(piece.sent for piece in pieces) - _size(pieces)
        cuts = sum(not piece.is_whole for piece in pieces)
        assert twice == 0 or cuts, f"{sha256} was sent again although nothing was cut"
        again += [twice // cuts] if cuts else []
    events = sum(each.sent for each in line.heard if each.path == PUSH and each.is_whole)
    useful = events + sum(map(_size, files.values()))
    return Sent(useful, line.up.passed, seconds, line.cuts, tuple(again))


def _pieces_by_file(heard: list[Request]) -> dict[str, list[Request]]:
    """The creation of each file and its pieces, by its hash. One file is sent after the other, so what follows a
    creation belongs to it."""
    files: dict[str, list[Request]] = {}
    sha256 = ""
    for each in heard:
        if each.path == UPLOADS:
            sha256 = each.headers["upload-metadata"].partition(",")[0]
        if each.method in ("POST", "PATCH") and each.path.startswith(UPLOADS):
            files.setdefault(sha256, []).append(each)
    return files


def _size(pieces: list[Request]) -> int:
    return int(pieces[0].headers["upload-length"])
