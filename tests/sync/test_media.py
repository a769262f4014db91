"""What the server says of files: stored, partial, absent; and how files and events meet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from server.db.people import Device
from server.ids import new_id
from server.worker import run_once
from tests import people, pictures
from tests.client import Client
from tests.conftest import HandClock
from tests.events import Event, Lane, photo
from tests.office import Office
from tests.uploads import Tablet, enrol, noise, sha256

SignIn = Callable[[people.Character], Client]

PHOTO = noise(50_000)


@pytest.fixture
def alice(sign_in: SignIn) -> Tablet:
    return enrol(sign_in(people.ALICE))


def test_it_works(alice: Tablet) -> None:
    begun, unknown = noise(2_000, seed=2), noise(2_000, seed=3)
    alice.upload(PHOTO)
    where = alice.begin(begun)
    alice.send(where, 0, begun[:700])
    stored, partial, absent = alice.check(PHOTO, begun, unknown)
    assert stored == {"sha256": sha256(PHOTO), "state": "stored"}
    assert partial.pop("expires_at").endswith("Z")
    assert partial == {
        "sha256": sha256(begun),
        "state": "partial",
        "upload": where,
        "offset": 700,
    }
    assert absent == {"sha256": sha256(unknown), "state": "absent"}


def test_the_offset_is_the_length_on_the_disk(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:40_000], promised=len(PHOTO))
    assert alice.check(PHOTO)[0]["offset"] == 40_000


def test_it_hides_files_of_others(sign_in: SignIn, alice: Tablet) -> None:
    alice.upload(PHOTO)
    carol = enrol(sign_in(people.CAROL), "01980000-0000-7000-8000-00000000d002")
    assert carol.check(PHOTO) == [{"sha256": sha256(PHOTO), "state": "absent"}]


def test_it_is_safe_to_repeat(alice: Tablet) -> None:
    alice.upload(PHOTO)
    assert alice.check(PHOTO, PHOTO) == alice.check(PHOTO)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"blobs": [{"sha256": "beef", "size": 1}]},
        {"blobs": [{"sha256": "0" * 64}]},
        {"blobs": [{"sha256": "0" * 64, "size": -1}]},
        {"blobs": [{"sha256": "0" * 64, "size": 1}] * 501},
        {"blobs": [], "everything": True},
    ],
)
def test_it_refuses_nonsense(alice: Tablet, body: Any) -> None:
    assert alice.client.post("/sync/v1/media/check", json=body).status_code == 422


def test_it_refuses_who_is_no_tablet(sign_in: SignIn) -> None:
    refused = sign_in(people.ALICE).post("/sync/v1/media/check", json={"blobs": []})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "device_unknown")


def test_a_tablet_is_noted_once_a_minute(
    alice: Tablet, clock: HandClock, load: Callable[..., Any]
) -> None:
    def seen() -> tuple[Any, str]:
        device = load(lambda session: session.get_one(Device, alice.device_id))
        return device.last_seen_at, device.app

    alice.client.environ_base["HTTP_SYNC_APP"] = "companion/1.0"
    alice.check(PHOTO)
    first = clock.now
    assert seen() == (first, "companion/1.0")
    clock.go_on(seconds=59)
    alice.check(PHOTO)
    assert seen() == (first, "companion/1.0")
    clock.go_on(seconds=1)
    alice.check(PHOTO)
    assert seen() == (clock.now, "companion/1.0")


def test_bytes_are_counted(alice: Tablet) -> None:
    def counted() -> float:
        lines = alice.client.get("/metrics").get_data(as_text=True).splitlines()
        line = next(each for each in lines if each.startswith("doorstep_upload_bytes_total "))
        return float(line.split()[1])

    before = counted()
    alice.upload(PHOTO)
    assert counted() - before == len(PHOTO)


# Events and files, in whichever order they come.


def push(tablet: Tablet, *events: Event) -> None:
    batch = {
        "device_id": tablet.device_id,
        "batch_id": new_id(),
        "sent_at": "2026-11-23T01:00:00.000Z",
        "events": list(events),
    }
    answer = tablet.client.post("/sync/v1/push", json=batch)
    assert [each["status"] for each in answer.json["results"]] == ["applied"] * len(events)


def test_the_file_may_come_before_its_event(alice: Tablet, office: Office, app: Flask) -> None:
    job_id = office.issues_a_job(people.ALICE)
    content = pictures.jpeg()
    alice.upload(content)
    lane = Lane(people.ALICE, job_id)
    push(alice, lane.add("photo.taken", photo(content)))
    assert [each.state for each in office.sees_photos(job_id)] == ["stored"]
    run_once(app.extensions["doorstep"])
    assert [each.state for each in office.sees_photos(job_id)] == ["checked"]


def test_the_event_may_come_before_its_file(alice: Tablet, office: Office, app: Flask) -> None:
    job_id = office.issues_a_job(people.ALICE)
    content = pictures.jpeg()
    lane = Lane(people.ALICE, job_id)
    push(alice, lane.add("photo.taken", photo(content)))
    assert [each.state for each in office.sees_photos(job_id)] == ["awaited"]
    alice.upload(content)
    run_once(app.extensions["doorstep"])
    assert [each.state for each in office.sees_photos(job_id)] == ["checked"]


def test_one_file_may_be_two_photos(alice: Tablet, office: Office, app: Flask) -> None:
    """The same bytes twice on one job, as an installer does who is not sure that it was saved."""
    job_id = office.issues_a_job(people.ALICE)
    content = pictures.jpeg()
    lane = Lane(people.ALICE, job_id)
    push(alice, lane.add("photo.taken", photo(content)))
    alice.upload(content)
    push(alice, lane.add("photo.taken", photo(content)))
    run_once(app.extensions["doorstep"])
    assert [each.state for each in office.sees_photos(job_id)] == ["checked", "checked"]


def test_announcing_is_enough_to_ask(sign_in: SignIn, alice: Tablet, office: Office) -> None:
    """Whoever has announced a file may know that it is here: nobody uploads it twice."""
    content = pictures.jpeg()
    alice.upload(content)
    lena = enrol(sign_in(people.LENA), "01980000-0000-7000-8000-00000000d003")
    lane = Lane(people.LENA, office.issues_a_job(people.LENA))
    assert lena.check(content)[0]["state"] == "absent"
    push(lena, lane.add("photo.taken", photo(content)))
    assert lena.check(content)[0]["state"] == "stored"


@contextmanager
def counted_writes(app: Flask) -> Iterator[list[Session]]:
    """The write transactions that are committed within the block."""
    written: list[Session] = []
    before_commit = app.extensions["doorstep"].database.before_commit
    before_commit.append(written.append)
    try:
        yield written
    finally:
        before_commit.remove(written.append)


def test_an_announced_file_comes_in_one_transaction(
    alice: Tablet, office: Office, app: Flask
) -> None:
    """Tablets send events first, so nearly every file is announced when it comes."""
    job_id = office.issues_a_job(people.ALICE)
    lane = Lane(people.ALICE, job_id)
    push(alice, lane.add("photo.taken", photo(PHOTO)), lane.finish())
    with counted_writes(app) as written:
        created = alice.create(PHOTO, body=PHOTO)
    assert (created.status_code, created.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert len(written) == 1
    assert [each.state for each in office.sees_photos(job_id)] == ["stored"]
    assert office.sees_job(job_id).received == "complete"
    again = alice.create(PHOTO, body=PHOTO)
    assert again.headers["Location"] == created.headers["Location"]
    assert again.headers["Upload-Offset"] == str(len(PHOTO))


def test_an_announced_file_of_somebody_else_is_at_its_end(
    sign_in: SignIn, alice: Tablet, office: Office
) -> None:
    """It is here, and whoever announced it may know: no byte of it is asked for."""
    alice.upload(PHOTO)
    lena = enrol(sign_in(people.LENA), "01980000-0000-7000-8000-00000000d003")
    lane = Lane(people.LENA, office.issues_a_job(people.LENA))
    push(lena, lane.add("photo.taken", photo(PHOTO)))
    assert lena.create(PHOTO).headers["Upload-Offset"] == str(len(PHOTO))
