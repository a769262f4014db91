"""A person is erased: no table and no file tells of them any more, and everything that counts goes on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.db.models import Table
from server.db.notices import Try
from server.ids import new_id
from server.worker import run_once
from tests import people, pictures, uploads
from tests.conftest import HandClock
from tests.events import blob
from tests.pages.desks import Desk
from tests.pages.test_notices import a_notice
from tests.pages.test_together import at_once, ready
from tests.people import NOW
from tests.shop import Json, Shop, Trip

AtDesk = Callable[[people.Character], Desk]

NAME, PHONE, STREET, WORDS = "Wang Xiulan", "137 1234 5678", "77 Hidden Lane", "grandma sleeps"
# As somebody would look for her, in small letters as the index of search has them.
TOLD = ("xiulan", "13712345678", PHONE, "hidden", "grandma")


@pytest.fixture
def sun(at_desk: AtDesk) -> Desk:
    return at_desk(people.SUN)


@pytest.fixture
def somebody(shop: Shop) -> Json:
    """Everything that is said of her is said in words that nobody else uses."""
    found = shop.takes_in_a_customer(name=NAME, phone=PHONE, notes=f"Knock: {WORDS}")
    form = {"address": STREET, "access_notes": WORDS, "lat": 30.6, "lon": 104.1}
    path = f"/api/v1/sites/{found['site_id']}"
    assert shop.wei.patch(path, json=form, headers={"If-Match": "*"}).status_code == 200
    return found


def visited(shop: Shop, customer: Json) -> Trip:
    """A ticket that closed on its proof; what was said on the way is in the customer's words."""
    ticket = shop.opens_a_ticket(**customer, summary=f"Hood, {WORDS}", description=WORDS)
    job = shop.issues_a_job(ticket, work=f"Look at the hood, {WORDS}", notes=WORDS)
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.does("note.added", text=f"Said: {WORDS}", audience="customer")
    trip.uses_part(charge="customer", unit_price=1250, currency="CNY", quantity=2)
    for slot in trip.sheet["slots"]:
        trip.takes_photo(slot["slot"], pictures.jpeg("kitchen_before"))
        break
    trip.takes_photo("after", pictures.jpeg("kitchen_after"))
    trip.does("checklist.answered", step_id="level", answer=True, words=WORDS)
    trip.has_it_signed(signer_name=NAME, words=WORDS, stars=5)
    trip.finishes("completed", words=WORDS)
    trip.comes_home()
    return trip


def close(shop: Shop, app: Flask, trip: Trip) -> Json:
    run_once(app.extensions["doorstep"])
    job = {"id": trip.sheet["id"], "ticket_id": trip.sheet["ticket"]["id"]}
    decides_all(shop)
    shop.judges(job, "accept", f"Good, though {WORDS}.")
    assert shop.ticket(job)["state"] == "closed", shop.waits(job)
    return job


def decides_all(shop: Shop) -> None:
    for doubt in shop.sun.get("/api/v1/exceptions?state=open").json["items"]:
        shop.sun.post(
            f"/api/v1/exceptions/{doubt['id']}/decide",
            json={"decision": doubt["decisions"][0], "reason": f"Seen: {WORDS}"},
            headers={"If-Match": "*"},
        )


def erases(sun: Desk, customer: Json) -> Any:
    where = f"/office/customers/{customer['customer_id']}/erase"
    return sun.sends(where, reason="Asked for by letter.")


def receipt_of(shop: Shop, job: Json) -> Any:
    """The newest version, as whoever works for the shop reads it."""
    line = shop.wei.get(f"/api/v1/receipts?job_id={job['id']}").json["items"][-1]
    return shop.wei.get(f"/api/v1/receipts/{line['id']}").json


def everything(app: Flask) -> str:
    """Every row of every table as text."""

    def read(session: Any) -> str:
        rows = [
            [str(each) for each in session.execute(select(table)).all()]
            for table in Table.metadata.sorted_tables
        ]
        return json.dumps(rows, ensure_ascii=False).casefold()

    found: str = app.extensions["doorstep"].database.read(read)
    return found


def files(app: Flask) -> set[str]:
    root: Path = app.extensions["doorstep"].media.root
    return {each.name.split(".")[0] for each in root.rglob("*") if each.is_file()}


