"""A backup or a restore that is killed at any step: nothing that was good is lost, and it can be repeated."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect

from server.backups.making import back_up
from server.backups.restoring import restore
from server.config import Config
from server.db.engine import Database
from server.domain import errors
from tests import pictures
from tests.album import Album
from tests.commands.test_backup import NewMachine, unchanged
from tests.office import Office
from tests.people import ALICE
from tests.safes import KEY, Safe, files_of, rows_of

KILLED = 9


def killed_at(step: int, act: Callable[[Callable[[str, Path], None]], object]) -> bool:
    """Runs `act` in a process that dies at its nth step, as the power would; False when it had fewer."""
    child = os.fork()
    if child == 0:
        left = iter(range(step))

        def die(_step: str, _path: Path) -> None:
            if next(left, None) is None:
                os._exit(KILLED)

        try:
            act(die)
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILLED)
    return code == KILLED


def steps_of(act: Callable[[Callable[[str, Path], None]], object]) -> int:
    """How many steps a whole run has."""
    seen: list[str] = []
    act(lambda step, _path: seen.append(step))
    return len(seen)


def some_of(count: int) -> list[int]:
    """The first steps, and some of those after them."""
    return sorted({*range(4), *range(4, count - 4, max(1, count // 6)), count - 4})


def test_a_killed_backup_leaves_the_earlier_one_good(
    lively: Config,
    new_machine: NewMachine,
    safe: Safe,
    office: Office,
    album: Album,
    tmp_path: Path,
) -> None:
    first = safe.backs_up(lively)
    old_rows, old_files = rows_of(lively), files_of(lively)
    album.takes(office.issues_a_job(ALICE), pictures.jpeg("damaged_panel"))

    def make(before_step: Callable[[str, Path], None], folder: Path = safe.folder) -> object:
        return back_up(lively, folder, KEY, office.at(), before_step=before_step)

    def steps(trial: str) -> int:
        shutil.copytree(safe.folder, tmp_path / trial)
        return steps_of(lambda before_step: make(before_step, tmp_path / trial))

    for step in some_of(steps("one")):
        assert killed_at(step, make)
    assert killed_at(steps("two") - 1, make)  # all is there but the name
    assert [each.name for each in (safe.folder / "backups").glob("[!.]*")] == [first["backup"]]
    assert safe.runs("verify-backup", lively, "--backup", first["backup"]).code == 0
    restored = new_machine()
    safe.restores_onto(restored, "--backup", first["backup"])
    assert unchanged(rows_of(restored)) == unchanged(old_rows)
    assert files_of(restored) == old_files
    second = safe.backs_up(lively)
    assert safe.runs("verify-backup", lively).code == 0
    under_way = [each for each in (safe.folder / "backups").iterdir() if each.name[0] == "."]
    assert (second["files"], under_way) == (3, [])


def test_a_first_backup_that_was_killed_is_made_anew(
    lively: Config, safe: Safe, office: Office
) -> None:
    def make(before_step: Callable[[str, Path], None]) -> object:
        return back_up(lively, safe.folder, KEY, office.at(), before_step=before_step)

    for step in range(6):
        assert killed_at(step, make)
    safe.backs_up(lively)
    assert safe.runs("verify-backup", lively).code == 0


def test_a_killed_restore_is_repeated(
    lively: Config, new_machine: NewMachine, safe: Safe, office: Office
) -> None:
    safe.backs_up(lively)

    def bring(before_step: Callable[[str, Path], None], machine: Config) -> object:
        return restore(machine, safe.folder, KEY, office.at(), before_step=before_step)

    count = steps_of(lambda before_step: bring(before_step, new_machine()))
    for step in range(count):
        machine = new_machine()
        killed = killed_at(step, lambda before_step, onto=machine: bring(before_step, onto))  # type: ignore[misc]
        assert killed
        told = safe.restores_onto(machine)
        assert unchanged(rows_of(machine)) == unchanged(rows_of(lively))
        assert files_of(machine) == files_of(lively)
        assert len([row for row in rows_of(machine)["audit"] if "house.restored" in row]) == 1
        assert told["epoch"] in str(rows_of(machine)["house"])
        assert sorted(path.name for path in machine.media.iterdir()) == ["incoming", "originals"]
        refused = safe.runs("restore", machine)
        assert "(restore_not_empty)" in refused.err


def test_a_restore_that_was_killed_gives_way_to_another_backup(
    lively: Config, new_machine: NewMachine, safe: Safe, office: Office, album: Album
) -> None:
    """The newer backup was begun with; the older one is wanted after all, and gets nothing of it."""
    first = safe.backs_up(lively)
    files = files_of(lively)
    album.takes(office.issues_a_job(ALICE), pictures.jpeg("damaged_panel"))
    safe.backs_up(lively)
    machine = new_machine()

    def bring(before_step: Callable[[str, Path], None]) -> object:
        return restore(machine, safe.folder, KEY, office.at(), before_step=before_step)

    count = steps_of(
        lambda before_step: restore(
            new_machine(), safe.folder, KEY, office.at(), before_step=before_step
        )
    )
    assert killed_at(count - 2, bring)
    safe.restores_onto(machine, "--backup", first["backup"])
    assert files_of(machine) == files


def test_a_full_disk_is_told_and_taken_back(
    lively: Config, new_machine: NewMachine, safe: Safe, office: Office
) -> None:
    def full(_step: str, path: Path) -> None:
        if path.name == "people":
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(errors.BackupNoRoom):
        back_up(lively, safe.folder, KEY, office.at(), before_step=full)
    assert list((safe.folder / "backups").iterdir()) == []
    safe.backs_up(lively)
    machine = new_machine()

    def full_at_the_end(step: str, _path: Path) -> None:
        if step == "rows":
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(errors.BackupNoRoom):
        restore(machine, safe.folder, KEY, office.at(), before_step=full_at_the_end)
    database = Database(machine.database_url)
    assert inspect(database.engine).get_table_names() == []
    database.close()
    assert not machine.media.exists()
    safe.restores_onto(machine)
