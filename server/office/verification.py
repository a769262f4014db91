"""Verification: the queue of finished visits, and the bench on which one is looked at and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import photos as photo_acts
from server.actions import visits
from server.auth import me, needs
from server.db import jobs, photos, receipts
from server.db.customers import Customer, Site
from server.db.jobs import Job, current_visit
from server.db.people import Person
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.tickets import Ticket
from server.domain import checklists
from server.house import house
from server.office import answers, forms, waits
from server.office.wording import in_language
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("verification", __name__)

A_PAGE = 50
FETCHED_AHEAD = 8


class Verdict(Shape):
    verdict = Text(16, required=True, validate=one_of(*visits.VERDICTS))
    reason = Text()


class PhotoVerdict(Shape):
    verdict = Text(16, required=True, validate=one_of(*photo_acts.VERDICTS))
    reason = Text(2_000)


def _waiting(now: datetime) -> Select[Job]:
    """Finished visits without a verdict, whoever has waited longest first."""
    return _unjudged(now).order_by(Job.finished_at, Job.id)


def _unjudged(now: datetime) -> Select[Job]:
    """What the office owes a verdict: work that was completed. The rest already became a revisit."""
    return jobs.visible_to(me(), now).where(Job.state == "finished", Job.outcome == "completed")


@blp.get("/verification")
@reads
@needs("visit.verify")
def queue(session: Session) -> str:
    now = house().clock()
    found = list(session.scalars(_waiting(now).limit(A_PAGE)))
    count = session.scalar(select(func.count()).select_from(_waiting(now).subquery()))
    return render_template(
        "office/verification.html",
        jobs=found,
        count=count,
        customers=_customers(session, found),
        people=_people(session, {job.assignee_id for job in found}),
        photos=_photo_counts(session, found),
    )


def _customers(session: Session, found: Sequence[Job]) -> dict[str, str]:
    rows = select(Ticket.id, Customer.name).join(Customer, Customer.id == Ticket.customer_id)
    ids = {job.ticket_id for job in found}
    return dict(session.execute(rows.where(Ticket.id.in_(ids))).all())


def _people(session: Session, ids: set[str]) -> dict[str, str]:
    rows = select(Person.id, Person.name).where(Person.id.in_(ids))
    return dict(session.execute(rows).all())


def _photo_counts(session: Session, found: Sequence[Job]) -> dict[str, int]:
    ids = [job.id for job in found]
    counts = select(Photo.job_id, func.count()).where(Photo.job_id.in_(ids))
    shown = counts.where(Photo.state != "discarded").group_by(Photo.job_id)
    return dict(session.execute(shown).all())


# The bench.


@dataclass(frozen=True, slots=True)
class Slot:
    """A photo slot with the pictures in it, in the order of the job."""

    slot: str
    facts: dict[str, Any]
    minimum: int
    photos: list[Photo]


@dataclass(frozen=True, slots=True)
class Answer:
    """A step of the checklist with what was answered."""

    step: Mapping[str, Any]
    answer: Any
    is_doubtful: bool

    @property
    def words(self) -> list[Any]:
        """What was chosen, as it stood on the tablet; a text or a number as it is."""
        given = self.answer if isinstance(self.answer, list) else [self.answer]
        return [
            in_language(self._choices[each]) if each in self._choices else each for each in given
        ]

    @property
    def _choices(self) -> dict[str, Any]:
        return {each["value"]: each for each in self.step.get("choices", [])}


@blp.get("/verification/<job_id>")
@reads
@needs("visit.verify")
def show(session: Session, job_id: str) -> str:
    now = house().clock()
    job = jobs.get_for(session, me(), job_id, now)
    ticket = session.get_one(Ticket, job.ticket_id)
    visit = current_visit(session, job).content
    pictures = [each for each in photos.of_job(session, job.id) if each.state != "discarded"]
    twins = {each.seen_in for each in pictures if each.seen_in}
    before, after = _neighbours(session, job, now)
    return render_template(
        "office/bench.html",
        job=job,
        ticket=ticket,
        customer=session.get_one(Customer, ticket.customer_id),
        site=session.get_one(Site, job.site_id),
        visit=visit,
        slots=_slots(job, pictures),
        pictures=pictures,
        twins=_photos_by_id(session, twins, now),
        answers_given=_answers(job, visit),
        receipts=_receipts(session, job),
        earlier=_earlier(session, job, now),
        waits=_other_waits(session, ticket, job),
        people=_people(session, {job.assignee_id, job.verdict_by or ""}),
        before=before,
        after=after,
        place=_place(session, job, now),
        ahead=_ahead(session, after),
    )


def _slots(job: Job, pictures: list[Photo]) -> list[Slot]:
    """Those of the job in its order, then whatever else was photographed."""
    known = [
        Slot(
            each["slot"],
            each,
            int(each.get("minimum", 1)),
            [photo for photo in pictures if photo.slot == each["slot"]],
        )
        for each in job.slots
    ]
    names = {each.slot for each in known}
    others = dict.fromkeys(photo.slot for photo in pictures if photo.slot not in names)
    steps = {step.get("slot") or step["step_id"]: step for step in job.checklist.get("steps", [])}
    more = [
        Slot(
            name,
            steps.get(name, {"label": name}),
            0,
            [photo for photo in pictures if photo.slot == name],
        )
        for name in others
    ]
    return known + more


def _answers(job: Job, visit: dict[str, Any]) -> list[Answer]:
    given = {step_id: each["answer"] for step_id, each in visit["answers"].items()}
    return [
        Answer(step, given.get(step["step_id"]), _is_doubtful(step, given.get(step["step_id"])))
        for step in checklists.shown_steps(job.checklist, given)
        if step["kind"] != "photo"
    ]


def _is_doubtful(step: Mapping[str, Any], answer: Any) -> bool:
    """Required and not answered well, or answered with a no."""
    if answer is None:
        return bool(step.get("required"))
    return answer is False or checklists.problem(step, answer) is not None


def _photos_by_id(session: Session, ids: set[str], now: datetime) -> dict[str, Photo]:
    """Those of them that the person may see."""
    found = photos.visible_to(me(), now).where(Photo.id.in_(ids))
    return {each.id: each for each in session.scalars(found)}


def _receipts(session: Session, job: Job) -> list[Receipt]:
    found = receipts.visible_to(me(), house().clock()).where(Receipt.job_id == job.id)
    return list(session.scalars(found.order_by(Receipt.version.desc())))


def _earlier(session: Session, job: Job, now: datetime) -> list[tuple[Job, list[Photo]]]:
    """Trips of the same ticket before this one, with their pictures."""
    before = (
        jobs.visible_to(me(), now)
        .where(Job.ticket_id == job.ticket_id, Job.issued_at < job.issued_at)
        .order_by(Job.issued_at.desc())
    )
    trips = list(session.scalars(before))
    of_trips = select(Photo).where(Photo.job_id.in_([each.id for each in trips]))
    shots = list(session.scalars(of_trips.order_by(Photo.taken_at, Photo.id)))
    return [(trip, [each for each in shots if each.job_id == trip.id]) for trip in trips]


def _other_waits(session: Session, ticket: Ticket, job: Job) -> list[waits.Waiting]:
    """What the ticket waits for besides this verdict."""
    found = waits.of_ticket(session, ticket)
    return [each for each in found if (each.code, each.subject) != ("verdict", job.id)]


def _neighbours(session: Session, job: Job, now: datetime) -> tuple[str | None, str | None]:
    """The ids before and behind this one in the queue, by its place there, judged or not."""
    here = (job.finished_at or now, job.id)
    waiting = _unjudged(now).where(Job.id != job.id)
    key = tuple_(Job.finished_at, Job.id)
    behind = waiting.where(key > here).order_by(Job.finished_at, Job.id).limit(1)
    ahead = waiting.where(key < here).order_by(Job.finished_at.desc(), Job.id.desc()).limit(1)
    before, after = session.scalar(ahead), session.scalar(behind)
    return before.id if before else None, after.id if after else None


def _ahead(session: Session, job_id: str | None) -> list[str]:
    """The pictures of the next visit, which the browser fetches before the key is pressed."""
    if job_id is None:
        return []
    shown = [each for each in photos.of_job(session, job_id) if each.state == "checked"]
    return [each.id for each in shown[:FETCHED_AHEAD]]


def _place(session: Session, job: Job, now: datetime) -> tuple[int, int]:
    """Which of how many this one is."""
    waiting = _unjudged(now)
    count = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    if job.finished_at is None:
        return 0, count
    ahead = waiting.where(tuple_(Job.finished_at, Job.id) < (job.finished_at, job.id))
    number = session.scalar(select(func.count()).select_from(ahead.subquery())) or 0
    return number + 1, count


# Verdicts.


@blp.post("/verification/<job_id>/verdict")
@writes
@needs("visit.verify")
def judge(session: Session, job_id: str) -> AnyResponse:
    """The verdict on the whole visit, then on to the next one."""
    now = house().clock()
    job = jobs.get_for(session, me(), job_id, now, to_change=True)
    form = forms.read(Verdict)
    _before, after = _neighbours(session, job, now)
    visits.verify(session, me(), job, form["verdict"], form.get("reason"), now)
    if after is None:
        return answers.go_to("office.verification.queue", judged=job.id)
    return answers.go_to("office.verification.show", job_id=after, judged=job.id)


@blp.post("/photos/<photo_id>/verdict")
@writes
@needs("photo.verify")
def judge_photo(session: Session, photo_id: str) -> AnyResponse:
    """The verdict on one picture; the visit stays in sight."""
    now = house().clock()
    photo = photos.get_for(session, me(), photo_id, now)
    session.refresh(photo, with_for_update={"of": Photo})
    form = forms.read(PhotoVerdict)
    within = timedelta(hours=house().config.retake_hours)
    photo_acts.judge(session, me(), photo, form["verdict"], form.get("reason"), within, now)
    return answers.go_to("office.verification.show", job_id=photo.job_id)