def test_nothing_tells_of_her_and_everything_counts(
    sun: Desk, shop: Shop, app: Flask, somebody: Json, save: Callable[..., Any]
) -> None:
    trip = visited(shop, somebody)
    job = close(shop, app, trip)
    shop.clock.go_on(minutes=2)  # until the receipt's PDF is made
    given, aside = pictures.jpeg("hinge_detail"), pictures.jpeg("damaged_panel")
    where = f"/office/tickets/{job['ticket_id']}/customer-photos"
    sun.brings(where, {f"{NAME}.jpg": given}, note=WORDS)
    sun.brings(f"/office/intake/{somebody['customer_id']}/photos", {f"{NAME}.jpg": aside})
    run_once(app.extensions["doorstep"])
    told = {"title": f"Hello {NAME}", "body": WORDS, "address": NAME, "details": {"reason": WORDS}}
    notice = a_notice(job["ticket_id"], **told)
    attempt = Try(id=new_id(), notice_id=notice.id, at=NOW, outcome="again", words=f"no {NAME}")
    save(notice, attempt)
    before = everything(app)
    assert all(each in before for each in TOLD)
    receipt = receipt_of(shop, job)
    photos = shop.wei.get(f"/api/v1/photos?job_id={job['id']}").json["items"]
    hashes = {each["sha256"] for each in photos} | {receipt["signature_sha256"]}
    hashes |= {blob(given)["sha256"], blob(aside)["sha256"]}
    pdf = shop.wei.get(f"/api/v1/receipts/{receipt['id']}/pdf")
    hashes.add(blob(pdf.get_data())["sha256"])
    assert hashes <= files(app)

    page = erases(sun, somebody)
    assert page.status == 303, page.text
    run_once(app.extensions["doorstep"])
    after = everything(app)
    assert [each for each in TOLD if each in after] == []
    assert hashes & files(app) == set()

    left = receipt_of(shop, job)
    for name in ("digest", "signed_digest", "signature_sha256", "stars", "state"):
        assert left[name] == receipt[name], name
    assert left["content"]["totals"] == receipt["content"]["totals"]
    gone = shop.wei.get(f"/api/v1/receipts/{receipt['id']}/canonical")
    assert (gone.status_code, gone.json["code"]) == (410, "receipt_erased")
    assert shop.wei.get(f"/api/v1/receipts/{receipt['id']}/pdf").status_code == 404
    kept = shop.wei.get(f"/api/v1/photos?job_id={job['id']}").json["items"]
    assert {(each["sha256"], each["state"]) for each in kept} == {
        (each["sha256"], "erased") for each in photos
    }
    assert shop.ticket(job)["state"] == "closed"
    assert shop.job(job)["received"] == "complete"
    file = sun.opens(f"/office/customers/{somebody['customer_id']}")
    assert "erased" in file.text
    assert "¥25.00" in file.text
    assert sun.opens(f"/office/tickets/{job['ticket_id']}").status == 200
    for picture in photos:
        assert sun.opens(f"/office/photos/{picture['id']}/large").status == 404
    for page in (
        "/office/tickets?show=all",
        "/office/customers",
        f"/office/verification/{job['id']}",
    ):
        assert sun.opens(page).status == 200, page


def test_the_tablet_forgets_her_too_and_need_not_send_again(
    sun: Desk, shop: Shop, app: Flask, somebody: Json
) -> None:
    trip = visited(shop, somebody)
    job = close(shop, app, trip)
    photo = shop.wei.get(f"/api/v1/photos?job_id={job['id']}").json["items"][0]
    erases(sun, somebody)
    run_once(app.extensions["doorstep"])
    told = trip.wire.pulls_job(job["id"])
    assert [each for each in TOLD if each in json.dumps(told).casefold()] == []
    assert (told["customer"]["name"], told["site"]["lat"]) == ("–", None)
    asked = {"blobs": [{"sha256": photo["sha256"], "size": photo["size"]}]}
    tablet = uploads.Tablet(trip.wire.client, "", trip.wire.device_id)
    answer = trip.wire.client.post(
        "/sync/v1/media/check", json=asked, headers={"X-Device-Id": tablet.device_id}
    )
    assert answer.json["blobs"][0]["state"] == "stored"


