"""Photos through the API: the list, the pictures, the verdict."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from server.db.audit import AuditLine
from server.db.jobs import Job
from tests import people, pictures
from tests.album import Album
from tests.client import Client
from tests.conftest import HandClock
from tests.office import Office
from tests.people import NOW
from tests.uploads import noise, sha256

Load = Callable[..., Any]


@pytest.fixture
def office(app: Flask, clock: HandClock) -> Office:
    return Office(app, clock)


@pytest.fixture
def album(app: Flask) -> Album:
    return Album(app)


@pytest.fixture
def job_id(office: Office) -> str:
    return office.issues_a_job(people.ALICE)


def address(photo_id: str, *more: str) -> str:
    return "/".join(("/api/v1/photos", photo_id, *more))


def fetch(client: Client, photo_id: str, variant: str, **headers: str) -> Any:
    """A file, read to its end so that it is closed again."""
    return client.get(address(photo_id, "file", variant), headers=headers, buffered=True)


def judge(client: Client, photo_id: str, verdict: str, reason: str | None = None) -> Any:
    form = {"verdict": verdict} if reason is None else {"verdict": verdict, "reason": reason}
    tag = client.get(address(photo_id)).headers.get("ETag", '"1"')
    return client.post(address(photo_id, "verdict"), json=form, headers={"If-Match": tag})


# Looking.


def test_it_works(bob: Client, album: Album, job_id: str) -> None:
    content = pictures.jpeg()
    photo_id = album.takes(job_id, content)
    album.looks()
    shown = bob.get(address(photo_id))
    assert shown.status_code == 200
    assert shown.headers["ETag"] == '"1"'
    assert (shown.json["state"], shown.json["slot"]) == ("checked", "after")
    assert shown.json["sha256"] == sha256(content)
    assert shown.json["measured"]["format"] == "image/jpeg"
    listed = bob.get("/api/v1/photos")
    assert listed.json == {"items": [shown.json], "next": None}


def test_filters(bob: Client, album: Album, office: Office, job_id: str) -> None:
    other = office.issues_a_job(people.ALICE)
    here, awaited = album.takes(job_id), album.announces(other, noise(10))
    album.looks()
    judge(bob, here, "accept")
    ticket = office.sees_ticket_of(other).id
    for query, found in (
        ({"job_id": job_id}, [here]),
        ({"ticket_id": ticket}, [awaited]),
        ({"state": "awaited"}, [awaited]),
        ({"verdict": "accept"}, [here]),
        ({"verdict": "none"}, [awaited]),
        ({"job_id": "J-0"}, []),
    ):
        listed = bob.get("/api/v1/photos", query_string=query).json["items"]
        assert [each["id"] for each in listed] == found, query


def test_pages(bob: Client, album: Album, clock: HandClock, job_id: str) -> None:
    taken = []
    for number in range(5):
        taken.append(album.announces(job_id, noise(10, number)))
        clock.go_on(minutes=number % 2)  # some in the same moment
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = bob.get("/api/v1/photos", query_string=query).json
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert sorted(seen) == sorted(taken)
    assert len(seen) == 5


def test_it_hides_other_teams(
    carol: Client, sam: Client, alice: Client, stock: Client, album: Album, job_id: str
) -> None:
    photo_id = album.takes(job_id)
    album.looks()
    for stranger in (carol, sam):
        assert stranger.get("/api/v1/photos").json["items"] == []
        for where in (address(photo_id), address(photo_id, "file", "thumb")):
            assert stranger.get(where).status_code == 404
    assert judge(sam, photo_id, "accept").status_code == 404
    assert stock.get(address(photo_id)).status_code == 403
    assert alice.get(address(photo_id)).status_code == 200


# Pictures.


@pytest.mark.parametrize(("variant", "edge"), [("thumb", 320), ("large", 800)])
def test_a_picture_is_upright_small_and_bare(
    alice: Client, album: Album, job_id: str, variant: str, edge: int
) -> None:
    photo_id = album.takes(job_id, pictures.jpeg(orientation=6))
    album.looks()
    answer = fetch(alice, photo_id, variant)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Cache-Control"].startswith("private")
    picture = pictures.opened(answer.data)
    assert max(picture.size) == edge
    assert picture.width > picture.height
    assert not any(telltale in answer.data for telltale in pictures.TELLTALES)
    again = fetch(alice, photo_id, variant, **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_the_original_is_a_download_for_those_who_verify(
    bob: Client, alice: Client, album: Album, job_id: str
) -> None:
    content = pictures.page_in_jpeg_clothes()
    photo_id = album.takes(job_id, content)
    album.looks()
    answer = fetch(bob, photo_id, "original")
    assert answer.data == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert alice.get(address(photo_id, "file", "original")).status_code == 403


def test_pictures_that_are_not_there(bob: Client, album: Album, job_id: str) -> None:
    awaited = album.announces(job_id, noise(10))
    waiting = album.takes(job_id)
    for variant in ("thumb", "large", "original"):
        assert bob.get(address(awaited, "file", variant)).json["code"] == "file_unknown"
    early = bob.get(address(waiting, "file", "thumb"))
    assert (early.status_code, early.json["code"]) == (409, "picture_not_ready")
    assert int(early.headers["Retry-After"]) > 0
    for wrong in ("huge", "..", "%2e%2e%2foriginal"):
        assert bob.get(address(waiting, "file", wrong)).status_code == 404
    assert bob.get(address("nobody", "file", "thumb")).status_code == 404


def test_a_revisit_shows_the_pictures_before(
    lena: Client, sam: Client, office: Office, album: Album, app: Flask, job_id: str
) -> None:
    """Whoever goes next must see what was found, though the earlier job was never theirs."""
    photo_id = album.takes(job_id)
    album.looks()

    def finish_and_leave(session: Any) -> None:
        job = session.get_one(Job, job_id)
        job.finished_at = NOW
        job.assignee_id = people.DAN.id

    app.extensions["doorstep"].database.write(finish_and_leave)
    next_job = office.issues_a_job(people.LENA, office.sees_ticket_of(job_id).id)
    assert next_job != job_id
    assert fetch(lena, photo_id, "thumb").status_code == 200
    assert fetch(sam, photo_id, "thumb").status_code == 404


# The verdict.


def test_accept(bob: Client, album: Album, job_id: str, load: Load) -> None:
    photo_id = album.takes(job_id)
    album.looks()
    answer = judge(bob, photo_id, "accept")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert (answer.json["verdict"], answer.json["verdict_by"]) == ("accept", people.BOB.id)
    assert answer.json["verdict_at"] == "2026-11-23T01:00:00.000Z"
    lines = load(lambda s: list(s.scalars(select(AuditLine).where(AuditLine.noun_id == photo_id))))
    assert [(line.act, line.person_id) for line in lines] == [("photo.judged", people.BOB.id)]
    assert lines[0].details["verdict"] == "accept"


def test_retake_reaches_the_tablet(
    bob: Client, album: Album, office: Office, job_id: str, clock: HandClock
) -> None:
    photo_id = album.takes(job_id)
    album.looks()
    answer = judge(bob, photo_id, "retake", "The hinge cannot be seen")
    assert answer.status_code == 200
    assert answer.json["answer_by"] == "2026-11-25T01:00:00.000Z"
    assert '"retakes":[{"photo_id":"' + photo_id in office.sees_job(job_id).document
    assert office.sees_revisits(office.sees_ticket_of(job_id).id) == []

    clock.go_on(hours=49)
    album.looks()
    (revisit,) = office.sees_revisits(office.sees_ticket_of(job_id).id)
    assert revisit == ("evidence", "proposed")


def test_a_retake_that_was_accepted_after_all_is_not_asked_for(
    bob: Client, album: Album, office: Office, job_id: str, clock: HandClock
) -> None:
    photo_id = album.takes(job_id)
    album.looks()
    judge(bob, photo_id, "retake", "blurred")
    answer = judge(bob, photo_id, "accept")
    assert answer.json["answer_by"] is None
    assert '"retakes":[]' in office.sees_job(job_id).document
    clock.go_on(hours=49)
    album.looks()
    assert office.sees_revisits(office.sees_ticket_of(job_id).id) == []


def test_rework_opens_a_revisit(bob: Client, album: Album, office: Office, job_id: str) -> None:
    photo_id = album.takes(job_id)
    album.looks()
    assert judge(bob, photo_id, "rework", "The door hangs askew").status_code == 200
    assert office.sees_revisits(office.sees_ticket_of(job_id).id) == [("workmanship", "due")]
    judge(bob, photo_id, "rework", "Still askew")
    assert len(office.sees_revisits(office.sees_ticket_of(job_id).id)) == 1


@pytest.mark.parametrize("verdict", ["retake", "rework"])
@pytest.mark.parametrize("reason", [None, "", "   "])
def test_it_refuses_without_a_reason(
    bob: Client, album: Album, job_id: str, verdict: str, reason: str | None
) -> None:
    photo_id = album.takes(job_id)
    refused = judge(bob, photo_id, verdict, reason)
    assert (refused.status_code, refused.json["code"]) == (422, "reason_missing")
    assert album.shows(photo_id).verdict is None


def test_it_refuses_an_old_version(bob: Client, album: Album, job_id: str) -> None:
    photo_id = album.takes(job_id)
    judge(bob, photo_id, "accept")
    form = {"verdict": "accept"}
    stale = bob.post(address(photo_id, "verdict"), json=form, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json["code"]) == (412, "changed_meanwhile")
    unsaid = bob.post(address(photo_id, "verdict"), json=form)
    assert unsaid.status_code == 428


@pytest.mark.parametrize("state", ["awaited", "discarded", "lost"])
def test_it_refuses_what_is_not_here(bob: Client, album: Album, job_id: str, state: str) -> None:
    photo_id = album.announces(job_id, noise(10), state=state)
    refused = judge(bob, photo_id, "accept")
    assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_it_refuses_who_does_not_verify(alice: Client, album: Album, job_id: str) -> None:
    photo_id = album.takes(job_id)
    assert judge(alice, photo_id, "accept").status_code == 403


@pytest.mark.parametrize("form", [{}, {"verdict": "fine"}, {"verdict": "accept", "stars": 5}])
def test_it_refuses_nonsense(bob: Client, album: Album, job_id: str, form: Any) -> None:
    photo_id = album.takes(job_id)
    answer = bob.post(address(photo_id, "verdict"), json=form, headers={"If-Match": '"1"'})
    assert answer.status_code == 422


# What the examination makes doubtful.


def doubts(album: Album, photo_id: str) -> list[str]:
    album.looks()
    photo = album.shows(photo_id)
    assert photo.state == "checked"
    found: list[str] = photo.doubts
    return found


def test_a_good_photo_has_no_doubts(album: Album, office: Office, job_id: str) -> None:
    album.happened(job_id, "visit.arrived", NOW - timedelta(hours=1))
    assert doubts(album, album.takes(job_id)) == []
    assert office.sees_exceptions() == []


def test_a_dark_photo(album: Album, job_id: str) -> None:
    assert doubts(album, album.takes(job_id, pictures.dark())) == ["too_dark"]


@pytest.mark.parametrize(("hours", "found"), [(-2, ["out_of_time"]), (0, []), (5, ["out_of_time"])])
def test_a_photo_outside_the_visit(album: Album, job_id: str, hours: int, found: list[str]) -> None:
    album.happened(job_id, "visit.arrived", NOW - timedelta(hours=1))
    album.happened(job_id, "visit.finished", NOW + timedelta(hours=1))
    photo_id = album.takes(job_id, taken_at=NOW + timedelta(hours=hours))
    assert doubts(album, photo_id) == found


def test_a_photo_from_the_gallery_answers_for_its_camera(album: Album, job_id: str) -> None:
    """Its camera says the 21st; it was chosen during the visit on the 23rd."""
    album.happened(job_id, "visit.arrived", NOW - timedelta(hours=1))
    assert doubts(album, album.takes(job_id, source="gallery")) == ["out_of_time"]


def test_a_photo_far_away(album: Album, app: Flask, job_id: str) -> None:
    def settle_down(session: Any) -> None:
        from server.db.customers import Site

        site = session.get_one(Site, session.get_one(Job, job_id).site_id)
        site.lat, site.lon = 30.6598, 104.0633

    app.extensions["doorstep"].database.write(settle_down)
    scenes = [pictures.jpeg("hinge_detail"), pictures.jpeg("clean_floor")]
    near = album.takes(job_id, scenes[0], lat=30.6600, lon=104.0640)
    far = album.takes(job_id, scenes[1], lat=30.7000, lon=104.0633)
    unsure = album.takes(
        job_id, pictures.jpeg("serial_label"), lat=30.7, lon=104.0633, accuracy_m=5000.0
    )
    assert doubts(album, near) == []
    assert doubts(album, far) == ["far_away"]
    assert doubts(album, unsure) == []


def test_something_that_is_no_picture(album: Album, office: Office, job_id: str) -> None:
    content = pictures.not_a_picture()
    photo_id = album.takes(job_id, content)
    album.looks()
    photo = album.shows(photo_id)
    assert (photo.state, photo.measured) == ("unreadable", {"refused": "not_an_image"})
    assert office.sees_exceptions() == ["photo_unreadable"]
    assert album.house.media.verify(sha256(content)), "the original is kept"


# Seen before.


def saved_again(name: Any = "kitchen_after") -> bytes:
    """The same picture as a messenger would hand it on: smaller, and compressed again."""
    picture = pictures.opened(pictures.jpeg(name)).resize((640, 480))
    return pictures.saved(picture, "JPEG", quality=60)


@pytest.mark.parametrize("copy", [pictures.jpeg, saved_again], ids=["same bytes", "saved again"])
def test_a_photo_of_an_earlier_job(
    album: Album, office: Office, clock: HandClock, job_id: str, copy: Callable[[], bytes]
) -> None:
    first = album.takes(job_id)
    clock.go_on(days=3)
    later_job = office.issues_a_job(people.LENA)
    later = album.takes(later_job, copy())
    assert doubts(album, later) == ["seen_before"]
    assert album.shows(later).seen_in == first
    assert album.shows(first).seen_in is None
    assert office.sees_exceptions() == ["photo_seen_before"]


def test_the_later_one_is_the_copy_whichever_came_in_first(
    album: Album, office: Office, clock: HandClock, job_id: str
) -> None:
    """The tablet with the true one was offline for days."""
    copy = album.takes(job_id, saved_again())
    album.looks()
    other = office.issues_a_job(people.LENA)
    true_one = album.takes(other, taken_at=NOW - timedelta(days=2))
    album.looks()
    assert album.shows(copy).seen_in == true_one
    assert album.shows(copy).doubts == ["seen_before"]
    assert album.shows(true_one).seen_in is None
    album.looks()
    assert office.sees_exceptions() == ["photo_seen_before"]


def test_the_same_picture_twice_on_one_job_is_no_fraud(
    album: Album, office: Office, job_id: str
) -> None:
    first, again = album.takes(job_id), album.takes(job_id, saved_again())
    album.looks()
    assert album.shows(first).doubts == album.shows(again).doubts == []
    assert office.sees_exceptions() == []


def test_a_bare_wall_looks_like_every_other(album: Album, office: Office, job_id: str) -> None:
    wall = pictures.saved(Image.new("RGB", (800, 600), (180, 178, 170)), "JPEG")
    album.takes(job_id, wall)
    another = album.takes(office.issues_a_job(people.LENA), wall + b"\0")
    assert "seen_before" not in doubts(album, another)


def test_nothing_but_files_is_left_in_the_folder(album: Album, job_id: str) -> None:
    photo_id = album.takes(job_id)
    album.looks()
    root: Path = album.house.media.root
    names = sorted(file.name for file in root.rglob("*") if file.is_file())
    name = album.shows(photo_id).sha256
    assert names == sorted([name, f"{name}.large.jpg", f"{name}.thumb.jpg"])


def test_whoever_takes_a_job_over_does_not_see_the_photos_of_before(
    office: Office, album: Album, job_id: str, sign_in: Callable[..., Client]
) -> None:
    taken = album.announces(job_id, noise(10, 1))
    office.reassigns(job_id, people.CAROL)
    assert sign_in(people.CAROL).get("/api/v1/photos").json["items"] == []
    seen = sign_in(people.BOB).get("/api/v1/photos").json["items"]
    assert [each["id"] for each in seen] == [taken]
