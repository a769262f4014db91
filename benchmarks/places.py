"""Where benchmarks keep what they need: `var/bench`, on a real disk, out of the repository."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "var" / "bench"


def folder(name: str) -> Path:
    """A folder that stays from run to run."""
    found = HOME / name
    found.mkdir(parents=True, exist_ok=True)
    return found


@contextmanager
def temporary(name: str) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    found = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder("runs")))
    try:
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)
