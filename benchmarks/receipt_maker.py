"""Draws and signs the receipts that `benchmarks.documents` hands over, as the worker does; says what it cost."""

import json
import os
import pickle
import sys
import time
from pathlib import Path

from benchmarks import processes
from server import worker
from server.documents import certificates, drawing, signing


def main(given: Path) -> int:
    assert worker.HANDLERS  # it is all in memory, as in the worker
    identity = certificates.self_made("for measuring only, and nothing else")
    seal = drawing.Seal(identity.name, identity.is_self_made)
    seconds, size = [], 0
    for paper in pickle.loads(given.read_bytes()):
        started = time.perf_counter()
        size = len(signing.sign_pdf(drawing.draw(paper, seal), identity))
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"seconds": seconds, "peak": processes.peak_bytes(os.getpid()), "size": size}))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
