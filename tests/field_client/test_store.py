"""The store: durable settings, one writer at a time, honest words when it cannot save."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from field_client import Companion, blobs, errors
from field_client.store import Store
from tests import pictures
from tests.field_client import device


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", device.StillClock())


def test_it_keeps_what_a_power_cut_would_take(store: Store) -> None:
    pragmas = {name: store.value(f"PRAGMA {name}") for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert store.value("PRAGMA foreign_keys") == 1


def test_only_its_owner_may_read_it(store: Store) -> None:
    assert (store.home / "store.sqlite3").stat().st_mode & 0o077 == 0
    assert store.home.stat().st_mode & 0o077 == 0


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    def fails_half_way() -> None:
        with store.writing():
            store.execute("UPDATE installation SET server = 'half'")
            with store.writing():
                store.execute("UPDATE installation SET name = 'way'")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails_half_way()
    assert store.installation["server"] is None
    assert store.installation["name"] != "way"


def test_a_second_process_waits_and_then_says_so(store: Store) -> None:
    other = Store(store.home, device.StillClock(), busy_wait_s=0.1)
    with store.writing():
        with pytest.raises(errors.StoreBusy), other.writing():
            pass
        assert other.installation["id"] == 1
    with other.writing():
        other.execute("UPDATE installation SET name = 'other'")


def test_two_writers_lose_nothing(store: Store) -> None:
    def count() -> None:
        own = Store(store.home, device.StillClock())
        for _ in range(20):
            with own.writing():
                seq = own.value("SELECT next_seq FROM installation")
                own.execute("UPDATE installation SET next_seq = ?", [seq + 1])
        own.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.value("SELECT next_seq FROM installation") == 81


def test_it_leaves_a_newer_store_alone(store: Store) -> None:
    with store.writing():
        store.insert(
            "_sqlite_migrations", migration_set="field_client", name="2031", applied_at="later"
        )
    with pytest.raises(errors.StoreTooNew):
        Store(store.home, device.StillClock())


def test_it_refuses_a_sqlite_that_loses_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    with pytest.raises(errors.SqliteTooOld):
        Store(tmp_path, device.StillClock())


def test_something_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    file.write_bytes(b"a letter to somebody" * 100)
    with pytest.raises(errors.StoreBroken):
        Store(tmp_path, device.StillClock())
    assert file.read_bytes() == b"a letter to somebody" * 100


def test_a_full_disk_keeps_what_was_there_and_leaves_no_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet = device.tablet(tmp_path / "home")
    picture = tmp_path / "a.jpg"
    picture.write_bytes(pictures.jpeg())
    tablet.photo("J-1001", "after", picture)
    before = sorted(f.name for f in blobs.files(tablet.store))
    real_fsync = os.fsync

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    picture.write_bytes(pictures.jpeg("clean_floor"))
    with pytest.raises(errors.DiskFull):
        tablet.photo("J-1001", "after", picture)
    monkeypatch.setattr(os, "fsync", real_fsync)
    assert device.waiting(tablet) == ["photo.taken"]
    assert sorted(f.name for f in blobs.files(tablet.store)) == before
    assert list(tablet.store.incoming.iterdir()) == []
    tablet.photo("J-1001", "after", picture)
    assert device.waiting(tablet) == ["photo.taken", "photo.taken"]


def test_a_file_whose_name_was_not_flushed_is_flushed_by_the_next_try(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be said to be saved, and gone after a power cut."""
    real_fsync, flushed = os.fsync, list[bool]()

    def fails_for_folders(handle: int) -> None:
        flushed.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        if flushed == [False, True]:
            raise OSError(errno.EIO, "the disk")
        real_fsync(handle)

    monkeypatch.setattr(os, "fsync", fails_for_folders)
    with pytest.raises(errors.StoreBroken), store.writing():
        blobs.place(store, b"proof")
    with store.writing():
        sha256 = blobs.place(store, b"proof")

    assert blobs.is_intact(store, sha256)
    assert flushed == [False, True, True, True], "its folder, and the folder of that"


def test_a_lock_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    tablet = device.tablet(tmp_path / "home")
    (tablet.store.home / "sync.lock").mkdir()
    with pytest.raises(errors.StoreBroken):
        tablet.sync()


def test_a_full_database_says_so(tmp_path: Path) -> None:
    tablet = device.tablet(tmp_path / "home")
    tablet.accept("J-1001")
    pages = tablet.store.value("PRAGMA page_count")
    tablet.store.db.conn.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    def write_a_lot() -> None:
        for _ in range(100):
            tablet.note("J-1001", "x" * 4_000)

    with pytest.raises(errors.DiskFull):
        write_a_lot()
    tablet.store.db.conn.execute("PRAGMA max_page_count = 1000000").fetchall()
    assert device.waiting(tablet)[0] == "job.accepted"
    tablet.arrive("J-1001")


def test_what_a_power_cut_left_behind_is_swept(tmp_path: Path) -> None:
    tablet = device.tablet(tmp_path / "home")
    picture = tmp_path / "a.jpg"
    picture.write_bytes(pictures.jpeg())
    _, shot = tablet.photo("J-1001", "after", picture)
    with tablet.store.writing():
        stray = blobs.place(tablet.store, b"no row names this")
    (tablet.store.incoming / "half.part").write_bytes(b"ha")
    assert blobs.sweep(tablet.store) == 2
    assert not blobs.path(tablet.store, stray).exists()
    assert blobs.is_intact(tablet.store, shot.sha256)


def test_a_waiting_file_can_never_be_dropped(tmp_path: Path) -> None:
    tablet = device.tablet(tmp_path / "home")
    picture = tmp_path / "a.jpg"
    picture.write_bytes(pictures.jpeg())
    tablet.photo("J-1001", "after", picture)
    for statement in ("DELETE FROM blob", "UPDATE blob SET is_local = 0"):
        with pytest.raises(sqlite3.IntegrityError), tablet.store.writing():
            tablet.store.execute(statement)


def test_many_companions_live_in_one_process(tmp_path: Path) -> None:
    tablets: list[Companion] = [device.tablet(tmp_path / str(n)) for n in range(5)]
    for tablet in tablets:
        tablet.accept("J-1001")
    told: list[Any] = [tablet.status()["waiting"]["events"] for tablet in tablets]
    assert told == [1] * 5
