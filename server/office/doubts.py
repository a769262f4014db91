"""What speaks against an act of planning, told where it was tried: on its page, or on the board."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import errors as wire
from server.db.audit import AuditLine
from server.db.people import Person
from server.domain import errors
from server.domain import jobs as rules
from server.office import forms, wording
from server.office.labels import label
from server.office.sessions import CSRF_FIELD
from server.transactions import FORM_KEY

ASKED_ANEW = frozenset({CSRF_FIELD, FORM_KEY, "reason"})
BY_PEOPLE = ("job.issued", "job.changed", "job.moved", "job.reassigned", "job.cancelled")


def warnings_in(failure: errors.DoorstepError | None) -> list[str]:
    told = failure.details.get("warnings", []) if failure else []
    return [rules.sentence(_named(rules.Warning(**each)), wording.language()) for each in told]


def _named(warning: rules.Warning) -> rules.Warning:
    """With the word for a skill or a certificate in place of its code, and a moment as people say it."""
    if warning.code == "past_promise":
        at = datetime.fromisoformat(warning.subject)
        return replace(warning, subject=wording.moment(at))
    if warning.code in ("skill_missing", "certificate_missing"):
        return replace(warning, subject=label(warning.subject, "trade"))
    return warning


def last_act(session: Session, job_id: str) -> str:
    """Who did the last thing with a job, and when: "Bob: Job handed to somebody else, today 10:31"."""
    lines = (
        select(AuditLine.act, AuditLine.at, Person.name)
        .outerjoin(Person, Person.id == AuditLine.person_id)
        .where(AuditLine.noun == "job", AuditLine.noun_id == job_id, AuditLine.act.in_(BY_PEOPLE))
        .order_by(AuditLine.id.desc())
    )
    found = session.execute(lines.limit(1)).first()
    if found is None:
        return ""
    act, at, name = found
    words = wording.listed([label(act, "act"), wording.moment(at)])
    return _("%(person)s: %(what)s", person=name, what=words) if name else words


def told(
    session: Session, failure: errors.DoorstepError, job_id: str | None = None
) -> tuple[str, int]:
    """For the board: a piece of a page, with a form that goes on with a reason where one helps."""
    page = render_template(
        "office/doubts.html",
        failure=failure,
        sentence=failure.sentence(wording.language()),
        warnings=warnings_in(failure),
        problems=_problems(failure),
        last_act=last_act(session, job_id) if job_id else "",
        said=[pair for pair in request.form.items() if pair[0] not in ASKED_ANEW],
    )
    return page, wire.status_of(failure)


def _problems(failure: errors.DoorstepError) -> list[Any]:
    return list(dict.fromkeys(forms.problems_of(failure).values()))
