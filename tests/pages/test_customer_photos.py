"""What a customer sends before anybody drives there: given at intake, on the ticket's page, and by a link."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.domain import customer_photos as rules
from server.files import Media
from server.worker import run_once
from tests import people, pictures
from tests.client import Client
from tests.conftest import HandClock
from tests.pages.desks import BROWSER, Desk, Page, with_files
from tests.shop import Json, Shop

AtDesk = Callable[[people.Character], Desk]
Files = dict[str, bytes]

HOOD, LABEL = pictures.jpeg("kitchen_before"), pictures.jpeg("serial_label")
FORM = {"summary": "The hood rattles", "kind": "repair", "channel": "phone"}


@pytest.fixture
def look(app: Flask) -> Callable[[], int]:
    """The worker looks at what came."""
    return lambda: run_once(app.extensions["doorstep"])


@pytest.fixture
def media(app: Flask) -> Media:
    found: Media = app.extensions["doorstep"].media
    return found


@pytest.fixture
def phone(app: Flask) -> Client:
    """The customer's."""
    return Client(app, app.response_class)


def takes_in(wei: Desk, shop: Shop, files: Files, **fields: str) -> Page:
    where = f"/office/intake/{shop.takes_in_a_customer()['customer_id']}"
    return wei.follows(wei.brings(where, files, **{**FORM, **fields}))


def pictures_on(page: Page) -> list[str]:
    return re.findall(r'href="(/office/customer-photos/[^"]+/large)"', page.html)


def ids_on(page: Page) -> list[str]:
    return list(dict.fromkeys(re.findall(r"/office/customer-photos/([^/\"]+)", page.html)))


# At intake.


def test_photos_go_with_the_ticket_without_a_script(
    wei: Desk, shop: Shop, look: Callable[[], int]
) -> None:
    page = takes_in(wei, shop, {"hood.jpg": HOOD, "label.heic": pictures.heic()})
    assert "From the customer 2" in page.text
    assert "being examined" in page.text
    look()
    page = wei.opens(page_of(page))
    assert len(pictures_on(page)) == 2
    with wei.client.get(pictures_on(page)[0], headers=BROWSER) as answer:
        assert answer.mimetype == "image/jpeg"
        shown = answer.get_data()
    assert b"Exif" in HOOD
    assert b"Exif" not in shown, "nobody is shown where it was taken"


def page_of(page: Page) -> str:
    """The address of the ticket whose page this is."""
    found = re.search(r"/office/tickets/(T-\d+)/customer-photos", page.html)
    assert found
    return f"/office/tickets/{found.group(1)}"


def test_what_is_no_picture_is_told_by_name_and_the_ticket_opens(
    wei: Desk, shop: Shop, look: Callable[[], int]
) -> None:
    heavy = b"\xff\xd8\xff" + b"0" * rules.MOST_BYTES
    page = takes_in(
        wei,
        shop,
        {
            "bill.pdf": b"%PDF-1.7",
            "hood.jpg": HOOD,
            "huge.jpg": heavy,
            "bomb.png": pictures.bomb_png(),
        },
    )
    assert "bill.pdf (not_an_image)" in page.text
    assert "huge.jpg (picture_too_heavy)" in page.text
    assert "From the customer 2" in page.text
    look()
    page = wei.opens(page_of(page))
    assert len(pictures_on(page)) == 1
    assert "image_too_large" in page.text
    assert "bomb.png" in page.text
    assert "huge.jpg" not in page.text, "it was said once"


def test_a_wrong_field_loses_no_photo_and_a_refused_photo_no_word(wei: Desk, shop: Shop) -> None:
    where = f"/office/intake/{shop.takes_in_a_customer()['customer_id']}"
    page = wei.brings(
        where, {"hood.jpg": HOOD, "bill.pdf": b"%PDF"}, summary="", description="It …"
    )
    assert page.status == 422
    assert page.value("description") == "It …"
    assert "not_an_image" in page.text
    wei.page = page
    (its_id,) = ids_on(page)
    assert its_id in wei.opens(where).html, "also after a reload"
    note = {f"note-{its_id}": "the grille\x00 is loose"}
    opened = wei.follows(wei.brings(where, {}, **FORM, **note))
    assert "the grille is loose" in opened.text
    assert its_id not in wei.opens(where).html


