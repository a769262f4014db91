"""Files that end in the same moment are written down together, and each is told when it is durable."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from server.db.photos import Blob, Upload
from server.house import House
from tests import people
from tests.client import Client
from tests.db.test_engine import waits_until
from tests.uploads import Tablet, enrol, noise, sha256

SignIn = Callable[[people.Character], Client]

FILES = [noise(100_000, seed=90 + number) for number in range(3)]


@pytest.fixture
def house(app: Flask, database_kind: str) -> House:
    if database_kind != "sqlite":
        pytest.skip("of SQLite; PostgreSQL groups its commits by itself")
    found: House = app.extensions["doorstep"]
    return found


@pytest.fixture
def alice(sign_in: SignIn) -> Tablet:
    tablet = enrol(sign_in(people.ALICE))
    tablet.check()  # it has been seen, which takes a write of its own once a minute
    return tablet


def while_somebody_writes(house: House, alice: Tablet, files: list[bytes]) -> list[Any]:
    """Sends them all at once; nothing of them can be written down before the last one is here."""
    has_turn, may_end = threading.Event(), threading.Event()

    def hold(_session: object) -> None:
        has_turn.set()
        may_end.wait()

    with ThreadPoolExecutor(len(files) + 1) as threads:
        threads.submit(house.database.write, hold)
        has_turn.wait()
        told = [threads.submit(alice.create, file, body=file) for file in files]
        waits_until(lambda: house.database.waiting_together == len(files))
        may_end.set()
        return [each.result().status_code for each in told]


def stored(house: House) -> list[str]:
    return sorted(house.database.read(lambda s: s.scalars(select(Blob.sha256)).all()))


def test_they_share_a_commit(house: House, alice: Tablet) -> None:
    commits: list[int] = []
    event.listen(house.database.engine, "commit", lambda _connection: commits.append(1))
    assert while_somebody_writes(house, alice, FILES) == [201, 201, 201]
    assert stored(house) == sorted(map(sha256, FILES))
    assert len(commits) == 1, "of all three"
    assert [each["state"] for each in alice.check(*FILES)] == ["stored"] * 3


def test_twins_among_them_become_one(house: House, alice: Tablet) -> None:
    one, other = FILES[:2]
    assert while_somebody_writes(house, alice, [one, other, one]) == [201, 201, 201]
    assert stored(house) == sorted([sha256(one), sha256(other)])
    uploads = house.database.read(lambda s: s.scalars(select(Upload.sha256)).all())
    assert sorted(uploads) == sorted([sha256(one), sha256(other)])
    assert all(house.media.verify(sha256(each)) for each in (one, other))
