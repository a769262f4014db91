"""What is asked and noted at every request, put to the driver as text that was made once.

A session costs 0.2 ms before its first row, a question here 0.02. The statements are SQLAlchemy's; what
comes back are plain tuples. For pages and acts a session is the better tool.
"""

import json
from collections import deque
from collections.abc import Iterable
from functools import cache, partial
from types import TracebackType
from typing import Any, Self
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, Text, TypeDecorator, bindparam, event, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from server.db.engine import Database
from server.db.tables import Table, plain

Row = tuple[Any, ...]

# One snapshot for all that is asked, and nothing that could write.
OPENING = {
    "sqlite": "BEGIN",  # the connection itself is read-only
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


_KEPT = "asking"
SPARE = 4  # connections of a process that wait for the next question; the pool keeps the rest
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class ListOf(TypeDecorator[Any]):
    """A list as one value: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: TypeEngine[Any]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(self.kind))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _Among(FunctionElement[bool]):
    inherit_cache = True


class _Joined(_Among):
    inherit_cache = True


def among(column: Any, name: str) -> Any:
    """Whether a column is one of a list that is given under this name. The list is a single value, so
    that the statement reads the same however long it is.
    """
    return _Among(column, bindparam(name, type_=ListOf(column.type)))


def among_these(column: Any, values: Iterable[Any]) -> Any:
    """The same with the list itself."""
    return _Among(column, literal(list(values), type_=ListOf(column.type)))


def joined_with_these(column: Any, values: Iterable[Any]) -> Any:
    """The same for a column of very many rows, none of which an index finds. PostgreSQL makes a table of the
    list; else it would compare each row with one value after the other, once it knows the statement well.
    """
    return _Joined(column, literal(list(values), type_=ListOf(column.type)))


@compiles(_Among, "sqlite")
def _among_json(element: _Among, compiler: Any, **how: Any) -> str:
    column, listed = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({listed}))"


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: Any, **how: Any) -> str:
    column, listed = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY ({listed})"


@compiles(_Joined, "postgresql")
def _joined_array(element: _Joined, compiler: Any, **how: Any) -> str:
    column, listed = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} IN (SELECT unnest({listed}))"


class _Statement:
    """A statement whose values are named by `bindparam`, compiled once for each kind of database.

    What databases spell differently is a function that makes it with the `insert` of each.
    """

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._spelled: dict[str, _Spelled] = {}

    def spelled(self, dialect: Dialect) -> "_Spelled":
        found = self._spelled.get(dialect.name)
        if found is None:
            made = self.statement
            made = made(_INSERT[dialect.name]) if callable(made) else made
            found = self._spelled[dialect.name] = _Spelled(made, dialect)
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

    def for_each(self, session: Session, rows: Iterable[dict[str, Any]]) -> None:
        """Writes once for each of these rows of values."""
        asking = _Asking.within(session)
        spelled = self.spelled(asking.dialect)
        asking.execute_many(spelled.text, [spelled.values(row) for row in rows])


class _Spelled:
    """A statement in the words of one database, with what turns our values into its own and back."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._names = list(compiled.positiontup or compiled.params)
        self._is_positional, self._fixed = compiled.positional, dict(compiled.params)
        self.binds = compiled.binds
        self._writers = [
            (place, writer)
            for place, name in enumerate(self._names)
            if (writer := compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        ]
        self._readers = [
            (place, reader)
            for place, column in enumerate(getattr(statement, "selected_columns", ()))
            if (reader := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def values(self, named: dict[str, Any]) -> Any:
        """As the driver wants them."""
        every = {**self._fixed, **named}
        values = [every[name] for name in self._names]
        for place, write in self._writers:
            values[place] = write(values[place])
        return values if self._is_positional else dict(zip(self._names, values, strict=True))

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
        self._error = dialect.loaded_dbapi.Error

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
        try:
            self._cursor.execute(text, values)
        except self._error as failure:
            raise self._told(text, failure) from failure
        written: int = self._cursor.rowcount
        return written

    def execute_many(self, text: str, rows: list[Any]) -> None:
        try:
            self._cursor.executemany(text, rows)
        except self._error as failure:
            raise self._told(text, failure) from failure

    def _told(self, text: str, failure: Any) -> BaseException:
        return DBAPIError.instance(
            text, None, failure, self._error, hide_parameters=True, dialect=self.dialect
        )


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
    return insertion(table, once=True).within(session, **vars(plain(table, **values))) > 0


@cache
def insertion(table: type[Table], *, once: bool = False) -> Command:
    """Writes whole rows of a table; `once` leaves those alone whose key is there already."""
    names: dict[str, Any] = {
        column.key: bindparam(column.key) for column in table.__table__.columns
    }

    def made(insert: Any) -> Any:
        statement = insert(table.__table__).values(names)
        return statement.on_conflict_do_nothing() if once else statement

    return Command(made)
