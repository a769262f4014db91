"""Computers that die between any two steps: SQL statements, steps of the files, named crash points.

A machine that is dead does nothing any more until somebody switches it on again: whatever its code still
tries while it unwinds fails in the same way, so nothing is committed after death.
"""

import errno
import os
import re
from pathlib import Path
from random import Random
from typing import Any

import pysqlite3

from tests.sync.simulation.disks import Disk

_CHANCE = re.compile(r"[0-9a-f]{16,}")  # names of savepoints, which are none of ours
WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class Killed(BaseException):
    """The process died here; whoever runs it starts it again from what lies on its disk."""


class Machine:
    """One computer: a server or a tablet, with a disk that may be full and a fuse that may burn down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.disk = Disk()
        self.is_dead = False
        self.died_at = ""
        self.is_full = False
        self.was_refused = False
        self.fuse: int | None = None

    def light(self, steps: int) -> None:
        """It dies after so many steps more, unless the fuse is put out before."""
        self.fuse = steps

    def put_out(self) -> None:
        self.fuse = None

    def fill_up(self) -> None:
        self.is_full, self.was_refused = True, False

    def make_room(self) -> bool:
        """Whether anything was refused meanwhile."""
        self.is_full = False
        return self.was_refused

    def starts_again(self) -> None:
        self.is_dead, self.fuse = False, None

    def loses_power(self, dice: Random) -> int:
        """What was not flushed vanishes; returns how many files and names that hit."""
        return self.disk.loses_power(dice)

    def passes(self, point: str) -> None:
        """Any place at which it may die."""
        if self.is_dead:
            raise Killed(self.died_at)
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.is_dead, self.died_at, self.fuse = True, point, None
                raise Killed(point)

    def before_step(self, step: str, path: Path) -> None:
        """A durable step of the files (`Media.before_step`, and the companion's witness)."""
        self.passes(f"{step} {path.parent.name}/")
        if self.is_full and step in ("make_folder", "write", "rename"):
            self.was_refused = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.disk.announced(step, path)

    def statement(self, sql: str) -> None:
        if self.fuse is None and not self.is_dead and not self.is_full:
            return  # nearly always; so the rest need not be quick
        word = sql.lstrip()[:8].upper()
        if self.is_dead and word.startswith("ROLLBACK"):
            return  # what the system does for a process that is gone
        self.passes(_CHANCE.sub("…", " ".join(sql.split())[:60]))
        if self.is_full and word.startswith(WRITING):
            self.was_refused = True
            full = pysqlite3.OperationalError("database or disk is full")
            full.sqlite_errorname = "SQLITE_FULL"
            raise full


class _Cursor(pysqlite3.Cursor):
    connection: "Connection"

    def execute(self, sql: str, *values: Any) -> Any:
        self.connection.machine.statement(sql)
        return super().execute(sql, *values)

    def executemany(self, sql: str, *values: Any) -> Any:
        self.connection.machine.statement(sql)
        return super().executemany(sql, *values)


class Connection(pysqlite3.Connection):
    """A connection whose every statement, and whose commit, passes its machine."""

    machine: Machine

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, *values: Any) -> Any:
        return self.cursor().execute(sql, *values)

    def commit(self) -> None:
        if self.in_transaction:
            self.machine.statement("COMMIT")
        super().commit()


def connections_of(machine: Machine) -> type[Connection]:
    """The class of the connections that a machine opens."""
    return type("Connection", (Connection,), {"machine": machine})
