"""Draws and signs the receipts that `benchmarks.documents` hands over, as the worker does; says what it cost."""

import json
import os
import pickle
import sys
import time
from pathlib import Path

from benchmarks import processes
from server import worker
from server.documents import identities
from server.documents.press import PRESS


def main(given: Path) -> int:
    assert worker.HANDLERS  # it is all in memory, as in the worker
    identity = identities.self_made("for measuring only, and nothing else")
    seconds, size = [], 0
    for paper in pickle.loads(given.read_bytes()):
        started = time.perf_counter()
        size = len(PRESS.make(paper, identity))
        seconds.append(time.perf_counter() - started)
    assert PRESS.pid is not None
    peaks = {name: processes.peak_bytes(pid) for name, pid in
             (("worker", os.getpid()), ("press", PRESS.pid))}  # fmt: skip
    print(json.dumps({"seconds": seconds, "peaks": peaks, "size": size}))
    PRESS.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
