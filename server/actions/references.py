"""What a form names by its id must be there, and to be seen by whoever names it."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from server.db.people import Person
from server.domain import errors

Found = TypeVar("Found")


def named(
    find: Callable[[Session, Person, str], Found],
    session: Session,
    by: Person,
    its_id: str,
    field: str,
) -> Found:
    """What `find` finds. Raises `ReferenceUnknown` for what is not there or hidden from `by`."""
    try:
        return find(session, by, its_id)
    except errors.NotFound:
        raise errors.ReferenceUnknown(field=field) from None


def wrong(field: str, *words: str) -> errors.Invalid:
    """The failure of one field, in the shape that the check of a form gives."""
    return errors.Invalid(errors={"json": {field: list(words)}})
