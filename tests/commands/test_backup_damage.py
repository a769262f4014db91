"""Backups that were cut, altered or mixed are refused, and a machine that was empty still is."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.backups import targets
from server.backups.making import back_up
from server.config import Config
from server.db import migrate
from server.db.engine import Database
from server.db.photos import Blob
from server.files import Media
from tests import people
from tests.conftest import sqlite_url
from tests.safes import KEY, Safe, is_untouched

NewMachine = Callable[[], Config]
Spoil = Callable[[Path], None]
BOTH = ("restore", "verify-backup")


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A machine with the cast and three files. On SQLite in any case: what lies in a safe is the same."""
    folder = tmp_path_factory.mktemp("small-house")
    config = Config(
        database_url=sqlite_url(folder / "doorstep.sqlite3"),
        media=folder / "media",
        secret="only for tests, and nothing else",
    )
    migrate.upgrade(config.database_url)
    database = Database(config.database_url)
    database.write(people.move_in)
    for content in (b"a kitchen", b"a door", bytes(range(256)) * 2000):
        keep_file(database, config, content)
    database.close()
    return config


def keep_file(database: Database, machine: Config, content: bytes) -> None:
    sha256 = Media(machine.media).put(content)
    row = Blob(sha256=sha256, size=len(content), stored_at=people.NOW)
    database.write(lambda session: session.add(row))