def test_they_come_at_once_while_the_form_is_filled_in(wei: Desk, shop: Shop) -> None:
    where = f"/office/intake/{shop.takes_in_a_customer()['customer_id']}"
    for _twice in range(2):
        page = wei.brings(f"{where}/photos", {"hood.jpg": HOOD, "x.txt": b"x"})
        assert len(ids_on(page)) == 1, "the same file is the same photo"
        assert "x.txt" in page.text
    wei.brings(f"{where}/photos", {"label.jpg": LABEL})
    _hood, label = ids_on(wei.opens(where))
    opened = wei.follows(wei.brings(where, {}, **FORM, without=label))
    assert label not in opened.html
    assert "From the customer 1" in opened.text


def test_nobody_sees_what_somebody_else_has_laid_aside(wei: Desk, bob: Desk, shop: Shop) -> None:
    where = f"/office/intake/{shop.takes_in_a_customer()['customer_id']}"
    wei.brings(f"{where}/photos", {"hood.jpg": HOOD})
    (its_id,) = ids_on(wei.opens(where))
    assert its_id not in bob.opens(where).html
    assert bob.opens(f"/office/customer-photos/{its_id}").status == 404
    assert "From the customer 1" not in bob.follows(bob.brings(where, {}, **FORM)).text


def test_what_was_laid_aside_for_nothing_goes_after_a_day(
    wei: Desk, shop: Shop, clock: HandClock, look: Callable[[], int], media: Media
) -> None:
    where = f"/office/intake/{shop.takes_in_a_customer()['customer_id']}"
    wei.brings(f"{where}/photos", {"hood.jpg": HOOD})
    look()
    assert len(list(media.root.glob("originals/*/*"))) == 1
    clock.go_on(hours=25)
    look()
    assert list(media.root.glob("originals/*/*")) == []


# On the page of the ticket.


def test_one_is_added_described_taken_away_and_brought_back(
    wei: Desk, bob: Desk, shop: Shop, clock: HandClock, look: Callable[[], int], media: Media
) -> None:
    ticket = shop.opens_a_ticket()
    where = f"/office/tickets/{ticket['id']}"
    wei.opens(where)
    page = wei.follows(wei.brings(f"{where}/customer-photos", {"hood.jpg": HOOD, "no.txt": b"no"}))
    assert "no.txt (not_an_image)" in page.text
    look()
    (its_id,) = ids_on(wei.opens(where))
    its = f"/office/customer-photos/{its_id}"
    assert wei.sends(f"{its}/note", note="the grille", was_note="").status == 303
    late = bob.sends(f"{its}/note", note="the motor", was_note="")
    assert late.status == 409
    assert "the grille" in late.text
    assert late.value("note") == "the motor"
    gone = wei.follows(wei.sends(f"{its}/remove"))
    assert "1 photo was taken away" in gone.text
    assert pictures_on(gone) == []
    back = wei.follows(wei.sends(f"{its}/bring-back"))
    assert len(pictures_on(back)) == 1
    assert "The customer's photo was taken away" in back.text, "what happened is told"
    wei.sends(f"{its}/remove")
    clock.go_on(hours=31 * 24)
    look()
    assert list(media.root.glob("originals/*/*")) == []
    wei.signs_in(people.WEI)
    wei.opens("/office/")
    assert wei.sends(f"{its}/bring-back").status == 409
    again = wei.follows(wei.brings(f"{where}/customer-photos", {"hood.jpg": HOOD}))
    assert "From the customer 1" in again.text, "the same file may be given again"


