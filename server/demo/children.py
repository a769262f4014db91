"""Server and worker as processes of their own: started, waited for, and ended by their own ids."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

PROGRAM = "import sys; from server.cli import main; sys.exit(main())"
POLL_S = 0.1
GRACE_S = 20.0


class ChildDied(Exception):
    """A child has ended by itself; `name` is which, `log` where it said why."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        super().__init__(f"{name} ended with code {code}")
        self.name, self.code, self.log = name, code, log


class Children:
    """The processes of one demo. Each leads a process group, so that Ctrl-C reaches only us."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self._environment, self._logs = dict(environment), logs
        self._running: list[tuple[str, subprocess.Popen[bytes], Path]] = []
        self._files = ExitStack()

    def start(self, command: str, *, name: str | None = None, **more: str) -> None:
        """Starts `doorstep <command>`; what it says goes to `<name or command>.log`."""
        name = name or command
        log = self._logs / f"{name}.log"
        out: BinaryIO = self._files.enter_context(log.open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, command],
            env={**self._environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._running.append((name, process, log))

    def must_live(self) -> None:
        """Raises `ChildDied` for the first that has ended."""
        for name, process, log in self._running:
            code = process.poll()
            if code is not None:
                raise ChildDied(name, code, log)

    def wait_until_ready(self, address: str, patience_s: float = 60.0) -> None:
        """Until the server says that it is ready. Raises `ChildDied`, `TimeoutError`."""
        deadline = time.monotonic() + patience_s
        while not is_ready(address):
            self.must_live()
            if time.monotonic() > deadline:
                raise TimeoutError(address)
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Asks all to end, waits, and ends what does not listen."""
        for _, process, _ in reversed(self._running):
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        for _, process, _ in self._running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()
        self._files.close()


def is_ready(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True


def last_lines(log: Path, count: int = 5) -> list[str]:
    with suppress(OSError):
        return log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    return []
