"""What a tablet pulls: changes since its cursor, or everything in scope after `cursor_gone`.

A cursor is opaque to the client: the epoch and, for each scope, the version of the last change given.
"""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, select, tuple_

from server.clock import wire
from server.db.feed import CATALOGUE, Change, Scope, person_scope
from server.db.house import HouseFact
from server.db.jobs import Job
from server.db.lookups import Lookups, Question, Row
from server.domain import errors, events, sync

MAX_CHANGES = 200
MAX_VERSION = 2**53 - 1

_OURS: list[Any] = [bindparam("catalogue"), bindparam("own")]
_STANDING = Question(
    select(HouseFact.value, Scope.scope, Scope.head, Scope.horizon)
    .outerjoin(Scope, Scope.scope.in_(_OURS))
    .where(HouseFact.name == "epoch")
)
# A job's document is handed on as it stands ready in its row.
_CHANGES = select(
    Change.scope,
    Change.kind,
    Change.entity_id,
    Change.version,
    Change.change,
    Change.reason,
    func.coalesce(Job.document, Change.data),
).outerjoin(
    Job,
    and_(Change.kind == "job", Change.change == "upsert", Job.id == Change.entity_id),
)
_NEWER = Question(
    _CHANGES.where(Change.scope == bindparam("scope"), Change.version > bindparam("seen"))
    .order_by(Change.version)
    .limit(bindparam("most", type_=Integer))
)
_KEY = (Change.scope, Change.kind, Change.entity_id)
_EVERYTHING = (
    _CHANGES.where(Change.scope.in_(_OURS), Change.change == "upsert")
    .order_by(*_KEY)
    .limit(bindparam("most", type_=Integer))
)
_FROM_THE_BEGINNING = Question(_EVERYTHING)
_GOING_ON = Question(
    _EVERYTHING.where(
        tuple_(*_KEY) > tuple_(bindparam("at_scope"), bindparam("at_kind"), bindparam("at_id"))
    )
)


def scopes_of(person_id: str) -> list[str]:
    """What somebody pulls follows from who they are, never from a parameter."""
    return sorted([CATALOGUE, person_scope(person_id)])


class _Standing:
    """The epoch, and how far the scopes of somebody have come."""

    def __init__(self, asked: Lookups, scopes: list[str]) -> None:
        catalogue, own = scopes
        rows = asked.all(_STANDING, catalogue=catalogue, own=own)
        self.epoch: str = rows[0][0]
        self.heads = dict.fromkeys(scopes, 0)
        self.horizons = dict.fromkeys(scopes, 0)
        for _, scope, head, horizon in rows:
            if scope is not None:
                self.heads[scope], self.horizons[scope] = head, horizon


def changes(asked: Lookups, person_id: str, cursor: str | None, limit: int, now: datetime) -> str:
    """One page of changes as ready JSON. Raises `CursorGone`, with `why`, for a cursor of no use."""
    scopes = scopes_of(person_id)
    standing = _Standing(asked, scopes)
    seen = _seen(cursor, standing)
    if cursor and seen == standing.heads:  # nothing new, which is what most polls hear
        return _page(
            {"epoch": standing.epoch, "time": wire(now), "more": False, "cursor": cursor}, []
        )
    rows: list[Row] = []
    more = False
    for scope in scopes:
        if standing.heads[scope] == seen[scope]:
            continue
        room = limit - len(rows)
        found = asked.all(_NEWER, scope=scope, seen=seen[scope], most=room + 1)
        more = len(found) > room
        rows += found[:room]
        if found[:room]:
            seen[scope] = rows[-1][3]
        if more:
            break
    epoch = standing.epoch
    head = {"epoch": epoch, "time": wire(now), "more": more, "cursor": _cursor(epoch, seen)}
    return _page(head, rows)


def _seen(cursor: str | None, standing: _Standing) -> dict[str, int]:
    scopes = sorted(standing.heads)
    if not cursor:
        return dict.fromkeys(scopes, 0)
    token = _token(cursor)
    if token.get("e") != standing.epoch:
        raise errors.CursorGone(why="epoch")
    seen = token.get("v")
    if not isinstance(seen, dict) or sorted(seen) != scopes:
        raise errors.CursorGone(why="scope")
    if not all(events.is_integer(version, 0, MAX_VERSION) for version in seen.values()):
        raise errors.CursorGone(why="epoch")
    for scope, version in seen.items():
        if version > standing.heads[scope]:
            raise errors.CursorGone(why="epoch")
        if 0 < version < standing.horizons[scope]:
            raise errors.CursorGone(why="horizon")
    return seen


def snapshot(asked: Lookups, person_id: str, page: str | None, limit: int, now: datetime) -> str:
    """One page of everything in scope. The cursor, given with the last page, is as old as the first:
    what changed meanwhile comes again with the next pull.
    """
    scopes = scopes_of(person_id)
    standing = _Standing(asked, scopes)
    epoch, token = standing.epoch, _token(page) if page else None
    if token is not None and (token.get("e") != epoch or not _is_page(token, scopes)):
        raise errors.CursorGone(why="epoch")
    ours = {"catalogue": scopes[0], "own": scopes[1], "most": limit + 1}
    if token is None:
        heads, rows = standing.heads, asked.all(_FROM_THE_BEGINNING, **ours)
    else:
        heads, at = (
            token["v"],
            dict(zip(("at_scope", "at_kind", "at_id"), token["at"], strict=True)),
        )
        rows = asked.all(_GOING_ON, **ours, **at)
    more, rows = len(rows) > limit, rows[:limit]
    following = _encode({"e": epoch, "v": heads, "at": rows[-1][:3]}) if more else None
    head = {
        "epoch": epoch,
        "time": wire(now),
        "more": more,
        "next": following,
        "cursor": None if more else _cursor(epoch, heads),
    }
    return _page(head, rows)


def _is_page(token: dict[str, Any], scopes: list[str]) -> bool:
    at, heads = token.get("at"), token.get("v")
    return (
        isinstance(at, list)
        and len(at) == 3
        and all(events.is_text(each, 64) and sync.clean(each) == each for each in at)
        and isinstance(heads, dict)
        and sorted(heads) == scopes
        and all(events.is_integer(each, 0, MAX_VERSION) for each in heads.values())
    )


def _page(head: dict[str, Any], rows: list[Row]) -> str:
    changes = ",".join(map(_change, rows))
    return json.dumps(head)[:-1] + f', "changes": [{changes}]}}'


def _change(row: Row) -> str:
    _, kind, entity_id, version, change, reason, data = row
    head = {"kind": kind, "id": entity_id, "version": version, "change": change}
    if change == "remove":
        return json.dumps({**head, "reason": reason})
    return json.dumps(head)[:-1] + f', "data": {data}}}'


def _cursor(epoch: str, seen: dict[str, int]) -> str:
    return _encode({"e": epoch, "v": seen})


def _encode(token: dict[str, Any]) -> str:
    text = json.dumps(token, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _token(text: str) -> dict[str, Any]:
    """Reads a cursor back; one that was not made here is gone for good, too."""
    try:
        token = json.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, UnicodeError, binascii.Error, RecursionError) as bad:
        raise errors.CursorGone(why="epoch") from bad
    if not isinstance(token, dict):
        raise errors.CursorGone(why="epoch")
    return token
