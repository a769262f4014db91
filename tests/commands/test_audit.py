"""`doorstep audit`: the chain is proved on any copy, against an anchor, and goes on after a restore."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from server import cli, worker
from server.config import Config
from server.db import migrate
from server.db.engine import Database
from server.house import House
from tests.conftest import HandClock
from tests.safes import Safe

NewMachine = Callable[[], Config]
BEFORE = "figures"  # the migration before the one that seals what is there


def says(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(["audit", *words])
    return code, capsys.readouterr().out


def test_a_restored_chain_holds_the_anchor_and_goes_on(
    app: Flask,
    lively: Config,
    new_machine: NewMachine,
    safe: Safe,
    clock: HandClock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    house: House = app.extensions["doorstep"]
    worker.seal_audit(house)
    anchor = safe.backs_up(lively)["audit_anchor"]
    assert anchor.startswith("2:"), "one when the photo was looked at, one now"
    restored = new_machine()
    safe.restores_onto(restored)
    with closing(Database(restored.database_url)) as database:
        worker.seal_audit(replace(house, database=database, config=restored))
    code, told = says(capsys, "verify", "--database", restored.database_url, "--anchor", anchor)
    assert (code, "0 not sealed yet" in told, "in 3 seals" in told) == (0, True, True), told
    code, told = says(
        capsys, "verify", "--database", restored.database_url, "--anchor", "1:" + "f" * 64
    )
    assert code == 1
    assert "was made anew" in told


def test_the_migration_seals_what_is_there(
    empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate.upgrade(empty_database_url, BEFORE)
    with closing(Database(empty_database_url)) as database, database.engine.begin() as connection:
        for number in range(3):
            connection.execute(
                text(
                    "INSERT INTO audit (at, act, noun, noun_id, details) "
                    "VALUES ('2026-11-23 01:00:00.5+00:00', 'job.issued', 'job', :id, '{}')"
                ),
                {"id": f"J-{number}"},
            )
    migrate.upgrade(empty_database_url)
    code, told = says(capsys, "verify", "--database", empty_database_url)
    assert (code, "3 lines in 1 seals, 0 not sealed" in told) == (0, True), told
    with closing(Database(empty_database_url)) as database, database.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET details = '[]' WHERE noun_id = 'J-1'"))
    code, told = says(capsys, "verify", "--database", empty_database_url)
    assert (code, told.startswith("Line 2 was changed.")) == (1, True), told
