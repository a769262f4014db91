"""Lists by keyset: a page begins after the last row of the one before, whatever came in meanwhile."""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.domain import errors

Row = TypeVar("Row")
Key = tuple[InstrumentedAttribute[Any], ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the token with which the next ones are asked for."""

    rows: Sequence[Row]
    next: str | None


def page(
    session: Session,
    rows: Select[Row],
    key: Key,
    limit: int,
    after: str | None = None,
    *,
    newest_first: bool = False,
) -> Page[Row]:
    """Up to `limit` rows in the order of `key`, behind the place that the token `after` names.

    `key` must end in a unique column. Raises `BadRequest` for a token that was not made here.
    """
    if after:
        last_one = tuple_(*_values(after, key))
        row = tuple_(*key)
        rows = rows.where(row < last_one if newest_first else row > last_one)
    order = [column.desc() if newest_first else column.asc() for column in key]
    found = list(session.scalars(rows.order_by(*order).limit(limit + 1)))
    last = found[limit - 1] if len(found) > limit else None
    following = token([getattr(last, column.key) for column in key]) if last else None
    return Page(found[:limit], following)


def token(values: Iterable[Any]) -> str:
    """A place in a list, as text that nobody need understand."""
    texts = [v.isoformat() if hasattr(v, "isoformat") else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def place(token: str) -> list[Any]:
    """The values of a token, moments as text. Raises `BadRequest` for one that was not made here."""
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(values, list):
            raise ValueError
        json.dumps(values, ensure_ascii=False).encode()  # raises where half characters are in it
        return values
    except (ValueError, binascii.Error, UnicodeError, RecursionError) as bad:
        raise errors.BadRequest(parameter="after") from bad


def _values(token: str, key: Key) -> list[Any]:
    values = place(token)
    try:
        return [_typed(value, column) for value, column in zip(values, key, strict=True)]
    except (ValueError, TypeError, OverflowError) as bad:
        raise errors.BadRequest(parameter="after") from bad


def _typed(value: Any, column: InstrumentedAttribute[Any]) -> Any:
    """The value as the column has it; raises `ValueError` for what no row can hold."""
    wanted = column.type.python_type
    if issubclass(wanted, date):
        value = wanted.fromisoformat(value)
    if isinstance(value, datetime):
        value = value.astimezone(UTC) if value.tzinfo else None
    is_too_large = type(value) is int and abs(value) >= 2**63
    if type(value) is not wanted or is_too_large or (wanted is str and "\x00" in value):
        raise ValueError
    return value
