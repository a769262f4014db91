"""Whatever is sent to the office's pages, the answer is a page that says what is wrong."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import people
from tests.pages.desks import BROWSER, Desk, Page
from tests.shop import Json, Shop

NONSENSE = [
    "",
    "\x00",
    "\ud800",
    "x" * 5_000,
    "٢٠٢٦-١١-٢٤",
    "\u202e\U0001f6aa'\"><svg onload=alert(1)>",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "-1",
    "00:00",
    "W10",
]
QUERIES = [
    ("/office/", ()),
    ("/office/tickets", ("q", "show", "kind", "after")),
    ("/office/jobs", ("day",)),
    ("/office/intake", ("q",)),
    ("/office/revisits", ("show", "after")),
    ("/office/exceptions", ("show", "after", "decided")),
    ("/office/part-requests", ("show", "after")),
    ("/office/verification", ("judged",)),
    ("/office/devices", ()),
    ("/office/sign-in", ("next",)),
    ("/office/tickets/{ticket}", ()),
    ("/office/tickets/{ticket}/plan", ("day", "assignee_id", "from", "to", "work", "reason")),
    ("/office/revisits/{revisit}/plan", ("day", "assignee_id")),
    ("/office/jobs/{job}/hand-over", ("assignee_id",)),
    ("/office/intake/{customer}", ("kind", "class")),
    ("/office/intake/{customer}/promise", ("kind", "class")),
    ("/office/verification/{job}", ("judged",)),
]
FORMS = [
    ("/office/sign-in", {"username": "wei", "password": "p", "next": "/office/"}),
    ("/office/language", {"language": "zh", "next": "/office/"}),
    (
        "/office/intake/customers",
        dict.fromkeys(("name", "phone", "address", "district", "city", "access_notes"), "x")
        | {"language": "zh"},
    ),
    (
        "/office/intake/{customer}",
        {
            "kind": "repair",
            "class": "urgent",
            "category": "installation",
            "channel": "phone",
            "summary": "x",
            "description": "x",
            "fault": "x",
            "site_id": "x",
            "asset_id": "x",
        },
    ),
    (
        "/office/tickets/{ticket}/change",
        {
            "kind": "repair",
            "class": "urgent",
            "category": "installation",
            "summary": "x",
            "description": "x",
            "fault": "x",
            "was_summary": "The hood rattles",
        },
    ),
    ("/office/tickets/{ticket}/answer", {"words": "x"}),
    ("/office/tickets/{ticket}/reopen", {"trigger": "customer_still_broken", "words": "x"}),
    (
        "/office/tickets/{ticket}/plan",
        {
            "assignee_id": people.ALICE.id,
            "day": "2026-11-24",
            "from": "09:00",
            "to": "11:00",
            "work": "x",
            "notes": "x",
            "reason": "x",
        },
    ),
    (
        "/office/revisits/{revisit}/plan",
        {"assignee_id": people.ALICE.id, "day": "2026-11-24", "from": "09:00", "to": "11:00"},
    ),
    ("/office/revisits/{revisit}/decide", {"to": "due", "reason": "x"}),
    ("/office/jobs/{job}/reassign", {"assignee_id": people.LENA.id, "reason": "x"}),
    ("/office/verification/{job}/verdict", {"verdict": "rework", "reason": "x"}),
    (
        "/office/part-requests/{request}/step",
        {"step": "ship", "tracking": "x", "expected_on": "2026-11-24", "reason": "x"},
    ),
    ("/office/part-requests/{request}/name", {"sku": "HINGE-110"}),
    ("/office/devices/{device}/revoke", {"mode": "collect"}),
    ("/office/tickets/{ticket}/cancel", {"reason": "x"}),
]


@pytest.fixture
def things(shop: Shop) -> Json:
    """One of each, with which the addresses are filled in."""
    customer = shop.takes_in_a_customer()
    job = shop.issues_a_job(shop.opens_a_ticket(**customer))
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part(words="the seal of the door")
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    return {
        "customer": customer["customer_id"],
        "job": job["id"],
        "ticket": job["ticket_id"],
        "revisit": shop.revisit(shop.ticket(job))["id"],
        "request": shop.sun.get("/api/v1/part-requests").json["items"][0]["id"],
        "device": shop.sun.get("/api/v1/devices").json["items"][0]["id"],
    }


def is_clear(page: Page) -> bool:
    """A page of ours; what went wrong is told with its code."""
    is_page = page.headers["Content-Type"].startswith("text/html")
    if not is_page or page.status >= 500:
        return False
    return page.status < 400 or page.status in (409, 422) or "_" in page.text


def test_no_query_breaks_a_page(at_desk: Any, things: Json) -> None:
    sun = at_desk(people.SUN)
    broken = []
    for path, names in QUERIES:
        assert is_clear(sun.opens(path.format(**things))), path
        for name in names:
            for value in NONSENSE:
                query = {name: [value, value]}
                answer = sun.client.get(
                    path.format(**things), query_string=_said(query), headers=BROWSER
                )
                if not is_clear(Page(answer)):
                    broken.append((path, name, value[:20], answer.status_code))
    assert broken == []


def _said(form: dict[str, Any]) -> str:
    """As a sender would who knows no rules: half characters are sent, too."""
    from urllib.parse import quote

    pairs = [
        (name, each)
        for name, value in form.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    return "&".join(
        f"{quote(name)}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in pairs
    )


def _spoilt(form: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name in form:
        yield {key: value for key, value in form.items() if key != name}
        yield {**form, name: [form[name], "and another"]}
        for value in NONSENSE:
            yield {**form, name: value}


def test_no_form_breaks_a_page(at_desk: Any, things: Json) -> None:
    sun: Desk = at_desk(people.SUN)
    token = sun.opens("/office/").value("csrf_token")
    broken = []
    for path, form in FORMS:
        for spoilt in _spoilt(form):
            answer = sun.client.post(
                path.format(**things),
                data=_said({"csrf_token": token, **spoilt}),
                content_type="application/x-www-form-urlencoded",
                headers=BROWSER,
            )
            if not is_clear(Page(answer)):
                changed = {k: str(v)[:20] for k, v in spoilt.items() if form.get(k) != v}
                broken.append((path, changed, answer.status_code))
    assert broken == []


BODIES = [
    (b'{"summary": "x"}', "application/json"),
    (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
    (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
    (b"", "multipart/form-data"),
    (b"a=" + b"x" * 1_100_000, "application/x-www-form-urlencoded"),
    (b"a=" + b"x" * 900_000, "application/x-www-form-urlencoded"),
    (b"a=1&" * 2_000, "application/x-www-form-urlencoded"),
]


@pytest.mark.parametrize(("body", "kind"), BODIES, ids=range(len(BODIES)))
def test_no_body_breaks_a_page(wei: Desk, things: Json, body: bytes, kind: str) -> None:
    token = wei.opens("/office/").value("csrf_token")
    headers = {**BROWSER, "X-CSRF-Token": token}
    for path, _form in FORMS:
        answer = wei.client.post(
            path.format(**things), data=body, content_type=kind, headers=headers
        )
        assert is_clear(Page(answer)), (
            path,
            answer.status_code,
            answer.get_data(as_text=True)[:300],
        )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/office/nowhere"),
        ("DELETE", "/office/tickets"),
        ("GET", "/office/sign-out"),
        ("GET", "/office/%00"),
        ("GET", "/office/tickets/%00"),
        ("GET", "/office/../api"),
        ("GET", "/office/photos/x/..%2Foriginal"),
        ("POST", "/office/tickets/"),
    ],
)
def test_an_address_that_is_none_is_told_on_a_page(wei: Desk, method: str, path: str) -> None:
    token = wei.opens("/office/").value("csrf_token")
    headers = {**BROWSER, "X-CSRF-Token": token}
    page = Page(wei.client.open(path, method=method, headers=headers))
    assert page.status in (404, 405)
    assert is_clear(page)
