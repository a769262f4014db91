"""The demo from the outside: one shop is filled in for all of these, and the last one plays the story."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import documents
from server.app import create_app
from server.config import DEMO_PASSWORD, Config, ConfigError
from server.db import migrate
from server.db.audit import AuditLine
from server.db.engine import Database
from server.db.events import FieldEvent
from server.db.exceptions import FieldException
from server.db.house import Task
from server.db.parts import PartRequest
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.demo.cases import CASES
from server.demo.children import PROGRAM, is_free
from server.demo.filling import fill
from server.demo.home import Home
from server.demo.people import COLLEAGUES
from server.domain.tickets import State
from tests import people

if TYPE_CHECKING:
    from tests.postgres import Postgres

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
ONE_OF_EACH = tuple({case.plot: case for case in reversed(CASES)}.values())[::-1]
PATIENCE_S = 120


@pytest.fixture(scope="module")
def home(
    database_server: "Postgres | None", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home]:
    """A shop with one case of every plot."""
    url = database_server.create_database("demo", "template0") if database_server else None
    env = {"DATABASE_URL": url} if url else {}
    made = Home(tmp_path_factory.mktemp("demo"), url, env)

    def live(config: Config, tablets: Path) -> None:
        fill(config, tablets, "http://127.0.0.1:1", cases=ONE_OF_EACH)

    made.fill(live)
    yield made
    if database_server:
        database_server.drop_database("demo")


def read(home: Home, question: Callable[[Session], T]) -> T:
    with closing(Database(home.database_url)) as database:
        return database.read(question)


def counted(home: Home, *columns: Any) -> Counter[Any]:
    rows = read(home, lambda s: s.execute(select(*columns)).all())
    return Counter(row[0] if len(columns) == 1 else tuple(row) for row in rows)


def test_it_knows_how_far_it_has_come(home: Home) -> None:
    assert home.is_filled()
    assert home.story() is None


def test_there_is_a_ticket_in_every_state(home: Home) -> None:
    states = counted(home, Ticket.state)
    assert set(states) == set(State)
    assert states.total() == len(ONE_OF_EACH)


def test_there_are_revisits_at_every_step(home: Home) -> None:
    states = set(counted(home, Revisit.state))
    assert states == {"due", "proposed", "call_first", "planned", "dismissed"}
    causes = set(counted(home, Revisit.cause))
    assert {"part_missing", "workmanship", "reservation", "not_fixed", "evidence"} <= causes


def test_there_are_exceptions_that_wait_and_that_were_decided(home: Home) -> None:
    found = counted(home, FieldException.kind, FieldException.state)
    assert set(found) == {
        ("clock_wrong", "open"),
        ("photo_seen_before", "open"),
        ("stock_negative", "open"),
        ("work_on_cancelled", "decided"),
        ("work_on_cancelled", "open"),
        ("work_on_reassigned", "open"),
    }


def test_parts_were_asked_for_and_some_have_come(home: Home) -> None:
    assert set(counted(home, PartRequest.state)) == {"requested", "reserved", "shipped", "arrived"}


def test_what_the_tablets_sent_is_genuine(home: Home) -> None:
    assert set(counted(home, FieldEvent.status)) == {"applied", "recorded"}
    assert "receipt_mismatch" not in counted(home, FieldException.kind)
    signed = counted(home, Receipt.state)["signed"]
    assert signed > 15


def test_the_worker_has_seen_every_photo_that_is_here(home: Home) -> None:
    assert set(counted(home, Photo.state)) == {"checked", "awaited"}
    left = select(Task.kind).where(Task.done_at.is_(None) | Task.failed_at.is_not(None)).distinct()
    assert read(home, lambda s: s.scalars(left).all()) == [documents.MAKE]


def test_photos_do_not_look_alike_unless_somebody_cheated(home: Home) -> None:
    doubts = [
        doubt
        for found in read(home, lambda s: s.scalars(select(Photo.doubts)).all())
        for doubt in found
    ]
    assert doubts.count("seen_before") == 1
    assert "blurred" not in doubts
    assert "too_dark" in doubts


def test_all_of_it_is_in_the_audit(home: Home) -> None:
    acts = counted(home, AuditLine.act)
    for act in (
        "ticket.opened",
        "job.issued",
        "visit.verified",
        "movement.entered",
        "photo.judged",
    ):
        assert acts[act]
    assert acts["ticket.opened"] == len(ONE_OF_EACH)


def test_everybody_signs_in_but_only_in_demo_mode(home: Home) -> None:
    there = create_app(home.config())
    elsewhere = create_app(
        Config(database_url=home.database_url, media=home.media, secret="of our own " * 4)
    )
    for app, status in ((there, 200), (elsewhere, 401)):
        client = app.test_client()
        for each in COLLEAGUES:
            form = {"username": each.username, "password": DEMO_PASSWORD}
            answer = client.post("/api/v1/auth/login", json=form)
            assert answer.status_code == (status if each.is_active else 401), each.username
        app.extensions["doorstep"].database.close()


def test_it_leaves_a_database_alone_that_people_work_with(
    fresh_database_url: str, tmp_path: Path
) -> None:
    with closing(Database(fresh_database_url)) as database:
        database.write(people.move_in)
    theirs = Home(tmp_path, fresh_database_url, {})
    for act in (theirs.is_filled, theirs.clear):
        with pytest.raises(ConfigError, match="people work with"):
            act()


def test_starting_afresh_removes_its_own_and_nothing_else(
    empty_database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    for url in (None, empty_database_url):
        made = Home(tmp_path, url, {"DATABASE_URL": url} if url else {})
        migrate.upgrade(made.database_url)
        made.note(is_filled=True)
        made.media.mkdir()
        assert made.is_filled()
        made.clear()
        assert not made.is_filled()
    assert sorted(each.name for each in tmp_path.iterdir() if "sqlite3" not in each.name) == [
        "letter.txt"
    ]


def test_an_interrupted_filling_leaves_nothing(tmp_path: Path, empty_database_url: str) -> None:
    made = Home(tmp_path / "demo", None, {})
    made.root.mkdir()

    def interrupted(config: Config, tablets: Path) -> None:
        tablets.mkdir(parents=True)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made.fill(interrupted)
    assert list(made.root.iterdir()) == []
    assert not made.is_filled()


# As a process, as somebody starts it.


class Demo:
    """`doorstep demo`, started."""

    def __init__(self, home: Home, log: Path, port: int, *arguments: str) -> None:
        self.log = log
        env = {**os.environ, **home.environment, "PORT": str(port)}
        env |= {"DOORSTEP_DEMO_HOME": str(home.root), "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "demo", *arguments],
                cwd=ROOT,
                env=env,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_to_hear(self, words: str) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)
        return self.said

    def ctrl_c(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def test_a_port_in_use_is_said_before_anything_else(home: Home, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = Demo(home, tmp_path / "out", taken.getsockname()[1])
        assert demo.process.wait(60) == 2
    assert "is in use. Choose another one: PORT=" in demo.said


def test_it_tells_the_story_once_and_stays_up(
    home: Home, tmp_path: Path, database_kind: str
) -> None:
    if database_kind != "sqlite":
        pytest.skip("the same over the wire, whatever the database")
    port = free_port()
    demo = Demo(home, tmp_path / "first", port)
    try:
        told = demo.wait_to_hear("It stays up until Ctrl-C")
        for words in ("CUT 1", "CUT 2", "nothing twice", "not at zero", "is CLOSED", "is DUE"):
            assert words in told
        assert f"http://127.0.0.1:{port}/api/v1/docs" in told
    finally:
        code = demo.ctrl_c()
    assert code == 0, demo.said
    assert is_free("127.0.0.1", port)
    story = home.story()
    assert story is not None
    tickets = read(home, lambda s: {each.id: each.state for each in s.scalars(select(Ticket))})
    assert tickets[story["closed"]] == "closed"
    assert tickets[story["open"]] == "in_progress"  # its revisit is due

    again = Demo(home, tmp_path / "second", port, "--lang", "zh")
    try:
        told = again.wait_to_hear("按 Ctrl-C 结束")
        assert story["closed"] in told
        assert "CUT" not in told
    finally:
        code = again.ctrl_c()
    assert code == 0, again.said
    assert counted(home, Ticket.state).total() == len(tickets)
