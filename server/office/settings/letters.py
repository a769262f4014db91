"""Notices as customers read them: the words of the form, saved or not, with the facts of a real ticket."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.auth import me, needs
from server.clock import wire
from server.db.jobs import Job
from server.db.notices import Notice
from server.db.tickets import Ticket, visible_to
from server.domain import errors
from server.domain import notice_texts as texts
from server.domain import notices as rules
from server.domain import settings as setting_rules
from server.domain.errors import Language
from server.house import house
from server.notices import links, rendering
from server.office import forms
from server.office.settings import fields, telling
from server.office.settings.places import Place, place
from server.transactions import reads

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One text as it arrives; characters and parts of a text message, None for others."""

    kind: str
    channel: str
    language: str
    title: str
    body: str
    length: int | None = None
    parts: int | None = None


def register(blp: Blueprint) -> None:
    blp.post("/settings/notices/preview")(preview)


@reads
@needs("setting.read")
def preview(session: Session) -> str | tuple[str, int]:
    """Nothing is saved: what was typed is shown, and stays in the form behind it."""
    where = place(session)
    said = dict(request.form.items())
    fields.must_be_text(said)
    document = fields.FORMS[setting_rules.NOTICES].document(said)
    problems: dict[str, str] = {}
    try:
        setting_rules.must_be_sound(setting_rules.NOTICES, document)
    except errors.Invalid as wrong:
        problems = telling.problems(wrong)
    ticket = _ticket(session, where, forms.words_in(request.form, "ticket"))
    shown = [] if problems or ticket is None else _shown(session, document, ticket)
    page = render_template(
        "office/settings_letters.html",
        place=where,
        name=setting_rules.NOTICES,
        ticket=ticket,
        shown=shown,
        problems={
            telling.path_words(setting_rules.NOTICES, at): why for at, why in problems.items()
        },
    )
    return (page, 422) if problems else page


def _ticket(session: Session, where: Place, number: str) -> Ticket | None:
    """The one that is named, or the newest with a trip, so that there is something to show."""
    seen = visible_to(me())
    if where.branch_id:
        seen = seen.where(Ticket.branch_id == where.branch_id)
    if number:
        return session.scalars(seen.where(Ticket.id == number)).first()
    newest = seen.join(Job, Job.ticket_id == Ticket.id).where(Job.window_start.is_not(None))
    return session.scalars(newest.order_by(Ticket.opened_at.desc(), Ticket.id).limit(1)).first()


def _shown(session: Session, document: Document, ticket: Ticket) -> list[Shown]:
    jobs = select(Job).where(Job.ticket_id == ticket.id)
    job = session.scalars(jobs.order_by(Job.issued_at.desc(), Job.id).limit(1)).first()
    found = []
    for kind in rules.KINDS:
        for channel in rules.CHANNELS:
            if document["kinds"][kind][channel]:
                for language in texts.LANGUAGES:
                    template = document["texts"][kind][channel][language]
                    found.append(_written(session, kind, channel, language, template, ticket, job))
    return found


def _written(
    session: Session, kind: str, channel: str, language: Language, template: Any,
    ticket: Ticket, job: Job | None,
) -> Shown:  # fmt: skip
    now = house().clock()
    was = wire(job.window_start) if job and kind in (rules.MOVED, rules.CANCELLED) else None
    notice = Notice(
        kind=kind,
        channel=channel,
        ticket_id=ticket.id,
        branch_id=ticket.branch_id,
        job_id=job.id if job else None,
        details={"was": was},
        happened_at=now,
    )
    facts = rendering.facts_of(session, notice, links.sample(house().config), language, now)
    text = rendering.written(template, facts)
    if channel != rules.SMS:
        return Shown(kind, channel, language, text.title, text.body)
    length, parts = rules.sms_parts(text.body)
    return Shown(kind, channel, language, text.title, text.body, length, parts)
