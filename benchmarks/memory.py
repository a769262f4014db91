"""Memory: what a server process holds after many photos, and what the worst picture costs."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from benchmarks import client, places, processes, servers, shops
from benchmarks.photos import INSTALLERS, JOBS, new_files
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.sides import Side
from benchmarks.tokens import Tokens
from benchmarks.visits import PHOTO_BYTES
from server.images import Examiner
from tests import pictures

TOPIC = "Memory"
PHOTOS, AT_ONCE, LONGEST_S = 10_000, 8, 600.0
MB = 1_000_000
WORST: dict[str, Callable[[], bytes]] = {
    "progressive JPEG of 50 MP": lambda: pictures.jpeg(
        size=pictures.MEGAPIXELS_50, progressive=True
    ),
    "HEIC of 50 MP": lambda: pictures.flat_heic(pictures.MEGAPIXELS_50),
    "PNG of 100 MP": lambda: pictures.clear_png((11_600, 8_700)),
}


def run(record: Record, settings: Settings) -> None:
    with places.temporary("memory") as folder:
        record.note(_of_servers(folder))
    with places.temporary("worst") as folder:
        found = {name: _of_child(folder, make) for name, make in WORST.items()}
    worst = max(found, key=lambda name: found[name])
    what = f"image child on the worst picture ({worst}), peak"
    record.note(Line(TOPIC, what, found[worst] / MB, "MB", bar=400, at_most=True))


def _of_servers(folder: Path) -> Line:
    """The largest of the server's processes after ten thousand photos, shared pages included."""
    shop = shops.on_sqlite(INSTALLERS, JOBS, folder / "shop.sqlite3")
    make = new_files(shop, PHOTO_BYTES, Tokens())
    with servers.doorstep(shop, folder) as side:
        client.run(side.port, (make() for _ in range(100)), connections=AT_ONCE)
        before = _largest(side)
        photos = (make() for _ in range(PHOTOS))
        done = client.run(side.port, photos, connections=AT_ONCE, seconds=LONGEST_S)
        after, together = _largest(side), processes.proportional_bytes(side.pids)
    against = f"{before / MB:.0f} MB before; all processes together {together / MB:.0f} MB (PSS)"
    what = f"a server process after {done.units} photos (RSS)"
    return Line(TOPIC, what, after / MB, "MB", bar=180, at_most=True, against=against)


def _largest(side: Side) -> int:
    return max(processes.resident_bytes(pid) for pid in side.pids)


def _of_child(folder: Path, make: Callable[[], bytes]) -> int:
    """The most that a fresh child held while it looked at this picture."""
    data = make()
    file = folder / hashlib.sha256(data).hexdigest()
    file.write_bytes(data)
    with Examiner() as examiner:
        examiner.examine(file)
        assert examiner.child_pid is not None
        return processes.peak_bytes(examiner.child_pid)
