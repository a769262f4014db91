"""What holds for every request: its id, its headers, its body in whole or a clear no, its line in the log."""

import gzip
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from server.app import create_app
from server.config import Config
from server.house import house
from server.requests import MAX_JSON_BODY, JsonLines
from tests.client import Client
from tests.people import WEI

CUSTOMERS = "/api/v1/customers"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def anybody(app: Flask) -> Client:
    return Client(app, app.response_class)


@pytest.fixture
def wei(sign_in: Callable[..., Client]) -> Client:
    return sign_in(WEI)


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    told = answer.get_json()
    assert told["type"] == "about:blank"
    assert told["status"] == answer.status_code
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert told["title"]
    assert told["detail"]
    return answer.status_code, told["code"]


# Ids and headers.


@pytest.mark.parametrize("sane", ["0197f3d0-7d3e-7cc1-a7a4-0d8b5a1f2c33", "abcdefgh", "a" * 64])
def test_a_request_keeps_the_id_that_it_came_with(anybody: Client, sane: str) -> None:
    assert anybody.get("/healthz", headers={"X-Request-Id": sane}).headers["X-Request-Id"] == sane


@pytest.mark.parametrize("strange", ["", "short", "a" * 65, "a b c d e f g", "<script>x</script>"])
def test_any_other_request_is_given_one(anybody: Client, strange: str) -> None:
    given = anybody.get("/healthz", headers={"X-Request-Id": strange}).headers["X-Request-Id"]
    assert len(given) == 36
    assert given != strange


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/readyz", "/metrics", "/nowhere", CUSTOMERS, "/api/v1/docs", "/sync/v1/hello"],
)
def test_every_answer_is_safe_to_show(anybody: Client, path: str) -> None:
    headers = anybody.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    assert headers["Sync-Server"] == "doorstep/1"
    assert headers["Sync-Time"] == "2026-11-23T01:00:00.000Z"


def test_answers_about_people_are_not_kept_by_others(wei: Client) -> None:
    assert wei.get(CUSTOMERS).headers["Cache-Control"] == "no-store"


# Failures, in their one shape.


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("GET", "/api/v1/customers/", 404, "not_found"),
        ("DELETE", "/healthz", 405, "method_not_allowed"),
        ("PUT", CUSTOMERS, 405, "method_not_allowed"),
        ("BREW", CUSTOMERS, 405, "method_not_allowed"),
        ("GET", CUSTOMERS, 401, "not_signed_in"),
    ],
)
def test_failures_have_one_shape(
    anybody: Client, method: str, path: str, status: int, code: str
) -> None:
    refused = anybody.open(path, method=method)
    assert refusal(refused) == (status, code)
    if status == 405:
        assert refused.headers["Allow"]


def test_a_name_that_is_half_a_character_is_told_back(anybody: Client) -> None:
    refused = anybody.post(
        "/api/v1/auth/login", data='{"\\ud800": 1}', content_type="application/json"
    )
    assert refused.status_code == 422
    assert "\ud800" in refused.json["errors"]["json"]


def test_a_405_names_what_can_be_done(anybody: Client) -> None:
    assert anybody.put(CUSTOMERS).headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("spoken", "word"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.5", "没有找到"),
        ("zh-Hant-TW", "没有找到"),
        ("en-GB,zh;q=0.5", "nothing here"),
        ("fr", "nothing here"),
        ("*", "nothing here"),
        ("", "nothing here"),
        (";;;q=x,,", "nothing here"),
    ],
)
def test_failures_are_told_in_the_language_that_is_asked_for(
    anybody: Client, spoken: str, word: str
) -> None:
    refused = anybody.get("/nowhere", headers={"Accept-Language": spoken})
    assert word in refused.get_json()["detail"]
    assert refused.get_json()["code"] == "not_found"


@pytest.mark.parametrize("accept", ["text/html", "image/png", "nonsense", "*/*;q=0", ""])
def test_whatever_is_accepted_the_api_answers_json(wei: Client, accept: str) -> None:
    answer = wei.get(CUSTOMERS, headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert refusal(wei.get("/api/v1/nowhere", headers={"Accept": accept})) == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"\xff\xfe", b'{"name": "Li" "x"}', b"[" * 100_000, b"NaN", b'{"name": NaN}'],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_not_json_is_refused(wei: Client, body: bytes) -> None:
    refused = wei.post(CUSTOMERS, data=body, headers=JSON)
    assert refused.status_code in (400, 422)
    assert refusal(refused)[1] in ("bad_request", "invalid")


