"""What a customer takes along: everything that is known, nothing of anybody else, however much it is."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from server.db.photos import Photo
from server.ids import new_id
from server.worker import run_once
from tests import people, pictures
from tests.conftest import HandClock
from tests.pages.desks import BROWSER, Desk
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]
Write = Callable[..., Any]


def exported(desk: Desk, customer: Json) -> zipfile.ZipFile:
    page = desk.opens(f"/office/customers/{customer['customer_id']}")
    where = f"/office/customers/{customer['customer_id']}/export"
    form = {"csrf_token": page.value("csrf_token")}
    answer = desk.client.post(where, data=form, headers=BROWSER)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    assert archive.testzip() is None
    return archive


def document(archive: zipfile.ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def test_it_works(wei: Desk, shop: Shop, app: Flask) -> None:
    customer = shop.takes_in_a_customer(notes="Rings twice.")
    job = shop.issues_a_job(shop.opens_a_ticket(**customer))
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.takes_photo("before", pictures.jpeg("kitchen_before"))
    trip.works()
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()
    where = f"/office/tickets/{job['ticket_id']}/customer-photos"
    wei.brings(where, {"hood.jpg": pictures.jpeg("hinge_detail")}, note="Mine")
    run_once(app.extensions["doorstep"])
    shop.opens_a_ticket(summary="Somebody else's hood")
    archive = exported(wei, customer)
    told = document(archive, "customer.json")
    assert (told["name"], told["notes"]) == ("Li Na", "Rings twice.")
    assert told["sites"][0]["address"] == "12 Jade Lane"
    assert told["assets"][0]["serial"] == "SN-1"
    assert [each["id"] for each in document(archive, "tickets.json")] == [job["ticket_id"]]
    receipt = document(archive, f"receipts/{job['id']}-v1.json")
    assert receipt["content"]["customer"]["name"] == "Li Na"
    (shown,) = [each["file"] for each in document(archive, "photos.json") if each["file"]]
    assert pictures.opened(archive.read(shown)).format == "JPEG"
    (given,) = document(archive, "customer_photos.json")
    assert (given["note"], given["name"]) == ("Mine", "hood.jpg")
    assert pictures.opened(archive.read(given["file"])).format == "JPEG"
    assert "Somebody else" not in archive.read("tickets.json").decode()
    lines = shop.sun.get("/api/v1/audit?noun=customer").json["items"]
    assert "customer.exported" in [each["act"] for each in lines]


def test_a_customer_of_whom_nothing_is_known_takes_along_little(wei: Desk, shop: Shop) -> None:
    known = shop.wei.post("/api/v1/customers", json={"name": "Ann"}).json
    archive = exported(wei, {"customer_id": known["id"]})
    assert document(archive, "customer.json")["name"] == "Ann"
    assert document(archive, "photos.json") == []


def test_five_hundred_photos_and_one_that_is_not_there(
    wei: Desk, shop: Shop, app: Flask, write: Write, clock: HandClock
) -> None:
    job = shop.issues_a_job()
    media = app.extensions["doorstep"].media
    content = pictures.jpeg("kitchen_before")
    name = media.put(content)
    media.write_derived(name, "large", content)

    def fill(session: Any) -> None:
        visit = shop.job(job)["visit_id"] if "visit_id" in shop.job(job) else new_id()
        session.add_all(
            Photo(
                id=new_id(),
                job_id=job["id"],
                visit_id=visit,
                slot="after",
                sha256=name if number else "f" * 64,
                size=len(content),
                mime="image/jpeg",
                width=1,
                height=1,
                source="camera",
                taken_at=clock.now + timedelta(seconds=number),
                taken_by=people.ALICE.id,
                state="checked",
            )
            for number in range(501)
        )

    write(fill)
    customer = {"customer_id": shop.ticket(job)["customer_id"]}
    archive = exported(wei, customer)
    assert len([each for each in archive.namelist() if each.startswith("photos/")]) == 500
    assert archive.read("missing.txt").decode().count("\n") == 1


def test_a_dispatcher_hands_nothing_out_and_a_stranger_finds_nothing(
    at_desk: AtDesk, shop: Shop
) -> None:
    customer = shop.takes_in_a_customer()
    where = f"/office/customers/{customer['customer_id']}/export"
    assert at_desk(people.BOB).sends(where).status == 403
    assert at_desk(people.SAM).sends(where).status == 404
