"""The worker: tasks are done once, failures rest and are put aside, and the house is kept."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import worker
from server.db import house as queue
from server.db.house import KeptAnswer, Task
from server.db.people import Guess
from server.house import House
from server.ids import new_id
from server.images import Examiner
from server.worker import Worker, run_once
from tests import people, pictures
from tests.album import Album
from tests.client import Client
from tests.conftest import HandClock
from tests.live import Command, environment
from tests.office import Office
from tests.people import NOW
from tests.uploads import enrol, noise

Load = Callable[..., Any]


@pytest.fixture
def house(app: Flask) -> House:
    found: House = app.extensions["doorstep"]
    return found


@pytest.fixture
def office(app: Flask, clock: HandClock) -> Office:
    return Office(app, clock)


@pytest.fixture
def album(app: Flask) -> Album:
    return Album(app)


def ask(house: House, kind: str, subject: str) -> None:
    house.database.write(lambda s: queue.ask_for(s, kind, subject, house.clock()))


def tasks(house: House) -> list[Task]:
    return house.database.read(lambda s: list(s.scalars(select(Task).order_by(Task.id))))


def test_it_works(house: House, album: Album, office: Office) -> None:
    job_id = office.issues_a_job(people.ALICE)
    photo_id = album.takes(job_id)
    assert run_once(house) == 1
    assert album.shows(photo_id).state == "checked"
    thumb = house.media.derived_path(album.shows(photo_id).sha256, "thumb")
    assert thumb.read_bytes().startswith(b"\xff\xd8")
    (task,) = tasks(house)
    assert (task.done_at, task.tries, task.holder) == (NOW, 1, None)
    assert run_once(house) == 0, "what is done is done"


def test_a_signature_needs_no_examination(house: House, album: Album) -> None:
    name = house.media.put(b"a signature")
    ask(house, "photo.examine", name)
    assert run_once(house) == 1
    assert tasks(house)[0].done_at == NOW
    assert not house.media.derived_path(name, "thumb").exists()


def test_a_task_that_fails_rests_longer_each_time_and_is_put_aside(
    house: House, clock: HandClock
) -> None:
    ask(house, "nobody.knows", "this")
    rests = []
    for _ in range(queue.TRIES):
        assert run_once(house) == 1
        assert run_once(house) == 0, "it rests"
        rests.append(int((tasks(house)[0].run_at - clock()).total_seconds()))
        clock.now = max(clock.now, tasks(house)[0].run_at)
    assert rests[:5] == [10, 30, 90, 270, 810]
    (task,) = tasks(house)
    assert task.failed_at is not None
    assert "nobody knows tasks of kind nobody.knows" in task.failure
    clock.go_on(days=1)
    assert run_once(house) == 0


def test_a_file_that_is_not_there_is_tried_again(
    house: House, album: Album, office: Office, clock: HandClock
) -> None:
    photo_id = album.takes(office.issues_a_job(people.ALICE))
    original = house.media.original_path(album.shows(photo_id).sha256)
    aside = original.rename(original.with_name("aside"))
    run_once(house)
    assert album.shows(photo_id).state == "stored"
    assert "FileNotFoundError" in tasks(house)[0].failure
    aside.rename(original)
    clock.go_on(seconds=10)
    run_once(house)
    assert album.shows(photo_id).state == "checked"


def test_the_task_of_a_dead_worker_is_taken_over(house: House, clock: HandClock) -> None:
    ask(house, "photo.examine", "0" * 64)
    house.database.write(lambda s: queue.claim(s, "a worker that died", clock()))
    assert run_once(house) == 0, "its lease still runs"
    clock.go_on(minutes=6)
    assert run_once(house) == 1
    assert (tasks(house)[0].tries, tasks(house)[0].done_at) == (2, clock())


def test_a_task_that_ends_every_worker_is_put_aside(house: House, clock: HandClock) -> None:
    ask(house, "photo.examine", "0" * 64)
    for _ in range(queue.TRIES):
        house.database.write(lambda s: queue.claim(s, "a worker that died", clock()))
        clock.go_on(minutes=6)
    run_once(house)
    (task,) = tasks(house)
    assert (task.done_at, task.failed_at) == (None, clock())
    assert "ended every worker" in task.failure


def test_two_workers_never_do_the_same(house: House) -> None:
    for number in range(20):
        ask(house, "photo.examine", f"{number:064}")
    with Examiner() as examiner:
        one, two = Worker(house, examiner), Worker(house, examiner)
        while one.do_one() | two.do_one():
            pass
    assert [task.tries for task in tasks(house)] == [1] * 20


def test_an_idle_worker_never_asks_for_the_writers_turn(house: House) -> None:
    """Whoever writes for long is not disturbed, and disturbs nobody who only looks."""
    with Examiner() as examiner:
        idle = Worker(house, examiner)
        assert house.database.write(lambda session: idle.do_one()) is False


def test_what_came_too_late_writes_nothing(house: House, clock: HandClock) -> None:
    """The lease ran out while the picture was looked at, and another worker took the task over."""
    ask(house, "photo.examine", "0" * 64)
    with Examiner() as examiner:
        slow = Worker(house, examiner)
        task = slow._claim()
        assert task is not None
        clock.go_on(minutes=6)
        run_once(house)
        wrote: list[Any] = []
        house.database.write(lambda s: slow._end(s, task, wrote.append))
    assert wrote == []


# Keeping house.


def test_bytes_without_an_upload_go(house: House, sign_in: Callable[..., Client]) -> None:
    alice = enrol(sign_in(people.ALICE))
    where = alice.begin(noise(500))
    alice.send(where, 0, noise(500)[:100])
    orphan, fresh = (house.media.incoming_path(new_id()) for _ in range(2))
    for file in (orphan, fresh):
        file.write_bytes(b"left behind")
    long_ago = time.time() - 2 * worker.ORPHAN_S
    own = house.media.incoming_path(where.rsplit("/", 1)[1])
    for file in (orphan, own):
        os.utime(file, (long_ago, long_ago))
    stranger = house.media.root / "incoming" / "README.md"
    stranger.write_text("not ours to take")
    os.utime(stranger, (long_ago, long_ago))
    run_once(house)
    assert not orphan.exists()
    assert fresh.exists(), "it may belong to an upload that begins right now"
    assert stranger.exists()
    assert alice.offset(where) == 100


def test_an_upload_that_is_being_written_is_not_swept(
    house: House, sign_in: Callable[..., Client], clock: HandClock
) -> None:
    from server.actions import uploads

    alice = enrol(sign_in(people.ALICE))
    upload_id = alice.begin(noise(500)).rsplit("/", 1)[1]
    clock.go_on(days=29, hours=23, minutes=59, seconds=59)
    house.database.write(
        lambda s: uploads.take_turn(s, upload_id, people.ALICE.id, "a request", clock())
    )
    clock.go_on(seconds=10)
    assert house.database.write(lambda s: uploads.forget_expired(s, clock())) == []


def test_what_missed_each_other_meets(house: House, album: Album, office: Office) -> None:
    """The event and the file were committed in the same moment, and neither saw the other."""
    job_id = office.issues_a_job(people.ALICE)
    album.takes(job_id, pictures.jpeg())
    missed = album.announces(job_id, pictures.jpeg())
    run_once(house)
    run_once(house)
    assert album.shows(missed).state == "checked"


def test_old_answers_and_guesses_go(house: House, clock: HandClock, load: Load) -> None:
    def fill(session: Any) -> None:
        session.add(
            KeptAnswer(
                person_id=people.ALICE.id,
                key="one",
                fingerprint="0" * 64,
                status=201,
                body="{}",
                at=clock(),
            )
        )
        session.add(Guess(subject="name:alice", at=clock()))

    house.database.write(fill)
    ask(house, "photo.examine", "0" * 64)
    clock.go_on(minutes=10)
    run_once(house)
    everything = select(KeptAnswer), select(Guess), select(Task)
    assert [len(load(lambda s, q=q: list(s.scalars(q)))) for q in everything] == [1, 1, 1]
    clock.go_on(days=31)
    run_once(house)
    assert [len(load(lambda s, q=q: list(s.scalars(q)))) for q in everything] == [0, 0, 0]


def test_one_duty_that_fails_does_not_stop_the_others(
    house: House, office: Office, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    folder = house.media.root / "incoming"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    folder.rmdir()
    folder.symlink_to("incoming")  # a folder that cannot be listed
    house.database.write(lambda s: s.add(Guess(subject="name:alice", at=clock())))
    clock.go_on(hours=1)
    run_once(house)
    folder.unlink()
    assert house.database.read(lambda s: list(s.scalars(select(Guess)))) == []


# As a command.


def test_the_command_works_and_ends_when_asked(
    house: House, album: Album, office: Office, tmp_path: Path, clock: HandClock
) -> None:
    clock.now = NOW - timedelta(days=365)  # the command goes by the real clock
    job_id = office.issues_a_job(people.ALICE)
    photo_id = album.takes(job_id)
    with Command(["worker"], environment(house.config), tmp_path / "log") as command:
        deadline = time.monotonic() + 60
        while album.shows(photo_id).state == "stored" and time.monotonic() < deadline:
            assert command.process.poll() is None, command.log
        assert album.shows(photo_id).state == "checked", command.log
        assert command.stop() == 0
        assert "the worker has stopped" in command.log
