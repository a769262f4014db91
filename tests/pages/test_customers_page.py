"""The customer's page by its links: what each opens and does, and what it does not."""

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.actions import customer_links
from server.clock import wire
from server.db.customers import Customer
from server.db.figures import Fact
from server.db.tickets import Ticket
from server.demo.pictures import draw
from server.reports import counting
from server.worker import run_once
from tests import people
from tests.client import Client
from tests.pages.desks import Page
from tests.pictures import saved
from tests.shop import Json, Shop

PNG = (
    "data:image/png;base64,"
    + base64.b64encode(saved(draw("kitchen_after").resize((60, 30)), "PNG")).decode()
)


class Phone:
    """Of a customer: opens links and sends the forms that stand behind them."""

    def __init__(self, app: Flask) -> None:
        self.client = Client(app, app.response_class)
        self.page: Page | None = None

    def opens(self, path: str, **headers: str) -> Page:
        self.page = Page(self.client.get(path, headers=headers))
        return self.page

    def sends(self, path: str, **fields: str) -> Page:
        """A form of the page that is open, with the mark that it carries."""
        proof = self.page.value("proof") if self.page else ""
        answer = Page(self.client.post(path, data={"proof": proof, **fields}))
        return self.opens(answer.goes_to) if answer.status == 303 else answer


@pytest.fixture
def phone(app: Flask) -> Phone:
    return Phone(app)


@pytest.fixture
def link(app: Flask, write: Any, shop: Shop) -> Any:
    """The path of a link for the ticket of a job."""

    def made(job: Json, purpose: str) -> str:
        def make(session: Any) -> str:
            ticket = session.get_one(Ticket, job["ticket_id"])
            secret = app.extensions["doorstep"].config.secret
            return customer_links.link_for(session, secret, ticket, purpose, shop.clock())

        path: str = write(make)
        return path

    return made


def test_it_works(shop: Shop, phone: Phone, link: Any) -> None:
    job = shop.issues_a_job(notes="Ring twice.")
    look = link(job, "look")
    assert look == link(job, "look"), "the same is handed out again"
    page = phone.opens(look)
    assert page.status == 200
    assert "上门时间" in page.text
    assert "Alice" in page.text
    assert "确认该时间" not in page.text, "who looks cannot act"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Ring twice" not in page.text, "what the office notes for the installer is the office's"
    assert "Your appointment" in phone.opens(look + "?language=en").text
    assert "This time suits me" in phone.opens(link(job, "act") + "?language=en").text


def _later(shop: Shop, **said: Any) -> Json:
    """A job that was done well and whose receipt the customer signs later."""
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.works()
    trip.does("receipt.presented", receipt_digest=trip.digest(), language="zh")
    trip.does("receipt.unsigned", reason="later", **said)
    trip.finishes()
    trip.comes_home()
    return job


# What each link does, and does not.

ACTS = {
    "confirm": {},
    "note": {"words": "Door code 4711"},
    "rate": {"stars": "5"},
    "still-broken": {"words": "It rattles"},
    "move": {"slot": "2026-11-24T01:00Z"},
    "keep": {},
}
LOOKS = ("", "/news", "/appointment.ics", "/receipt", "/photos/x/thumb")


def _spoiled(path: str) -> list[str]:
    """The same link, altered in each of its parts."""
    kind, token = path.split("/")[2:]
    its_id, mark = token.split(".")
    other = {"look": "act", "act": "look", "sign": "act"}[kind]
    return [
        f"/c/{kind}/{its_id}",
        f"/c/{kind}/{its_id}.",
        f"/c/{kind}/{its_id}.{mark[::-1]}",
        f"/c/{kind}/{its_id[::-1]}.{mark}",
        f"/c/{other}/{token}",
        f"/c/{kind}/é.ß",
        f"/c/nothing/{token}",
    ]


@pytest.mark.parametrize("purpose", ["look", "act", "sign"])
def test_a_link_does_only_what_it_is_for(
    purpose: str, shop: Shop, phone: Phone, link: Any, write: Any
) -> None:
    job = _later(shop)
    path = link(job, purpose)
    token = path.rpartition("/")[2]
    assert phone.opens(path).status == 200
    for act, said in ACTS.items():
        answer = phone.sends(f"/c/act/{token}/{act}", **said)
        assert (answer.status in (200, 409)) == (purpose == "act"), (act, answer.status)
        assert answer.status in (200, 404, 409)
    signing = phone.opens(f"/c/sign/{token}")
    assert (signing.status == 200) == (purpose == "sign")
    for each in LOOKS[1:]:
        assert (phone.opens(path + each).status == 404) or purpose != "sign"


