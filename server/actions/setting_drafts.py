"""Drafts of settings that are published in one go: begun as a copy, changed bit by bit, published or dropped."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import settings
from server.db import audit
from server.db import settings as rows
from server.db.people import Person
from server.db.settings import Setting, SettingDraft
from server.domain import errors
from server.domain import settings as rules
from server.domain.settings.differences import between
from server.ids import new_id

Document = dict[str, Any]
Edit = Callable[[Document], Document]


def current(session: Session, name: str, branch_id: str | None, now: datetime) -> Document:
    """The draft where there is one, else what holds."""
    draft = rows.draft(session, name, branch_id)
    found: Document = draft.value if draft else settings.value(session, name, branch_id, now)
    return found


def change(
    session: Session, by: Person, name: str, branch_id: str | None, edit: Edit, now: datetime
) -> SettingDraft:
    """Changes the draft, which begins with the first change. It may still have problems; what `edit` raises
    changes nothing.
    """
    rules.must_be_known(name)
    draft = rows.draft(session, name, branch_id, to_change=True)
    if draft is None:
        own = settings.newest(session, name, branch_id)
        before = settings.value(session, name, branch_id, now)
        draft = SettingDraft(
            id=new_id(),
            name=name,
            branch_id=branch_id,
            based_on=own.version if own else rules.FIRST,
            value=edit(before),
            changed_at=now,
            changed_by=by.id,
            rev=1,
        )
        session.add(draft)
    else:
        before = draft.value
        draft.value = edit(before)
        draft.changed_at, draft.changed_by = now, by.id
        draft.rev += 1
    session.flush()
    changed = [each.path for each in between(before, draft.value)][: settings.TOLD_AT_MOST]
    audit.record(session, by.id, "setting.drafted", name, now, branch=branch_id, changed=changed)
    return draft


def publish(
    session: Session,
    by: Person,
    name: str,
    branch_id: str | None,
    rev: int,
    was: int,
    now: datetime,
    note: str = "",
) -> Setting | None:
    """The draft becomes the next version; jobs that are issued from now on begin with it.

    `rev` is the draft and `was` the version that the publisher has seen. Raises `ChangedMeanwhile` where
    either is another one by now, `Invalid` for a draft that cannot hold.
    """
    draft = rows.draft(session, name, branch_id, to_change=True)
    if draft is None or draft.rev != rev:
        raise errors.ChangedMeanwhile(rev=draft.rev if draft else None)
    made = settings.put(session, by, name, branch_id, draft.value, now, was=was, note=note)
    session.delete(draft)
    session.flush()
    return made


def discard(
    session: Session, by: Person, name: str, branch_id: str | None, rev: int, now: datetime
) -> None:
    """Drops the draft; what is published stays. Raises `ChangedMeanwhile` for one that goes on elsewhere."""
    draft = rows.draft(session, name, branch_id, to_change=True)
    if draft is None:
        return
    if draft.rev != rev:
        raise errors.ChangedMeanwhile(rev=draft.rev)
    session.delete(draft)
    audit.record(session, by.id, "setting.draft_dropped", name, now, branch=branch_id)
