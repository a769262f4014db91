"""What the worker does with a photo: checks and two copies, in a guarded process, outside of requests."""

import time
from pathlib import Path

from benchmarks import places, processes
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from server.demo.pictures import SCENES
from server.images import Examiner
from tests import pictures

TOPIC = "Photos"
SIZE = (2048, 1536)
QUALITY = 85  # as the companion stores it
PHOTOS, WARM_UP = 40, 4


def run(record: Record, settings: Settings) -> None:
    with places.temporary("derivatives") as folder, Examiner() as examiner:
        files = [_photo(folder, number) for number in range(len(SCENES))]
        for number in range(WARM_UP):
            examiner.examine(files[number % len(files)])
        before, own = _cpu(examiner), time.process_time()
        for number in range(PHOTOS):
            examiner.examine(files[number % len(files)])
        spent = _cpu(examiner) - before + time.process_time() - own
    size = f"{sum(map(len, map(_photo_bytes, range(len(SCENES))))) / len(SCENES) / 1000:.0f} KB"
    record.note(
        Line(
            TOPIC,
            f"derivatives and checks of a 2048 px photo ({size}), CPU",
            1000 * spent / PHOTOS,
            "ms",
            bar=60,
            at_most=True,
        )
    )


def _cpu(examiner: Examiner) -> float:
    assert examiner.child_pid is not None
    return processes.cpu_seconds([examiner.child_pid])


def _photo_bytes(number: int) -> bytes:
    return pictures.jpeg(SCENES[number], SIZE, quality=QUALITY)


def _photo(folder: Path, number: int) -> Path:
    file = folder / f"{number}.jpg"
    file.write_bytes(_photo_bytes(number))
    return file
