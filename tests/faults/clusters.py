"""A PostgreSQL on a disk that loses its power: durable, and started again over what is left.

The programs and the account are those of tests/postgres.py; its settings for speed are not.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

from tests.faults.disks import end_at_once
from tests.postgres import USER, Postgres, as_account

START_S = 60.0
NAME = "doorstep"


class Cluster:
    """Data in `folder`; the socket lies outside of it. `is_durable=False` is for the control."""

    def __init__(self, folder: Path, *, is_durable: bool = True) -> None:
        self.folder, self.is_durable = folder, is_durable
        self._kit = Postgres()  # makes the folder of the socket
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@/{NAME}?host={self._kit.folder}"

    def create(self) -> None:
        """Makes the cluster and one empty database in it. It runs then."""
        kit = self._kit
        if kit.account:
            os.chown(kit.folder, kit.account.pw_uid, kit.account.pw_gid)
        kit.programs = kit.reachable_programs()
        kit.create_cluster()
        shutil.move(kit.folder / "data", self.folder)
        if kit.account:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, kit.account.pw_uid, kit.account.pw_gid)
        self.start()
        kit.create_database(NAME)

    def start(self) -> None:
        """Raises RuntimeError where it does not start, with its log."""
        kit, on = self._kit, "on" if self.is_durable else "off"
        settings = {
            "listen_addresses": "",
            "max_connections": "100",
            "fsync": on,
            "synchronous_commit": on,
            "full_page_writes": on,
        }
        command = [str(kit.programs / "postgres"), "-D", str(self.folder), "-k", str(kit.folder)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with kit.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                start_new_session=True, **as_account(kit.account),
            )  # fmt: skip
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        give_up_at = time.monotonic() + START_S
        while time.monotonic() < give_up_at and self.process.poll() is None:
            try:
                psycopg.connect(self._kit.server_url("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(
            f"PostgreSQL does not start:\n{self._kit.log.read_text(errors='replace')}"
        )

    def end(self) -> None:
        """At once, as everything else on a machine without power."""
        if self.process is not None:
            end_at_once(self.process)
            self.process = None

    def close(self) -> None:
        """Ends it and removes what lies outside of the disk."""
        self.end()
        self._kit.stop()