@pytest.mark.parametrize("purpose", ["look", "act", "sign"])
def test_a_link_that_does_not_count_opens_one_calm_page(
    purpose: str, shop: Shop, phone: Phone, link: Any, wei: Any, write: Any
) -> None:
    job = _later(shop)
    path = link(job, purpose)
    for wrong in _spoiled(path):
        page = phone.opens(wrong, **{"Accept-Language": "en"})
        assert page.status == 404, wrong
        assert "This link does not work" in page.text
        assert "Li Na" not in page.text
    wei.opens(f"/office/tickets/{job['ticket_id']}")
    (revoke,) = [each for each in wei.page.actions() if each.endswith("/revoke")]
    assert wei.follows(wei.sends(revoke)).status == 200
    over = phone.opens(path)
    assert over.status == 410
    assert "028 1000 1000" in over.text, "whom to call"
    assert phone.client.post(path, data={"signature": PNG, "signer_name": "x"}).status_code in (
        405,
        410,
    )
    wei.follows(wei.sends(revoke.replace("revoke", "renew")))
    assert phone.opens(path).status == 200
    shop.clock.go_on(days=91)
    assert "有效期" in phone.opens(path).text
    write(lambda s: _end_customer(s, job))
    assert phone.opens(path).status == 410


def _end_customer(session: Any, job: Json) -> None:
    ticket = session.get_one(Ticket, job["ticket_id"])
    session.get_one(Customer, ticket.customer_id).erased_at = people.NOW


def test_a_form_of_elsewhere_does_nothing(shop: Shop, phone: Phone, link: Any) -> None:
    """A scanner that sends forms, too, has not read the page behind this very link."""
    job = shop.issues_a_job()
    path = link(job, "act")
    later = shop.clock() + timedelta(days=2)
    window: Json = {"window_start": wire(later), "window_end": wire(later + timedelta(hours=2))}
    phone.opens(link(shop.issues_a_job(**window, reason="It was agreed"), "act"))
    assert phone.sends(f"{path}/confirm").status == 403
    assert "您已确认该时间" not in phone.opens(path).text
    assert "您已确认该时间" in phone.sends(f"{path}/confirm").text


# Before the visit.


def test_an_appointment_is_confirmed_and_a_note_reaches_the_installer(
    shop: Shop, phone: Phone, link: Any, wei: Any
) -> None:
    job = shop.issues_a_job()
    path = link(job, "act")
    phone.opens(path)
    for _twice in range(2):
        phone.opens(path)
        assert "您已确认该时间" in phone.sends(f"{path}/confirm").text
        phone.opens(path)
        page = phone.sends(f"{path}/note", words="门禁 4711 😀")
        assert "留言已提交" in page.text
        assert "4711" in page.text
    phone.opens(path)
    assert phone.sends(f"{path}/note", words=" \x00 ").status == 422
    assert "4711" not in phone.opens(link(job, "look")).text, "a link to look may be passed on"
    trip = shop.sends(people.ALICE, job)
    assert trip.sheet["site"]["access_notes"].count("4711") == 1
    told = wei.opens(f"/office/tickets/{job['ticket_id']}").text
    assert told.count("The customer confirmed the appointment") == 2, "in the story and beside it"
    assert "门禁 4711 😀" in told


def _slots(page: Page) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', page.html)


def test_another_appointment_is_asked_for_and_granted(
    shop: Shop, phone: Phone, link: Any, bob: Any
) -> None:
    job = shop.issues_a_job()
    busy = shop.clock() + timedelta(days=1)
    shop.issues_a_job(
        window_start=wire(busy), window_end=wire(busy + timedelta(hours=2)), reason="It was agreed"
    )
    path = link(job, "act")
    slots = _slots(phone.opens(f"{path}/move"))
    assert len(slots) > 3
    assert len(set(slots)) == len(slots)
    assert phone.sends(f"{path}/move", slot="2026-11-23T03:33Z").status == 409
    assert phone.sends(f"{path}/move", slot="x' OR 1").status == 409
    page = phone.sends(f"{path}/move", slot=slots[2], words="早上不行")
    assert "您已申请改为" in page.text
    assert shop.job(job)["window_start"] == job["window_start"], "a wish moves nothing"
    assert "早上不行" in bob.opens("/office/move-requests").text
    assert "Appointments to move" in bob.opens("/office/").text
    bob.opens("/office/move-requests")
    (grant,) = [each for each in bob.page.actions() if each.endswith("/grant")]
    for _twice in range(2):
        answer = bob.sends(grant, **{"from": "ticket"})
        assert answer.status == 303, answer.text
    assert shop.job(job)["window_start"][:16] == slots[2][:16]
    assert "已按您的申请改为" in phone.opens(path).text
    assert "Another time granted" in bob.opens(f"/office/tickets/{job['ticket_id']}").text


