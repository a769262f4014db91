"""The companion on its tablet: captures, opening with much that waits, memory over many photos.

Each question has a process of its own, so that none inherits another's memory.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks import places, processes
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.statistics import median
from field_client import Companion
from tests import pictures
from tests.field_client.device import NoNetwork, StillClock, tablet

TOPIC = "Companion"
CAPTURES = 6
WAITING_EVENTS, WAITING_PHOTOS, JOBS = 500, 100, 10
OPENINGS = 5
MANY_PHOTOS, FIRST_PHOTOS, MANY_JOBS = 1_000, 100, 100
SMALL = (1024, 768)
FLAT_MB = 8.0
LONGEST_S = 900.0
COMMAND = "import sys; from field_client.cli import main; sys.exit(main(sys.argv[1:]))"


def run(record: Record, settings: Settings) -> None:
    with places.temporary("companion") as folder:
        cpu = _apart(_capture_large, folder / "large")
        what = "a 12-megapixel photo captured: CPU"
        record.note(Line(TOPIC, what, cpu, "s", bar=0.5, at_most=True))
        _apart(_fill, folder / "full")
        opened = _apart(_open, folder / "full")
        what = f"{WAITING_EVENTS} waiting events and {WAITING_PHOTOS} photos: opened"
        record.note(Line(TOPIC, what, opened, "s", bar=0.3, at_most=True))
        command = median([_command(folder / "full") for _ in range(OPENINGS)])
        record.note(Line(TOPIC, "the same by the command, Python's start included", command, "s"))
        growth = _apart(_capture_many, folder / "many")
        what = f"memory growth from {FIRST_PHOTOS} to {MANY_PHOTOS} photos"
        record.note(Line(TOPIC, what, growth, "MB", bar=FLAT_MB, at_most=True))


def _apart(act: Callable[[Path], float], folder: Path) -> float:
    """What it returns, from a fresh process."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply_async(act, (folder,)).get(LONGEST_S)


def _cpu() -> float:
    """Seconds of this process and of children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _capture_large(folder: Path) -> float:
    """Seconds of CPU for one photo from a camera, the median of some."""
    files = []
    for number in range(CAPTURES):
        file = folder.with_name(f"large-{number}.jpg")
        file.write_bytes(_different(pictures.scene(size=pictures.MEGAPIXELS_12), number))
        files.append(file)
    spent = []
    with tablet(folder) as companion:
        for file in files:
            before = _cpu()
            companion.photo("J-1001", "after", file)
            spent.append(_cpu() - before)
    return median(spent)


def _different(scene: Image.Image, number: int) -> bytes:
    """The scene with a patch of its own, as a camera would save it."""
    picture = scene.copy()
    side = picture.width // 8
    colour = (number * 37 % 256, number * 91 % 256, number * 151 % 256)
    picture.paste(colour, (side, side, 2 * side, 2 * side))
    return pictures.saved(picture, "JPEG", quality=88, exif=pictures.phone_exif())


def _job(number: int) -> str:
    return f"J-{1001 + number}"


def _fill(folder: Path) -> float:
    """A tablet after days without signal."""
    file = folder.with_name("waiting.jpg")
    with tablet(folder, jobs=JOBS) as companion:
        for number in range(WAITING_PHOTOS):
            file.write_bytes(_different(pictures.scene(size=SMALL), number))
            companion.photo(_job(number % JOBS), "after", file)
        for number in range(WAITING_EVENTS - WAITING_PHOTOS):
            companion.note(_job(number % JOBS), f"Note {number}: the hinge is worn")
        waits = companion.status()
    return float(len(waits))


def _open(folder: Path) -> float:
    """Seconds until the jobs are on the screen with what waits, the median of some."""
    spent = []
    for _ in range(OPENINGS):
        began = time.perf_counter()
        with Companion(folder, clock=StillClock(), transport=NoNetwork()) as companion:
            jobs = companion.jobs()
            companion.show(jobs[0].job_id)
            companion.status()
            spent.append(time.perf_counter() - began)
        assert len(jobs) == JOBS
    return median(spent)


def _command(folder: Path) -> float:
    began = time.perf_counter()
    words = [sys.executable, "-c", COMMAND, "--home", str(folder), "jobs"]
    subprocess.run(words, cwd=places.ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)
    return time.perf_counter() - began


def _capture_many(folder: Path) -> float:
    """Megabytes that the process has grown by after a thousand photos, compared with a hundred."""
    file, scene, first = folder.with_name("many.jpg"), pictures.scene(size=SMALL), 0
    with tablet(folder, jobs=MANY_JOBS) as companion:
        for number in range(MANY_PHOTOS):
            file.write_bytes(_different(scene, number))
            companion.photo(_job(number % MANY_JOBS), "after", file)
            if number + 1 == FIRST_PHOTOS:
                first = processes.resident_bytes(os.getpid())
    return (processes.resident_bytes(os.getpid()) - first) / 1e6
