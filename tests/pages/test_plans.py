"""No page and no list reads a large table from end to end, on either database.

Walked are all addresses of the office and of the API, with every filter that a page offers or the reference
names: a new page is looked at by itself. `tests/plans.py` says which tables are small.
"""

import importlib
import pkgutil
import re
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy.types import NullType, TypeEngine

import server
from server.db.lookups import ListOf, Question
from tests import one_of_each, people
from tests.client import Client
from tests.pages.desks import BROWSER, Desk, Page
from tests.pages.test_questions import goes_on
from tests.plans import Questions, Scan, listening, scans
from tests.shop import Shop

# Scans that are known, by address and table, with the reason why they may be.
WHOLE_LIST = "the list of all has no index in its order yet"
SUMMED_UP = "a balance is a sum of the whole ledger"
KNOWN: dict[tuple[str, str], str] = {
    ("/api/v1/exceptions", "exceptions"): WHOLE_LIST,
    ("/api/v1/part-requests", "part_requests"): WHOLE_LIST,
    ("/api/v1/part-requests", "tickets"): WHOLE_LIST,
    ("/api/v1/revisits", "revisits"): WHOLE_LIST,
    ("/api/v1/revisits", "tickets"): WHOLE_LIST,
    ("/api/v1/stock", "movements"): SUMMED_UP,
    (
        "/api/v1/assets",
        "customers",
    ): "PostgreSQL has no statistics of lower(serial) in an empty shop",
    ("/api/v1/photos", "visits"): "PostgreSQL may gather a contractor's visits before its photos",
}

Ids = dict[str, str]


@pytest.fixture
def ids(save: Callable[..., None], shop: Shop) -> Ids:
    """One of everything, and work that waits for somebody."""
    found = one_of_each.move_in(save)
    ticket = shop.opens_a_ticket()
    done = goes_on(shop, ticket)
    return {**found, "ticket_id": ticket["id"], "job_id": done["id"], "variant": "thumb"}


def told(found: list[Scan]) -> str:
    """One of each kind, with the beginning and the end of its question."""
    once = {(each.table, each.statement[-120:]): each for each in reversed(found)}
    return "\n".join(
        f"\n{each.by}: {each.table}: {each.step}\n  {each.statement[:60]} … {each.statement[-160:]}"
        for each in once.values()
    )


def surprising(app: Flask, found: list[Scan]) -> list[Scan]:
    rules = app.url_map.bind("localhost")

    def rule(address: str) -> str:
        return str(rules.match(urlsplit(address).path, return_rule=True)[0].rule)

    return [each for each in found if (rule(each.by), each.table) not in KNOWN]


# Pages.


def rules_of(app: Flask, beginning: str, ids: Ids) -> Iterator[str]:
    """Every address that is read, filled in."""
    for rule in app.url_map.iter_rules():
        is_read = "GET" in (rule.methods or ()) and rule.rule.startswith(beginning)
        if is_read and rule.arguments <= ids.keys():
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ids[found[1]], rule.rule)


def filters_of(page: Page, here: str) -> Iterator[str]:
    """What the forms of a page can ask: each choice of each list, and words in each field."""
    for tag, inside in re.findall(r"<form([^>]*)>(.*?)</form>", page.html, re.S):
        if 'method="post"' in tag:
            continue
        to = re.search(r'action="([^"]*)"', tag)
        path = unescape(to[1]) if to else here
        for name, options in re.findall(
            r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', inside, re.S
        ):
            for value in re.findall(r'<option value="([^"]+)"', options)[:4]:
                yield f"{urlsplit(path).path}?{urlencode({name: unescape(value)})}"
        for name in re.findall(r'<input type="search"[^>]*name="([^"]+)"', inside):
            yield f"{urlsplit(path).path}?{urlencode({name: 'hood'})}"


def walk(
    desk: Desk,
    starts: list[str],
    shape: Callable[[str], Any],
    questions: Questions,
    *,
    follows: bool,
) -> None:
    """Opens these pages, or all that can be reached from them, one of each kind and of each filter."""
    seen, waiting = set(), deque(starts)
    while waiting:
        address = waiting.popleft()
        known_as = shape(address)
        if known_as is None or known_as in seen:
            continue
        seen.add(known_as)
        questions.by = address
        answer = desk.client.get(address, headers=BROWSER)
        assert answer.status_code < 500, address
        if follows and answer.mimetype == "text/html":
            page = Page(answer)
            waiting.extend(each for each in page.links() if each.startswith("/office"))
            waiting.extend(filters_of(page, address))