def test_another_appointment_is_refused_with_words_or_kept(
    shop: Shop, phone: Phone, link: Any, bob: Any
) -> None:
    job = shop.issues_a_job()
    path = link(job, "act")
    slots = _slots(phone.opens(f"{path}/move"))
    phone.sends(f"{path}/move", slot=slots[0])
    phone.sends(f"{path}/move", slot=slots[1])
    bob.opens("/office/move-requests")
    (refuse,) = [each for each in bob.page.actions() if each.endswith("/refuse")]
    assert bob.sends(refuse, answer="").status == 422
    bob.follows(bob.sends(refuse, answer="那天已排满"))
    assert "那天已排满" in phone.opens(path).text
    phone.sends(f"{path}/move", slot=slots[2])
    assert "仍按原时间上门" in phone.sends(f"{path}/keep").text
    assert "No customer asks" in bob.opens("/office/move-requests").text


def test_the_calendar_follows_the_appointment(shop: Shop, phone: Phone, link: Any) -> None:
    job = shop.issues_a_job()
    look = link(job, "look")
    first = phone.client.get(f"{look}/appointment.ics")
    assert first.mimetype == "text/calendar"
    assert "DTSTART:20261123T020000Z" in first.text
    assert f"UID:{job['id']}@doorstep" in first.text
    assert max(len(each) for each in first.data.split(b"\r\n")) <= 75
    sequence = int(re.findall(r"SEQUENCE:(\d+)", first.text)[0])
    start = shop.clock() + timedelta(days=2)
    form: Json = {
        "window_start": wire(start),
        "window_end": wire(start + timedelta(hours=2)),
        "reason": "It was agreed",
    }
    headers = {"If-Match": f'"{shop.job(job)["edition"]}"'}
    shop.bob.patch(f"/api/v1/jobs/{job['id']}", json=form, headers=headers)
    moved = phone.client.get(f"{look}/appointment.ics").text
    assert int(re.findall(r"SEQUENCE:(\d+)", moved)[0]) > sequence
    assert "DTSTART:20261125T010000Z" in moved
    headers = {"If-Match": f'"{shop.job(job)["edition"]}"'}
    shop.bob.post(f"/api/v1/jobs/{job['id']}/cancel", json={"reason": "x"}, headers=headers)
    assert "STATUS:CANCELLED" in phone.client.get(f"{look}/appointment.ics").text


# On the day.


def test_the_page_goes_on_by_itself(shop: Shop, phone: Phone, link: Any) -> None:
    job = shop.issues_a_job()
    look = link(job, "look")
    news = phone.opens(f"{look}/news")
    mark = news.headers["ETag"]
    assert phone.opens(f"{look}/news", **{"If-None-Match": mark}).status == 304
    trip = shop.sends(people.ALICE, job)
    trip.does("job.accepted")
    trip.does("travel.started")
    trip.sends_events()
    page = phone.opens(f"{look}/news", **{"If-None-Match": mark})
    assert "Alice 师傅正在赶来" in page.text
    assert "还没有收到" not in page.text
    shop.clock.go_on(minutes=22)
    assert "信号不好时" in phone.opens(f"{look}/news").text, "honest while the tablet is silent"
    trip.does("visit.arrived")
    trip.sends_events()
    assert "Alice 师傅已到达" in phone.opens(f"{look}/news").text


# After the visit.


def _signs(phone: Phone, path: str, **more: str) -> Page:
    """As the pad does it, with the digest of the receipt that is in front of somebody."""
    page = phone.page
    assert page is not None
    said = {"digest": page.value("digest"), "reservation": page.value("reservation")}
    form = {"signer_name": "赵女士", "relation": "self", "signature": PNG, **said, **more}
    return phone.sends(path, **form)


