"""Readers beside writers: tablets that pull by cursor, and naive ones that show what could be missed.

A reader reads again and again until the writers have ended and nothing new comes. What it has then is
compared with what a reader finds who comes late and reads everything.
"""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, select, text

from server.db.engine import Database
from server.db.events import FieldEvent
from tests.wire import Wire

Base = dict[tuple[str, str], tuple[int, str]]
PAGE = 20
POLL_S = (
    0.05  # as often as anybody would ask; without a pause they would keep the writers from writing
)


class Reader:
    """A thread that reads; `rounds` is how often it did."""

    def __init__(self, read: Callable[[], bool]) -> None:
        """`read` reads what is new and says whether there was anything."""
        self._read, self._over = read, threading.Event()
        self.rounds = 0
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while True:
                is_over = self._over.is_set()  # asked before reading: then this is the last look
                self.rounds += 1
                if not self._read() and is_over:
                    return
                self._over.wait(POLL_S)
        except BaseException as failure:
            self.failure = failure

    def ends(self) -> None:
        """The writers have ended: one look more, and what went wrong comes to light."""
        self._over.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure


class Puller:
    """A tablet that pulls page by page; `base` is what it holds."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.base: Base = {}

    def reads(self) -> bool:
        changes = self.wire.pulls(limit=PAGE)
        for each in changes:
            self.base[each["kind"], each["id"]] = (each["version"], each["change"])
        return bool(changes)


class ByTime:
    """The naive cursor of many a product: events in the order of the moment they carry.

    Event ids are UUIDv7, made when the fact is captured, so their order is that of time.
    """

    def __init__(self, database: Database) -> None:
        self.database, self.cursor = database, ""
        self.seen: list[str] = []

    def reads(self) -> bool:
        return self._reads(select(FieldEvent.id).order_by(FieldEvent.id), FieldEvent.id)

    def _reads(self, wanted: Any, place: ColumnElement[Any] | Any) -> bool:
        newer = wanted.where(place > self.cursor)
        found = self.database.read(lambda session: list(session.scalars(newer)))
        if found:
            self.cursor = found[-1]
        self.seen += found
        return bool(found)


class BySequence:
    """The other naive cursor: a number that the database gives out when the row is written."""

    TABLE = "CREATE TABLE numbered (number bigserial PRIMARY KEY)"

    def __init__(self, database: Database) -> None:
        self.database, self.cursor = database, 0
        self.seen: list[int] = []
        database.write(lambda session: session.execute(text(self.TABLE)))
        database.before_commit.insert(0, self._number)

    @staticmethod
    def _number(session: Any) -> None:
        """As the first thing of the end of a transaction, when stamp and commit are yet to come."""
        session.execute(text("INSERT INTO numbered DEFAULT VALUES"))

    def all(self) -> list[int]:
        asked = text("SELECT number FROM numbered ORDER BY number")
        return self.database.read(lambda session: list(session.scalars(asked)))

    def reads(self) -> bool:
        newer = text("SELECT number FROM numbered WHERE number > :cursor ORDER BY number")
        found = self.database.read(
            lambda session: list(session.scalars(newer, {"cursor": self.cursor}))
        )
        if found:
            self.cursor = found[-1]
        self.seen += found
        return bool(found)
