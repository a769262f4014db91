"""The rows of a database in a form that either database can take: one JSON list a line, by primary key.

The shape of a table is read from the database itself, so a backup can be made before and after a
migration. Texts are kept letter for letter, moments in UTC to the microsecond.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.orm import Session

from server.db.models import Table
from server.db.types import UtcTime

ALEMBIC = "alembic_version"
AT_ONCE = 500  # rows in memory

KINDS: dict[str, sa.types.TypeEngine[Any]] = {
    "text": sa.Text(),
    "integer": sa.BigInteger(),
    "number": sa.Float(),
    "boolean": sa.Boolean(),
    "day": sa.Date(),
    "time": UtcTime(),
}
_OF_DATABASE: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.Boolean, "boolean"),
    (sa.DateTime, "time"),
    (sa.Date, "day"),
    (sa.String, "text"),
    (sa.Integer, "integer"),
    (sa.Float, "number"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns as (name, kind), and the columns of its primary key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def table(self) -> sa.TableClause:
        return sa.table(self.name, *(sa.column(name, KINDS[kind]) for name, kind in self.columns))


@dataclass(slots=True)
class Tally:
    """What went by: how many rows, and the SHA-256 of their lines."""

    rows: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        return str(self._hash.hexdigest())

    def counted(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            self.rows += 1
            self._hash.update(line)
            yield line

    def count(self, lines: Iterable[bytes]) -> None:
        for _ in self.counted(lines):
            pass


def revision(connection: sa.Connection) -> str | None:
    """The migration that the database stands at; None where there is none."""
    if not sa.inspect(connection).has_table(ALEMBIC):
        return None
    found: str | None = connection.scalar(sa.text(f"SELECT version_num FROM {ALEMBIC}"))
    return found


def shapes(connection: sa.Connection, *, is_current: bool) -> list[Shape]:
    """Our tables, those that others refer to first. Of a database at another revision: all there are."""
    found = sa.MetaData()
    found.reflect(connection)
    ours = set(Table.metadata.tables) if is_current else set(found.tables)
    return [_shape(table) for table in found.sorted_tables if table.name in ours - {ALEMBIC}]


def _shape(table: sa.Table) -> Shape:
    columns = tuple((column.name, kind_of(column.type)) for column in table.columns)
    return Shape(table.name, columns, tuple(column.name for column in table.primary_key))


def kind_of(column_type: sa.types.TypeEngine[Any]) -> str:
    """Raises `NotImplementedError` for a type that has no portable form yet."""
    for each, kind in _OF_DATABASE:
        if isinstance(column_type, each):
            return kind
    raise NotImplementedError(f"backups do not know columns of type {column_type!r}")


def lines(connection: sa.Connection, shape: Shape) -> Iterator[bytes]:
    """Every row of a table as a line, in the order of the primary key, byte by byte on both databases."""
    table = shape.table
    in_order = sa.select(table).order_by(
        *(_sorted_by(connection, table.c[name]) for name in shape.key)
    )
    for row in connection.execute(in_order.execution_options(yield_per=AT_ONCE)):
        yield line_of(row)


def _sorted_by(connection: sa.Connection, column: Any) -> Any:
    is_text = isinstance(column.type, sa.Text)
    return (
        sa.collate(column, "C") if is_text and connection.dialect.name == "postgresql" else column
    )


def line_of(row: Iterable[Any]) -> bytes:
    text = json.dumps(list(row), separators=(",", ":"), default=_iso)
    return text.encode("ascii") + b"\n"


def _iso(moment: date | datetime) -> str:
    return moment.isoformat()


def read(shape: Shape, lines: Iterable[bytes]) -> Iterator[list[Any]]:
    """The values of each line, as `shape.table` takes them."""
    parsers = {"time": datetime.fromisoformat, "day": date.fromisoformat}
    parsed = [(n, parsers[kind]) for n, (_, kind) in enumerate(shape.columns) if kind in parsers]
    for line in lines:
        values: list[Any] = json.loads(line)
        for place, parse in parsed:
            if values[place] is not None:
                values[place] = parse(values[place])
        yield values


def let_refer_late(session: Session) -> None:
    """Foreign keys are looked at when the transaction ends, where the database can do that. PostgreSQL
    looks after every table, which is filled in one statement."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text("PRAGMA defer_foreign_keys = ON"))


def fill(session: Session, shape: Shape, rows: Iterator[list[Any]]) -> None:
    """Puts rows into an empty table and lets its counter go on behind them."""
    if session.get_bind().dialect.name == "postgresql":
        _copy(session, shape, rows)
        _set_counters(session, shape)
        return
    names = [name for name, _ in shape.columns]
    table = shape.table
    while group := list(itertools.islice(rows, AT_ONCE)):
        session.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in group])


def _copy(session: Session, shape: Shape, rows: Iterator[list[Any]]) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in shape.columns)
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(shape.name), names)
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row(row)


def _set_counters(session: Session, shape: Shape) -> None:
    for name, kind in shape.columns:
        if kind != "integer" or shape.key != (name,):
            continue
        sequence = session.scalar(
            sa.text("SELECT pg_get_serial_sequence(:table, :column)"),
            {"table": shape.name, "column": name},
        )
        last = session.scalar(sa.select(sa.func.max(shape.table.c[name])))
        if sequence is not None and last is not None:
            session.execute(sa.select(sa.func.setval(sequence, last)))
