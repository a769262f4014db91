"""An update of the app: whatever waits in an older store is still there, byte for byte, and still goes out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from field_client import Companion, blobs, errors, plan, schema
from field_client.store import Store
from tests import pictures
from tests.field_client import device

SHIPPED = {
    "2026_11_first": "0f9ee470da3f37f0a5953f49606124fe9120fa815fc265215452b52d14decfff",
    "2026_11_readiness": "e286fc92d7f9b9e3f5b92e2bb54a887adf8dfbdc7c89b6852e12950c6b9c3beb",
}
"""SHA-256 of what each shipped migration makes. An entry is added with each release and never changed."""


def shape_of(db: Database) -> str:
    rows = db.query("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return hashlib.sha256("\n".join(row["sql"] for row in rows).encode()).hexdigest()


def test_no_shipped_migration_was_edited() -> None:
    db = Database(memory=True)
    made = {}
    names = [migration.name for migration in schema.migrations.pending(db)]
    for name, following in zip(names, [*names[1:], None], strict=True):
        schema.migrations.apply(db, stop_before=following)
        made[name] = shape_of(db)
    assert made == SHIPPED
    assert set(names) == schema.NAMES


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A store of today with 500 waiting events and 20 files, about to meet an update."""
    tablet = device.tablet(tmp_path / "home", jobs=5)
    picture = tmp_path / "shot.jpg"
    for n in range(480):
        tablet.note(f"J-{1001 + n % 5}", f"备注 {n}")
    for n in range(20):
        picture.write_bytes(pictures.jpeg(size=(200 + n, 200)))
        tablet.photo(f"J-{1001 + n % 5}", "after", picture)
    tablet.close()
    return tmp_path / "home"


def told(home: Path) -> list[tuple[int, str, str]]:
    db = Database(home / "store.sqlite3")
    rows = [(row["seq"], row["event_id"], row["body"]) for row in db["event"].rows]
    db.close()
    return rows


def next_release(monkeypatch: pytest.MonkeyPatch, *, fails: bool = False) -> None:
    """The migrations of a release to come, behind those of today."""
    coming = Migrations("field_client")
    for migration in schema.migrations._migrations:
        coming(name=migration.name)(migration.fn)

    @coming(name="2031_01_next")
    def following(db: Database) -> None:
        db.execute("ALTER TABLE event ADD COLUMN weather TEXT")
        db.execute("CREATE TABLE moods (id INTEGER PRIMARY KEY)")
        if fails:
            raise RuntimeError

    monkeypatch.setattr(schema, "migrations", coming)
    monkeypatch.setattr(schema, "NAMES", schema.NAMES | {"2031_01_next"})


def test_everything_that_waits_survives_an_update(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(older)
    next_release(monkeypatch)
    with Companion(older, clock=device.StillClock()) as tablet:
        tablet.note("J-1001", "after the update")
        assert len(tablet.outbox.waiting_ids()) == 501
        assert len(tablet.outbox.next_batch(plan.Limits(max_events=1000))) == 501
        assert tablet.status()["waiting"]["files"] == 20
        for row in tablet.store.rows("SELECT sha256 FROM blob"):
            assert blobs.is_intact(tablet.store, row["sha256"])
    assert told(older)[:500] == before


def test_an_update_that_fails_changes_nothing(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told(older)
    with monkeypatch.context() as update:
        next_release(update, fails=True)
        with pytest.raises(RuntimeError):
            Store(older, device.StillClock())
    with Companion(older, clock=device.StillClock()) as tablet:
        assert tablet.store.rows("SELECT name FROM sqlite_master WHERE name = 'moods'") == []
    assert told(older) == before


def test_going_back_to_the_older_app_is_refused(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as update:
        next_release(update)
        Store(older, device.StillClock()).close()
    with pytest.raises(errors.StoreTooNew):
        Store(older, device.StillClock())
