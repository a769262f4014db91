"""What customers sent, through the API: a file by tus, then its photo; seen by the desk and by whoever goes."""

from collections.abc import Callable

import pytest
from flask import Flask

from server.worker import run_once
from tests import people, pictures
from tests.client import Client
from tests.conftest import HandClock
from tests.shop import Shop
from tests.uploads import enrol, sha256

SignIn = Callable[[people.Character], Client]
HOOD = pictures.jpeg("kitchen_before")


@pytest.fixture
def shop(sign_in: SignIn, clock: HandClock) -> Shop:
    return Shop(sign_in, clock)


def uploads(client: Client, content: bytes, device: int = 1) -> str:
    enrol(client, f"01980000-0000-7000-8000-00000000d00{device}").upload(content)
    return sha256(content)


def test_it_works(shop: Shop, sign_in: SignIn, app: Flask) -> None:
    job = shop.issues_a_job()
    where = f"/api/v1/tickets/{job['ticket_id']}/photos"
    form = {"sha256": uploads(shop.wei, HOOD), "name": "C:\\hood.jpg", "note": "It rattles"}
    made = shop.wei.post(where, json=form)
    assert made.status_code == 201
    told = {name: made.json[name] for name in ("name", "note", "state", "given_by")}
    assert told == {
        "name": "hood.jpg",
        "note": "It rattles",
        "state": "stored",
        "given_by": people.WEI.id,
    }
    run_once(app.extensions["doorstep"])
    again = shop.wei.post(where, json=form)
    assert (again.status_code, again.json["id"]) == (201, made.json["id"])
    alice = sign_in(people.ALICE)
    (seen,) = alice.get(where).json["items"]
    assert seen["state"] == "checked"
    picture = f"/api/v1/customer-photos/{seen['id']}/file"
    assert pictures.opened(alice.get(f"{picture}/thumb", buffered=True).data).format == "JPEG"
    assert alice.get(f"{picture}/original").status_code == 404
    sheet = shop.sends(people.ALICE, job).sheet
    assert sheet["from_customer"] == [{"photo_id": seen["id"], "note": "It rattles"}]
    assert sign_in(people.CAROL).get(where).status_code == 404


def test_it_refuses_what_is_no_picture_or_somebody_elses(shop: Shop) -> None:
    where = f"/api/v1/tickets/{shop.opens_a_ticket()['id']}/photos"
    page = shop.wei.post(where, json={"sha256": uploads(shop.wei, b"<html>")})
    assert (page.status_code, page.json["code"]) == (422, "not_an_image")
    for unknown in ("f" * 64, "../x", uploads(shop.bob, HOOD, device=2)):
        answer = shop.wei.post(where, json={"sha256": unknown})
        assert (answer.status_code, answer.json["code"]) == (404, "file_unknown"), unknown
