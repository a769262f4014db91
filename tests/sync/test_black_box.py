"""The black box: exported by a tablet that cannot send, imported by the office, any number of times."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from field_client import blobs
from server import cli
from server.db.audit import AuditLine
from server.db.events import FieldEvent, Quarantine
from server.db.parts import Movement
from server.db.people import Device
from server.db.photos import Blob
from tests import people, pictures
from tests.conftest import HandClock
from tests.live import environment
from tests.office import Office
from tests.people import ALICE, CAROL, LENA
from tests.sync.conftest import Tablet

MakeTablet = Callable[..., Tablet]
Load = Callable[..., Any]


@pytest.fixture
def imports(app: Flask, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`doorstep import-black-box FILE` on the house of this test; returns its exit code."""
    config = app.extensions["doorstep"].config

    def run(file: Path, **env: str) -> int:
        for name, value in {**environment(config), **env}.items():
            monkeypatch.setenv(name, value)
        with time_machine.travel(clock(), tick=False):
            return cli.main(["import-black-box", str(file)])

    return run


@pytest.fixture
def office_box(tmp_path: Path) -> Path:
    return tmp_path / "alice.box"


@pytest.fixture
def stranded(tablet: MakeTablet, office: Office, tmp_path: Path) -> tuple[Tablet, str]:
    """Alice finished a job with a photo and a signature, and her tablet never finds a network."""
    job_id = office.issues_a_job(ALICE)
    alice = tablet(ALICE)
    alice.sync()
    alice.network.goes_away()
    picture = tmp_path / "after.jpg"
    picture.write_bytes(pictures.jpeg("kitchen_after"))
    alice.arrive(job_id)
    alice.photo(job_id, "after", picture)
    alice.part(job_id, "HINGE-110", 2)
    alice.sign(job_id, "王小明")
    alice.finish(job_id, anyway=True)
    return alice, job_id


def rows(load: Load, table: Any) -> int:
    return load(lambda s: s.scalar(select(func.count()).select_from(table)))


