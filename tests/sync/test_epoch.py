"""Another life of the server: after a restore every tablet offers again what it still holds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from field_client import blobs
from server.actions import beginnings
from server.db.events import FieldEvent
from server.db.feed import Change
from server.db.jobs import Job, Visit
from server.db.parts import Movement
from server.db.photos import Blob, Owner, Photo, Upload
from server.domain import visits
from tests import pictures
from tests.conftest import HandClock
from tests.office import Office
from tests.people import ALICE, LENA, PASSWORD
from tests.sync.conftest import Tablet

MakeTablet = Callable[..., Tablet]
Load = Callable[..., Any]


def new_life(office: Office) -> None:
    office.write(lambda session: beginnings.new_epoch(session, office.at()))


def rows(load: Load, table: Any) -> int:
    return load(lambda s: s.scalar(select(func.count()).select_from(table)))


@pytest.fixture
def delivered(tablet: MakeTablet, office: Office, tmp_path: Path) -> tuple[Tablet, str]:
    """Alice's tablet, with a finished job that the server has in full."""
    job_id = office.issues_a_job(ALICE)
    alice = tablet(ALICE)
    alice.sync()
    picture = tmp_path / "after.jpg"
    picture.write_bytes(pictures.jpeg("kitchen_after"))
    alice.arrive(job_id)
    alice.photo(job_id, "after", picture)
    alice.part(job_id, "HINGE-110", 2)
    alice.finish(job_id, anyway=True)
    assert alice.sync().is_done
    return alice, job_id


def test_everything_is_offered_again_and_nothing_is_doubled(
    delivered: tuple[Tablet, str], office: Office, load: Load
) -> None:
    alice, job_id = delivered
    before = [rows(load, table) for table in (FieldEvent, Photo, Movement, Blob)]
    new_life(office)
    alice.network.asked.clear()
    report = alice.sync()
    assert (report.is_done, report.by_status) == (True, {"applied": 4})
    assert any("media/check" in line for line in alice.network.asked)
    assert [rows(load, table) for table in (FieldEvent, Photo, Movement, Blob)] == before
    assert office.sees_job(job_id).received == "complete"
    assert alice.show(job_id).state == "finished"
    assert alice.sync().by_status == {}


def test_what_the_backup_did_not_have_comes_back(
    delivered: tuple[Tablet, str], office: Office, load: Load, app: Any
) -> None:
    """The backup is from before the visit: events, photo and file are gone, the job is there."""
    alice, job_id = delivered

    def restore(session: Any) -> None:
        for table in (FieldEvent, Photo, Movement, Blob, Owner, Upload):
            session.execute(delete(table))
        job = session.get(Job, job_id)
        session.execute(
            update(Visit).where(Visit.id == job.visit_id).values(content=visits.empty())
        )
        job.state, job.outcome, job.finished_at, job.received = "issued", None, None, "none"
        session.execute(update(Change).where(Change.entity_id == job_id).values(version=1))
        beginnings.new_epoch(session, office.at())

    office.write(restore)
    shutil.rmtree(app.extensions["doorstep"].media.root / "originals")
    assert alice.sync().is_done
    job = office.sees_job(job_id)
    assert (job.state, job.received) == ("finished", "complete")
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]
    assert rows(load, Movement) == 1


def test_a_colleague_on_the_same_tablet_drops_nothing_that_the_new_life_may_not_have(
    delivered: tuple[Tablet, str], office: Office, clock: HandClock, app: Any
) -> None:
    """Alice's photo is past the keep time, but she has not heard of the restore yet; Lena has."""
    alice, _ = delivered
    alice.sync()  # hears that everything is here
    shutil.rmtree(app.extensions["doorstep"].media.root / "originals")
    new_life(office)
    clock.go_on(days=20)
    alice.login(LENA.username, PASSWORD)
    assert alice.sync().is_done
    for row in alice.store.rows("SELECT sha256 FROM blob"):
        assert blobs.is_intact(alice.store, row["sha256"])


def test_a_photo_kept_apart_from_a_complete_job_has_a_keep_time_of_its_own(
    delivered: tuple[Tablet, str], tablet: MakeTablet, clock: HandClock, tmp_path: Path
) -> None:
    """The job was complete for weeks without it; a backup from just before it came is still young."""
    _, job_id = delivered
    lena = tablet(LENA)
    assert lena.sync().is_done  # hears that everything is here
    clock.go_on(days=20)
    picture = tmp_path / "also.jpg"
    picture.write_bytes(pictures.jpeg("kitchen_before"))
    lena.photo(job_id, "extra", picture)
    report = lena.sync()
    assert (report.is_done, report.by_status, report.files) == (True, {"recorded": 1}, 1)
    [photo] = lena.store.rows("SELECT sha256 FROM blob")
    assert blobs.is_intact(lena.store, photo["sha256"])
    clock.go_on(days=20)
    assert lena.sync().is_done
    assert not blobs.is_intact(lena.store, photo["sha256"])


def test_a_new_life_in_the_middle_of_a_sync(
    delivered: tuple[Tablet, str], office: Office, load: Load
) -> None:
    """The restore happened between hello and push: the push's answer tells of it."""
    alice, job_id = delivered
    alice.note(job_id, "one more thing")
    real = alice.network.request
    lives = iter(["another"])

    class Restoring:
        def request(self, method: str, path: str, headers: Any, body: bytes | None = None) -> Any:
            if path.endswith("/push") and next(lives, None):
                new_life(office)
            return real(method, path, headers, body)

        def close(self) -> None:
            pass

    alice._open_transport = Restoring()
    report = alice.sync()
    assert report.is_done, report
    visit = load(lambda s: s.get(Visit, s.get(Job, job_id).visit_id).content)
    assert [each["text"] for each in visit["notes"]] == ["one more thing"]
    assert rows(load, FieldEvent) == 5
