"""A real Doorstep: `doorstep serve` in processes of its own, on a free port of the loopback."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

import httpx

from server.config import Config
from tests.forks import ROOT, Forked, can_fork

START_S = 60.0
COMMAND = "import sys; from server.cli import main; sys.exit(main(sys.argv[1:]))"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(config: Config, **more: str) -> dict[str, str]:
    """What the commands of the product read, for this configuration."""
    return {
        **{name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
        "DATABASE_URL": config.database_url,
        "DOORSTEP_MEDIA": str(config.media),
        "DOORSTEP_SECRET": config.secret,
        "DOORSTEP_DISK_RESERVE_MB": str(config.disk_reserve_mb),
        "DOORSTEP_WITHOUT_SECOND_FACTOR": "" if config.second_factor else "only in tests",
        **more,
    }


Running: TypeAlias = "subprocess.Popen[bytes] | Forked"


class Command:
    """One command of the product, running; its log goes to a file."""

    def __init__(self, words: list[str], env: Mapping[str, str], log: Path) -> None:
        self._log = log
        log.write_bytes(b"")
        # What it leaves when it is killed goes with the test.
        self.process = _started(words, {"TMPDIR": str(log.parent), **env}, log)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def stop(self, seconds: float = 20.0) -> int:
        """Asks it to end and waits; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """As the power would, with all its processes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _started(words: list[str], env: Mapping[str, str], log: Path) -> "Running":
    if can_fork(env):
        return Forked(words, env, log)
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, *words],
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


class LiveServer(Command):
    """The web server. `address` is where it answers, `port` its port: a free one, or where one was before.
    `trusts` names the authority of its certificate, where it speaks HTTPS."""

    def __init__(
        self, config: Config, log: Path, trusts: Path | None = None, /, **env: str
    ) -> None:
        self.port = int(env.pop("PORT", 0)) or free_port()
        self.address = f"{'https' if trusts else 'http'}://127.0.0.1:{self.port}"
        self._trusted = ssl.create_default_context(cafile=str(trusts)) if trusts else True
        super().__init__(["serve"], environment(config, PORT=str(self.port), **env), log)

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_S
        while True:
            try:
                health = httpx.get(f"{self.address}/healthz", timeout=5, verify=self._trusted)
                health.raise_for_status()
                return self
            except httpx.HTTPError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"the server did not start: {self.log}") from None
                time.sleep(0.02)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """At once: a test that wants to see it end well asks it to `stop`."""
        if self.process.poll() is None:
            self.kill()

    @property
    def resident_bytes(self) -> int:
        """What all its processes hold in memory together (Linux)."""
        pages = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == self.process.pid:  # the process group
                pages += int(fields[21])
        return pages * os.sysconf("SC_PAGE_SIZE")
