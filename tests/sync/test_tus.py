"""Resumable uploads, through the front door: tus 1.0 and what Doorstep adds to it."""

import dataclasses
import hashlib
import threading
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server import bodies, worker
from server.actions import uploads as acts
from server.api import arrivals
from server.db.house import Task
from server.db.people import Device
from server.db.photos import Blob, Upload
from server.ids import new_id
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.uploads import BYTES, TUS, UPLOADS, Tablet, enrol, metadata, noise, sha256

SignIn = Callable[[people.Character], Client]
Load = Callable[..., Any]

PHOTO = noise(300_000)


@pytest.fixture
def alice(sign_in: SignIn) -> Tablet:
    return enrol(sign_in(people.ALICE))


@pytest.fixture
def carol(sign_in: SignIn) -> Tablet:
    return enrol(sign_in(people.CAROL), "01980000-0000-7000-8000-00000000d002")


@pytest.fixture
def media(app: Flask) -> Path:
    root: Path = app.extensions["doorstep"].media.root
    return root


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits three seconds for a turn that will not come."""
    monkeypatch.setattr(arrivals, "WAIT_S", 0.1)


def original(media: Path, content: bytes) -> Path:
    name = sha256(content)
    return media / "originals" / name[:2] / name


def incoming(media: Path) -> list[Path]:
    folder = media / "incoming"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def upload_id(where: str) -> str:
    return where.rsplit("/", 1)[1]


# It works.


def test_it_works(alice: Tablet, media: Path, load: Load) -> None:
    created = alice.create(PHOTO)
    assert created.status_code == 201
    where = created.headers["Location"]
    assert where.startswith(UPLOADS + "/")
    assert created.headers["Upload-Offset"] == "0"
    assert created.headers["Upload-Expires"].endswith("GMT")

    half = alice.send(where, 0, PHOTO[:150_000])
    assert (half.status_code, half.headers["Upload-Offset"]) == (204, "150000")
    asked = alice.ask(where)
    assert asked.status_code == 200
    assert asked.headers["Upload-Offset"] == "150000"
    assert asked.headers["Upload-Length"] == "300000"
    assert asked.headers["Cache-Control"] == "no-store"
    assert asked.headers["Upload-Metadata"] == metadata(sha256=sha256(PHOTO), mime="image/jpeg")

    whole = alice.send(where, 150_000, PHOTO[150_000:])
    assert (whole.status_code, whole.headers["Upload-Offset"]) == (204, "300000")
    assert original(media, PHOTO).read_bytes() == PHOTO
    assert incoming(media) == []
    blob = load(lambda session: session.get_one(Blob, sha256(PHOTO)))
    assert blob.size == len(PHOTO)
    assert alice.offset(where) == len(PHOTO)
    tasks = load(lambda s: [(t.kind, t.subject) for t in s.scalars(select(Task))])
    assert tasks == [("photo.examine", sha256(PHOTO))]


def test_it_says_what_it_can(alice: Tablet) -> None:
    for where in (UPLOADS, f"{UPLOADS}/{new_id()}"):
        answer = alice.client.options(where)
        assert answer.status_code == 204
        assert answer.headers["Tus-Resumable"] == "1.0.0"
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Max-Size"] == str(50 * 1024 * 1024)
        assert "creation-with-upload" in answer.headers["Tus-Extension"]
        assert "sha256" in answer.headers["Tus-Checksum-Algorithm"]


def test_a_small_file_comes_with_its_creation(alice: Tablet, media: Path) -> None:
    signature = noise(4_000, seed=2)
    answer = alice.create(signature, body=signature)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "4000")
    assert original(media, signature).read_bytes() == signature


def test_an_empty_file_is_a_file(alice: Tablet, media: Path) -> None:
    answer = alice.create(b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert original(media, b"").read_bytes() == b""
    assert alice.check(b"") == [{"sha256": sha256(b""), "state": "stored"}]


def test_post_can_stand_for_every_method(alice: Tablet, media: Path) -> None:
    where = alice.begin(PHOTO)
    instead = {**BYTES, "X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    assert alice.client.post(where, data=PHOTO[:9], headers=instead).status_code == 204
    asked = alice.client.post(where, headers={**TUS, "X-HTTP-Method-Override": "HEAD"})
    assert (asked.status_code, asked.headers["Upload-Offset"]) == (200, "9")
    ended = alice.client.post(where, headers={**TUS, "X-HTTP-Method-Override": "DELETE"})
    assert ended.status_code == 204
    assert incoming(media) == []


# It is safe to repeat.


def test_the_same_file_is_the_same_upload(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:1000])
    again = alice.create(PHOTO)
    assert again.status_code == 201
    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (where, "1000")


def test_a_piece_sent_again_with_the_creation_starts_nothing_over(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:1000])
    again = alice.create(PHOTO, body=PHOTO[:500])
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "1000")


def test_what_is_stored_needs_no_second_sending(alice: Tablet) -> None:
    alice.upload(PHOTO)
    again = alice.create(PHOTO)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    end = alice.send(again.headers["Location"], len(PHOTO), b"")
    assert (end.status_code, end.headers["Upload-Offset"]) == (204, str(len(PHOTO)))


def test_a_file_that_was_lost_on_our_side_is_taken_again(alice: Tablet, media: Path) -> None:
    """After a restore from a backup of the database alone."""
    alice.upload(PHOTO)
    original(media, PHOTO).unlink()
    assert alice.check(PHOTO)[0]["state"] == "absent"
    alice.upload(PHOTO)
    assert original(media, PHOTO).read_bytes() == PHOTO


def test_two_people_send_the_same_bytes(alice: Tablet, carol: Tablet, media: Path) -> None:
    alice.upload(PHOTO)
    assert carol.check(PHOTO)[0]["state"] == "absent"
    created = carol.create(PHOTO)
    assert created.headers["Upload-Offset"] == "0", "she has to send it before she is told"
    assert carol.send(created.headers["Location"], 0, PHOTO).status_code == 204
    assert carol.check(PHOTO)[0]["state"] == "stored"
    assert original(media, PHOTO).read_bytes() == PHOTO


def test_post_that_stands_for_nothing_is_told_what_can_be_done(alice: Tablet) -> None:
    refused = alice.client.post(alice.begin(PHOTO), headers=BYTES, data=PHOTO)
    assert (refused.status_code, refused.get_json()["code"]) == (405, "method_not_allowed")
    assert "PATCH" in refused.headers["Allow"]


# Cuts.


def test_a_cut_body_never_looks_whole(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    cut = alice.send(where, 0, PHOTO[:70_000], promised=len(PHOTO))
    assert (cut.status_code, cut.get_json()["code"]) == (400, "body_cut")
    assert cut.headers["Upload-Offset"] == "70000"
    assert alice.offset(where) == 70_000
    assert alice.send(where, 70_000, PHOTO[70_000:]).status_code == 204


def test_a_creation_that_was_cut_keeps_what_came(alice: Tablet) -> None:
    said = {
        **BYTES,
        "Upload-Length": str(len(PHOTO)),
        "Upload-Metadata": metadata(sha256=sha256(PHOTO)),
    }
    cut = alice.client.post(
        UPLOADS, data=PHOTO[:99], headers=said, environ_overrides={"CONTENT_LENGTH": "5000"}
    )
    assert cut.status_code == 400
    assert alice.check(PHOTO)[0]["offset"] == 99


def test_another_offset_is_answered_with_the_true_one(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:1000])
    for wrong in (0, 999, 1001, len(PHOTO)):
        refused = alice.send(where, wrong, PHOTO[wrong : wrong + 10])
        assert (refused.status_code, refused.get_json()["code"]) == (409, "offset_mismatch")
        assert refused.headers["Upload-Offset"] == "1000"
    assert alice.offset(where) == 1000


@pytest.mark.parametrize("step", ["rename", "flush_folder"])
def test_a_finish_that_was_cut_finishes_itself(
    alice: Tablet, app: Flask, media: Path, step: str
) -> None:
    """The power goes around the move to the content address; nothing was noted yet."""
    house = app.extensions["doorstep"]
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:-1])

    def cut(at: str, path: Path) -> None:
        if at == step and "originals" in path.parts:
            raise ConnectionAbortedError("no power")

    house.media._before_step = cut
    assert alice.send(where, len(PHOTO) - 1, PHOTO[-1:]).status_code == 500
    house.media._before_step = lambda at, path: None

    assert alice.offset(where) == len(PHOTO)
    assert alice.check(PHOTO)[0]["state"] == "stored"
    assert original(media, PHOTO).read_bytes() == PHOTO
    assert incoming(media) == []


@pytest.mark.parametrize("question", ["check", "create", "patch"])
def test_every_question_finishes_what_was_cut(
    alice: Tablet, app: Flask, media: Path, question: str
) -> None:
    """The file has moved, the row was never written."""
    house = app.extensions["doorstep"]
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:-1])
    (partial,) = incoming(media)
    partial.write_bytes(PHOTO)

    def note_whole(session: Any) -> None:
        acts.take_turn(session, upload_id(where), people.ALICE.id, "a request", house.clock())
        session.flush()
        acts.note_whole(session, upload_id(where), "a request")
        acts.give_back(session, upload_id(where), "a request")

    house.database.write(note_whole)
    house.media.place(partial, sha256(PHOTO))

    if question == "check":
        assert alice.check(PHOTO) == [{"sha256": sha256(PHOTO), "state": "stored"}]
    elif question == "create":
        assert alice.create(PHOTO).headers["Upload-Offset"] == str(len(PHOTO))
    else:
        assert alice.send(where, len(PHOTO), b"").status_code == 204
    assert alice.check(PHOTO)[0]["state"] == "stored"


def test_bytes_of_somebody_else_finish_nothing(alice: Tablet, carol: Tablet, app: Flask) -> None:
    """Carol's upload has no byte yet; that the file is here by Alice makes it neither whole nor hers."""
    where = carol.begin(PHOTO)
    alice.upload(PHOTO)
    assert carol.offset(where) == 0
    assert carol.check(PHOTO)[0]["state"] == "partial"


