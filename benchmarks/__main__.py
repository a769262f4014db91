"""`python -m benchmarks [names …] [--rounds N] [--seconds S] [--without-peers] [--tickets N]`.

Names are those of the lines: push, pull, photos, whole_visit, memory, companion, tablet, board, office,
documents, notices; all without any. Prints each figure beside its bar and writes `var/bench/results.json` and
`results.md`.
"""

import argparse
import sys
import time
from collections.abc import Callable

from benchmarks import (
    board,
    companion,
    documents,
    memory,
    notices,
    office,
    photos,
    places,
    processes,
    pull,
    push,
    tablet,
    versions,
    whole_visit,
)
from benchmarks.report import Record
from benchmarks.settings import Settings

LINES: dict[str, Callable[[Record, Settings], None]] = {
    "push": push.run,
    "pull": pull.run,
    "photos": photos.run,
    "whole_visit": whole_visit.run,
    "memory": memory.run,
    "companion": companion.run,
    "tablet": tablet.run,
    "board": board.run,
    "office": office.run,
    "notices": notices.run,
    "documents": documents.run,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(LINES))
    parser.add_argument("--rounds", type=int, default=5, help="of each side (5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one round (3)")
    parser.add_argument("--without-peers", action="store_true", help="ours alone")
    parser.add_argument("--tickets", type=int, help="of the office's shop, for a quick trial")
    parser.add_argument(
        "--database", choices=("sqlite", "postgresql"), action="append", help="for the office alone"
    )
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - set(LINES)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(LINES)}")
    settings = Settings(
        asked.rounds,
        asked.seconds,
        has_peers=not asked.without_peers,
        tickets=asked.tickets,
        databases=tuple(asked.database or Settings.databases),
    )
    record = Record()
    if not processes.is_real_disk(places.folder("runs")):
        record.warn(
            f"{places.HOME} is not on a disk of its own device: flushes cost nothing there."
        )
    for name in asked.names or LINES:
        started = time.monotonic()
        print(f"\n== {name}", flush=True)
        LINES[name](record, settings)
        print(f"  ({time.monotonic() - started:.0f} s)", flush=True)
    record.save(places.HOME, versions.told())
    print(f"\nRecorded in {places.HOME / 'results.json'} and results.md.")
    missed = [line for line in record.lines if line.is_met is False]
    print(f"{len(missed)} of {len(record.lines)} lines are not met." if missed else "All met.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