@pytest.mark.parametrize("body", [b"[]", b"7", b'"Li"', b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(wei: Client, body: bytes) -> None:
    assert refusal(wei.post(CUSTOMERS, data=body, headers=JSON)) == (422, "invalid")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "image/png"])
def test_a_body_of_another_type_is_refused(wei: Client, kind: str) -> None:
    refused = wei.post(CUSTOMERS, data=b'{"name": "Li Na"}', headers={"Content-Type": kind})
    assert refusal(refused) == (415, "unsupported_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/merge-patch+json"]
)
def test_json_goes_by_several_names(wei: Client, kind: str) -> None:
    added = wei.post(CUSTOMERS, data=b'{"name": "Li Na"}', headers={"Content-Type": kind})
    assert added.status_code == 201


def test_a_body_that_is_too_large_is_refused(wei: Client) -> None:
    body = b'{"name": "' + b"x" * MAX_JSON_BODY + b'"}'
    assert refusal(wei.post(CUSTOMERS, data=body, headers=JSON)) == (413, "too_large")


def test_a_body_that_was_cut_is_refused(wei: Client) -> None:
    """Also where what arrived would do by itself."""
    body = b'{"name": "Li Na"}'
    environ = {"CONTENT_LENGTH": str(len(body) + 1)}
    refused = wei.post(CUSTOMERS, data=body, headers=JSON, environ_overrides=environ)
    assert refusal(refused) == (400, "body_cut")
    assert wei.get(CUSTOMERS).json["items"] == []


