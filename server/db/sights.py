"""What one person sees of a table, and the one row of it that they ask for."""

from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

from server.domain import errors

Row = TypeVar("Row")


def one(session: Session, seen: Select[Row]) -> Row:
    """Raises `NotFound` where it is not there, or not theirs to see: nobody can tell which."""
    found: Any = session.scalar(seen)
    if found is None:
        raise errors.NotFound()
    return found
