"""The table of permissions holds at the front door, and no address is missing from it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from server.auth import NEEDS
from server.domain.people import PERMISSIONS, Role
from tests.client import Client
from tests.people import DAN, PLAYER_OF, Character
from tests.permissions import TABLE, Row

UNASKED = {"HEAD", "OPTIONS"}  # made by the framework, as GET is

SignIn = Callable[[Character], Client]

pytestmark = pytest.mark.usefixtures("app")


def addresses(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """Every method of every address, with its view."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - UNASKED):
            yield method, rule.rule, app.view_functions[rule.endpoint]


def test_every_address_is_in_the_table_once(app: Flask) -> None:
    known = sorted((row.method, row.path) for row in TABLE)
    assert known == sorted((method, path) for method, path, _ in addresses(app))


def test_every_view_asks_for_the_permission_that_the_table_names(app: Flask) -> None:
    roles = {(row.method, row.path): row.roles for row in TABLE}
    wrong = []
    for method, path, view in addresses(app):
        act = getattr(view, NEEDS, None)
        allowed = PERMISSIONS[act] if act else None
        if roles.get((method, path), "missing") != allowed:
            wrong.append((method, path, act))
    assert wrong == []


HEADERS = {"If-Match": "*", "Tus-Resumable": "1.0.0"}  # what some ask for before anything else

SIGNED_IN = [row for row in TABLE if row.roles is not None]


def test_nobody_comes_in_without_signing_in(app: Flask) -> None:
    stranger = Client(app, app.response_class)
    let_in = [str(row) for row in SIGNED_IN if knock(stranger, row) != "not_signed_in"]
    assert let_in == []


@pytest.mark.parametrize("row", SIGNED_IN, ids=str)
def test_the_role_decides(sign_in: SignIn, row: Row) -> None:
    """Others are told so, or that there is nothing; whoever may gets as far as the thing itself."""
    told = {role: knock(sign_in(PLAYER_OF[role]), row) for role in Role}
    assert row.roles is not None
    assert [role for role in row.roles if told[role] == "not_allowed"] == []
    others = {role: code for role, code in told.items() if role not in row.roles}
    assert set(others.values()) <= {"not_allowed", "not_found"}, others


def test_somebody_who_has_left_is_nobody(sign_in: SignIn) -> None:
    answer = sign_in(DAN).get("/api/v1/people")
    assert (answer.status_code, answer.json["code"]) == (401, "token_revoked")


def knock(client: Client, row: Row) -> str:
    """The code of the problem, or "none": for a request without content, about nothing in particular."""
    path = re.sub(r"<(\w+:)?\w+>", "nothing-like-it", row.path)
    body: dict[str, str] | None = None if row.method in ("GET", "DELETE") else {}
    headers = {**HEADERS, "Accept": "application/problem+json"}  # pages say no in words
    answer = client.open(path, method=row.method, headers=headers, json=body)
    told = answer.get_json(silent=True)
    assert answer.status_code < 500, told
    return str(told.get("code", "none")) if isinstance(told, dict) else "none"