def test_what_a_tablet_brings_afterwards_is_erased_in_its_turn(
    sun: Desk, shop: Shop, app: Flask, clock: HandClock, somebody: Json
) -> None:
    trip = visited(shop, somebody)
    job = close(shop, app, trip)
    erases(sun, somebody)
    late = trip.does("note.added", text=f"Forgot: {WORDS}", audience="office")
    trip.takes_photo("after", pictures.jpeg("serial_label"))
    trip.sends_events()
    trip.sends_files()
    assert "grandma" in everything(app)
    clock.go_on(minutes=5)
    house = app.extensions["doorstep"]
    run_once(house)
    clock.go_on(minutes=5)
    run_once(house)
    assert [each for each in TOLD if each in everything(app)] == []
    photos = shop.wei.get(f"/api/v1/photos?job_id={job['id']}").json["items"]
    assert len(photos) == 3
    assert {each["sha256"] for each in photos} & files(app) == set()
    again = trip.wire.sends(late)
    assert again.json["results"][0].get("replayed") is True


def test_it_refuses_while_something_is_open_and_says_what(
    sun: Desk, shop: Shop, app: Flask, somebody: Json
) -> None:
    where = f"/office/customers/{somebody['customer_id']}"
    ticket = shop.opens_a_ticket(**somebody)
    page = erases(sun, somebody)
    assert page.status == 409
    assert f"A ticket is still open {ticket['id']}" in page.text
    job = shop.issues_a_job(ticket)
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    trip.sends_events()  # the photos wait for a better network
    sun.sends(f"/office/tickets/{ticket['id']}/close", reason="Solved.")
    page = erases(sun, somebody)
    assert page.status == 409
    assert f"A tablet still has proof to send for {job['id']}" in page.text
    trip.sends_files()
    run_once(app.extensions["doorstep"])
    sun.sends(f"{where}/hold", reason="A court asks.")
    page = erases(sun, somebody)
    assert (page.status, "on hold" in page.text) == (409, True)
    sun.sends(f"{where}/release")
    decides_all(shop)
    assert erases(sun, somebody).status == 303
    assert erases(sun, somebody).status == 303  # once more changes nothing
    assert sun.sends(where + "/edit", name="Back", was_name="–").status == 409
    opened = sun.sends(f"/office/intake/{somebody['customer_id']}", summary="x", kind="repair")
    assert "customer_erased" in opened.text


def test_whoever_was_merged_into_her_is_erased_with_her(
    sun: Desk, shop: Shop, app: Flask, somebody: Json
) -> None:
    double = shop.takes_in_a_customer(name=f"{NAME} again", notes=WORDS)
    where = f"/office/customers/{somebody['customer_id']}/merge"
    assert sun.sends(where, merged_id=double["customer_id"], notes="merged").status == 303
    assert erases(sun, double).status == 303  # the old id leads to her
    assert [each for each in TOLD if each in everything(app)] == []


def test_a_picture_that_somebody_else_has_sent_too_stays(
    sun: Desk, shop: Shop, app: Flask, somebody: Json
) -> None:
    trip = visited(shop, somebody)
    other = shop.sends(people.ALICE, shop.issues_a_job())
    other.arrives()
    same = pictures.jpeg("kitchen_after")
    other.takes_photo("after", same)
    other.sends_events()  # its bytes are here
    job = {"id": trip.sheet["id"], "ticket_id": trip.sheet["ticket"]["id"]}
    run_once(app.extensions["doorstep"])
    sun.sends(f"/office/tickets/{job['ticket_id']}/close", reason="Solved.")
    decides_all(shop)
    page = erases(sun, somebody)
    assert page.status == 303, page.text
    run_once(app.extensions["doorstep"])
    assert blob(same)["sha256"] in files(app)
    assert blob(pictures.jpeg("kitchen_before"))["sha256"] not in files(app)


def test_a_push_at_the_same_moment_comes_before_or_after(
    sun: Desk, shop: Shop, app: Flask, clock: HandClock, somebody: Json
) -> None:
    trip = visited(shop, somebody)
    close(shop, app, trip)
    note = trip.does("note.added", text=f"Forgot: {WORDS}", audience="office")
    where = f"/office/customers/{somebody['customer_id']}/erase"
    told = at_once(ready(sun, where, reason="Asked for."), lambda: trip.wire.sends(note))
    assert told[0].status == 303, told[0].text
    clock.go_on(minutes=5)
    run_once(app.extensions["doorstep"])
    assert [each for each in TOLD if each in everything(app)] == []
