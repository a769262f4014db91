"""Notices in the office: texts and their preview, the dead letters, endpoints and gateways."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.db.audit import AuditLine
from server.db.notices import Endpoint, Gateway, Notice, Try
from server.ids import new_id
from tests import people
from tests.pages.desks import Desk, Page
from tests.people import NORTH, NOW, SOUTH
from tests.shop import Shop

Write = Callable[..., Any]
TEXTS = "/office/settings/notices"


@pytest.fixture
def sun(at_desk: Callable[[people.Character], Desk]) -> Desk:
    return at_desk(people.SUN)


def fields_of(page: Page) -> dict[str, str]:
    """What the form of the texts would send."""
    import re
    from html import unescape

    found: dict[str, str] = {}
    form = page.html.split("data-keeps=", 1)[1].split("</form>", 1)[0]
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or "checked" in tag):
            found[name[1]] = unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = unescape(text)
    return found


def a_notice(ticket_id: str, **changes: Any) -> Notice:
    ordinary = {
        "id": new_id(),
        "key": new_id(),
        "kind": "made",
        "channel": "email",
        "branch_id": NORTH,
        "ticket_id": ticket_id,
        "state": "failed",
        "reason": "refused",
        "title": "Your appointment",
        "body": "We come on Tuesday. <script>",
        "address": "li.na@example.com",
        "happened_at": NOW,
        "made_at": NOW,
        "run_at": NOW,
        "tries": 1,
        "rev": 1,
    }
    return Notice(**{**ordinary, **changes})


def test_texts_are_changed_and_previewed_with_a_real_ticket(sun: Desk, shop: Shop) -> None:
    job = shop.issues_a_job()
    page = sun.opens(TEXTS)
    assert page.status == 200
    said = {**fields_of(page), "texts.made.sms.en": "Hello {name}, {shop} comes {day} {window}."}
    shown = sun.sends(f"{TEXTS}/preview", **{**said, "ticket": job["ticket_id"]})
    assert shown.status == 200
    assert "Hello Li Na, Branch North comes Monday, 23 November 10:00–12:00." in shown.text
    assert "1 text messages" in shown.text
    assert "亲" not in shown.text
    assert sun.opens(TEXTS).value("texts.made.sms.en") != said["texts.made.sms.en"], "not saved"
    assert sun.sends(TEXTS, **said).status == 303
    assert sun.opens(TEXTS).value("texts.made.sms.en") == said["texts.made.sms.en"]


@pytest.mark.parametrize(
    ("where", "text", "told"),
    [
        ("texts.made.sms.en", "Hello {nmae}", "a placeholder that nobody can fill in"),
        ("texts.made.sms.zh", "您好 {", "a placeholder that nobody can fill in"),
        ("texts.done.email.en.subject", " ", "Please fill this in."),
        ("texts.done.email.en.body", "x" * 4_001, "This is too long."),
        ("quiet.from", "noon", "This cannot be used here."),
        ("reminder_at", "22:30", "This lies in the quiet hours."),
        ("follow_up.days", "0", "This is too little."),
    ],
)
def test_texts_that_cannot_be_sent_come_back(sun: Desk, where: str, text: str, told: str) -> None:
    said = {**fields_of(sun.opens(TEXTS)), where: text}
    page = sun.sends(TEXTS, **said)
    assert (page.status, told in page.text) == (422, True)
    assert sun.sends(f"{TEXTS}/preview", **said).status == 422


def test_the_ticket_tells_what_its_customer_was_told(wei: Desk, shop: Shop, save: Write) -> None:
    job = shop.issues_a_job()
    save(
        a_notice(job["ticket_id"], state="sent", reason=None, sent_at=NOW),
        a_notice(job["ticket_id"], kind="on_the_way", state="dropped", reason="too_late"),
    )
    page = wei.opens(f"/office/tickets/{job['ticket_id']}")
    assert "What the customer was told" in page.text
    assert "Appointment made" in page.text
    assert "It would have come too late." in page.text


def test_a_dead_letter_is_sent_again_or_settled(
    wei: Desk, shop: Shop, save: Write, load: Write
) -> None:
    job = shop.issues_a_job()
    again, arrived = a_notice(job["ticket_id"]), a_notice(job["ticket_id"], state="unsure")
    attempt = Try(
        id=new_id(), notice_id=again.id, at=NOW, outcome="refused", status=550, words="nobody",
        duration_ms=12,
    )  # fmt: skip
    save(again, arrived, attempt)
    page = wei.opens("/office/notices")
    assert page.text.count("Appointment made") >= 2
    page = wei.opens(f"/office/notices/{again.id}")
    assert "550 12 ms nobody" in page.text
    assert "<script>" not in page.html.split("In these words")[1]
    assert wei.sends(f"/office/notices/{again.id}/replay").status == 303
    assert wei.sends(f"/office/notices/{again.id}/replay").status == 303, "twice is once"
    assert wei.sends(f"/office/notices/{arrived.id}/settle", how="arrived").status == 303
    states = load(lambda s: dict(s.execute(select(Notice.id, Notice.state)).all()))
    assert states == {again.id: "waiting", arrived.id: "sent"}
    acts = load(lambda s: list(s.scalars(select(AuditLine.act).where(AuditLine.noun == "notice"))))
    assert acts == ["notice.replayed", "notice.settled"]
    assert "Nothing failed." in wei.opens("/office/notices").text
    assert wei.sends(f"/office/notices/{arrived.id}/replay").status == 409


def test_all_that_failed_is_sent_again_at_once_and_nothing_unsure(
    wei: Desk, shop: Shop, save: Write, load: Write
) -> None:
    ticket = shop.issues_a_job()["ticket_id"]
    save(*(a_notice(ticket) for _ in range(3)), a_notice(ticket, state="unsure"))
    save(a_notice(ticket, branch_id=SOUTH))
    assert wei.sends("/office/notices/replay").status == 303
    states = load(lambda s: sorted(s.scalars(select(Notice.state))))
    assert states == ["failed", "unsure", "waiting", "waiting", "waiting"]


def test_it_is_searched_and_never_a_500(wei: Desk, shop: Shop, save: Write) -> None:
    job = shop.issues_a_job()
    save(a_notice(job["ticket_id"]))
    for words, count in ((job["ticket_id"], 1), ("Li Na", 1), ("nobody at all", 0)):
        page = wei.opens(f"/office/notices?q={words}")
        assert page.html.count("/office/notices/") - page.html.count("replay") >= count
        assert ("Appointment made" in page.text) == bool(count)
    for odd in ("q=%00", "channel=fax", "to=%00x", "show=x", "q=" + "x" * 900):
        assert wei.opens(f"/office/notices?{odd}").status == 200
    assert wei.opens("/office/notices?after=x").status == 400


def test_what_did_not_arrive_stands_on_today(wei: Desk, shop: Shop, save: Write) -> None:
    save(a_notice(shop.issues_a_job()["ticket_id"]))
    assert "Notices that did not arrive" in wei.opens("/office/").text


# Endpoints and gateways.


def adds(sun: Desk, **said: str) -> Page:
    form = {"url": "https://erp.example.com/hook", "which": "all", "label": "ERP", **said}
    return sun.sends("/office/webhooks", **form)


def test_an_endpoint_is_added_tested_rotated_switched_and_removed(
    sun: Desk, load: Write, write: Write
) -> None:
    page = sun.follows(adds(sun, drops_repeats="yes"))
    assert "ERP hears from now on." in page.text
    where = "/office/webhooks/" + load(lambda s: s.scalars(select(Endpoint.id)).one())
    first = sun.sends(f"{where}/secret").text.partition("whsec_")[2].split()[0]
    assert first
    assert first not in sun.opens(where).text
    assert sun.sends(f"{where}/rotate").status == 303
    assert "the old secret signs, too" in sun.opens(where).text
    assert first not in sun.sends(f"{where}/secret").text
    assert sun.sends(f"{where}/ping").status == 303
    assert "Test call" in sun.opens(where).text
    assert sun.sends(f"{where}/switch", to="off").status == 303
    assert "Switched off" in sun.opens(where).text
    assert sun.sends(f"{where}/switch", to="on").status == 303
    rev = sun.opens(where).value("rev")
    form = {"url": "https://erp.example.com/two", "which": "some", "event": "job.issued"}
    assert sun.sends(where, rev=rev, **form).status == 303
    assert sun.sends(where, rev=rev, **form).status == 412, "somebody was faster"
    assert sun.sends(f"{where}/remove").status == 303
    assert sun.opens(where).status == 404
    acts = load(lambda s: list(s.scalars(select(AuditLine.act).where(AuditLine.noun == "webhook"))))
    assert acts == [
        "webhook.added", "webhook.secret_shown", "webhook.secret_rotated", "webhook.secret_shown",
        "webhook.switched_off", "webhook.switched_on", "webhook.changed", "webhook.removed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://erp.example.com/", "Only addresses that begin with https://"),
        ("https://127.0.0.1/x", "in our own network"),
        ("https://[::ffff:169.254.169.254]/", "in our own network"),
        ("https://user:pw@erp.example.com/", "cannot be used here"),
        ("https://erp.example.com:99999/", "cannot be used here"),
        ("https://ерп.example.com/", "cannot be used here"),
        ("javascript:alert(1)", "Only addresses that begin with https://"),
        ("", "Please fill this in."),
    ],
)
def test_an_address_that_nobody_may_call_comes_back(sun: Desk, url: str, told: str) -> None:
    page = adds(sun, url=url)
    assert (page.status, told in page.text) == (422, True), page.text
    assert page.value("label") == "ERP", "what was typed stays"


def test_odd_forms_of_endpoints_are_refused(sun: Desk) -> None:
    assert adds(sun, which="some").status == 422
    assert adds(sun, branch_id=new_id()).status == 422
    assert adds(sun, label="x" * 101).status == 422
    assert adds(sun, url="https://a.example/\x00").status == 422


def test_a_gateway_is_kept_and_never_shown_again(sun: Desk, load: Write) -> None:
    url = "clicksend://shop:a-secret-word@{phone}"
    form = {"branch_id": NORTH, "channel": "sms", "url": url}
    page = sun.follows(sun.sends("/office/gateways", **form))
    assert "clicksend" in page.text
    assert "a-secret-word" not in page.html
    kept = load(lambda s: s.scalars(select(Gateway)).one())
    assert "a-secret-word" not in kept.url
    assert sun.sends("/office/gateways", branch_id=NORTH, channel="sms").status == 303
    assert load(lambda s: s.scalars(select(Gateway)).all()) == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("syslog://localhost", "Nobody here knows this service."),
        ("mailto://a:b@example.com", "Nobody here knows this service."),
        ("clicksend://user:pass@13800138000", "where the customer"),
        ("nonsense", "Nobody here knows this service."),
        ("clicksend://", "This cannot be used here."),
    ],
)
def test_a_gateway_that_cannot_be_comes_back_without_its_secret(
    sun: Desk, url: str, told: str
) -> None:
    page = sun.sends("/office/gateways", branch_id=NORTH, channel="sms", url=url)
    assert (page.status, told in page.text) == (422, True), page.text
    assert "user:pass" not in page.html.replace("user:key", "")


def test_the_demo_says_that_nothing_leaves(sun: Desk, app: Flask) -> None:
    house = app.extensions["doorstep"]
    config = dataclasses.replace(house.config, is_demo=True)
    app.extensions["doorstep"] = dataclasses.replace(house, config=config)
    assert "nothing leaves the house" in sun.opens("/office/notices").text
