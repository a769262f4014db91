"""Commands of the product, forked off a process that has it loaded already: each is up at once.

A start of its own takes two seconds of a processor, most of them for reading modules, and a run of all tests
makes a hundred. What is told to the interpreter or the linker by the environment wants a start of its own.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOADED = ["tests.loaded"]
TOLD_AT_THE_START = ("LD_PRELOAD", "PYTHON")


class Forked:
    """One of them; what of `subprocess.Popen` the tests use."""

    def __init__(self, words: list[str], env: Mapping[str, str], log: Path) -> None:
        here = multiprocessing.get_context("forkserver")
        here.set_forkserver_preload(LOADED)
        self._process: ForkServerProcess = here.Process(
            target=_become, args=(words, dict(env), str(log))
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("doorstep", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


def can_fork(env: Mapping[str, str]) -> bool:
    """macOS forks no process safely that has loaded its frameworks."""
    return sys.platform == "linux" and not any(name.startswith(TOLD_AT_THE_START) for name in env)


def _become(words: list[str], env: dict[str, str], log: str) -> None:
    multiprocessing.set_start_method("fork", force=True)  # as in a process of its own
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    out = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["doorstep", *words]
    from server.cli import main

    sys.exit(main(words))
