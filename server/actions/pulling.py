"""What a tablet pulls: changes since its cursor, or everything in scope after `cursor_gone`.

A cursor is opaque to the client: the epoch and, for each scope, the version of the last change given.
"""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from server.clock import wire
from server.db import house
from server.db.feed import CATALOGUE, Change, Scope, person_scope
from server.db.jobs import Job
from server.db.people import Person
from server.domain import errors, events, sync

MAX_CHANGES = 200
MAX_VERSION = 2**53 - 1


def scopes_of(person: Person) -> list[str]:
    """What somebody pulls follows from who they are, never from a parameter."""
    return sorted([CATALOGUE, person_scope(person.id)])


def changes(session: Session, person: Person, cursor: str | None, limit: int, now: datetime) -> str:
    """One page of changes as ready JSON. Raises `CursorGone`, with `why`, for a cursor of no use."""
    epoch = house.epoch(session)
    seen = _seen(session, person, cursor, epoch)
    rows: list[Change] = []
    more = False
    for scope in scopes_of(person):
        newer = (
            select(Change)
            .where(Change.scope == scope, Change.version > seen[scope])
            .order_by(Change.version)
            .limit(limit - len(rows) + 1)
        )
        found = list(session.scalars(newer))
        more = len(found) > limit - len(rows)
        found = found[: limit - len(rows)]
        if found:
            seen[scope] = found[-1].version
        rows += found
        if more:
            break
    head = {"epoch": epoch, "time": wire(now), "more": more, "cursor": _cursor(epoch, seen)}
    return _page(head, _written(session, rows))


def _seen(session: Session, person: Person, cursor: str | None, epoch: str) -> dict[str, int]:
    scopes = scopes_of(person)
    if not cursor:
        return dict.fromkeys(scopes, 0)
    token = _token(cursor)
    if token.get("e") != epoch:
        raise errors.CursorGone(why="epoch")
    seen = token.get("v")
    if not isinstance(seen, dict) or sorted(seen) != scopes:
        raise errors.CursorGone(why="scope")
    if not all(events.is_integer(version, 0, MAX_VERSION) for version in seen.values()):
        raise errors.CursorGone(why="epoch")
    known = session.scalars(select(Scope).where(Scope.scope.in_(scopes)))
    for scope in known:
        version = seen[scope.scope]
        if version > scope.head:
            raise errors.CursorGone(why="epoch")
        if 0 < version < scope.horizon:
            raise errors.CursorGone(why="horizon")
    return seen


def snapshot(session: Session, person: Person, page: str | None, limit: int, now: datetime) -> str:
    """One page of everything in scope. The cursor, given with the last page, is as old as the first:
    what changed meanwhile comes again with the next pull.
    """
    epoch, scopes = house.epoch(session), scopes_of(person)
    token = _token(page) if page else None
    if token is not None and (token.get("e") != epoch or not _is_page(token, scopes)):
        raise errors.CursorGone(why="epoch")
    heads = token["v"] if token else _heads(session, scopes)
    rest = select(Change).where(Change.scope.in_(scopes), Change.change == "upsert")
    key = (Change.scope, Change.kind, Change.entity_id)
    if token is not None:
        rest = rest.where(tuple_(*key) > tuple_(*token["at"]))
    rows = list(session.scalars(rest.order_by(*key).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    at = [rows[-1].scope, rows[-1].kind, rows[-1].entity_id] if rows else []
    following = _encode({"e": epoch, "v": heads, "at": at}) if more else None
    head = {
        "epoch": epoch,
        "time": wire(now),
        "more": more,
        "next": following,
        "cursor": None if more else _cursor(epoch, heads),
    }
    return _page(head, _written(session, rows))


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


def _heads(session: Session, scopes: list[str]) -> dict[str, int]:
    known = session.execute(select(Scope.scope, Scope.head).where(Scope.scope.in_(scopes)))
    heads = dict.fromkeys(scopes, 0)
    heads.update((scope, head) for scope, head in known)
    return heads


def _written(session: Session, rows: list[Change]) -> list[str]:
    """Each change as JSON text; a job's document is handed on as it stands in its row."""
    wanted = [row.entity_id for row in rows if row.kind == "job" and row.change == "upsert"]
    found = session.execute(select(Job.id, Job.document).where(Job.id.in_(wanted)))
    documents = {row.id: row.document for row in found}
    return [_change(row, documents.get(row.entity_id, row.data)) for row in rows]


def _change(row: Change, data: str | None) -> str:
    head: dict[str, Any] = {
        "kind": row.kind,
        "id": row.entity_id,
        "version": row.version,
        "change": row.change,
    }
    if row.change == "remove":
        return json.dumps({**head, "reason": row.reason})
    return json.dumps(head)[:-1] + f', "data": {data}}}'


def _page(head: dict[str, Any], changes: list[str]) -> str:
    return json.dumps(head)[:-1] + f', "changes": [{",".join(changes)}]}}'


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
