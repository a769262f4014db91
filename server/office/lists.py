"""Lists that people work off: which part of one the address asks for, a page at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request
from sqlalchemy import Select
from sqlalchemy.orm import Session

from server.db import keysets

A_PAGE = 50

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """A page of one of the parts of a list. `show` names the part, `next` where the next page begins."""

    rows: Sequence[Row]
    next: str | None
    show: str


def asked_for(shows: Collection[str]) -> str:
    """The part that the address names; the first one where it names none of ours."""
    show = request.args.get("show", "")
    return show if show in shows else next(iter(shows))


def page(
    session: Session, found: Select[Row], key: keysets.Key, *, newest_first: bool = False
) -> keysets.Page[Row]:
    """The page that the address asks for. Raises `BadRequest` for a strange `after`."""
    after = request.args.get("after")
    return keysets.page(session, found, key, A_PAGE, after, newest_first=newest_first)


def of(
    session: Session,
    shows: Mapping[str, Select[Row]],
    key: keysets.Key,
    *,
    newest_first: Collection[str] = ("all", "decided"),
) -> Listed[Row]:
    """Whoever has waited longest comes first, but for what is over. Raises `BadRequest` for a strange `after`."""
    show = asked_for(shows)
    found = page(session, shows[show], key, newest_first=show in newest_first)
    return Listed(found.rows, found.next, show)
