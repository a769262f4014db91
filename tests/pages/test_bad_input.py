"""Whatever is sent to the office's pages, the answer is a page that says what is wrong."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests import people
from tests.pages.addresses import FORMS, QUERIES
from tests.pages.desks import BROWSER, Desk, Page
from tests.shop import Json

NOT_EVEN_WORDS = [
    "",
    "\x00",
    "\ud800",
    "x" * 5_000,
    "٢٠٢٦-١١-٢٤",
    "\u202e\U0001f6aa'\"><svg onload=alert(1)>",
]
NONSENSE = [
    *NOT_EVEN_WORDS,
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "-1",
    "00:00",
    "W10",
]

DAYS = (
    "day",
    "expected_on",
    "from",
    "until",
    "begins_on",
    "ends_on",
    "valid_from",
    "granted_until",
)
TELLING = (
    "after",
    "week",
    "period",
    "page",
    "to",
    "known",
    "decided",
    *DAYS,
)  # read as more than words


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
            for value in NONSENSE if name in TELLING else NOT_EVEN_WORDS:
                query = {name: [value, value]}
                answer = sun.client.get(
                    path.format(**things), query_string=_said(query), headers=BROWSER
                )
                if not is_clear(Page(answer)):
                    broken.append((path, name, value[:20], answer.status_code))
    assert broken == []


def _said(form: dict[str, Any]) -> str:
    """As a sender would who knows no rules: half characters are sent, too."""
    pairs = [
        (name, each)
        for name, value in form.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    return "&".join(
        f"{quote(name)}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in pairs
    )


def _spoilt(form: dict[str, str]) -> Iterator[dict[str, Any]]:
    yield {name: [value, "and another"] for name, value in form.items()}
    for name in form:
        yield {key: value for key, value in form.items() if key != name}
        for value in NONSENSE if name in DAYS else NOT_EVEN_WORDS:
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
