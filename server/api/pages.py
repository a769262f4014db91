"""Lists and versions as the API tells them: pages by keyset, ETag and If-Match."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, make_response, request
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.db import keysets
from server.domain import errors

Row = TypeVar("Row")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


def page(
    session: Session,
    rows: Select[Row],
    key: keysets.Key,
    show: Callable[[Row], dict[str, Any]],
    asked: dict[str, Any],
    *,
    newest_first: bool = False,
) -> dict[str, Any]:
    """`{"items": […], "next": token or null}`: up to `asked["limit"]` rows in the order of `key`.

    Raises `BadRequest` for a token that was not made here.
    """
    limit, after = asked.get("limit") or DEFAULT_LIMIT, asked.get("after")
    found = keysets.page(session, rows, key, limit, after, newest_first=newest_first)
    return {"items": [show(each) for each in found.rows], "next": found.next}


def only(
    rows: Select[Row], asked: dict[str, Any], *columns: InstrumentedAttribute[Any]
) -> Select[Row]:
    """The rows whose columns are what the query asks for under their names."""
    for column in columns:
        if column.key in asked:
            rows = rows.where(column == asked[column.key])
    return rows


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
