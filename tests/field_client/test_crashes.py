"""The battery is pulled at every named point: nothing that was said to be saved is lost, nothing is doubled.

The real command runs as a process of its own against the real server over HTTP, and kills itself.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from werkzeug.serving import make_server

import field_client
from field_client import Companion, blobs, crashes, people
from server.db.people import Person
from tests import people as cast
from tests.conftest import HandClock
from tests.field_client.test_sync import Office, visit

ROOT = Path(field_client.__file__).resolve().parent.parent


def test_every_point_is_named_once_and_stands_somewhere() -> None:
    folder = Path(field_client.__file__).resolve().parent
    text = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    used = set(re.findall(r'crash_point\("([a-z_.]+)"\)', text))
    assert used == set(crashes.POINTS)
    assert len(crashes.POINTS) == len(set(crashes.POINTS))


@pytest.fixture
def clock() -> HandClock:
    clock = HandClock()
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return clock


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """The real server behind a real socket; its address."""
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    thread.join()
    listening.server_close()


@dataclass
class Tablet:
    """Alice's tablet, used through the command only."""

    home: Path
    server: str

    def run(
        self, *words: str, crash_at: str = "", secret: str = ""
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DOORSTEP_CRASH_AT": crash_at, "PYTHONPATH": str(ROOT)}
        environment.pop("LANG", None)
        if not crash_at:
            del environment["DOORSTEP_CRASH_AT"]
        return subprocess.run(
            [sys.executable, "-m", "field_client.cli", "--home", str(self.home), *words],
            env=environment, input=secret, capture_output=True, text=True, timeout=60, check=False,
            encoding="utf-8", cwd=self.home.parent,
        )  # fmt: skip

    def dies(self, point: str, *words: str, secret: str = "") -> str:
        done = self.run(*words, crash_at=point, secret=secret)
        assert done.returncode == -signal.SIGKILL, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    def opened(self) -> Companion:
        """The same store by the library, for what need not be a process of its own."""
        return Companion(self.home)

    def signs_in(self) -> None:
        with self.opened() as companion:
            companion.login("alice", cast.PASSWORD, self.server)

    def syncs(self) -> None:
        with self.opened() as companion:
            report = companion.sync()
            assert report.is_done, report


SIGN_IN = ("login", "alice", "--password-stdin", "--server")


@pytest.fixture
def tablet(tmp_path: Path, server: str) -> Tablet:
    return Tablet(tmp_path / "home", server)


@pytest.fixture
def office(app: Flask) -> Office:
    return Office(app)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """Large enough to travel in more than one piece."""
    file = tmp_path / "shot.jpg"
    grain = Image.effect_noise((2048, 1536), 120).convert("RGB")
    grain.save(file, quality=90)
    return str(file)


@pytest.fixture
def job(tablet: Tablet, office: Office) -> str:
    """A job on the tablet, ready to be worked on."""
    tablet.signs_in()
    job_id = office.issues()
    tablet.syncs()
    return job_id


def of(start: str) -> list[str]:
    return [point for point in crashes.POINTS if point.startswith(start)]


def must_come_through(tablet: Tablet, office: Office, told: int = 0) -> None:
    """After the crash the store is whole, and one ordinary sync brings everything to the office once."""
    with tablet.opened() as companion:
        assert companion.store.value("PRAGMA integrity_check") == "ok"
        assert companion.store.rows("PRAGMA foreign_key_check") == []
        rows = companion.store.rows("SELECT event_id, kind FROM event")
        assert len(rows) >= told
        for blob in companion.store.rows("SELECT sha256 FROM blob WHERE is_local = 1"):
            assert blobs.is_intact(companion.store, blob["sha256"])
    tablet.syncs()
    with tablet.opened() as companion:
        kinds = sorted(row["kind"] for row in companion.store.rows("SELECT kind FROM event"))
        files = {row["sha256"] for row in companion.store.rows("SELECT sha256 FROM blob")}
        assert list(companion.store.incoming.iterdir()) == []
    assert sorted(kind for kind, _ in office.events()) == kinds
    assert files == office.files()


@pytest.mark.parametrize("point", of("open."))
def test_while_the_store_is_made(tablet: Tablet, office: Office, point: str) -> None:
    tablet.dies(point, "status")
    tablet.signs_in()
    must_come_through(tablet, office)


@pytest.mark.parametrize("point", of("login."))
def test_while_signing_in(tablet: Tablet, office: Office, point: str) -> None:
    tablet.dies(point, *SIGN_IN, tablet.server, secret=cast.PASSWORD)
    if point != "login.after_commit":
        assert tablet.run("jobs").returncode == 4
        tablet.signs_in()
    must_come_through(tablet, office)


@pytest.mark.parametrize("point", of("capture."))
def test_while_capturing_a_photo(
    tablet: Tablet, office: Office, job: str, picture: str, point: str
) -> None:
    with tablet.opened() as companion:
        companion.accept(job)
    said = tablet.dies(point, "photo", job, "after", picture)
    assert "Saved" not in said
    must_come_through(tablet, office, told=1)
    assert ("photo.taken", "applied") in office.events() or point != "capture.after_commit"
    with tablet.opened() as companion:
        companion.photo(job, "after", Path(picture))
    must_come_through(tablet, office, told=2)


@pytest.mark.parametrize("point", of("capture."))
def test_while_the_customer_signs(tablet: Tablet, office: Office, job: str, point: str) -> None:
    """Presented and signed come together or not at all."""
    with tablet.opened() as companion:
        companion.arrive(job)
    tablet.dies(point, "sign", job, "--name", "李娜")
    with tablet.opened() as companion:
        kinds = [event["kind"] for event in companion.outbox.lane(job)]
    assert kinds in (
        ["visit.arrived"],
        ["visit.arrived", "receipt.presented", "receipt.signed"],
    )
    must_come_through(tablet, office, told=1)


def test_the_second_of_two_photos(tablet: Tablet, office: Office, job: str, picture: str) -> None:
    said = tablet.dies("capture.before_commit:2", "photo", job, "after", picture, picture)
    assert said.count("Saved") == 1
    must_come_through(tablet, office, told=1)


IN_A_SYNC = [
    *of("sync.after_hello"),
    "push.before_send",
    "push.after_send",
    "push.in_acknowledgement",
    "push.after_acknowledgement",
    *of("pull."),
    "upload.after_check",
    "upload.after_create",
    "upload.after_chunk",
    "upload.before_stored",
    "upload.after_stored",
    *of("clean."),
]


@pytest.mark.parametrize("point", IN_A_SYNC)
def test_in_the_middle_of_a_sync(
    tablet: Tablet, office: Office, job: str, picture: str, point: str
) -> None:
    with tablet.opened() as companion:
        visit(companion, job, Path(picture))
    office.issues()
    tablet.dies(point, "sync")
    must_come_through(tablet, office, told=8)
    assert office.job(job)["received"] == "complete"


@pytest.mark.parametrize("point", [*of("sync.in_"), "sync.after_epoch_change", *of("snapshot.")])
def test_when_the_server_was_restored(
    tablet: Tablet, office: Office, job: str, picture: str, point: str
) -> None:
    with tablet.opened() as companion:
        companion.photo(job, "after", Path(picture))
    tablet.syncs()
    with tablet.opened() as companion:
        people.note(companion.store, cast.ALICE.id, epoch="of another life")
    tablet.dies(point, "sync")
    must_come_through(tablet, office, told=1)
    with tablet.opened() as companion:
        assert companion.show(job).job_id == job


@pytest.mark.parametrize("point", of("refresh."))
def test_while_tokens_are_renewed(tablet: Tablet, office: Office, job: str, point: str) -> None:
    with tablet.opened() as companion:
        companion.accept(job)
    with tablet.opened() as companion:
        people.note(companion.store, cast.ALICE.id, access_token="run.out.token")
    tablet.dies(point, "sync")
    must_come_through(tablet, office, told=1)


def test_after_the_fork_of_a_copied_store(tablet: Tablet, office: Office, job: str) -> None:
    with tablet.opened() as companion:
        companion.accept(job)
    tablet.syncs()
    with tablet.opened() as companion, companion.store.writing():
        companion.store.execute("DELETE FROM event")
        companion.store.execute("DELETE FROM lane")
        companion.store.execute("UPDATE installation SET next_seq = 1")
    with tablet.opened() as companion:
        companion.note(job, "from the copy")
    tablet.dies("push.after_fork", "sync")
    tablet.syncs()
    assert sorted(kind for kind, _ in office.events()) == ["job.accepted", "note.added"]


def test_after_a_file_was_lost(tablet: Tablet, office: Office, job: str, picture: str) -> None:
    with tablet.opened() as companion:
        companion.photo(job, "after", Path(picture))
    with tablet.opened() as companion:
        for file in list(blobs.files(companion.store)):
            file.write_bytes(b"damaged")
    tablet.dies("upload.after_lost", "sync")
    tablet.syncs()
    assert [kind for kind, _ in office.events()] == ["photo.taken", "photo.lost"]


def test_after_asking_for_held_events(tablet: Tablet, office: Office, job: str) -> None:
    """The first event never arrived; the second is held, and the answer about it comes to nothing."""
    with tablet.opened() as companion:
        companion.accept(job)
    with tablet.opened() as companion:
        (first,) = companion.outbox.waiting_ids()
        companion.outbox.settle([{"event_id": first, "status": "applied", "custody": True}])
    with tablet.opened() as companion:
        companion.arrive(job)
    tablet.dies("status.after_answer", "sync")
    tablet.syncs()
    assert office.events() == [("visit.arrived", "held")]
    with tablet.opened() as companion:
        companion.outbox.offer_again([first])
    must_come_through(tablet, office, told=2)
    assert {status for _, status in office.events()} == {"applied"}


def test_after_something_went_to_quarantine(tablet: Tablet, office: Office, job: str) -> None:
    with tablet.opened() as companion:
        companion.accept(job)
        with companion.store.writing():
            companion.store.execute("DROP TRIGGER event_is_immutable")
            companion.store.execute("UPDATE event SET event_id = 'no uuid'")
        companion.arrive(job)
    tablet.dies("push.after_quarantine", "sync")
    tablet.syncs()
    assert [kind for kind, _ in office.events()] == ["visit.arrived"]


@pytest.mark.parametrize("point", of("export."))
def test_while_exporting(
    tablet: Tablet,
    office: Office,
    job: str,
    tmp_path: Path,
    point: str,
    load: Callable[..., Person],
) -> None:
    with tablet.opened() as companion:
        companion.accept(job)
    box = tmp_path / "box"
    tablet.dies(point, "export", str(box))
    assert box.exists() == (point == "export.after_rename")
    with tablet.opened() as companion:
        companion.export(box)
    must_come_through(tablet, office, told=1)
