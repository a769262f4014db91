"""A customer sends one photo by a link: asked for on the bench, checked as any other, and used once."""

import re
from typing import Any

import pytest
from flask import Flask

from server.demo.pictures import draw
from server.worker import run_once
from tests import pictures
from tests.client import Client
from tests.office import SLOTS
from tests.pages.desks import Desk
from tests.pages.visits import photo_of, undoes, visited
from tests.shop import Shop

PICTURE = pictures.saved(draw("kitchen_after"), "JPEG")


@pytest.fixture
def phone(app: Flask) -> Client:
    """Of somebody who has never signed in."""
    return Client(app, app.response_class)


def asks(wei: Desk, shop: Shop, job: dict[str, str]) -> str:
    """The path of the link that the bench shows."""
    photo = photo_of(shop, job)
    where = f"/office/photos/{photo['id']}/verdict"
    page = wei.follows(wei.sends(where, verdict="retake", choice="blurred", asked_of="customer"))
    found = re.search(r'value="http://[^/]+(/c/[^"]+)"', page.html)
    assert found
    return found.group(1)


def sends(phone: Client, path: str, content: bytes) -> Any:
    """As a browser does: the test client would leave a file behind for a large one."""
    head = b'--edge\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n'
    body = head + content + b"\r\n--edge--\r\n"
    return phone.post(path, data=body, content_type="multipart/form-data; boundary=edge")


def test_it_works(wei: Desk, phone: Client, shop: Shop, app: Flask) -> None:
    job = visited(shop, slots=[SLOTS[1]])
    path = asks(wei, shop, job)
    page = phone.get(path)
    assert "照片模糊" in page.text, "Li Na reads Chinese"
    assert "Blurred" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    for wrong in (b"", b"<html>no picture</html>", b"\xff\xd8\xff" + b"0" * 1_020_000):
        assert sends(phone, path, wrong).status_code in (413, 422), len(wrong)
    assert "谢谢" in sends(phone, path, PICTURE).text
    again = sends(phone, path, PICTURE)
    assert again.status_code == 410
    assert "This link does not work any more" in again.text
    run_once(app.extensions["doorstep"])
    assert "photo_again" not in shop.waits(job)
    bench = wei.opens(f"/office/verification/{job['id']}")
    assert "sent by the customer, by link" in bench.text
    assert job["id"] in wei.opens("/office/verification").text


def test_it_ends_when_its_time_is_over_or_the_office_takes_it_back(
    wei: Desk, phone: Client, shop: Shop
) -> None:
    path = asks(wei, shop, visited(shop))
    undoes(wei)
    assert phone.get(path).status_code == 410
    other = visited(shop)
    path = asks(wei, shop, other)
    shop.clock.go_on(hours=49)
    assert phone.get(path).status_code == 410
    assert sends(phone, path, PICTURE).status_code == 410


def test_nobody_makes_a_link(wei: Desk, phone: Client, shop: Shop) -> None:
    path = asks(wei, shop, visited(shop))
    its_id = path.removeprefix("/c/").split(".")[0]
    for forged in (its_id, f"{its_id}.", f"{its_id}.AAAA", path + "x", "/c/%00", "/c/é.ß", "/c/."):
        where = forged if forged.startswith("/c/") else f"/c/{forged}"
        assert phone.get(where).status_code in (404, 410)
    assert phone.get("/c/static/0/portal.css").status_code == 404
    assert phone.get("/c/static/0/words.py").status_code == 404
