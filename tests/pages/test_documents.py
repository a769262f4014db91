"""A receipt to take along from the office: the PDF in both languages, and the evidence for it."""

from collections.abc import Callable

from flask import Flask

from server import worker
from server.documents import bundle_checks
from tests.client import Client
from tests.pages.desks import BROWSER, Desk
from tests.people import ALICE, CAROL, STOCK, Character
from tests.shop import Json, Shop, asked

SignIn = Callable[[Character], Client]


def signed(shop: Shop) -> Json:
    job = shop.issues_a_job()
    trip = shop.sends(ALICE, job)
    trip.completes()
    trip.comes_home()
    query = {"ticket_id": job["ticket_id"]}
    receipt: Json = asked(shop.wei.get("/api/v1/receipts", query_string=query))["items"][-1]
    return {**receipt, "ticket_id": job["ticket_id"]}


def test_it_works(shop: Shop, wei: Desk, app: Flask) -> None:
    """Asked for before it is made, a page says so and asks again by itself."""
    receipt = signed(shop)
    page = wei.opens(f"/office/tickets/{receipt['ticket_id']}")
    (chinese, english) = [each for each in page.links() if "/pdf?language=" in each]
    waits = wei.opens(english)
    assert (waits.status, waits.headers["Refresh"]) == (409, "2")
    assert "The document is being made" in waits.text
    shop.clock.go_on(minutes=2)
    worker.run_once(app.extensions["doorstep"])
    for path in (chinese, english):
        answer = wei.client.get(path, headers=BROWSER)
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert answer.get_data().startswith(b"%PDF-")
        again = wei.client.get(path, headers={**BROWSER, "If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304


def test_evidence_is_handed_out_and_written_down(shop: Shop, wei: Desk) -> None:
    receipt = signed(shop)
    page = wei.opens(f"/office/tickets/{receipt['ticket_id']}")
    (where,) = [each for each in page.actions() if each.endswith("/evidence")]
    form = {"csrf_token": page.value("csrf_token"), "photos": "on"}
    answer = wei.client.post(where, data=form, headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert f"evidence-{receipt['job_id']}-v1.zip" in answer.headers["Content-Disposition"]
    report = bundle_checks.check_bytes(answer.get_data())
    assert report.findings == []
    assert [each["receipt_id"] for each in report.facts["receipts"]] == [receipt["id"]]
    lines = asked(shop.sun.get("/api/v1/audit?noun=evidence"))["items"]
    assert "evidence.made" in [each["act"] for each in lines]


def test_it_hides_what_is_not_theirs(
    shop: Shop, at_desk: Callable[[Character], Desk], sign_in: SignIn
) -> None:
    receipt = signed(shop)
    assert sign_in(CAROL).get(f"/office/receipts/{receipt['id']}/pdf").status_code in (
        302,
        403,
        404,
    )
    stock = at_desk(STOCK)
    assert stock.opens(f"/office/receipts/{receipt['id']}/pdf").status == 403
    assert stock.sends(f"/office/receipts/{receipt['id']}/evidence").status == 403