def test_there_is_an_end_of_it(wei: Desk, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_OF_TICKET", 1)
    ticket = shop.opens_a_ticket()
    where = f"/office/tickets/{ticket['id']}/customer-photos"
    page = wei.follows(wei.brings(where, {"hood.jpg": HOOD, "label.jpg": LABEL}))
    assert "label.jpg (pictures_enough)" in page.text


def test_a_picture_that_was_seen_elsewhere_says_so(
    wei: Desk, shop: Shop, look: Callable[[], int]
) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.takes_photo("before", HOOD)
    trip.comes_home()
    look()
    first, second = shop.opens_a_ticket(), shop.opens_a_ticket()
    for each in (first, second):
        wei.brings(f"/office/tickets/{each['id']}/customer-photos", {"hood.jpg": HOOD})
        look()
    page = wei.opens(f"/office/tickets/{second['id']}")
    assert f"looks like a photo of job {job['id']}" in page.text
    assert f"also sent for {first['id']}" in page.text
    file = wei.opens(f"/office/customers/{second['customer_id']}")
    assert "What the customer sent" in file.text
    wei.brings(f"/office/tickets/{job['ticket_id']}/customer-photos", {"label.jpg": LABEL})
    bench = wei.opens(f"/office/verification/{job['id']}")
    assert "What the customer sent" in bench.text


# By a link.


def link_for(wei: Desk, ticket: Json) -> str:
    made = wei.sends(f"/office/tickets/{ticket['id']}/photo-link")
    found = re.search(r'value="http://[^/]+(/c/photos/[^"]+)"', wei.follows(made).html)
    assert found
    return found.group(1)


def sends(phone: Client, path: str, content: bytes, note: str = "") -> Any:
    files = {"x.jpg": content} if content else {}
    return phone.post(path, **with_files("photo", files, {"note": note}))


def test_the_customer_sends_several_one_by_one(
    wei: Desk, shop: Shop, phone: Client, look: Callable[[], int]
) -> None:
    ticket = shop.opens_a_ticket()
    path = link_for(wei, ticket)
    assert link_for(wei, ticket) == path, "who asks twice gets the same"
    page = phone.get(path)
    assert "请发送问题照片" in page.text, "Li Na reads Chinese"
    assert page.headers["Cache-Control"] == "no-store"
    assert "From the customer 1" not in wei.opens(f"/office/tickets/{ticket['id']}").text
    for wrong, code in ((b"", ""), (b"<html>", "not_an_image")):
        again = sends(phone, path, wrong, note="the grille")
        assert again.status_code == 422
        assert code in again.text
        assert "the grille" in again.text, "the words stay"
    for content, note in ((HOOD, "the grille"), (HOOD, ""), (LABEL, "")):
        assert sends(phone, path, content, note).status_code == 303
    look()
    page = phone.get(path + "?language=en")
    assert "Sent: 2" in page.text
    thumb = re.findall(r'src="(/c/photos/[^"]+)"', page.text)[0]
    with phone.get(thumb) as answer:
        assert answer.mimetype == "image/jpeg"
    told = wei.opens(f"/office/tickets/{ticket['id']}")
    assert "the customer, by link" in told.text
    assert "the grille" in told.text


def test_a_link_ends_when_it_is_withdrawn_late_forged_or_for_nothing(
    wei: Desk, shop: Shop, phone: Client, clock: HandClock
) -> None:
    ticket = shop.opens_a_ticket()
    path = link_for(wei, ticket)
    other = link_for(wei, shop.opens_a_ticket())
    mixed = path.split(".")[0] + "." + other.split(".")[1]
    for forged in (
        path + "x",
        path.split(".")[0],
        mixed,
        "/c/photos/é",
        path.replace("photos/", ""),
    ):
        assert phone.get(forged).status_code == 410, forged
    (its_id,) = re.findall(
        r"/office/photo-links/([^/]+)/revoke", wei.opens(f"/office/tickets/{ticket['id']}").html
    )
    wei.sends(f"/office/photo-links/{its_id}/revoke")
    assert phone.get(path).status_code == 410
    assert sends(phone, path, HOOD).status_code == 410
    assert phone.get(other).status_code == 200
    clock.go_on(hours=24 * 7 + 1)
    assert sends(phone, other, HOOD).status_code == 410