def test_it_works(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office: Office,
    office_box: Path,
    load: Load,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alice, job_id = stranded
    counts = alice.export(office_box)
    assert (counts["events"], counts["blobs"]) == (6, 2)
    assert imports(office_box) == 0
    assert capsys.readouterr().out == "Events: 6 applied. Files: 2.\n"
    job = office.sees_job(job_id)
    assert (job.state, job.received) == ("finished", "complete")
    assert [photo.state for photo in office.sees_photos(job_id)] == ["stored"]
    assert office.sees_exceptions() == ["stock_negative"]
    imported = select(AuditLine).where(AuditLine.act == "black_box.imported")
    [line] = load(lambda session: list(session.scalars(imported)))
    assert (line.noun_id, line.details) == (
        alice.store.installation["device_id"],
        {"events": {"applied": 6}, "files": 2},
    )


def test_imported_twice_nothing_is_doubled(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office_box: Path,
    load: Load,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stranded[0].export(office_box)
    imports(office_box)
    before = [rows(load, table) for table in (FieldEvent, Movement, Blob)]
    capsys.readouterr()
    assert imports(office_box) == 0
    assert capsys.readouterr().out == "Events: 6 known. Files: 2.\n"
    assert [rows(load, table) for table in (FieldEvent, Movement, Blob)] == before


def test_a_tablet_that_finds_its_network_after_all_doubles_nothing(
    stranded: tuple[Tablet, str], imports: Callable[..., int], office_box: Path, load: Load
) -> None:
    alice, _job_id = stranded
    alice.export(office_box)
    imports(office_box)
    alice.network.comes_back()
    report = alice.sync()
    assert (report.is_done, report.by_status) == (True, {"applied": 6})
    assert (rows(load, FieldEvent), rows(load, Movement), rows(load, Blob)) == (6, 1, 2)


def test_each_persons_work_comes_in_as_theirs(
    app: Flask,
    tablet: MakeTablet,
    imports: Callable[..., int],
    office: Office,
    office_box: Path,
    load: Load,
) -> None:
    hers, lenas = office.issues_a_job(ALICE), office.issues_a_job(LENA)
    shared = tablet(ALICE)
    shared.sync()
    shared.note(hers, "Alice was here")
    shared.login(LENA.username, people.PASSWORD)
    shared.sync()
    shared.note(lenas, "Lena was here")
    shared.export(office_box)
    assert imports(office_box) == 0
    by_person = select(FieldEvent.person_id, FieldEvent.status).order_by(FieldEvent.person_id)
    told = load(lambda session: [tuple(row) for row in session.execute(by_person)])
    assert told == [(ALICE.id, "applied"), (LENA.id, "applied")]


def test_work_for_a_job_that_was_given_away_is_recorded(
    stranded: tuple[Tablet, str], imports: Callable[..., int], office: Office, office_box: Path
) -> None:
    alice, job_id = stranded
    alice.export(office_box)
    office.reassigns(job_id, CAROL)
    assert imports(office_box) == 0
    assert office.sees_job(job_id).state == "issued"
    assert office.sees_exceptions() == ["work_on_reassigned"]
    assert [(each.state, each.is_apart) for each in office.sees_photos(job_id)] == [
        ("stored", True)
    ]


def test_a_lost_tablet_comes_in_as_quarantine(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office: Office,
    office_box: Path,
    load: Load,
) -> None:
    alice, job_id = stranded
    alice.export(office_box)
    device_id = alice.store.installation["device_id"]
    office.write(lambda s: setattr(s.get(Device, device_id), "status", "revoked"))
    assert imports(office_box) == 0
    assert office.sees_job(job_id).state == "issued"
    assert set(load(lambda s: list(s.scalars(select(FieldEvent.code))))) == {"device_revoked"}


def test_a_copied_store_is_taken_in_all_the_same(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office: Office,
    office_box: Path,
    load: Load,
    wire: Callable[..., Any],
) -> None:
    """Another tablet with the same identity has used the same numbers."""
    alice, job_id = stranded
    alice.export(office_box)
    seq = alice.outbox.lane(job_id)[0]["seq"]
    other = office.issues_a_job(ALICE)
    copied = wire(ALICE)
    copied.pushes(*(copied.lane(other).add("note.added", seq=seq + n) for n in range(6)))
    device_id = alice.store.installation["device_id"]
    office.write(lambda s: s.execute(update(FieldEvent).values(device_id=device_id)))
    assert imports(office_box) == 0
    assert office.sees_job(job_id).state == "finished"
    before = rows(load, FieldEvent)
    assert imports(office_box) == 0
    assert rows(load, FieldEvent) == before


# Boxes that are none.


def spoilt(box: bytes, how: str) -> bytes:
    middle = len(box) // 2
    return {
        "cut in the middle": box[:middle],
        "its last byte gone": box[:-1],
        "its last frame gone": box[: box.index(b"\n", 25) + 1],
        "something behind it": box + b"\x00\x00\x00\x01x",
        "one bit turned over": box[:middle] + bytes([box[middle] ^ 1]) + box[middle + 1 :],
        "another header": box.replace(b'"device_id": "0', b'"device_id": "1', 1),
        "no header": box[:20],
        "a list as header": box[:20] + b"[]\n",
        "a header without its key": box[:20] + b"{}\n",
        "numbers in its header": box[:20] + b'{"ephemeral_key": 7}\n',
        "a frame without end": box[: box.index(b"\n", 25) + 1] + b"\xff\xff\xff\xffxx",
        "nothing": b"",
        "a picture": pictures.jpeg("kitchen_after"),
    }[how]


def test_a_spoilt_box_is_refused_and_changes_nothing(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office_box: Path,
    tmp_path: Path,
    load: Load,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stranded[0].export(office_box)
    whole = office_box.read_bytes()
    for how in (
        "cut in the middle",
        "its last byte gone",
        "its last frame gone",
        "something behind it",
        "one bit turned over",
        "another header",
        "no header",
        "a list as header",
        "a header without its key",
        "numbers in its header",
        "a frame without end",
        "nothing",
        "a picture",
    ):
        file = tmp_path / "spoilt.box"
        file.write_bytes(spoilt(whole, how))
        assert imports(file) == 1, how
        assert "(box_unreadable)" in capsys.readouterr().err, how
    assert (rows(load, FieldEvent), rows(load, Quarantine), rows(load, Blob)) == (0, 0, 0)


def test_a_box_for_another_server_is_refused(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office_box: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stranded[0].export(office_box)
    assert imports(office_box, DOORSTEP_SECRET="another house's secret, just as long") == 1
    assert "(box_unreadable)" in capsys.readouterr().err


def test_a_file_that_is_not_there(
    imports: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imports(tmp_path / "nowhere.box") == 2
    assert "cannot be read" in capsys.readouterr().err


def test_the_box_tells_nothing_to_who_finds_it(
    stranded: tuple[Tablet, str], office_box: Path
) -> None:
    alice, job_id = stranded
    alice.export(office_box)
    box = office_box.read_bytes()
    assert job_id.encode() not in box
    assert json.dumps("王小明").encode() not in box
    assert "王小明".encode() not in box


def test_a_file_that_rotted_on_the_tablet_is_named_and_left_out(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office: Office,
    office_box: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alice, job_id = stranded
    [photo] = alice.show(job_id).visit["photos"].values()
    blobs.path(alice.store, photo["sha256"]).write_bytes(b"rot")
    alice.export(office_box)
    assert imports(office_box) == 1
    said = capsys.readouterr()
    assert said.out == "Events: 6 applied. Files: 1.\n"
    assert photo["sha256"] in said.err
    job = office.sees_job(job_id)
    assert (job.received, job.missing["blobs"]) == ("partial", [photo["sha256"]])


def test_a_box_that_the_tablet_did_not_make_is_kept_for_a_person(
    stranded: tuple[Tablet, str],
    imports: Callable[..., int],
    office: Office,
    office_box: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alice, job_id = stranded
    alice.store.set_installation(install_secret="what somebody without the tablet would guess")
    alice.export(office_box)
    capsys.readouterr()
    imports(office_box)
    assert "6 quarantined" in capsys.readouterr().out
    assert office.sees_job(job_id).state == "issued"
