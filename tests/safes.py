"""A safe: a folder of backups and its key, used through the commands of the product."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from server import cli
from server.config import Config
from server.db.engine import Database
from server.db.models import Table
from tests.live import environment

KEY = "a long key that the office keeps in its own safe"


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


class Safe:
    """Backs up and restores machines; a machine is the configuration of one."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Callable[[], datetime]
    ) -> None:
        self.folder, self.key_file = folder / "backups", folder / "backup-key"
        self.key_file.write_text(KEY, encoding="utf-8")
        self.clock, self._monkeypatch = clock, monkeypatch

    def runs(self, command: str, machine: Config, *words: str, **env: str) -> Said:
        named = {"DOORSTEP_BACKUP_KEY_FILE": str(self.key_file), **env}
        for name, value in environment(machine, **named).items():
            self._monkeypatch.setenv(name, value)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as during:
            during.enter_context(time_machine.travel(self.clock(), tick=False))
            during.enter_context(contextlib.redirect_stdout(out))
            during.enter_context(contextlib.redirect_stderr(err))
            code = cli.main([command, str(self.folder), *words])
        return Said(code, out.getvalue(), err.getvalue())

    def backs_up(self, machine: Config) -> dict[str, Any]:
        said = self.runs("backup", machine, "--json")
        assert said.code == 0, said
        return said.figures

    def restores_onto(self, machine: Config, *words: str) -> dict[str, Any]:
        said = self.runs("restore", machine, "--json", *words)
        assert said.code == 0, said
        return said.figures


def empty_machine(like: Config, new_database: Callable[..., str], folder: Path) -> Config:
    """A database without tables and a media folder that is not there."""
    return dataclasses.replace(like, database_url=new_database(), media=folder)


def rows_of(machine: Config) -> dict[str, list[str]]:
    """Every row of every table, in words."""
    database = Database(machine.database_url)
    try:
        return database.read(
            lambda session: {
                table.name: sorted(str(tuple(row)) for row in session.execute(select(table)))
                for table in Table.metadata.sorted_tables
            }
        )
    finally:
        database.close()


def files_of(machine: Config) -> dict[str, bytes]:
    """Every original, by its name."""
    folder = machine.media / "originals"
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def is_untouched(machine: Config) -> bool:
    """Whether an empty machine is still as it was: no table, no file, no folder."""
    database = Database(machine.database_url)
    try:
        from sqlalchemy import inspect

        return not inspect(database.engine).get_table_names() and not machine.media.exists()
    finally:
        database.close()
