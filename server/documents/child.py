"""Checks one file from a stranger in a process of its own, which may read, compute and answer, and no more.

The file comes on standard input, the report leaves as JSON on standard output; nothing is kept.
"""

import contextlib
import json
import resource
import sys
import tempfile
from pathlib import Path

from server.documents import checking
from server.documents.findings import Unreadable

MEMORY, CPU_S = 768 * 1024 * 1024, 8


def main() -> int:
    """0 with a report, 3 for what cannot be read."""
    content = sys.stdin.buffer.read()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(content)
        _enter_the_cage()
        try:
            sys.stdout.write(json.dumps(checking.check(file).told()))
        except (Unreadable, MemoryError, RecursionError):
            return 3
    return 0


def _enter_the_cage() -> None:
    for what, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    sys.exit(main())
