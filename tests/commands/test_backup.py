"""Backups: everything of one moment goes in, everything comes out, and only on an empty machine."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from server.backups import targets
from server.backups.making import back_up
from server.config import Config
from server.db import migrate, models
from server.db.audit import AuditLine
from server.db.engine import Database
from server.db.house import HouseFact, Task
from server.db.photos import Blob, Photo
from server.db.tickets import Counter
from server.worker import run_once
from tests import pictures
from tests.album import Album
from tests.conftest import sqlite_url
from tests.office import Office
from tests.people import ALICE
from tests.safes import KEY, Safe, files_of, is_untouched, rows_of

NewMachine = Callable[[], Config]
FIRST_RELEASE = "first_tables"
CHANGED_BY_A_RESTORE = {"house", "audit", "tasks"}


def unchanged(rows: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: found for name, found in rows.items() if name not in CHANGED_BY_A_RESTORE}


def ask(machine: Config, act: Callable[[Any], Any]) -> Any:
    database = Database(machine.database_url)
    try:
        return database.read(act)
    finally:
        database.close()


def epoch_of(machine: Config) -> str:
    epoch: str = ask(machine, lambda session: session.get_one(HouseFact, "epoch").value)
    return epoch


def test_it_works(lively: Config, new_machine: NewMachine, safe: Safe) -> None:
    made = safe.backs_up(lively)
    restored = new_machine()
    told = safe.restores_onto(restored)
    assert unchanged(rows_of(restored)) == unchanged(rows_of(lively))
    assert files_of(restored) == files_of(lively)
    before = rows_of(lively)
    assert made["rows"] == told["rows"] == sum(len(rows) for rows in before.values())
    assert (made["files"], made["copied"], told["missing"]) == (2, 2, [])
    assert made["bytes"] == sum(len(data) for data in files_of(lively).values())
    assert epoch_of(restored) == told["epoch"] != epoch_of(lively)


def test_it_says_what_it_did(lively: Config, new_machine: NewMachine, safe: Safe) -> None:
    made = safe.runs("backup", lively)
    assert made.code == 0
    assert "is whole and was read back" in made.out
    assert f"in {safe.folder}" in made.out
    looked = safe.runs("verify-backup", lively)
    assert looked.code == 0
    assert "is whole" in looked.out
    restored = safe.runs("restore", new_machine())
    assert restored.code == 0
    assert "A new epoch has begun" in restored.out
    assert made.err == looked.err == restored.err == ""


def test_the_restore_is_on_record_and_counters_go_on(
    lively: Config, new_machine: NewMachine, safe: Safe
) -> None:
    safe.backs_up(lively)
    last = ask(lively, lambda session: session.scalar(select(func.max(AuditLine.id))))
    restored = new_machine()
    told = safe.restores_onto(restored)
    newest = select(AuditLine).order_by(AuditLine.id.desc()).limit(1)
    line = ask(restored, lambda session: session.scalars(newest).one())
    assert (line.id, line.act, line.noun_id) == (last + 1, "house.restored", told["epoch"])
    assert line.details["backup"] == told["backup"]


def test_pictures_are_made_again(
    lively: Config, new_machine: NewMachine, safe: Safe, app: Flask
) -> None:
    """A backup holds originals only; a picture that was looked at can be shown after a restore, too."""
    from server.app import furnish

    safe.backs_up(lively)
    restored = new_machine()
    safe.restores_onto(restored)
    house = furnish(app, restored, app.extensions["doorstep"].clock)
    shown = ask(
        restored, lambda s: s.scalars(select(Photo.sha256).where(Photo.state == "checked")).all()
    )
    assert shown
    assert not any(house.media.derived_path(each, "thumb").exists() for each in shown)
    run_once(house)
    for sha256 in shown:
        assert house.media.derived_path(sha256, "thumb").exists()
        assert house.media.derived_path(sha256, "large").exists()
    undone = select(Task.kind).where(Task.done_at.is_(None), Task.kind == "photo.show")
    assert house.database.read(lambda session: session.scalars(undone).all()) == []
    house.database.close()


def test_what_was_erased_is_missed_by_nobody_and_goes_with_the_last_backup_that_has_it(
    lively: Config, new_machine: NewMachine, safe: Safe, app: Flask
) -> None:
    first = safe.backs_up(lively)
    house = app.extensions["doorstep"]
    gone = min(files_of(lively))
    house.database.write(lambda session: _erase(session, gone, house.clock()))
    house.media.erase(gone)
    second = safe.backs_up(lively)
    assert (second["files"], second["missing"]) == (1, [])
    restored = new_machine()
    told = safe.restores_onto(restored)
    assert (told["missing"], gone in files_of(restored)) == ([], False)
    safe.restores_onto(old := new_machine(), "--backup", first["backup"])
    assert gone in files_of(old)  # until the backup of before is thinned out
    originals = safe.folder / "originals"
    assert len([each for each in originals.rglob("*") if each.is_file()]) == 2
    shutil.rmtree(safe.folder / "backups" / first["backup"])
    safe.backs_up(lively)
    assert len([each for each in originals.rglob("*") if each.is_file()]) == 1


def _erase(session: Any, sha256: str, now: Any) -> None:
    session.get_one(Blob, sha256).erased_at = now


def test_a_second_backup_copies_only_what_is_new(
    lively: Config, new_machine: NewMachine, safe: Safe, office: Office, album: Album
) -> None:
    first = safe.backs_up(lively)
    album.takes(office.issues_a_job(ALICE), pictures.jpeg("damaged_panel"))
    second = safe.backs_up(lively)
    assert (first["copied"], second["copied"], second["files"]) == (2, 1, 3)
    old, new = new_machine(), new_machine()
    safe.restores_onto(old, "--backup", first["backup"])
    safe.restores_onto(new)
    assert (len(files_of(old)), files_of(new)) == (2, files_of(lively))
    assert len(rows_of(old)["jobs"]) == 2
    assert len(rows_of(new)["jobs"]) == 3


def test_a_backup_while_work_comes_in_is_of_one_moment(
    lively: Config,
    new_machine: NewMachine,
    safe: Safe,
    office: Office,
    album: Album,
) -> None:
    """Between every two tables another job is issued and another photo comes in: nobody waits for the
    backup, and the backup has none of it."""
    counted = {name: len(rows) for name, rows in rows_of(lively).items()}
    came_in: list[str] = []

    def comes_in(step: str, path: Path) -> None:
        if step == "write" and "rows" in path.parts and len(came_in) < 8:
            picture = pictures.jpeg("kitchen_after", size=(640 + 2 * len(came_in), 480))
            came_in.append(album.takes(office.issues_a_job(ALICE), picture))

    made = back_up(lively, safe.folder, KEY, office.at(), before_step=comes_in)
    assert len(came_in) == 8
    # The first job came in before the first table was read, when the snapshot had been taken.
    assert {t.shape.name: t.rows for t in made.manifest.tables} == counted
    assert safe.runs("verify-backup", lively).code == 0
    restored = new_machine()
    safe.restores_onto(restored)
    named = ask(restored, lambda session: set(session.scalars(select(Blob.sha256))))
    assert named == set(files_of(restored))
    assert len(files_of(lively)) == len(named) + 8


def test_a_backup_of_the_first_release_is_brought_up_to_date(
    new_machine: NewMachine, safe: Safe
) -> None:
    """Made before `doorstep migrate`, restored by today's version."""
    old, new = new_machine(), new_machine()
    migrate.upgrade(old.database_url, FIRST_RELEASE)
    database = Database(old.database_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO counters (series, value) VALUES ('J', 1234)")
    database.close()
    assert safe.backs_up(old)["revision"] == FIRST_RELEASE
    safe.restores_onto(new)
    counted = ask(new, lambda session: session.get_one(Counter, "J").value)
    assert counted == 1234
    database = Database(new.database_url)
    assert migrate.is_current(database)
    database.close()


def test_nothing_can_be_read_in_it_without_the_key(lively: Config, safe: Safe) -> None:
    safe.backs_up(lively)
    original = next(iter(files_of(lively).values()))
    names = set(files_of(lively))
    for file in safe.folder.rglob("*"):
        assert file.name not in names
        if file.is_file():
            content = file.read_bytes()
            assert original[1000:1100] not in content
            assert b"doors" not in content or file.name == targets.HEADER
            assert file.stat().st_mode & 0o077 == 0


def test_the_other_database_can_take_it(
    lively: Config, new_machine: NewMachine, safe: Safe, tmp_path: Path
) -> None:
    """From this kind of database to SQLite, and from SQLite to this kind."""
    safe.backs_up(lively)
    in_a_file = dataclasses.replace(
        lively, database_url=sqlite_url(tmp_path / "moved.sqlite3"), media=tmp_path / "moved"
    )
    safe.restores_onto(in_a_file)
    safe.backs_up(in_a_file)
    back = new_machine()
    safe.restores_onto(back)
    assert unchanged(rows_of(back)) == unchanged(rows_of(lively))
    assert files_of(back) == files_of(lively)


# What is refused.


def test_a_machine_that_lives_is_not_restored_onto(
    lively: Config, new_machine: NewMachine, safe: Safe
) -> None:
    safe.backs_up(lively)
    before = (rows_of(lively), files_of(lively))
    empty = new_machine()
    over_rows = dataclasses.replace(lively, media=empty.media)
    over_files = dataclasses.replace(empty, media=lively.media)
    for machine, what in ((over_rows, "DATABASE_URL"), (over_files, str(lively.media))):
        said = safe.runs("restore", machine)
        assert (said.code, said.out) == (1, "")
        assert "(restore_not_empty)" in said.err
        assert what in said.err
        assert "Nothing was changed" in said.err
    assert (rows_of(lively), files_of(lively)) == before
    assert is_untouched(empty)


def test_a_database_that_was_only_migrated_is_empty(
    lively: Config, fresh_database_url: str, tmp_path: Path, safe: Safe
) -> None:
    safe.backs_up(lively)
    migrated = dataclasses.replace(lively, database_url=fresh_database_url, media=tmp_path / "m")
    safe.restores_onto(migrated)
    assert unchanged(rows_of(migrated)) == unchanged(rows_of(lively))


def test_a_database_with_tables_of_somebody_else_is_not_empty(
    lively: Config, new_machine: NewMachine, safe: Safe
) -> None:
    safe.backs_up(lively)
    machine = new_machine()
    database = Database(machine.database_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (id INTEGER)")
    database.close()
    assert "(restore_not_empty)" in safe.runs("restore", machine).err


def test_another_key_is_refused(lively: Config, new_machine: NewMachine, safe: Safe) -> None:
    safe.backs_up(lively)
    safe.key_file.write_text("another long key, of another office", encoding="utf-8")
    machine = new_machine()
    for command in ("restore", "verify-backup", "backup"):
        said = safe.runs(command, machine if command == "restore" else lively)
        assert (said.code, said.out) == (1, "")
        assert "(backup_key_wrong)" in said.err
    assert is_untouched(machine)
    safe.key_file.write_text(KEY, encoding="utf-8")
    assert safe.runs("verify-backup", lively).code == 0


def test_keys_that_are_none(lively: Config, safe: Safe) -> None:
    safe.key_file.write_text("too short", encoding="utf-8")
    said = safe.runs("backup", lively)
    assert (said.code, said.out) == (2, "")
    assert "20 characters or more" in said.err
    safe.key_file.unlink()
    assert "cannot be read" in safe.runs("backup", lively).err
    assert (
        "The backup key is missing" in safe.runs("backup", lively, DOORSTEP_BACKUP_KEY_FILE="").err
    )
    assert not safe.folder.exists()


def test_a_folder_with_other_things_is_no_target(lively: Config, safe: Safe) -> None:
    safe.folder.mkdir()
    (safe.folder / "holiday.jpg").write_bytes(b"sea")
    said = safe.runs("backup", lively)
    assert (said.code, said.out) == (1, "")
    assert "(backup_target_foreign)" in said.err
    assert [file.name for file in safe.folder.iterdir()] == ["holiday.jpg"]


def test_a_backup_that_is_not_there(lively: Config, new_machine: NewMachine, safe: Safe) -> None:
    assert "(backup_unknown)" in safe.runs("restore", new_machine()).err
    made = safe.backs_up(lively)
    said = safe.runs("restore", new_machine(), "--backup", "000002-20200101T000000Z")
    assert "(backup_unknown)" in said.err
    assert made["backup"] in said.err


def test_one_at_a_time(lively: Config, safe: Safe) -> None:
    safe.backs_up(lively)
    with targets.locked(safe.folder / targets.LOCK, "here"):
        assert "(backup_busy)" in safe.runs("backup", lively).err
    assert safe.runs("backup", lively).code == 0


def test_a_database_that_is_not_there(lively: Config, safe: Safe, tmp_path: Path) -> None:
    nowhere = dataclasses.replace(lively, database_url=sqlite_url(tmp_path / "nowhere.sqlite3"))
    said = safe.runs("backup", nowhere)
    assert (said.code, said.out) == (2, "")
    assert "nothing to back up" in said.err
    assert not (tmp_path / "nowhere.sqlite3").exists()


def test_a_database_that_cannot_be_reached(lively: Config, safe: Safe, tmp_path: Path) -> None:
    nobody = "postgresql://nobody@127.0.0.1:1/nowhere"
    away = dataclasses.replace(lively, database_url=nobody, media=tmp_path / "away")
    for command in ("backup", "restore"):
        said = safe.runs(command, away)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("doorstep: The database cannot do this: ")
        assert said.err.count("\n") == 1


def test_a_database_without_tables(new_machine: NewMachine, safe: Safe) -> None:
    machine = new_machine()
    assert is_untouched(machine)  # on SQLite the file is there now, and empty
    assert "nothing to back up" in safe.runs("backup", machine).err


def test_a_newer_format_is_refused(lively: Config, new_machine: NewMachine, safe: Safe) -> None:
    safe.backs_up(lively)
    header = safe.folder / targets.HEADER
    said, proof = header.read_text().split("\n")
    header.write_text(json.dumps({**json.loads(said), "format": 2}) + "\n" + proof)
    machine = new_machine()
    refused = safe.runs("restore", machine)
    assert (refused.code, refused.out) == (1, "")
    assert "(backup_too_new)" in refused.err
    assert is_untouched(machine)


def test_a_newer_schema_is_refused(
    lively: Config, new_machine: NewMachine, safe: Safe, office: Office
) -> None:
    """The version that made the backup knows a migration that we do not."""
    from sqlalchemy import text

    office.write(lambda s: s.execute(text("UPDATE alembic_version SET version_num = 'later'")))
    safe.backs_up(lively)
    machine = new_machine()
    refused = safe.runs("restore", machine)
    assert (refused.code, refused.out) == (1, "")
    assert "(backup_too_new)" in refused.err
    assert is_untouched(machine)


def test_another_secret_is_pointed_out(lively: Config, new_machine: NewMachine, safe: Safe) -> None:
    safe.backs_up(lively)
    said = safe.runs(
        "restore", new_machine(), DOORSTEP_SECRET="another house's secret, just as long"
    )
    assert said.code == 0
    assert "everybody signs in again" in said.err


# Files that the media folder has lost.


def test_a_lost_original_is_named_and_does_not_stop_the_backup(
    lively: Config, new_machine: NewMachine, safe: Safe
) -> None:
    lost, rotten = sorted((lively.media / "originals").rglob("*/*"))
    lost.unlink()
    rotten.write_bytes(rotten.read_bytes()[:-1] + b"?")
    said = safe.runs("backup", lively)
    assert said.code == 1
    assert lost.name in said.err
    assert rotten.name in said.err
    assert safe.runs("verify-backup", lively).code == 0
    machine = new_machine()
    told = safe.restores_onto(machine)
    assert sorted(told["missing"]) == sorted([lost.name, rotten.name])
    assert unchanged(rows_of(machine)) == unchanged(rows_of(lively))


def test_what_an_earlier_backup_has_is_not_lost(
    lively: Config, new_machine: NewMachine, safe: Safe
) -> None:
    before = files_of(lively)
    safe.backs_up(lively)
    shutil.rmtree(lively.media / "originals")
    safe.backs_up(lively)
    machine = new_machine()
    safe.restores_onto(machine)
    assert files_of(machine) == before


def test_the_whole_schema_has_a_portable_form() -> None:
    """A column of a new kind must be given its form in server/backups/rows.py first."""
    from server.backups.rows import kind_of

    for table in models.Table.metadata.sorted_tables:
        for column in table.columns:
            impl = getattr(column.type, "impl", column.type)
            assert kind_of(impl), f"{table.name}.{column.name}"
