"""Looking for lines of the audit: by an index as far as there is one, and then line by line, so far and no
further: a page says how far it has looked, and goes on from there when it is asked to.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text, select, tuple_, type_coerce, union_all
from sqlalchemy.orm import Session

from server.db import keysets
from server.db.audit import AuditLine
from server.domain import errors

LOOKED_AT = 5_000  # lines of one page


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is None or empty is not asked. `acts` are those of a noun, or a single one.
    Both moments are aware; `until` itself is too late."""

    acts: tuple[str, ...] = ()
    noun: str | None = None
    noun_id: str | None = None
    person_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Lines, the newest first, and where the next ones begin. `looked_until` is told when many lines were
    looked at without filling a page."""

    lines: Sequence[AuditLine]
    next: str | None
    looked_until: datetime | None


_COLUMNS = (
    AuditLine.id, AuditLine.at, AuditLine.act, AuditLine.noun, AuditLine.noun_id,
    AuditLine.person_id, type_coerce(AuditLine.details, Text).label("details"),
)  # fmt: skip


def find(session: Session, wanted: Wanted, limit: int, after: str | None = None) -> Found:
    """Up to `limit` lines behind the place that `after` names. Raises `BadRequest` for a strange one."""
    # Where the index decides alone, no more is read than is shown.
    at_once = LOOKED_AT if _is_sifted(wanted) else min(limit + 1, LOOKED_AT)
    rows = session.execute(_candidates(wanted, _place(after), at_once)).all()
    fits = [row for row in rows if _is_wanted(row, wanted)]
    shown = fits[:limit]
    goes_on, last = None, None
    if len(fits) > limit:
        last = shown[-1]
    elif len(rows) == at_once:
        last = rows[-1]
        goes_on = last.at
    found = select(AuditLine).where(AuditLine.id.in_([row.id for row in shown]))
    lines = session.scalars(found.order_by(AuditLine.at.desc(), AuditLine.id.desc())).all()
    following = keysets.token([last.at, last.id]) if last is not None else None
    return Found(lines, following, goes_on)


def _place(after: str | None) -> tuple[datetime, int] | None:
    if not after:
        return None
    values = keysets.place(after)
    try:
        at, number = values
        moment = datetime.fromisoformat(at).astimezone(UTC)
        if type(number) is not int or abs(number) >= 2**63:
            raise ValueError
        return moment, number
    except (TypeError, ValueError, OverflowError) as bad:
        raise errors.BadRequest(parameter="after") from bad


def _is_sifted(wanted: Wanted) -> bool:
    """Whether the lines that an index finds are still looked at one by one."""
    if wanted.words or (wanted.noun and not wanted.noun_id and not wanted.acts):
        return True
    if wanted.noun and any(act.partition(".")[0] != wanted.noun for act in wanted.acts):
        return True
    by_thing = bool(wanted.noun and wanted.noun_id)
    return sum((by_thing, bool(wanted.acts), bool(wanted.person_id))) > 1 or bool(
        wanted.noun_id and not wanted.noun
    )


def _candidates(wanted: Wanted, place: tuple[datetime, int] | None, at_once: int) -> Any:
    """The newest lines that an index finds, each kind of act by itself: none of them is sorted as a whole."""
    all_ = select(*_COLUMNS)
    if wanted.since is not None:
        all_ = all_.where(AuditLine.at >= wanted.since)
    if wanted.until is not None:
        all_ = all_.where(AuditLine.at < wanted.until)
    if place is not None:
        all_ = all_.where(
            AuditLine.at <= place[0], tuple_(AuditLine.at, AuditLine.id) < tuple_(*place)
        )
    newest = (AuditLine.at.desc(), AuditLine.id.desc())
    if wanted.noun and wanted.noun_id:
        of_thing = all_.where(AuditLine.noun == wanted.noun, AuditLine.noun_id == wanted.noun_id)
        return of_thing.order_by(*newest).limit(at_once)
    if wanted.acts:
        each = [
            all_.where(AuditLine.act == act).order_by(*newest).limit(at_once).subquery()
            for act in wanted.acts
        ]
        every = union_all(*(select(one) for one in each)).subquery()
        return select(every).order_by(every.c.at.desc(), every.c.id.desc()).limit(at_once)
    if wanted.person_id:
        all_ = all_.where(AuditLine.person_id == wanted.person_id)
    return all_.order_by(*newest).limit(at_once)


def _is_wanted(row: Any, wanted: Wanted) -> bool:
    same = (
        (wanted.noun, row.noun),
        (wanted.noun_id, row.noun_id),
        (wanted.person_id, row.person_id),
    )
    if any(asked and asked != there for asked, there in same):
        return False
    if wanted.acts and row.act not in wanted.acts:
        return False
    return not wanted.words or _says(row, wanted.words)


def _says(row: Any, words: str) -> bool:
    """Upper case makes no difference. Details are kept as ASCII, so words are looked for as they are kept."""
    kept = json.dumps(words)[1:-1].lower()
    return kept in row.details.lower() or words.lower() in row.noun_id.lower()
