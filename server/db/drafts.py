"""Rows that an act reads past the session, changes in memory, and writes back where they have changed.

Reading, watching and writing an instance costs ten times as much. The price: whoever asks the session
for the same row meets another copy, so an act keeps to one of the two ways for one table.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from server.db.lookups import Command, Question
from server.db.tables import Row, Table

Values = dict[str, Any]


class Drafts:
    """What one act has read in this way: of each row one draft, however often it is asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._drafts: dict[tuple[type[Table], str], tuple[Table, Values]] = {}

    def read(self, kind: type[Row], question: Question, **asked: Any) -> list[Row]:
        """The rows of a table that the question finds; it asks for all of their columns."""
        names = _names(kind)
        found = question.within(self._session, **asked)
        return [self._draft(kind, dict(zip(names, row, strict=True))) for row in found]

    def _draft(self, kind: type[Row], values: Values) -> Row:
        known = self._drafts.get((kind, values["id"]))
        if known is not None:
            return cast(Row, known[0])
        draft = cast(Row, SimpleNamespace(**values))
        self._drafts[kind, values["id"]] = draft, values
        return draft

    def write(self) -> None:
        """Writes the columns that were given another value, each row in one statement."""
        for (kind, row_id), (draft, before) in self._drafts.items():
            changed = {
                name: value
                for name, value in vars(draft).items()
                if value is not before[name] and value != before[name]
            }
            if changed:
                _update(kind, tuple(changed)).within(self._session, row_id=row_id, **changed)
                before.update(changed)


@cache
def _names(kind: type[Table]) -> tuple[str, ...]:
    return tuple(column.key for column in kind.__table__.columns)


@cache
def _update(kind: type[Table], names: tuple[str, ...]) -> Command:
    table: Any = kind.__table__
    given: Any = {name: bindparam(name) for name in names}
    return Command(update(table).where(table.c.id == bindparam("row_id")).values(given))