@pytest.fixture(scope="module")
def full_safe(small_house: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two backups in one target; each has what the other does not have."""
    folder = tmp_path_factory.mktemp("full-safe") / "backups"
    back_up(small_house, folder, KEY, people.NOW)
    database = Database(small_house.database_url)
    keep_file(database, small_house, b"a hinge")
    database.close()
    back_up(small_house, folder, KEY, people.NOW)
    return folder


@pytest.fixture
def safe(full_safe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Safe:
    """A copy of the full one, to be spoilt."""
    copy = Safe(tmp_path, monkeypatch, lambda: people.NOW)
    shutil.copytree(full_safe, copy.folder)
    return copy


@pytest.fixture
def new_machine(small_house: Config, tmp_path: Path) -> NewMachine:
    """Makes empty machines."""
    numbers = iter(range(1, 100))

    def make() -> Config:
        number = next(numbers)
        url = sqlite_url(tmp_path / f"new-{number}.sqlite3")
        return dataclasses.replace(small_house, database_url=url, media=tmp_path / f"new-{number}")

    return make


@pytest.fixture
def kept(safe: Safe) -> tuple[str, str]:
    """The ids of the two backups."""
    older, newer = sorted(each.name for each in (safe.folder / "backups").iterdir())
    return older, newer


@pytest.fixture
def refuses(small_house: Config, new_machine: NewMachine, safe: Safe) -> Callable[[str], None]:
    """Neither `restore` nor `verify-backup` takes the newest backup; nothing is changed by asking."""
    machine = new_machine()

    def ask(why: str, *codes: str, commands: tuple[str, ...] = BOTH) -> None:
        for command in commands:
            said = safe.runs(command, machine)
            assert (said.code, said.out) == (1, ""), why
            assert any(f"({code})" in said.err for code in codes or ("backup_damaged",)), said.err
            assert "Nothing was changed" in said.err
        assert is_untouched(machine), why

    return ask


def flipped(at: float) -> Spoil:
    """One bit of one byte: 0 is the first, 1 the last."""

    def spoil(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[int(at * (len(content) - 1))] ^= 1
        file.write_bytes(content)

    return spoil


def cut(at: float) -> Spoil:
    def spoil(file: Path) -> None:
        content = file.read_bytes()
        file.write_bytes(content[: int(at * (len(content) - 1))])

    return spoil


def lengthened(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0")


THOROUGHLY: dict[str, Spoil] = {
    "first byte": flipped(0),
    "middle byte": flipped(0.5),
    "last byte": flipped(1),
    "without its last byte": cut(1),
    "half": cut(0.5),
    "empty": cut(0),
    "a byte more": lengthened,
    "missing": Path.unlink,
}


def files_of_backup(safe: Safe, backup: str) -> list[Path]:
    return sorted(path for path in (safe.folder / "backups" / backup).rglob("*") if path.is_file())


def spoilt(file: Path, spoil: Spoil) -> Iterator[None]:
    """The file is spoilt, and whole again afterwards."""
    whole = file.read_bytes()
    spoil(file)
    yield
    file.write_bytes(whole)


def test_every_file_counts(kept: tuple[str, str], safe: Safe, refuses: Callable[..., None]) -> None:
    for file in files_of_backup(safe, kept[1]):
        for _ in spoilt(file, flipped(0.7)):
            refuses(f"{file.name} altered", commands=BOTH[:1])


@pytest.mark.parametrize("which", ["manifest", "rows/people", "original"])
def test_every_byte_counts(
    kept: tuple[str, str], safe: Safe, refuses: Callable[..., None], which: str
) -> None:
    if which == "original":
        file = sorted((safe.folder / "originals").rglob("*/*"))[0]
    else:
        file = safe.folder / "backups" / kept[1] / which
    for how, spoil in THOROUGHLY.items():
        for _ in spoilt(file, spoil):
            refuses(f"{which}: {how}")


def test_the_header_counts(kept: tuple[str, str], safe: Safe, refuses: Callable[..., None]) -> None:
    for how, spoil in THOROUGHLY.items():
        for _ in spoilt(safe.folder / targets.HEADER, spoil):
            refuses(how, "backup_damaged", "backup_key_wrong", "backup_unknown")


def test_files_that_changed_places(
    kept: tuple[str, str], safe: Safe, refuses: Callable[..., None]
) -> None:
    """Each of them is whole and was written with the right key, only not for this place."""
    old, new = (safe.folder / "backups" / backup for backup in kept)
    one, other = sorted((safe.folder / "originals").rglob("*/*"))[:2]
    swaps = {
        "a table of the earlier backup": (new / "rows" / "people", old / "rows" / "people"),
        "two tables": (new / "rows" / "people", new / "rows" / "jobs"),
        "the manifest of the earlier backup": (new / "manifest", old / "manifest"),
        "two originals": (one, other),
        "an original for a table": (new / "rows" / "people", one),
    }
    for how, (place, source) in swaps.items():
        for _ in spoilt(place, lambda file, of=source: shutil.copyfile(of, file)):  # type: ignore[misc]
            refuses(how)


def test_a_backup_under_another_name(
    kept: tuple[str, str], safe: Safe, refuses: Callable[..., None]
) -> None:
    """The earlier one cannot pass for a later one."""
    folder = safe.folder / "backups"
    (folder / kept[0]).rename(folder / "000009-20270101T000000Z")
    refuses("another name")


def test_something_that_does_not_belong(
    kept: tuple[str, str], safe: Safe, refuses: Callable[..., None]
) -> None:
    folder = safe.folder / "backups" / kept[1]
    for name in ("extra", "rows/extra"):
        (folder / name).write_bytes(b"extra")
        refuses(name)
        (folder / name).unlink()
    (folder / "more").mkdir()
    refuses("a folder")


def test_files_of_another_target(
    kept: tuple[str, str],
    small_house: Config,
    safe: Safe,
    refuses: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Made with the same key, of the same machine, in the same second."""
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Safe(tmp_path / "elsewhere", monkeypatch, safe.clock)
    elsewhere.backs_up(small_house)
    elsewhere.backs_up(small_house)
    for name in ("manifest", "rows/people"):
        theirs = elsewhere.folder / "backups" / kept[1] / name
        for _ in spoilt(
            safe.folder / "backups" / kept[1] / name,
            lambda file, of=theirs: shutil.copyfile(of, file),  # type: ignore[misc]
        ):
            refuses(name)


def test_an_earlier_backup_is_still_good(
    kept: tuple[str, str], new_machine: NewMachine, safe: Safe
) -> None:
    (safe.folder / "backups" / kept[1] / "manifest").unlink()
    safe.restores_onto(new_machine(), "--backup", kept[0])


def test_what_was_damaged_in_the_target_is_copied_again(
    kept: tuple[str, str], small_house: Config, new_machine: NewMachine, safe: Safe
) -> None:
    """The message names the file; without it the next backup brings it anew."""
    file = sorted((safe.folder / "originals").rglob("*/*"))[0]
    flipped(0.5)(file)
    said = safe.runs("verify-backup", small_house)
    assert str(file.relative_to(safe.folder)) in said.err
    file.unlink()
    assert safe.backs_up(small_house)["copied"] == 1
    safe.restores_onto(new_machine())