def shape_of(app: Flask) -> Callable[[str], Any]:
    """By what two addresses ask the same: their rule, and the names of what they filter by, or the one
    filter with its value; None for what is no page.
    """
    rules = app.url_map.bind("localhost")
    values: dict[tuple[str, str], set[str]] = {}

    def shape(address: str) -> Any:
        parts = urlsplit(address)
        if parts.path.startswith("/office/static") or not rules.test(parts.path):
            return None
        rule = rules.match(parts.path, return_rule=True)[0].rule
        asked = dict(parse_qsl(parts.query))
        if len(asked) != 1 or asked.keys() & PLACES:
            return rule, frozenset(asked)
        [(name, value)] = asked.items()
        tried = values.setdefault((rule, name), set())
        if len(tried) < TRIED:
            tried.add(value)
        return (rule, name, value) if value in tried else (rule, frozenset(asked))

    return shape


PLACES = {"after", "before", "day", "week", "next", "judged", "decided"}  # a value each
TRIED = 4  # values of a filter


def test_no_page_reads_a_large_table_from_end_to_end(
    at_desk: Callable[[people.Character], Desk], app: Flask, ids: Ids
) -> None:
    """Sun follows every link; of the others it matters which rows they may see."""
    database = app.extensions["doorstep"].database
    starts = list(rules_of(app, "/office", ids))
    with listening(database.reading) as questions:
        for who in (people.SUN, people.BOB, people.MEI, people.STOCK):
            walk(at_desk(who), starts, shape_of(app), questions, follows=who == people.SUN)
    found = surprising(app, scans(database.engine, questions))
    assert len(questions.asked) > 50, "the walk must have gone somewhere"
    assert not found, told(found)


# The API.


def queries(reference: Any, path: str, ids: Ids) -> Iterator[dict[str, str]]:
    """Each parameter that the reference names, by itself."""
    for each in reference["paths"].get(path, {}).get("get", {}).get("parameters", []):
        if each.get("in") == "query" and each["name"] not in ("limit", "after", "cursor", "page"):
            shape = each.get("schema", {})
            usual = {"date-time": "2026-11-23T01:00:00Z", "date": "2026-11-23"}
            value = (shape.get("enum") or [usual.get(shape.get("format", ""), "hood")])[0]
            value = "true" if shape.get("type") == "boolean" else value
            yield {each["name"]: str(ids.get(each["name"], value))}


def test_no_list_of_the_api_reads_a_large_table_from_end_to_end(
    sign_in: Callable[[people.Character], Client], app: Flask, ids: Ids
) -> None:
    database = app.extensions["doorstep"].database
    reference = sign_in(people.SUN).get("/api/v1/openapi.json").json
    by_rule = {
        rule.rule: re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
    }
    with listening(database.reading) as questions:
        for who in (people.SUN, people.BOB, people.MEI, people.ALICE):
            client = sign_in(who)
            for rule, path in by_rule.items():
                if not rule.startswith("/api/v1/") or "docs" in rule or "openapi" in rule:
                    continue
                address = re.sub(r"{(\w+)}", lambda name: ids.get(name[1], "none"), path)
                for asked in ({}, *queries(reference, path, ids)):
                    questions.by = f"{address}?{urlencode(asked)}"
                    answer = client.get(address, query_string=asked)
                    assert answer.status_code < 500, (address, asked)
    found = surprising(app, scans(database.engine, questions))
    assert len(questions.asked) > 30, "the walk must have gone somewhere"
    assert not found, told(found)


# Past the session.


def questions_past_the_session() -> Iterator[tuple[str, Question]]:
    """All that stand in the modules of the server, wherever they are put from."""
    for module in pkgutil.walk_packages(server.__path__, "server."):
        if not module.name.startswith("server.demo"):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, Question):
                    yield f"{module.name}.{name}", value


def example(kind: TypeEngine[Any]) -> Any:
    """A value of a column's kind; of a list of them."""
    if isinstance(kind, ListOf):
        return [example(kind.kind)]
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    examples = {int: 1, bool: True, date: moment.date(), datetime: moment}
    return "hood" if isinstance(kind, NullType) else examples.get(kind.python_type, "hood")


def test_no_question_past_the_session_reads_a_large_table_from_end_to_end(
    app: Flask, ids: Ids
) -> None:
    engine = app.extensions["doorstep"].database.engine
    questions = Questions()
    for name, question in questions_past_the_session():
        questions.by = name
        spelled = question.spelled(engine.dialect)
        binds = spelled.binds.items()
        values = {each: bind.value or example(bind.type) for each, bind in binds}
        filled_in = spelled.values(values)
        is_named = isinstance(filled_in, dict)
        questions.note(spelled.text, filled_in if is_named else tuple(filled_in))
    found = scans(engine, questions)
    assert len(questions.asked) > 15
    assert not found, told(found)
