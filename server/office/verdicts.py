"""Verdicts: accept, ask for a new picture, order rework; and the last one taken back."""

from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Blueprint
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import photos as photo_acts
from server.actions import settings, visits
from server.actions import verdicts as acts
from server.auth import me, needs
from server.db import jobs, photos, tickets, verdicts
from server.db.customers import Customer
from server.db.jobs import Job
from server.db.people import Person
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import errors
from server.domain import verdicts as rules
from server.domain.errors import Language
from server.domain.people import may
from server.house import house
from server.office import answers, forms, reasons, told, wording
from server.office.labels import label
from server.office.verification import bench, neighbours
from server.schemas import Code, Shape, Text, one_of
from server.transactions import writes

blp = Blueprint("verdicts", __name__)

LISTS = ("retake", "rework")  # the verdicts that want a reason


class OnVisit(Shape):
    verdict = Text(16, required=True, validate=one_of(*visits.VERDICTS))
    choice = Code()
    reason = Text()
    edition = ma.fields.Integer()


class OnPhoto(Shape):
    verdict = Text(16, required=True, validate=one_of(*photo_acts.VERDICTS))
    choice = Code()
    reason = Text(2_000)
    asked_of = Text(16, validate=one_of(*rules.AskedOf))
    rev = ma.fields.Integer()


@blp.post("/verification/<job_id>/verdict")
@writes
@needs("visit.verify")
def judge(session: Session, job_id: str) -> AnyResponse | tuple[str, int]:
    """The verdict on the whole visit, then on to the next one; after rework to the plan of the revisit."""
    now = house().clock()
    job = jobs.get_for(session, me(), job_id, now, to_change=True)
    try:
        form = forms.read(OnVisit)
        if not _is_said_already(job, form):
            _must_be_as_seen(form.get("edition"), job.edition, job)
            listed = settings.reasons(session, job.branch_id, "rework", now)
            reason = reasons.written(
                listed, form.get("choice"), form.get("reason"), _of_office(session, job)
            )
            visits.verify(session, me(), job, form["verdict"], reason or None, now)
    except (errors.ReasonMissing, errors.JudgedMeanwhile, errors.StepNotPossible) as stuck:
        return _again(session, job, stuck)
    return _go_on(session, job, form["verdict"])


def _is_said_already(job: Job, form: dict[str, Any]) -> bool:
    """The same verdict stands there: a second click, or two people of one mind."""
    is_stale = form.get("edition") not in (None, job.edition)
    return is_stale and job.verdict == form["verdict"] and not job.is_auto_accepted


def _must_be_as_seen(seen: int | None, stands: int, thing: Job | Photo) -> None:
    """Raises `JudgedMeanwhile` where somebody else's verdict came between."""
    if seen is not None and seen != stands and thing.verdict is not None:
        raise errors.JudgedMeanwhile()


def _of_office(session: Session, job: Job) -> Language:
    """Rework is read by whoever goes; nobody knows yet who, so by the language of who went."""
    return _language(session.get_one(Person, job.assignee_id).language)


def _language(said: str) -> Language:
    return "zh" if said == "zh" else "en"


def _again(session: Session, job: Job, stuck: errors.DoorstepError) -> tuple[str, int]:
    """The bench once more, with what was typed and what came between."""
    sentence = stuck.sentence(wording.language())
    if isinstance(stuck, errors.JudgedMeanwhile) and job.verdict_by:
        who = session.get_one(Person, job.verdict_by).name
        sentence = f"{sentence} {_('%(name)s: %(verdict)s.', name=who, verdict=label(job.verdict, 'verdict'))}"
    status = 422 if isinstance(stuck, errors.ReasonMissing) else 409
    return bench(session, job, forms.typed(), failure=sentence), status


def _go_on(session: Session, job: Job, verdict: str) -> AnyResponse:
    if verdict == "rework":
        told.tell("rework_ordered", job.id)
        if may(me().role, "job.issue") and (revisit := _due(session, job)):
            return answers.go_to("office.planning.plan_revisit", revisit_id=revisit)
    _before, after = neighbours(session, job, house().clock())
    if after is None:
        return answers.go_to("office.verification.queue")
    return answers.go_to("office.verification.show", job_id=after)


def _due(session: Session, job: Job) -> str | None:
    """The revisit that rework has opened, while nobody has planned it."""
    found = session.query(Revisit.id).filter(
        Revisit.job_id == job.id, Revisit.trigger == "verdict_rework", Revisit.state == "due"
    )
    return found.order_by(Revisit.opened_at.desc()).limit(1).scalar()


@blp.post("/photos/<photo_id>/verdict")
@writes
@needs("photo.verify")
def judge_photo(session: Session, photo_id: str) -> AnyResponse | tuple[str, int]:
    """The verdict on one picture; the visit stays in sight."""
    now = house().clock()
    photo = photos.get_for(session, me(), photo_id, now)
    job = jobs.get_for(session, me(), photo.job_id, now, to_change=True)
    session.refresh(photo, with_for_update={"of": Photo})
    try:
        form = forms.read(OnPhoto)
        _must_be_as_seen(form.get("rev"), photo.rev, photo)
        asked_of = form.get("asked_of") or rules.AskedOf.INSTALLER
        of = form["verdict"] if form["verdict"] in LISTS else "retake"
        words = reasons.written(
            settings.reasons(session, job.branch_id, of, now),
            form.get("choice"),
            form.get("reason"),
            _of_reader(session, job, asked_of),
        )
        within = timedelta(hours=house().config.retake_hours)
        photo_acts.judge(
            session, me(), photo, form["verdict"], words or None, within, now, asked_of
        )
    except (errors.ReasonMissing, errors.JudgedMeanwhile, errors.StepNotPossible) as stuck:
        status = 422 if isinstance(stuck, errors.ReasonMissing) else 409
        sentence = stuck.sentence(wording.language())
        return bench(session, job, forms.typed(), chosen=photo.id, failure=sentence), status
    if form["verdict"] == "retake":
        told.tell("retake_asked", job.id)
    return answers.go_to("office.verification.show", job_id=job.id, photo=photo.id)


def _of_reader(session: Session, job: Job, asked_of: str) -> Language:
    """The language of whoever is asked for the picture."""
    if asked_of == rules.AskedOf.CUSTOMER:
        customer_id = session.get_one(Ticket, job.ticket_id).customer_id
        return _language(session.get_one(Customer, customer_id).language)
    return _language(session.get_one(Person, job.assignee_id).language)


@blp.post("/verdicts/<verdict_id>/undo")
@writes
@needs("visit.verify")
def undo(session: Session, verdict_id: str) -> AnyResponse:
    """Takes back what one has said last, with all that came of it; the visit is in sight again."""
    now = house().clock()
    verdict = verdicts.get_for(session, me(), verdict_id)
    job = jobs.get_for(session, me(), verdict.job_id, now)
    tickets.lock(session, job.ticket_id)
    session.refresh(verdict, with_for_update=True)
    acts.undo(session, me(), verdict, now)
    told.tell("verdict_undone", job.id)
    photo = {"photo": verdict.photo_id} if verdict.photo_id else {}
    return answers.go_to("office.verification.show", job_id=job.id, **photo)
