"""The ground of every table: constraint names by convention, and the short forms of columns."""

from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Annotated, Any, TypeVar, cast

from sqlalchemy import ForeignKey, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

from server.db.types import Json, UtcTime

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Annotated[str, mapped_column(String(40))]
Key = Annotated[str, mapped_column(String(40), primary_key=True)]
Code = Annotated[str, mapped_column(String(64))]
Hash = Annotated[str, mapped_column(String(64))]
Words = Annotated[str, mapped_column(Text)]
Time = Annotated[datetime, mapped_column(UtcTime)]
Document = Annotated[Any, mapped_column(Json)]


class Table(DeclarativeBase):
    """Every table of the house inherits from this."""

    metadata = MetaData(naming_convention=CONVENTION)


def refers(target: str) -> ForeignKey:
    """A foreign key that holds: nothing is deleted from under it."""
    return ForeignKey(target, ondelete="RESTRICT")


def values_of(row: Table) -> dict[str, Any]:
    """A row as plain values, by column."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


Row = TypeVar("Row", bound=Table)


def plain(kind: type[Row], /, **values: Any) -> Row:
    """A new row that no session knows of: the same columns, with their defaults, as bare attributes.

    Making and writing many of them costs a tenth of what mapped instances do. `WorkingSet.write`
    inserts them; its later life a row spends as an instance, like any other.
    """
    constants, made = _defaults(kind)
    row = SimpleNamespace(**{**constants, **{name: make() for name, make in made}, **values})
    return cast(Row, row)


@cache
def _defaults(kind: type[Table]) -> tuple[dict[str, Any], tuple[tuple[str, type], ...]]:
    """The values of a row of which nothing is said: constants, and what is made anew for each."""
    constants: dict[str, Any] = {}
    made: list[tuple[str, type]] = []
    for column in kind.__table__.columns:
        default = column.default
        if default is not None and default.is_callable:
            made.append((column.key, {"list": list, "dict": dict}[default.arg.__name__]))
        else:
            constants[column.key] = default.arg if default is not None else None
    return constants, tuple(made)