# A file that comes whole, together with its creation.


@pytest.mark.parametrize("step", ["make_folder", "write", "flush", "rename", "flush_folder"])
def test_in_one_go_or_not_at_all(alice: Tablet, app: Flask, media: Path, step: str) -> None:
    """The power goes at any step: nothing was noted, and the same request again brings everything."""
    house = app.extensions["doorstep"]

    def cut(at: str, path: Path) -> None:
        if at == step:
            raise ConnectionAbortedError("no power")

    house.media._before_step = cut
    assert alice.create(PHOTO, body=PHOTO).status_code == 500
    house.media._before_step = lambda at, path: None

    assert alice.check(PHOTO) == [{"sha256": sha256(PHOTO), "state": "absent"}]
    again = alice.create(PHOTO, body=PHOTO)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert alice.check(PHOTO)[0]["state"] == "stored"
    assert original(media, PHOTO).read_bytes() == PHOTO
    assert incoming(media) == []


def test_in_one_go_with_wrong_bytes(alice: Tablet, media: Path) -> None:
    wrong = alice.create(PHOTO, body=noise(len(PHOTO), seed=9))
    assert (wrong.status_code, wrong.get_json()["code"]) == (460, "checksum_mismatch")
    assert incoming(media) == []
    assert alice.check(PHOTO)[0]["state"] == "absent"


