"""The table of permissions holds at the front door, cell by cell, and no address is missing from it."""

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from flask import Flask
from flask_jwt_extended import create_access_token
from sqlalchemy.orm import Session

from server.app import furnish
from server.auth import NEEDS
from server.db import migrate
from server.db.engine import Database
from server.domain.people import PERMISSIONS, Role
from tests import people, worlds
from tests.client import Client
from tests.conftest import HandClock, sqlite_url
from tests.people import DAN, PLAYER_OF, Character
from tests.permissions import NO_THINGS, RELATIONS, SIGHTS, TABLE, WORDS, Row, parameters
from tests.worlds import World

T = TypeVar("T")

UNASKED = {"HEAD", "OPTIONS"}  # made by the framework, as GET is


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


SIGNED_IN = [row for row in TABLE if row.roles is not None]


def test_everything_that_an_address_names_has_a_line() -> None:
    named = {each for row in SIGNED_IN for each in parameters(row.path)} - set(NO_THINGS)
    assert named - set(SIGHTS) == set(), "say in tests/permissions.py who finds it"
    assert {row.sight for row in SIGNED_IN} - {""} <= set(SIGHTS)
    assert {len(marks) for sight in SIGHTS.values() for marks in sight.values()} == {5}


# The cells. All of them are tried in one world, which is built once: what is written is taken back.


class TakenBack(Exception):
    """So that a transaction ends without a trace."""


class Forgetful:
    """The database of a house in which nothing that is written stays."""

    def __init__(self, real: Database) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def write(self, act: Callable[[Session], T]) -> T:
        done: list[T] = []

        def and_back(session: Session) -> None:
            done.append(act(session))
            session.flush()
            session.expunge_all()  # what was read of them stays readable
            raise TakenBack

        with contextlib.suppress(TakenBack):
            self.real.write(and_back)
        return done[0]

    write_together = write


@pytest.fixture(scope="module")
def world(only_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite always: who finds what is asked with the same words of either database."""
    folder = tmp_path_factory.mktemp("world")
    url = sqlite_url(folder / "world.sqlite3")
    migrate.upgrade(url)
    database = Database(url)
    database.write(people.move_in)
    built = database.write(worlds.build)
    config = only_app.config["ORDINARY"]
    config = dataclasses.replace(config, database_url=url, media=folder / "media")
    house = furnish(only_app, config, HandClock())
    built.house = dataclasses.replace(house, database=Forgetful(database))  # type: ignore[arg-type]
    yield built
    database.close()


@pytest.fixture
def in_the_world(only_app: Flask, world: World) -> Flask:
    """The app, in the world: the test before may have moved it elsewhere."""
    only_app.extensions["doorstep"] = world.house
    return only_app


def client_of(app: Flask, world: World, who: Character, row: Row) -> Client:
    """Somebody at a desk, or on the tablet where the address is a tablet's."""
    client = Client(app, app.response_class)
    claims: dict[str, Any] = {"chain": who.chain_id, "device": None, "exp": 2**40}
    if row.path.startswith("/sync/"):
        device = world.things["device"][who.username]
        claims |= {"chain": f"tablet-{who.username}", "device": device}
        client.environ_base["HTTP_SYNC_DEVICE"] = device
    with app.app_context():
        token = create_access_token(who.id, additional_claims=claims)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.mark.parametrize("row", SIGNED_IN, ids=str)
def test_every_cell(in_the_world: Flask, world: World, row: Row) -> None:
    """Who may use the address gets as far as the thing, if it is theirs to see; others are told so."""
    assert row.roles is not None
    wrong = []
    for role, player in PLAYER_OF.items():
        client = client_of(in_the_world, world, player, row)
        marks = SIGHTS[row.sight][role] if row.sight else "+"
        for relation, mark in enumerate(marks):
            for path in _paths(world, row, player, relation):
                expected = {"+": "found", ".": "not_found", "!": "not_allowed"}[mark]
                expected = expected if role in row.roles else "not_allowed"
                told = knock(client, row, path)
                if told != expected:
                    wrong.append(f"{role}: {RELATIONS[relation]}: {told}, not {expected}: {path}")
    assert not wrong, "\n".join(wrong)


def _paths(world: World, row: Row, who: Character, relation: int) -> list[str]:
    """The address with the things that stand in this relation to somebody; its other things are their own."""
    if not row.sight:
        return [filled(world, row, who, "")]
    noun = {"van": "person", "staff": "person", "errand": "ticket"}.get(row.sight, row.sight)
    found = list(world.of(noun, who, relation))
    marks = SIGHTS[row.sight][who.role]
    assert bool(found) == (marks[relation] != "-"), (row.sight, who.name, RELATIONS[relation])
    return [filled(world, row, who, its_id) for its_id in found]


def filled(world: World, row: Row, who: Character, its_id: str) -> str:
    """The first thing that the address names is the one in question."""
    waiting = [its_id] if row.sight else []

    words = next((said for path, said in WORDS.items() if row.path.startswith(path)), {})
    words = {**NO_THINGS, **words}

    def fill(name: str) -> str:
        if name in words:
            return words[name]
        return waiting.pop() if waiting else next(world.of(name, who, 0))

    names = iter(parameters(row.path))
    return re.sub(r"<[^>]+>", lambda _: fill(next(names)), row.path)


# What some ask for before anything else.
HEADERS = {"If-Match": "*", "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
TOLD = {"not_allowed", "not_signed_in", "not_found"}


def knock(client: Client, row: Row, path: str) -> str:
    """`found` where the request got as far as the thing, else the code of what is told."""
    said: dict[str, Any] = {}
    if row.method not in ("GET", "DELETE"):
        is_form = row.path.startswith("/office/")
        said = {"data": row.body} if is_form else {"json": row.body}
    headers = {**HEADERS, "Accept": "application/problem+json"}  # pages say no in words
    if row.sight == "upload" and said:
        said = {"data": b"", "content_type": "application/offset+octet-stream"}
        headers["X-HTTP-Method-Override"] = "PATCH"
    answer = client.open(path, method=row.method, headers=headers, **said)
    body = answer.get_json(silent=True)
    assert answer.status_code < 500, (path, body)
    told = body.get("code") if isinstance(body, dict) else None
    if row.sight == "upload" and told == "file_unknown":  # in the words of its protocol
        return "not_found"
    return str(told) if told in TOLD else "found"


def test_nobody_comes_in_without_signing_in(in_the_world: Flask, world: World) -> None:
    stranger = Client(in_the_world, in_the_world.response_class)
    somebody = PLAYER_OF[Role.SUPERVISOR]
    let_in = [
        str(row)
        for row in SIGNED_IN
        for path in _paths(world, row, somebody, 0)
        if knock(stranger, row, path) != "not_signed_in"
    ]
    assert let_in == []


def test_somebody_who_has_left_is_nobody(sign_in: Callable[[Character], Client]) -> None:
    answer = sign_in(DAN).get("/api/v1/people")
    assert (answer.status_code, answer.json["code"]) == (401, "token_revoked")
