"""Receipts: how long one takes, drawn and signed, how large it is, and what it costs the worker in memory."""

import json
import pickle
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks import places
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from tests import papers

TOPIC = "Documents"
MB = 1_000_000
PHOTOS, BARS = (0, 20, 60), {20: (1000, 150, 1.5)}  # ms, MB in the worker, MB of the file
TIMES = 7


def run(record: Record, settings: Settings) -> None:
    with places.temporary("documents") as folder:
        for count in PHOTOS:
            _measure(record, folder, count)


def _measure(record: Record, folder: Path, count: int) -> None:
    """In a process that holds what the worker holds, and nothing of ours."""
    paper = papers.paper(papers.visit(count), folder)
    given = folder / f"{count}.pickle"
    given.write_bytes(
        pickle.dumps([replace(paper, stars=number % 5 + 1) for number in range(TIMES)])
    )
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.receipt_maker", given], capture_output=True, check=True
    )
    told = json.loads(made.stdout)
    what = f"a receipt with {count} photos, drawn and signed"
    ms, peak, size = BARS.get(count, (None, None, None))
    for name, value, unit, bar in (
        (f"{what}, median", 1000 * statistics.median(told["seconds"]), "ms", ms),
        (
            f"{what}, peak of the process that draws it (RSS)",
            told["peaks"]["press"] / MB,
            "MB",
            peak,
        ),
        (f"{what}, peak of the worker beside it (RSS)", told["peaks"]["worker"] / MB, "MB", peak),
        (f"{what}, size", told["size"] / MB, "MB", size),
    ):
        record.note(Line(TOPIC, name, value, unit, bar=bar, at_most=True))
