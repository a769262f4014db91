"""Exceptions: what does not add up, what happened in words, the choices, and what each will do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import deciding
from server.auth import me, needs
from server.db import keysets
from server.db.events import FieldEvent, Quarantine
from server.db.exceptions import FieldException, get_for, visible_to
from server.db.people import Person
from server.domain import exceptions as rules
from server.house import house
from server.office import answers, forms
from server.office.wording import language
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("exceptions", __name__)

A_PAGE = 50
DOES = {
    rules.KEEP: (_l("Leave it as it stands"), _l("It stays on record and counts for nothing.")),
    rules.APPLY: (_l("Let it count"), _l("What was recorded counts as if it had come in time.")),
    rules.RUN_AGAIN: (
        _l("Read it again"),
        _l("The event is read once more, after our correction."),
    ),
}


class Decision(Shape):
    decision = Text(64, required=True, validate=one_of(*DOES))
    reason = Text(least=1, required=True)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One exception as it is shown."""

    row: FieldException
    sentence: str
    holds_ticket: bool
    choices: list[tuple[str, Any, Any]]
    raw: str


@blp.get("/exceptions")
@reads
@needs("exception.read")
def find(session: Session) -> str:
    """The open ones, whoever has waited longest first; decided ones on request."""
    state = "decided" if request.args.get("show") == "decided" else "open"
    found = visible_to(me()).where(FieldException.state == state)
    key = (FieldException.opened_at, FieldException.id)
    after = request.args.get("after")
    page = keysets.page(session, found, key, A_PAGE, after, newest_first=state == "decided")
    raws = _raws(session, page.rows)
    return render_template(
        "office/exceptions.html",
        doubts=[_doubt(each, raws.get(each.id, "")) for each in page.rows],
        names=_names(session, page.rows),
        next=page.next,
        show=state,
    )


def _doubt(found: FieldException, raw: str) -> Doubt:
    kind = rules.KINDS[found.kind]
    return Doubt(
        found,
        kind.zh if language() == "zh" else kind.en,
        kind.holds_ticket,
        [(each, *DOES[each]) for each in kind.decisions],
        raw,
    )


def _raws(session: Session, rows: Sequence[FieldException]) -> dict[str, str]:
    """What came in, readable, by exception: set aside, or on record."""
    aside, kept = (
        dict(session.execute(select(kind.id, kind.raw).where(kind.id.in_(ids))).all())
        for kind, ids in (
            (Quarantine, [each.details.get("quarantine_id") for each in rows]),
            (FieldEvent, [each.event_id for each in rows]),
        )
    )
    found = {
        each.id: aside.get(each.details.get("quarantine_id")) or kept.get(each.event_id or "")
        for each in rows
    }
    return {its_id: _readable(raw) for its_id, raw in found.items() if raw}


def _readable(raw: str) -> str:
    return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)


def _names(session: Session, rows: Any) -> dict[str | None, str]:
    ids = {name for each in rows for name in (each.person_id, each.owner_id, each.decided_by)}
    found = session.scalars(select(Person).where(Person.id.in_(ids - {None})))
    return {each.id: each.name for each in found}


@blp.post("/exceptions/<exception_id>/decide")
@writes
@needs("exception.decide")
def decide(session: Session, exception_id: str) -> AnyResponse:
    found = get_for(session, me(), exception_id, to_change=True)
    form = forms.read(Decision)
    deciding.decide(session, me(), found, form["decision"], form["reason"], house().clock())
    return answers.go_to("office.exceptions.find", decided=found.id)
