"""The story of a run, line by line: the end of it for whoever reads, a digest of all for comparing runs."""

import hashlib
from collections import deque

KEPT = 40


class Trace:
    """What happened so far."""

    def __init__(self) -> None:
        self.last: deque[str] = deque(maxlen=KEPT)
        self.steps = 0
        self._digest = hashlib.sha256()

    def say(self, line: str) -> None:
        self.last.append(f"{self.steps:>5}  {line}")
        self._digest.update(line.encode("utf-8", "backslashreplace") + b"\n")

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()
