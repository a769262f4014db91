"""A peer's server as a process of our own: started, waited for, ended by its id."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.installing import NotInstalled

START_S = 60.0


@contextmanager
def running(
    command: Sequence[str | Path], port: int, folder: Path, name: str, **env: str
) -> Iterator[int]:
    """The process id, once it answers on its port. Raises NotInstalled with its last words."""
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "NODE_ENV": "production", **env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, port, log)
        yield process.pid
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                words = log.read_text(errors="replace")[-800:]
                raise NotInstalled(f"its server does not start: {words}") from None
            time.sleep(0.05)
