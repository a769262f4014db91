"""Pictures that are none, or want to hurt: uploaded, examined by the worker, seen by the office.

What the examiner makes of each alone is in tests/images/test_examiner.py; here they go the whole way.
"""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server import worker
from server.house import House
from tests import events, people, pictures
from tests.client import Client
from tests.office import Office
from tests.uploads import Tablet, sha256
from tests.wire import Wire

# What each is, and what the office is told: (state, what was refused or doubted).
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a letter": (pictures.not_a_picture, "not_an_image"),
    "a page in JPEG clothes": (pictures.page_in_jpeg_clothes, "not_an_image"),
    "a page behind a JPEG's head": (pictures.page_behind_a_jpeg_head, "not_an_image"),
    "a page that is a picture for browsers": (pictures.scalable_page, "not_an_image"),
    "a kind that is not taken": (pictures.avif_head, "not_an_image"),
    "an animation of a kind that is not taken": (pictures.animated_gif, "not_an_image"),
    "half a JPEG": (lambda: pictures.truncated(pictures.jpeg()), "not_an_image"),
    "half a PNG": (lambda: pictures.truncated(pictures.png()), "not_an_image"),
    "a PNG that says it is large": (pictures.liar_png, "not_an_image"),
    "a gigabyte of packed text": (pictures.gigabyte_text_png, "not_an_image"),
    "a gigabyte of packed text in Unicode": (
        lambda: pictures.gigabyte_text_png(b"iTXt"),
        "not_an_image",
    ),
    "a gigabyte of colour profile": (lambda: pictures.gigabyte_text_png(b"iCCP"), "not_an_image"),
    "a gigabyte of text that is only claimed": (pictures.claimed_text_png, "not_an_image"),
    "a PNG of 900 megapixels": (pictures.bomb_png, "image_too_large"),
    "a JPEG of 4 gigapixels": (pictures.bomb_jpeg, "image_too_large"),
    "a WebP of 268 megapixels": (pictures.bomb_webp, "image_too_large"),
}
SHOWN: dict[str, Callable[[], bytes]] = {
    "a JPEG with a page in its comment and an archive behind": pictures.polyglot,
    "CMYK": pictures.cmyk_jpeg,
    "16 bits of grey": pictures.grey_16_bit_png,
    "16 bits of each colour": pictures.rgb_16_bit_png,
    "an animated PNG": lambda: pictures.animated("PNG"),
    "an animated WebP": lambda: pictures.animated("WEBP"),
    "two pictures in one": pictures.multi_picture_jpeg,
}


@pytest.fixture
def house(app: Flask) -> House:
    found: House = app.extensions["doorstep"]
    return found


@pytest.fixture
def arrived(
    wire: Callable[..., Wire], office: Office, house: House
) -> Callable[..., dict[str, str]]:
    """Takes pictures as photos of a new job, sends all of it, lets the worker look; name -> photo id."""

    def arrive(contents: dict[str, bytes]) -> dict[str, str]:
        alice = wire(people.ALICE)
        lane = alice.lane(office.issues_a_job(people.ALICE))
        for content in contents.values():
            lane.add("photo.taken", events.photo(content))
        assert set(alice.statuses(*lane.events)) == {"applied"}
        tablet = Tablet(alice.client, "", alice.device_id)
        for content in contents.values():
            tablet.upload(content)
        worker.run_once(house)
        photo_ids = [event["data"]["photo_id"] for event in lane.events]
        return dict(zip(contents, photo_ids, strict=True))

    return arrive


@pytest.fixture
def bob(sign_in: Callable[[people.Character], Client]) -> Client:
    return sign_in(people.BOB)


def fetch(client: Client, photo_id: str, variant: str) -> Any:
    return client.get(f"/api/v1/photos/{photo_id}/file/{variant}", buffered=True)


def is_served_as_a_file(answer: Any, content: bytes) -> bool:
    """Byte for byte, as a download that no browser shows."""
    return (
        answer.data == content
        and answer.headers["Content-Type"] == "application/octet-stream"
        and answer.headers["Content-Disposition"].startswith("attachment")
        and answer.headers["X-Content-Type-Options"] == "nosniff"
        and "sandbox" in answer.headers["Content-Security-Policy"]
    )


def test_what_is_refused_is_kept_and_put_before_the_office(
    arrived: Callable[..., dict[str, str]], bob: Client, house: House, office: Office
) -> None:
    contents = {name: make() for name, (make, _) in REFUSED.items()}
    photo_ids = arrived(contents)
    for name, photo_id in photo_ids.items():
        shown = bob.get(f"/api/v1/photos/{photo_id}").json
        told = (shown["state"], (shown["measured"] or {}).get("refused"))
        assert told == ("unreadable", REFUSED[name][1]), name
        assert house.media.original_path(sha256(contents[name])).read_bytes() == contents[name]
        assert is_served_as_a_file(fetch(bob, photo_id, "original"), contents[name]), name
        for variant in ("thumb", "large"):
            gone = fetch(bob, photo_id, variant)
            assert (gone.status_code, gone.json["code"]) == (404, "file_unknown"), name
    assert office.sees_exceptions().count("photo_unreadable") == len(REFUSED)


def test_what_is_odd_is_shown_and_nothing_of_it_comes_along(
    arrived: Callable[..., dict[str, str]], bob: Client, house: House, office: Office
) -> None:
    contents = {name: make() for name, make in SHOWN.items()}
    photo_ids = arrived(contents)
    for name, photo_id in photo_ids.items():
        shown = bob.get(f"/api/v1/photos/{photo_id}").json
        assert shown["state"] == "checked", name
        assert house.media.original_path(sha256(contents[name])).read_bytes() == contents[name]
        assert is_served_as_a_file(fetch(bob, photo_id, "original"), contents[name]), name
        for variant in ("thumb", "large"):
            picture = fetch(bob, photo_id, variant)
            assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/jpeg")
            assert picture.headers["X-Content-Type-Options"] == "nosniff"
            assert pictures.opened(picture.data).format == "JPEG"
            assert b"<html" not in picture.data
            assert b"PK\x03\x04" not in picture.data
    assert "photo_unreadable" not in office.sees_exceptions()
