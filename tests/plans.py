"""How a database would answer: every question that pages put to it, and the plan for each, read for scans.

An empty shop shows what a large one will do. SQLite plans by its indexes alone. PostgreSQL is told that
every table has a million rows, and to read none from end to end where an index can serve.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Connection, Engine, event, text

from server.db.models import Table

# What stays small however many tickets there are; every other table is large, new ones, too.
SMALL = {
    "alembic_version",
    "audit_proofs",
    "certificates",
    "counters",
    "devices",
    "exports",
    "feed_scopes",
    "figure_marks",  # what the worker has still to count
    "house",
    "invitations",
    "organisations",
    "parts",
    "people",
    "products",
    "setting_drafts",
    "settings",
    "gateways",  # two for each branch at most
    "webhook_endpoints",
    "stock_minimums",
    "tasks",  # what the worker has still to do
}
NUMBERS = {"serial", "order_number", "old_serial", "new_serial", "phone_key", "sha256"}
ROWS, FEW_ROWS = 1_000_000, 10_000


@dataclass
class Questions:
    """The statements that were sent to the database, each once, with values and who asked first."""

    asked: dict[str, tuple[str, Any, str]] = field(default_factory=dict)
    by: str = ""

    def note(self, statement: str, values: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            shape = re.sub(r"(\?|%\([^)]*\)s(::\w+)?)(, (\?|%\([^)]*\)s(::\w+)?))+", "…", statement)
            self.asked.setdefault(shape, (statement, values, self.by))


@contextmanager
def listening(*engines: Engine) -> Iterator[Questions]:
    questions = Questions()

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        questions.note(statement, values)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield questions
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@dataclass(frozen=True, order=True)
class Scan:
    """A large table that a question reads from end to end."""

    by: str
    table: str
    step: str
    statement: str


def scans(engine: Engine, questions: Questions) -> list[Scan]:
    """Of all that was asked, what reads a large table whole."""
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            _pretend_to_be_large(connection)
        read = _of_sqlite if is_sqlite else _of_postgresql
        found = [
            Scan(by, table, step, " ".join(statement.split()))
            for statement, values, by in questions.asked.values()
            for table, step in read(connection, statement, values)
            if table not in SMALL
        ]
        connection.rollback()
    return sorted(found)


# SQLite.

_WHOLE = re.compile(r"SCAN (?P<table>\w+)(?P<how>.*)")
# All entries of a kind of thing: that is a large part of them.
_OF_A_KIND = re.compile(r"SEARCH (?P<table>\w+) USING INDEX \w*search_entries\w* \(kind=\?\)")
# All photos in a state: nearly every one of them was checked.
_IN_A_STATE = re.compile(r"SEARCH (?P<table>photos) USING INDEX ix_photos_in_state \(state=\?\)")


def _of_sqlite(connection: Connection, statement: str, values: Any) -> Iterator[tuple[str, str]]:
    """A walk along an index is none where a limit ends it and nothing has to be sorted or counted."""
    told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    steps = [row[3] for row in told]
    names = _names_of(connection, statement)
    for step in steps:
        found = _WHOLE.match(step) or _OF_A_KIND.match(step) or _IN_A_STATE.match(step)
        if found is None or found["table"] not in names:
            continue
        if step.rpartition(" ")[2] in _partial_indexes(connection):
            continue
        is_limited = " LIMIT " in " ".join(statement.split())
        if not is_limited or "USE TEMP B-TREE FOR ORDER BY" in steps:
            yield names[found["table"]], step


def _names_of(connection: Connection, statement: str) -> dict[str, str]:
    """The tables of a statement by the names that they have in it."""
    known = _tables(connection)
    called = re.findall(r"(?:FROM|JOIN|,)\s+(\w+)(?:\s+AS\s+(\w+))?", statement)
    return {alias or table: table for table, alias in called if table in known}


def _tables(connection: Connection) -> set[str]:
    found = connection.info.get("tables")
    if found is None:
        rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        found = connection.info["tables"] = {row[0] for row in rows}
    return found


# PostgreSQL.


# An index is taken wherever one can serve: whether it is the best way is measured, not guessed here.
FOR_INDEXES = (
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "random_page_cost = 0.01",
)


def _pretend_to_be_large(connection: Connection) -> None:
    """For this transaction, in the planner's book-keeping: a million rows, few of them alike by what they
    refer to; scans are the last resort.
    """
    for table in Table.metadata.sorted_tables:
        rows = FEW_ROWS if table.name in SMALL else ROWS
        connection.execute(HAS_ROWS, {"table": table.name, "rows": rows})
        for column in table.columns:
            is_telling = column.name.endswith("_id") or column.name in NUMBERS
            if is_telling or column.foreign_keys:
                of = {"table": table.name, "column": column.name, "distinct": _distinct(column)}
                connection.execute(TELL, of)
    for setting in FOR_INDEXES:
        connection.execute(text(f"SET LOCAL {setting}"))


HAS_ROWS = text(
    "UPDATE pg_class SET reltuples = :rows, relpages = 1 "
    "WHERE relname = :table AND relnamespace = 'public'::regnamespace"
)
TELL = text(
    "SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', CAST(:table AS text), "
    "'attname', CAST(:column AS text), 'inherited', false, 'null_frac', 0.0::real, "
    "'avg_width', 36, 'n_distinct', CAST(:distinct AS real))"
)


def _distinct(column: Column[Any]) -> float:
    """How many values a column has; below zero as a share of the rows, as PostgreSQL counts them."""
    to = {each.column.table.name for each in column.foreign_keys}
    return 10 if "organisations" in to else FEW_ROWS if to & SMALL else -0.4


def _of_postgresql(
    connection: Connection, statement: str, values: Any
) -> Iterator[tuple[str, str]]:
    told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalar_one()
    plans = json.loads(told) if isinstance(told, str) else told
    for table, step in _whole(plans[0]["Plan"], is_limited=False):
        kind, _, index = step.rpartition(" ")
        is_part = kind.startswith("Index") and index in _partial_indexes(connection)
        if step == "Seq Scan" or not (is_part or not _has_rows(connection, table)):
            yield table, step


PARTIAL = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'",
    "postgresql": "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid "
    "WHERE indpred IS NOT NULL",
}


def _partial_indexes(connection: Connection) -> set[str]:
    """Those that hold only what waits for somebody: they may be read whole."""
    found = connection.info.get("partial")
    if found is None:
        rows = connection.exec_driver_sql(PARTIAL[connection.dialect.name])
        found = connection.info["partial"] = {row[0] for row in rows}
    return found


def _has_rows(connection: Connection, table: str) -> bool:
    """Which index leads through a table without any rows is all the same to PostgreSQL."""
    found = connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM {table})").scalar_one()
    return bool(found)


PASSING = {
    "Limit",
    "Incremental Sort",
    "Nested Loop",
    "Subquery Scan",
    "Result",
    "Merge Append",
    "Append",
    "Memoize",
}


def _whole(plan: dict[str, Any], *, is_limited: bool) -> Iterator[tuple[str, str]]:
    """Steps that read a table from end to end: without an index, or along one that nothing ends."""
    kind = plan["Node Type"]
    is_walk = kind in ("Index Scan", "Index Only Scan") and "Index Cond" not in plan
    is_last = kind == "Seq Scan" or (is_walk and not is_limited)
    if is_last and "Relation Name" in plan:
        yield plan["Relation Name"], f"{kind} {plan.get('Index Name', '')}".strip()
    goes_on = kind == "Limit" or (is_limited and kind in PASSING)
    for each in plan.get("Plans", []):
        yield from _whole(each, is_limited=goes_on)