def chunked(client: Client, body: bytes) -> Any:
    """As a server hands on a body in chunks: without its length."""
    return client.post(
        CUSTOMERS,
        input_stream=io.BytesIO(body),
        headers={**JSON, "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def test_a_body_may_come_in_chunks(wei: Client) -> None:
    assert chunked(wei, b'{"name": "Li Na"}').status_code == 201
    too_large = b'{"name": "' + b"x" * MAX_JSON_BODY + b'"}'
    assert refusal(chunked(wei, too_large)) == (413, "too_large")


def packed(client: Client, body: bytes, encoding: str = "gzip") -> Any:
    return client.post(CUSTOMERS, data=body, headers={**JSON, "Content-Encoding": encoding})


def test_a_body_may_come_packed(wei: Client) -> None:
    for encoding in ("gzip", "GZIP", "x-gzip"):
        added = packed(wei, gzip.compress(b'{"name": "Li Na"}'), encoding)
        assert (added.status_code, added.json["name"]) == (201, "Li Na")
    assert packed(wei, b'{"name": "Li Na"}', "identity").status_code == 201


def test_the_limit_holds_for_what_comes_out(wei: Client) -> None:
    bomb = gzip.compress(b'{"name": "' + b"x" * 50 * MAX_JSON_BODY + b'"}')
    assert len(bomb) < MAX_JSON_BODY
    assert refusal(packed(wei, bomb)) == (413, "too_large")


@pytest.mark.parametrize("keep", [0, 5, 20, -4])
def test_a_packed_body_that_is_broken_is_refused(wei: Client, keep: int) -> None:
    body = gzip.compress(b'{"name": "Li Na"}')[:keep] if keep else b"not gzip"
    assert refusal(packed(wei, body)) == (400, "bad_request")


def test_another_packing_is_refused(wei: Client) -> None:
    assert refusal(packed(wei, b"whatever", "br")) == (415, "unsupported_type")


def test_a_long_answer_is_packed_for_whoever_asks(wei: Client) -> None:
    for number in range(20):
        wei.post(CUSTOMERS, json={"name": f"Li {number}"})
    plain = wei.get(CUSTOMERS)
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"
    answer = wei.get(CUSTOMERS, headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < len(plain.data) / 2
    assert gzip.decompress(answer.data) == plain.data
    refused = wei.get(CUSTOMERS, headers={"Accept-Encoding": "gzip;q=0"})
    assert refused.data == plain.data


# Other methods.


def test_head_tells_what_get_would(wei: Client) -> None:
    got, head = wei.get(CUSTOMERS), wei.head(CUSTOMERS)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


def test_options_tells_the_methods(anybody: Client) -> None:
    answer = anybody.open(CUSTOMERS, method="OPTIONS")
    assert answer.status_code == 200
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert "Access-Control-Allow-Origin" not in answer.headers, "no other site may read us"


# Odd addresses.


@pytest.mark.parametrize("odd", ["%00", "%ff%fe", "%ed%a0%80", "a" * 3000, "%2e%2e%2f", "'; --"])
def test_an_odd_id_is_the_id_of_nothing(wei: Client, odd: str) -> None:
    assert refusal(wei.get(f"{CUSTOMERS}/{odd}")) == (404, "not_found")


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff", "q=", "limit=0", "limit=x", "limit=201", "x=1", "limit=1&limit=2&x"]
)
def test_an_odd_query_is_refused(wei: Client, query: str) -> None:
    refused = wei.get(f"{CUSTOMERS}?{query}")
    if refused.status_code != 200:
        assert refusal(refused) in {(422, "invalid"), (400, "bad_request")}
    else:
        assert query == "q=%ff", "bytes that are no text are read as a mark that stands for them"


# What nobody foresaw.


class Lines(logging.Handler):
    """The log, as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Lines]:
    handler, logger = Lines(), logging.getLogger("doorstep")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel("DEBUG")
    yield handler
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.fixture
def clumsy(tmp_path: Path, fresh_database_url: str) -> Iterator[Client]:
    """A client of an app with a view that stumbles over somebody's data."""
    config = Config(database_url=fresh_database_url, media=tmp_path, secret="x" * 40)
    app = create_app(config)

    @app.route("/stumble/<name>", methods=["GET", "POST"])
    def stumble(name: str) -> str:
        raise ValueError(f"{name} lives at 12 Jade Lane")

    @app.get("/stumble-in-database/<name>")
    def stumble_in_database(name: str) -> str:
        asked = text("select cast(:name as integer) from nowhere")
        return str(house().database.read(lambda s: s.execute(asked, {"name": name}).scalar()))

    yield Client(app, app.response_class)
    app.extensions["doorstep"].database.close()


@pytest.mark.parametrize("path", ["/stumble/Wang", "/stumble-in-database/Wang"])
def test_what_nobody_foresaw_gives_nothing_away(clumsy: Client, log: Lines, path: str) -> None:
    refused = clumsy.get(path)
    assert refused.status_code in (500, 503)
    assert refusal(refused)[1] in ("internal", "busy")
    for secret in ("Wang", "Jade", "ValueError", "nowhere", "Traceback", "sqlite", "psycopg"):
        assert secret not in refused.text
    told = [json.loads(line) for line in log.lines]
    (failure,) = [line for line in told if "traceback" in line]
    assert "stumble" in failure["traceback"], "the place is named"
    assert failure["request_id"] == refused.get_json()["request_id"]
    assert "Wang" not in "".join(log.lines)
    assert "Jade" not in "".join(log.lines)


def test_the_log_names_no_people(wei: Client, anybody: Client, log: Lines) -> None:
    personal = ("Li Na", "Li%20Na", "Jade Lane", "13800138000", "nobody@example.com", "teacups")
    form = {"name": "Li Na", "phone": "13800138000", "email": "nobody@example.com"}
    added = wei.post(CUSTOMERS, json=form)
    wei.get(added.headers["Location"])
    wei.get(CUSTOMERS, query_string={"q": "Li Na"})
    wei.get("/api/v1/customers/Li%20Na%20of%20Jade%20Lane")
    wei.post(CUSTOMERS, json={**form, "age": 40})
    anybody.get("/Jade Lane/Li%20Na", headers={"User-Agent": "Li Na", "Referer": "Li Na"})
    wrong = {"username": "nobody@example.com", "password": "seven teacups"}
    anybody.post("/api/v1/auth/login", json=wrong)
    written = "".join(log.lines)
    assert [each for each in personal if each in written] == []
    lines = [json.loads(line) for line in log.lines]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/api/v1/customers", 201),
        ("GET", "/api/v1/customers/<customer_id>", 200),
        ("GET", "/api/v1/customers", 200),
        ("GET", "/api/v1/customers/<customer_id>", 404),
        ("POST", "/api/v1/customers", 422),
        ("GET", "(none)", 404),
        ("POST", "/api/v1/auth/login", 401),
    ]
    for line in lines:
        assert set(line) == {
            "at", "level", "log", "message", "request_id", "method", "route", "status", "ms",
        }  # fmt: skip