def test_a_receipt_is_signed_later_and_the_ticket_closes(
    shop: Shop, phone: Phone, link: Any, wei: Any
) -> None:
    job = _later(shop)
    path = link(job, "sign")
    page = phone.opens(path)
    receipt = shop.wei.get("/api/v1/receipts", query_string={"job_id": job["id"]}).json["items"][0]
    assert page.value("digest") == receipt["digest"], "exactly what the tablet showed"
    assert _signs(phone, path, signature="data:image/png;base64,AAAA").status == 422
    assert _signs(phone, path, signer_name=" ").status == 422
    assert _signs(phone, path, digest="0" * 64).status == 409
    assert "已签字" in _signs(phone, path).text
    assert _signs(phone, path, digest=page.value("digest")).status == 200, "sent twice"
    signed = shop.wei.get(f"/api/v1/receipts/{receipt['id']}").json
    assert (signed["state"], signed["signed_digest"]) == ("signed", receipt["digest"])
    assert "The customer signed by link" in wei.opens(f"/office/tickets/{job['ticket_id']}").text
    shop.judges(job)
    assert shop.ticket(job)["state"] == "closed"


def test_a_signature_can_be_the_last_proof_that_was_missing(
    shop: Shop, phone: Phone, link: Any
) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    trip.does("note.added", text="New words for the customer", audience="customer")
    trip.comes_home()
    shop.judges(job)
    assert shop.waits(job) == ["receipt_changed"]
    path = link(job, "sign")
    phone.opens(path)
    assert _signs(phone, path).status == 200
    assert shop.ticket(job)["state"] == "closed"


def test_of_two_who_sign_at_once_one_does(shop: Shop, phone: Phone, app: Flask, link: Any) -> None:
    job = _later(shop)
    path = link(job, "sign")
    other = Phone(app)
    phone.opens(path)
    other.opens(path)
    assert _signs(phone, path, signer_name="Zhao").status == 200
    second = PNG[:-80] + PNG[-40:] if len(PNG) % 4 else PNG[:-40]
    late = _signs(other, path, signer_name="Somebody else", signature=second)
    assert late.status == 409
    assert "已由他人签字" in late.text
    assert "Zhao" in late.text


def test_who_reads_an_old_receipt_is_shown_the_new_one(shop: Shop, phone: Phone, link: Any) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes()
    trip.does("note.added", text="first", audience="customer")
    trip.comes_home()
    path = link(job, "sign")
    phone.opens(path)
    trip.does("note.added", text="second words", audience="customer")
    trip.sends_events()
    told = _signs(phone, path)
    assert told.status == 409
    assert "second words" in told.text
    assert "尚未签字" in told.text
    phone.page = told
    assert _signs(phone, path).status == 200


def test_a_reservation_stands_on_the_receipt_that_is_signed(
    shop: Shop, phone: Phone, link: Any
) -> None:
    job = _later(shop)
    path = link(job, "sign")
    before = phone.opens(path).value("digest")
    phone.page = phone.sends(f"{path}/reservation", reservation="门板有划痕")
    assert "门板有划痕" in phone.page.text
    assert phone.page.value("digest") != before
    assert _signs(phone, path).status == 200
    assert shop.revisit(shop.ticket(job))["cause"] == "reservation"


def test_still_broken_reopens_the_chain(shop: Shop, phone: Phone, link: Any, wei: Any) -> None:
    job = _later(shop)
    shop.judges(job)
    assert shop.ticket(job)["state"] == "closed"
    path = link(job, "act")
    phone.opens(path)
    assert phone.sends(f"{path}/still-broken", words="").status == 422
    for _twice in range(2):
        phone.opens(path)
        assert "已收到" in phone.sends(f"{path}/still-broken", words="还是有异响").text
    revisit = shop.revisit(shop.ticket(job))
    assert (revisit["cause"], revisit["state"]) == ("not_fixed", "proposed")
    assert shop.ticket(job)["state"] == "reopened"
    assert "还是有异响" in wei.opens(f"/office/tickets/{job['ticket_id']}").text


def test_stars_are_kept_and_few_of_them_ask_for_a_call(shop: Shop, phone: Phone, link: Any) -> None:
    job = _later(shop)
    path = link(job, "act")
    phone.opens(path)
    for wrong in ("", "0", "6", "five", "1e3"):
        assert phone.sends(f"{path}/rate", stars=wrong).status == 422
    assert "谢谢您的评价" in phone.sends(f"{path}/rate", stars="1", words="迟到了").text
    revisit = shop.revisit(shop.ticket(job))
    assert (revisit["cause"], revisit["state"]) == ("dissatisfied", "call_first")


