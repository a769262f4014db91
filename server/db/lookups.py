"""What is asked and noted at every request, put to the driver as text that was made once.

A session costs 0.2 ms before its first row, a question here 0.02. The statements are SQLAlchemy's; what
comes back are plain tuples. For pages and acts a session is the better tool.
"""

from collections import deque
from collections.abc import Callable
from functools import cache, partial
from types import TracebackType
from typing import Any, Self
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, bindparam, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from server.db.engine import Database
from server.db.tables import Table

Row = tuple[Any, ...]

# One snapshot for all that is asked, and nothing that could write.
OPENING = {
    "sqlite": "BEGIN",  # the connection itself is read-only
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


_KEPT = "asking"
SPARE = 4  # connections of a process that wait for the next question; the pool keeps the rest


class _Statement:
    """A statement whose values are named by `bindparam`, compiled once for each kind of database."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._spelled: dict[str, _Spelled] = {}

    def spelled(self, dialect: Dialect) -> "_Spelled":
        found = self._spelled.get(dialect.name)
        if found is None:
            found = self._spelled[dialect.name] = _Spelled(self._statement, dialect)
        return found


class Question(_Statement):
    """A statement that is answered in rows."""

    def within(self, session: Session, **values: Any) -> list[Row]:
        """The rows, as the transaction of a session sees them."""
        return _Asking.within(session).all(self, **values)


class Command(_Statement):
    """A statement that writes. It goes past the session, whose instances know nothing of it."""

    def within(self, session: Session, **values: Any) -> int:
        """Writes at once; returns how many rows."""
        asking = _Asking.within(session)
        spelled = self.spelled(asking.dialect)
        return asking.execute(spelled.text, spelled.values(values))


class _Spelled:
    """A statement in the words of one database, and what turns its columns into our values."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._order = getattr(compiled, "positiontup", None)
        self._fixed = dict(compiled.params)
        self._readers = [
            (place, reader)
            for place, column in enumerate(getattr(statement, "selected_columns", ()))
            if (reader := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def values(self, named: dict[str, Any]) -> Any:
        """As the driver wants them: texts and numbers need no translation on their way in."""
        every = {**self._fixed, **named}
        return every if self._order is None else tuple(every[name] for name in self._order)

    def read(self, row: Row) -> Row:
        if not self._readers:
            return row
        values = list(row)
        for place, reader in self._readers:
            values[place] = reader(values[place])
        return tuple(values)


class _Asking:
    """What is put to one connection of the driver. Failures are SQLAlchemy's own, as of a session."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self.dialect, self._cursor = dialect, connection.cursor()

    @classmethod
    def within(cls, session: Session) -> Self:
        """One for each transaction: to ask a session for its connection takes as long as a question."""
        transaction = session.get_transaction()
        kept: tuple[Any, Self] | None = session.info.get(_KEPT)
        if kept is not None and kept[0] is transaction:
            return kept[1]
        connection = session.connection()
        made = cls(connection.connection, connection.dialect)
        session.info[_KEPT] = session.get_transaction(), made
        return made

    def one(self, question: Question, **values: Any) -> Row | None:
        """The first row, or None."""
        spelled = self._ask(question, values)
        row = self._cursor.fetchone()
        return None if row is None else spelled.read(row)

    def all(self, question: Question, **values: Any) -> list[Row]:
        spelled = self._ask(question, values)
        return [spelled.read(row) for row in self._cursor.fetchall()]

    def _ask(self, question: Question, values: dict[str, Any]) -> _Spelled:
        spelled = question.spelled(self.dialect)
        self.execute(spelled.text, spelled.values(values))
        return spelled

    def execute(self, text: str, values: Any = ()) -> int:
        """How many rows were written."""
        driver = self.dialect.loaded_dbapi
        try:
            self._cursor.execute(text, values)
        except driver.Error as failure:
            raise DBAPIError.instance(
                text, None, failure, driver.Error, hide_parameters=True, dialect=self.dialect
            ) from failure
        written: int = self._cursor.rowcount
        return written


class Lookups(_Asking):
    """One snapshot of the database, as a `with` block: `asked.one(QUESTION, id=…)`.

    What went well leaves its connection to the next one: the way to the pool and back takes twice as
    long as the question. A spare one that has died meanwhile is found out before anything is asked.
    """

    def __init__(self, database: Database) -> None:
        self._engine = database.reading
        self._spare = _spare_connections(self._engine)
        try:
            self._take(self._spare.pop())
            self._is_spare = True
        except IndexError:
            self._take(self._engine.raw_connection())
            self._is_spare = False

    def _take(self, connection: Any) -> None:
        self._connection = connection
        super().__init__(connection, self._engine.dialect)

    def __enter__(self) -> Self:
        opening = OPENING[self.dialect.name]
        try:
            self.execute(opening)
        except DBAPIError:
            if not self._is_spare:
                raise
            self._connection.invalidate()
            self._take(self._engine.raw_connection())
            self.execute(opening)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and len(self._spare) < SPARE:
            self._connection.rollback()
            self._spare.append(self._connection)
        else:
            self._connection.close()  # back to the pool, which ends the transaction


_SPARE_OF: WeakKeyDictionary[Engine, deque[Any]] = WeakKeyDictionary()


def _spare_connections(engine: Engine) -> deque[Any]:
    """Those that wait for the next question. They go when the engine is disposed of."""
    found = _SPARE_OF.get(engine)
    if found is None:
        found = _SPARE_OF.setdefault(engine, deque())
        event.listen(engine, "engine_disposed", partial(_close_all, found))
    return found


def _close_all(connections: deque[Any], _engine: Engine) -> None:
    while connections:
        connections.pop().invalidate()


def insert_once(session: Session, table: type[Table], **values: Any) -> bool:
    """Writes a row past the session, at once; False where its key is there already.

    Columns that are not named get their defaults.
    """
    asking = _Asking.within(session)
    text, columns = _insertion(table, asking.dialect)
    row = {}
    for column, default, write in columns:
        value = values[column] if column in values else default()
        row[column] = value if write is None or value is None else write(value)
    is_numbered = asking.dialect.paramstyle == "qmark"
    return asking.execute(text, tuple(row.values()) if is_numbered else row) > 0


@cache
def _insertion(table: type[Table], dialect: Dialect) -> tuple[str, list[tuple[str, Any, Any]]]:
    """The statement, and for each column its name, its default and what turns a value for the driver."""
    insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    known = list(table.__table__.columns)
    statement = insert(table).values({each.name: bindparam(each.name) for each in known})
    text = str(statement.on_conflict_do_nothing().compile(dialect=dialect))
    return text, [
        (each.name, _default_of(each), each.type.dialect_impl(dialect).bind_processor(dialect))
        for each in known
    ]


def _default_of(column: Any) -> Callable[[], Any]:
    default = column.default
    if default is None:
        return lambda: None
    if default.is_callable:
        return lambda: default.arg(None)
    return lambda: default.arg