def test_in_one_go_that_was_cut_keeps_what_came(alice: Tablet) -> None:
    said = {
        **BYTES,
        "Upload-Length": str(len(PHOTO)),
        "Upload-Metadata": metadata(sha256=sha256(PHOTO)),
    }
    promised = {"CONTENT_LENGTH": str(len(PHOTO))}
    cut = alice.client.post(UPLOADS, data=PHOTO[:70_000], headers=said, environ_overrides=promised)
    assert (cut.status_code, cut.get_json()["code"]) == (400, "body_cut")
    known = alice.check(PHOTO)[0]
    assert (known["state"], known["offset"]) == ("partial", 70_000)
    assert alice.send(known["upload"], 70_000, PHOTO[70_000:]).status_code == 204


def test_what_takes_long_is_begun_before_it_ends(
    alice: Tablet, app: Flask, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a second somebody may ask for it, and whoever goes on finds where."""
    monkeypatch.setattr(bodies, "LOOK_S", 0.0)
    begun: list[int] = []

    def count(at: str, path: Path) -> None:
        if at == "write":
            begun.append(len(load(lambda session: list(session.scalars(select(Upload))))))

    app.extensions["doorstep"].media._before_step = count
    assert alice.create(PHOTO, body=PHOTO).status_code == 201
    assert set(begun) == {1}
    assert alice.check(PHOTO)[0]["state"] == "stored"


def test_a_twin_that_was_begun_meanwhile_is_finished_with_it(alice: Tablet, app: Flask) -> None:
    house = app.extensions["doorstep"]
    began: list[str] = []

    def begin(at: str, path: Path) -> None:
        if at == "rename" and not began:
            began.append(alice.begin(PHOTO))

    house.media._before_step = begin
    assert alice.create(PHOTO, body=PHOTO).status_code == 201
    assert alice.offset(began[0]) == len(PHOTO)
    assert alice.check(PHOTO)[0]["state"] == "stored"


# Wrong bytes.


def test_bytes_that_are_not_those_promised_are_thrown_away(alice: Tablet, media: Path) -> None:
    where = alice.begin(PHOTO)
    wrong = alice.send(where, 0, noise(len(PHOTO), seed=9))
    assert (wrong.status_code, wrong.get_json()["code"]) == (460, "checksum_mismatch")
    assert incoming(media) == []
    assert not original(media, PHOTO).exists()
    assert alice.ask(where).status_code in (404, 410)
    assert alice.check(PHOTO)[0]["state"] == "absent"
    alice.upload(PHOTO)


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_a_piece_with_a_wrong_checksum_is_discarded(alice: Tablet, algorithm: str) -> None:
    where = alice.begin(PHOTO)
    piece = PHOTO[:1000]
    right = b64encode(hashlib.new(algorithm, piece).digest()).decode()
    refused = alice.send(where, 0, piece[::-1], headers={"Upload-Checksum": f"{algorithm} {right}"})
    assert refused.status_code == 460
    assert alice.offset(where) == 0
    taken = alice.send(where, 0, piece, headers={"Upload-Checksum": f"{algorithm} {right}"})
    assert taken.status_code == 204
    assert alice.offset(where) == 1000


def test_a_cut_piece_with_a_checksum_is_discarded_whole(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:500])
    right = b64encode(hashlib.sha256(PHOTO[500:1500]).digest()).decode()
    cut = alice.send(
        where,
        500,
        PHOTO[500:900],
        promised=1000,
        headers={"Upload-Checksum": f"sha256 {right}"},
    )
    assert (cut.status_code, cut.get_json()["code"]) == (400, "body_cut")
    assert alice.offset(where) == 500


# It refuses.


def test_it_refuses_another_version_of_tus(alice: Tablet) -> None:
    for version in ({}, {"Tus-Resumable": "0.2.2"}):
        refused = alice.client.post(UPLOADS, headers={**version, "Upload-Length": "1"})
        assert (refused.status_code, refused.headers["Tus-Version"]) == (412, "1.0.0")
        assert refused.get_json()["code"] == "tus_version_unknown"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Metadata": metadata(mime="image/jpeg")}, 422, "hash_missing"),
        ({"Upload-Metadata": metadata(sha256="beef")}, 422, "hash_missing"),
        ({"Upload-Metadata": metadata(sha256="../" * 22)}, 422, "hash_missing"),
        ({"Upload-Metadata": "sha256 %%%"}, 400, "bad_request"),
        ({"Upload-Metadata": "sha256 " + "A" * 5000}, 400, "bad_request"),
        ({"Upload-Length": "-1"}, 400, "bad_request"),
        ({"Upload-Length": "lots"}, 400, "bad_request"),
        ({"Upload-Length": str(50 * 1024 * 1024 + 1)}, 413, "too_large"),
        ({"Upload-Defer-Length": "1"}, 400, "bad_request"),
        ({"Upload-Concat": "partial"}, 400, "bad_request"),
    ],
)
def test_it_refuses_to_begin(
    alice: Tablet, headers: dict[str, str], status: int, code: str
) -> None:
    refused = alice.create(PHOTO, headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 415),
        ({"Upload-Offset": "x"}, 400),
        ({"Upload-Checksum": "crc32 AAAA"}, 400),
        ({"Upload-Checksum": "sha256 ???"}, 400),
    ],
)
def test_it_refuses_a_piece(alice: Tablet, headers: dict[str, str], status: int) -> None:
    where = alice.begin(PHOTO)
    assert alice.send(where, 0, PHOTO[:10], headers=headers).status_code == status
    assert alice.offset(where) == 0


def test_it_refuses_more_than_was_promised(alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:-10])
    refused = alice.send(where, len(PHOTO) - 10, noise(11))
    assert (refused.status_code, refused.get_json()["code"]) == (413, "too_large")
    assert alice.offset(where) == len(PHOTO) - 10
    assert alice.send(where, len(PHOTO) - 10, PHOTO[-10:]).status_code == 204


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../../etc/passwd",
        "%2e%2e%2fpasswd",
        "..%5c..%5cboot.ini",
        "%00",
        "C:%5cwindows",
        "%5c%5chost%5cshare",
        "a" * 36,
        "-" * 36,
        "0" * 37,
    ],
)
def test_no_name_leads_out_of_the_folder(alice: Tablet, name: str) -> None:
    for answer in (
        alice.ask(f"{UPLOADS}/{name}"),
        alice.send(f"{UPLOADS}/{name}", 0, b"x"),
        alice.end(f"{UPLOADS}/{name}"),
    ):
        assert answer.status_code in (404, 405, 308)


def test_a_filename_is_only_words(alice: Tablet, media: Path) -> None:
    said = metadata(
        sha256=sha256(PHOTO).upper(), filename="../../../etc/cron.d/x", filetype="text/html"
    )
    answer = alice.create(PHOTO, body=PHOTO, headers={"Upload-Metadata": said})
    assert answer.status_code == 201
    assert original(media, PHOTO).read_bytes() == PHOTO
    files = [file for file in media.rglob("*") if file.is_file()]
    assert files == [original(media, PHOTO)]


def test_it_refuses_strangers(sign_in: SignIn, alice: Tablet) -> None:
    where = alice.begin(PHOTO)
    office = sign_in(people.BOB)
    refused = office.head(where, headers=TUS)
    assert refused.status_code == 403
    unnamed = office.post(UPLOADS, headers=TUS).get_json()
    assert unnamed["code"] == "device_unknown"
    alice.client.environ_base["HTTP_SYNC_DEVICE"] = new_id()
    assert alice.ask(where).status_code == 403
    del alice.client.environ_base["HTTP_AUTHORIZATION"]
    assert alice.ask(where).status_code == 401


def test_it_hides_uploads_of_others(alice: Tablet, carol: Tablet) -> None:
    where = alice.begin(PHOTO)
    for answer in (carol.ask(where), carol.send(where, 0, PHOTO[:5]), carol.end(where)):
        assert answer.status_code == 404
    assert alice.offset(where) == 0


@pytest.mark.parametrize("status", ["draining", "revoked"])
def test_a_tablet_out_of_service_still_delivers(
    alice: Tablet, app: Flask, media: Path, status: str
) -> None:
    def take_out(session: Any) -> None:
        session.get_one(Device, alice.device_id).status = status

    app.extensions["doorstep"].database.write(take_out)
    alice.upload(PHOTO)
    assert original(media, PHOTO).exists()


def test_a_full_disk_loses_nothing(alice: Tablet, app: Flask, media: Path) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:1000])
    house = app.extensions["doorstep"]
    full = dataclasses.replace(house.config, disk_reserve_mb=10**9)
    app.extensions["doorstep"] = dataclasses.replace(house, config=full)
    for refused in (alice.send(where, 1000, PHOTO[1000:]), alice.create(noise(10, seed=4))):
        assert (refused.status_code, refused.get_json()["code"]) == (507, "storage_full")
        assert int(refused.headers["Retry-After"]) > 0
    app.extensions["doorstep"] = house
    assert alice.offset(where) == 1000
    assert alice.send(where, 1000, PHOTO[1000:]).status_code == 204


def test_room_that_was_promised_is_not_promised_twice(alice: Tablet, app: Flask) -> None:
    """Many uploads begun at once must all find room to end."""
    house = app.extensions["doorstep"]
    room_mb = house.media.free_bytes() // 1024**2 - 10
    tight = dataclasses.replace(house.config, disk_reserve_mb=room_mb)
    app.extensions["doorstep"] = dataclasses.replace(house, config=tight)
    answers = [
        alice.create(
            b"",
            headers={
                "Upload-Length": str(4 * 1024 * 1024),
                "Upload-Metadata": metadata(sha256=sha256(noise(9, seed=number))),
            },
        ).status_code
        for number in range(8)
    ]
    app.extensions["doorstep"] = house
    assert answers.count(201) in (2, 3)
    assert set(answers) == {201, 507}


# The end of an upload.


def test_giving_up(alice: Tablet, media: Path) -> None:
    where = alice.begin(PHOTO)
    alice.send(where, 0, PHOTO[:10])
    assert alice.end(where).status_code == 204
    assert incoming(media) == []
    assert alice.ask(where).status_code == 404
    assert alice.end(where).status_code == 404
    assert alice.create(PHOTO).headers["Upload-Offset"] == "0"


def test_giving_up_takes_back_nothing_that_arrived(alice: Tablet, media: Path) -> None:
    where = alice.upload(PHOTO)
    assert alice.end(where).status_code == 204
    assert original(media, PHOTO).exists()
    assert alice.check(PHOTO)[0]["state"] == "stored"


def test_an_upload_waits_thirty_days(
    sign_in: SignIn, app: Flask, clock: HandClock, media: Path, load: Load
) -> None:
    def alice() -> Tablet:
        return enrol(sign_in(people.ALICE))  # her sign-in does not last that long

    where = alice().begin(PHOTO)
    alice().send(where, 0, PHOTO[:10])
    clock.go_on(days=29)
    sent = alice().send(where, 10, PHOTO[10:20])
    assert sent.status_code == 204, "each piece begins the time anew"
    clock.go_on(days=29)
    assert alice().check(PHOTO)[0]["state"] == "partial"
    clock.go_on(days=2)
    assert alice().ask(where).status_code == 410
    assert alice().check(PHOTO)[0]["state"] == "absent"
    worker.run_once(app.extensions["doorstep"])
    assert incoming(media) == []
    assert load(lambda session: list(session.scalars(select(Upload)))) == []
    alice().upload(PHOTO)


# One writer at a time.


@pytest.mark.usefixtures("short_wait")
def test_a_second_writer_is_told_to_wait(alice: Tablet, app: Flask, clock: HandClock) -> None:
    where = alice.begin(PHOTO)
    house = app.extensions["doorstep"]
    house.database.write(
        lambda s: acts.take_turn(s, upload_id(where), people.ALICE.id, "another", clock())
    )
    refused = alice.send(where, 0, PHOTO)
    assert (refused.status_code, refused.get_json()["code"]) == (423, "locked")
    assert refused.headers["Retry-After"] == "1"
    standing = house.database.read(lambda s: acts.standing(s, upload_id(where), "another"))
    assert standing.is_wanted
    clock.go_on(seconds=31)
    assert alice.send(where, 0, PHOTO).status_code == 204, (
        "who is silent for long has lost the turn"
    )
    standing = house.database.read(lambda s: acts.standing(s, upload_id(where), "another"))
    assert not standing.is_mine


def test_parallel_writers_do_not_mix(alice: Tablet, app: Flask, media: Path) -> None:
    """The same piece from two requests at once: one is taken, the other hears where to go on."""
    content = noise(3_000_000, seed=5)
    where = alice.begin(content)
    answers: list[int] = []

    def send() -> None:
        own = Client(app, app.response_class)
        own.environ_base.update(alice.client.environ_base)
        sender = Tablet(own, alice.token, alice.device_id)
        answers.append(sender.send(where, 0, content[:1_500_000]).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {204, 409, 423}
    at = alice.offset(where)
    assert at > 0, "whoever gives way has written what it had"
    assert alice.send(where, at, content[at:]).status_code == 204
    assert original(media, content).read_bytes() == content
