"""Lists by keyset: a page begins after the last row of the one before, whatever came in meanwhile."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from flask import Response, make_response, request
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.domain import errors

Row = TypeVar("Row")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


def page(
    session: Session,
    rows: Select[Row],
    key: tuple[InstrumentedAttribute[Any], ...],
    show: Callable[[Row], dict[str, Any]],
    asked: dict[str, Any],
    *,
    newest_first: bool = False,
) -> dict[str, Any]:
    """`{"items": […], "next": token or null}`: up to `asked["limit"]` rows in the order of `key`.

    `key` must end in a unique column. Raises `BadRequest` for a token that was not made here.
    """
    limit = asked.get("limit") or DEFAULT_LIMIT
    if asked.get("after"):
        last_one = tuple_(*_decode(asked["after"], key))
        row = tuple_(*key)
        rows = rows.where(row < last_one if newest_first else row > last_one)
    order = [column.desc() if newest_first else column.asc() for column in key]
    found = list(session.scalars(rows.order_by(*order).limit(limit + 1)))
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return {
        "items": [show(each) for each in found[:limit]],
        "next": token([getattr(last, column.key) for column in key]) if last else None,
    }


def only(
    rows: Select[Row], asked: dict[str, Any], *columns: InstrumentedAttribute[Any]
) -> Select[Row]:
    """The rows whose columns are what the query asks for under their names."""
    for column in columns:
        if column.key in asked:
            rows = rows.where(column == asked[column.key])
    return rows


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


def _decode(token: str, key: tuple[InstrumentedAttribute[Any], ...]) -> list[Any]:
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


def with_etag(body: dict[str, Any], rev: int, status: int = 200) -> Response:
    """An answer that names the version it shows."""
    answer = make_response(body, status)
    answer.headers["ETag"] = f'"{rev}"'
    return answer


def etag(rev: int) -> dict[str, str]:
    """The header that names the version of what is shown."""
    return {"ETag": f'"{rev}"'}


def created(rev: int, *where: str) -> dict[str, str]:
    """The headers of a 201: its version, and the address under /api/v1 where it is read."""
    return {**etag(rev), "Location": "/".join(("/api/v1", *where))}


def as_it_is(row: Any) -> Any:
    """For `page`, where the documented shape itself reads the row."""
    return row


def open_for_change(session: Session, row: Row) -> Row:
    """The row, fresh and locked to the end of the transaction, once If-Match names its version."""
    session.refresh(row, with_for_update={"of": type(row)})
    must_match(row.rev)  # type: ignore[attr-defined]
    return row


def must_match(rev: int) -> None:
    """Raises `VersionMissing` without If-Match, `ChangedMeanwhile` where it names another version."""
    if "If-Match" not in request.headers:
        raise errors.VersionMissing()
    if not request.if_match.contains(str(rev)):
        raise errors.ChangedMeanwhile(current=rev)
