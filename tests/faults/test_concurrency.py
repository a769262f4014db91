"""Sixteen write while four read: no reader ever misses a change, no caller hears of a deadlock.

Twelve tablets of three people push, four dispatchers hand jobs to and fro, and there is a pause between
the stamp of each transaction and its commit. Somewhere else a transaction stands open all the time. Beside
the four tablets that pull, naive readers read the same history: they do miss changes, so the test could
fail.
"""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from server.db.events import FieldEvent
from server.house import House
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.faults.pushing import Order, commits_slowly, push_all, written
from tests.faults.readers import BySequence, ByTime, Puller, Reader
from tests.live import ROOT, environment
from tests.office import Office
from tests.wire import SignIn, Wire

PUSHES = 3
INSTALLERS = (people.ALICE, people.LENA, people.CAROL)
TABLETS = 12  # four of each
DISPATCHERS = 4
HANDED_TO_AND_FRO = 2
PATIENCE_S = 300


class RealClock(HandClock):
    """The computer's: here it matters that time goes on."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def clock() -> HandClock:
    return RealClock()


@pytest.fixture
def house(app: Flask) -> House:
    found: House = app.extensions["doorstep"]
    return found


@pytest.fixture
def wire(sign_in: SignIn, clock: HandClock) -> Callable[[people.Character], Wire]:
    return lambda who: Wire(sign_in(who), who, clock)


@dataclasses.dataclass
class Day:
    """What everybody has to do."""

    orders: list[Order]
    to_and_fro: list[str]


@pytest.fixture
def day(app: Flask, clock: HandClock, wire: Callable[[people.Character], Wire]) -> Day:
    """Every tablet has jobs that only it writes to, so that no later change hides a missed one, and
    shares others with everybody of the same name. Each job has a ticket of its own, whose lock would
    otherwise make everybody wait before the stamp."""
    office = Office(app, clock)
    no_window = {"window_start": None, "window_end": None}

    def jobs(who: people.Character, how_many: int) -> list[str]:
        return [office.issues_a_job(who, **no_window) for _ in range(how_many)]

    to_and_fro = jobs(people.ALICE, 2)
    shared = {who: jobs(who, 2) for who in INSTALLERS}
    shared[people.ALICE] += to_and_fro
    orders = []
    for number in range(TABLETS):
        who = INSTALLERS[number % len(INSTALLERS)]
        tablet = wire(who)
        token = tablet.client.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
        own = jobs(who, PUSHES)
        orders.append(Order(who.username, token, tablet.device_id, own, shared[who], number))
    return Day(orders, to_and_fro)


Writing = Callable[[list[Order]], list[str]]


def in_threads(app: Flask) -> Writing:
    def write(orders: list[Order]) -> list[str]:
        with ThreadPoolExecutor(len(orders)) as pool:
            told = pool.map(lambda order: push_all(app, order), orders)
            return [each for some in told for each in some]

    return write


def in_processes(app: Flask) -> Writing:
    """Two of them, with six threads each."""

    def write(orders: list[Order]) -> list[str]:
        env = environment(app.extensions["doorstep"].config)
        with ExitStack() as running:
            writers = [running.enter_context(process(orders[half::2], env)) for half in range(2)]
            for each in writers:
                assert each.stdout is not None
                assert each.stdout.readline() == "ready\n"
            told: list[str] = []
            outputs = []
            for each in writers:
                assert each.stdin is not None
                each.stdin.write("go\n")
                each.stdin.flush()
            for each in writers:
                assert each.stdout is not None
                outputs.append(each.stdout.readline())
            for output in outputs:
                told += json.loads(output)
            return told

    return write


@contextmanager
def process(orders: list[Order], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.faults.pushing"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True
    ) as running:
        assert running.stdin is not None
        running.stdin.write(written(orders) + "\n")
        running.stdin.flush()
        try:
            yield running
        finally:
            running.kill()


def hands_to_and_fro(bob: Client, job_ids: list[str], turn: int) -> list[int]:
    """Two jobs, each time to somebody else, in the one order or the other."""
    told = []
    for number in range(HANDED_TO_AND_FRO):
        to = (people.ALICE, people.LENA)[(number + turn) % 2]
        for job_id in sorted(job_ids, reverse=bool(turn % 2)):
            path = f"/api/v1/jobs/{job_id}/reassign"
            form = {"assignee_id": to.id, "reason": "the day goes on"}
            told.append(bob.post(path, json=form).status_code)
    return told


@contextmanager
def an_idle_transaction(house: House) -> Iterator[None]:
    """Somebody has begun something and gone to lunch. On SQLite only a reader can do that."""
    is_sqlite = house.database.is_sqlite
    engine = house.database.reading if is_sqlite else house.database.engine
    with engine.connect() as connection, connection.begin() as open_one:
        connection.execute(text("SELECT count(*) FROM field_events")).scalar()
        if not is_sqlite:
            connection.execute(text("INSERT INTO counters (series, value) VALUES ('idle', 1)"))
        yield
        open_one.rollback()


@pytest.fixture(params=[in_threads, in_processes])
def how(request: pytest.FixtureRequest, database_kind: str) -> Callable[[Flask], Writing]:
    """On PostgreSQL only processes: to it, threads are nothing else."""
    if database_kind == "postgresql" and request.param is in_threads:
        pytest.skip("of SQLite")
    chosen: Callable[[Flask], Writing] = request.param
    return chosen


def test_no_reader_misses_a_change(
    how: Callable[[Flask], Writing],
    app: Flask,
    house: House,
    day: Day,
    wire: Callable[[people.Character], Wire],
    sign_in: SignIn,
) -> None:
    pullers = [Puller(wire(who)) for who in (people.ALICE, people.ALICE, people.LENA, people.CAROL)]
    bobs = [sign_in(people.BOB) for _ in range(DISPATCHERS)]
    by_time = ByTime(house.database)
    numbered = [] if house.database.is_sqlite else [BySequence(house.database)]
    commits_slowly(house.database, seed=1)

    with an_idle_transaction(house), ThreadPoolExecutor(DISPATCHERS) as desks:
        looks = [puller.reads for puller in pullers]
        looks += [by_time.reads, *(each.reads for each in numbered)]
        readers = [Reader(look) for look in looks]
        try:
            handed: list[Future[list[int]]] = [
                desks.submit(hands_to_and_fro, bob, day.to_and_fro, turn)
                for turn, bob in enumerate(bobs)
            ]
            told = how(app)(day.orders)
            answers = [status for each in handed for status in each.result(PATIENCE_S)]
        finally:
            for reader in readers:
                reader.ends()
        everything = [latecomer(wire(puller.wire.who)) for puller in pullers]

    assert set(answers) == {200}, "no dispatcher hears of a deadlock"
    assert len(told) == TABLETS * PUSHES * 2, told
    assert set(told) <= {"applied", "recorded"}, "nor does a tablet"
    for puller, whole in zip(pullers, everything, strict=True):
        assert puller.base == whole
    assert min(reader.rounds for reader in readers) > 10, "they read while others wrote"
    ids = set(house.database.read(lambda s: list(s.scalars(select(FieldEvent.id)))))
    assert len(ids) == TABLETS * PUSHES * 2
    if how is not in_threads:  # these stand in one line, which mostly keeps the order of time
        assert ids - set(by_time.seen), "a cursor of time misses some of it"
    for each in numbered:
        assert set(each.all()) - set(each.seen), "and so does a sequence"


def latecomer(wire: Wire) -> dict[Any, Any]:
    """What somebody holds who pulls everything now."""
    whole = Puller(wire)
    while whole.reads():
        pass
    return whole.base