def test_the_last_stars_count_in_the_figures(
    shop: Shop, phone: Phone, link: Any, write: Any
) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.completes(stars=3)
    trip.comes_home()
    shop.judges(job)
    path = link(job, "act")
    phone.opens(path)
    for stars in ("2", "5"):
        phone.sends(f"{path}/rate", stars=stars)
        while write(counting.count_some):
            pass
    of_stars = select(Fact.counted, Fact.hits).where(Fact.figure == "stars")
    assert write(lambda session: session.execute(of_stars).all()) == [(1, 5)]
    assert write(counting.disagreements) == []


# The office.


def test_the_office_sees_what_the_customer_sees_and_nothing_goes_out_from_there(
    shop: Shop, phone: Phone, wei: Any
) -> None:
    job = shop.issues_a_job()
    page = wei.sends(f"/office/tickets/{job['ticket_id']}/preview")
    assert page.status == 303
    shown = phone.opens(page.goes_to)
    assert "预览" in shown.text
    assert phone.sends(f"{page.goes_to}/confirm").status == 403
    told = wei.opens(f"/office/tickets/{job['ticket_id']}").text
    assert "Customer's page looked at" in told
    made = wei.sends(f"/office/tickets/{job['ticket_id']}/links", purpose="act")
    assert made.status == 303
    assert "/c/act/" in wei.follows(made).html


def test_looking_writes_nothing_but_that_it_was_seen(
    shop: Shop, phone: Phone, link: Any, wei: Any
) -> None:
    job = shop.issues_a_job()
    path = link(job, "act")
    ticket = f"/office/tickets/{job['ticket_id']}"
    before = wei.opens(ticket).text
    for where in ("", "/news", "/appointment.ics", "/move"):
        phone.opens(path + where)
        phone.client.head(path + where)
    assert wei.opens(ticket).text == before
    assert phone.client.post(f"{path}/seen").status_code == 204
    assert "seen" in wei.opens(ticket).text


def test_very_many_wrong_links_are_stopped(phone: Phone) -> None:
    seen = {phone.opens(f"/c/look/{n}.x").status for n in range(205)}
    assert seen == {404, 429}


def _sends_photo(phone: Phone, path: str, content: bytes, **fields: str) -> Page:
    """As a browser does: the test client would leave a file behind for a large one."""
    page = phone.page
    assert page is not None
    said = {"proof": page.value("proof"), **fields}
    edge = b"--edge\r\nContent-Disposition: form-data; name="
    body = b"".join(edge + f'"{k}"\r\n\r\n{v}\r\n'.encode() for k, v in said.items())
    body += edge + b'"photo"; filename="x.jpg"\r\n\r\n' + content + b"\r\n--edge--\r\n"
    kind = "multipart/form-data; boundary=edge"
    answer = Page(phone.client.post(f"{path}/photo", data=body, content_type=kind))
    return phone.opens(answer.goes_to) if answer.status == 303 else answer


def test_a_photo_of_the_place_stands_with_the_ticket(
    shop: Shop, phone: Phone, link: Any, wei: Any, app: Flask
) -> None:
    path = link(job := shop.issues_a_job(), "act")
    phone.opens(path)
    for wrong in (b"", b"<html>no picture</html>"):
        assert _sends_photo(phone, path, wrong).status == 422
    phone.opens(path)
    for _twice in range(2):
        page = _sends_photo(phone, path, saved(draw("kitchen_after"), "JPEG"), note="门口 😀")
        assert "照片已收到" in page.text
    run_once(app.extensions["doorstep"])
    shown = re.findall(rf'src="({re.escape(path)}/photo/[^"]+)"', phone.opens(path).html)
    assert len(shown) == 1, "the same picture is the same one"
    with phone.client.get(shown[0]) as picture:
        assert picture.mimetype == "image/jpeg"
    other = link(shop.issues_a_job(reason="Both at once"), "act")
    assert phone.opens(other + shown[0].removeprefix(path)).status == 404
    assert "门口 😀" in wei.opens(f"/office/tickets/{job['ticket_id']}").text


def test_the_receipt_is_saved_as_a_document(
    shop: Shop, phone: Phone, link: Any, app: Flask
) -> None:
    look = link(_later(shop), "look")
    waits = phone.opens(f"{look}/receipt.pdf")
    assert (waits.status, waits.headers["Refresh"]) == (409, "2")
    run_once(app.extensions["doorstep"])
    made = phone.client.get(f"{look}/receipt.pdf")
    assert made.data.startswith(b"%PDF")
