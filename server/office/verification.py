"""Verification: the queue of finished visits, and the bench on which one is looked at and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from server import signed_links
from server.actions import retakes, settings
from server.actions import verdicts as acts
from server.auth import me, needs
from server.db import customer_photos, jobs, photos, verdicts
from server.db.customers import Customer, Site
from server.db.jobs import Job, current_visit
from server.db.people import names_of
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket, customers_of
from server.domain import checklists
from server.domain import verdicts as rules
from server.house import house
from server.office import forms, lists, reasons, receipts, shots, waits
from server.office.wording import in_language
from server.transactions import reads

blp = Blueprint("verification", __name__)

FETCHED_AHEAD = 8
EARLIER = 5  # trips shown beside this one
LISTS = ("waiting", "pictures", "policy")


@blp.get("/verification")
@reads
@needs("visit.verify")
def queue(session: Session) -> str:
    """Whoever has waited longest first; those that wait for a picture; those that the policy accepted."""
    now = house().clock()
    show = request.args.get("show", "")
    show = show if show in LISTS else "waiting"
    seen = jobs.visible_to(me(), now)
    key = (Job.verdict_at, Job.id) if show == "policy" else (Job.finished_at, Job.id)
    page = lists.page(
        session,
        _listed(seen, show),
        key,
        newest_first=show == "policy",
    )
    found = page.rows
    count = session.scalar(select(func.count()).select_from(jobs.to_verify(seen).subquery()))
    return render_template(
        "office/verification.html",
        jobs=found,
        next=page.next,
        show=show,
        count=count,
        last=last_verdict(session, now),
        customers=customers_of(session, {job.ticket_id for job in found}),
        people=names_of(session, {job.assignee_id for job in found}),
        photos=_photo_counts(session, found),
    )


def _listed(seen: Select[Job], show: str) -> Select[Job]:
    if show == "policy":
        return jobs.accepted_by_policy(seen)
    if show == "pictures":
        return seen.where(Job.state == "finished", Job.awaits_picture)
    return jobs.to_verify(seen)


def _photo_counts(session: Session, found: Sequence[Job]) -> dict[str, int]:
    ids = [job.id for job in found]
    counts = select(Photo.job_id, func.count()).where(Photo.job_id.in_(ids))
    shown = counts.where(Photo.state != "discarded").group_by(Photo.job_id)
    return dict(session.execute(shown).all())


@dataclass(frozen=True, slots=True)
class Last:
    """One's last verdict, while it can be taken back; `stands` says why it cannot any more."""

    verdict: verdicts.Verdict
    stands: str | None
    ticket: Ticket


def last_verdict(session: Session, now: datetime) -> Last | None:
    found = verdicts.last_of(session, me(), now - rules.UNDO_WITHIN)
    if found is None:
        return None
    of_job = select(Ticket).join(Job, Job.ticket_id == Ticket.id).where(Job.id == found.job_id)
    why = acts.why_it_stands(session, me(), found, now)
    return Last(found, why, session.scalars(of_job).one())


# The bench.


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
    job = jobs.get_for(session, me(), job_id, house().clock())
    return bench(session, job, forms.Typed(), chosen=request.args.get("photo"))


def bench(
    session: Session,
    job: Job,
    typed: forms.Typed,
    *,
    chosen: str | None = None,
    failure: str | None = None,
) -> str:
    """The page of one visit; `chosen` is the picture in sight, `typed` what a form brought back."""
    now = house().clock()
    ticket = session.get_one(Ticket, job.ticket_id)
    site = session.get_one(Site, job.site_id)
    visit = current_visit(session, job).content
    pictures = [each for each in photos.of_job(session, job.id) if each.state != "discarded"]
    slots = shots.by_slot(job, pictures)
    in_order = [each for slot in slots for each in slot.photos]
    rejected = shots.sent_back(in_order)
    photo = _chosen(in_order, rejected, chosen)
    earlier = _earlier(session, job, now)
    before, after = neighbours(session, job, now)
    return render_template(
        "office/bench.html",
        job=job,
        ticket=ticket,
        customer=session.get_one(Customer, ticket.customer_id),
        site=site,
        visit=visit,
        slots=slots,
        pictures=in_order,
        photo=photo,
        doubts={each.id: shots.doubts(each, job, site, visit) for each in in_order},
        pairs=shots.pairs(slots, earlier),
        rejected=rejected,
        twins=shots.twins(session, pictures, now),
        retake_reasons=(
            reasons.for_retake(
                settings.reasons(session, job.branch_id, "retake", now), photo.slot, photo.doubts
            )
            if photo
            else []
        ),
        rework_reasons=reasons.for_rework(settings.reasons(session, job.branch_id, "rework", now)),
        likely={"doubts": reasons.OF_DOUBT, "slots": reasons.OF_SLOT},
        answers_given=_answers(job, visit),
        papers=receipts.of_jobs(session, [job.id])[job.id],
        earlier=earlier,
        from_customer=customer_photos.of_tickets(session, [ticket.id]),
        waits=_other_waits(session, ticket, job),
        revisits=_revisits(session, job),
        people=names_of(session, {job.assignee_id, job.verdict_by or ""}),
        before=before,
        after=after,
        place=_place(session, job, now),
        ahead=_ahead(session, after),
        links=customer_links(session, job, now),
        last=last_verdict(session, now),
        typed=typed,
        failure=failure,
    )


def customer_links(session: Session, job: Job, now: datetime) -> dict[str, str]:
    """Where the customer sends the pictures that they are asked for, by the old picture's id."""
    secret, site = house().config.secret, request.host_url.rstrip("/")
    return {
        each.id: f"{site}/c/{signed_links.token(secret, retakes.PURPOSE, each.id)}"
        for each in retakes.open_of(session, job.id, now)
    }


def _chosen(
    pictures: list[Photo], rejected: Mapping[str, Photo], its_id: str | None
) -> Photo | None:
    """The picture that was asked for; else the newest that came for one that was sent back, while nobody
    has judged it; else the first that can be shown.
    """
    shown = [each for each in pictures if each.state == "checked"]
    came = [each for each in shown if each.id in rejected and each.verdict is None]
    asked = (each for each in pictures if each.id == its_id)
    return (
        next(asked, None)
        or max(came, key=lambda each: each.taken_at, default=None)
        or next(iter(shown), None)
        or next(iter(pictures), None)
    )


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


def _earlier(session: Session, job: Job, now: datetime) -> list[tuple[Job, list[Photo]]]:
    """Trips of the same ticket before this one, the last first, with their pictures."""
    before = (
        jobs.visible_to(me(), now)
        .where(Job.ticket_id == job.ticket_id, Job.issued_at < job.issued_at)
        .order_by(Job.issued_at.desc())
        .limit(EARLIER)
    )
    trips = list(session.scalars(before))
    of_trips = select(Photo).where(Photo.job_id.in_([each.id for each in trips]))
    found = list(session.scalars(of_trips.order_by(Photo.taken_at, Photo.id)))
    return [(trip, [each for each in found if each.job_id == trip.id]) for trip in trips]


def _revisits(session: Session, job: Job) -> list[Revisit]:
    found = select(Revisit).where(Revisit.job_id == job.id).order_by(Revisit.opened_at)
    return list(session.scalars(found))


def _other_waits(session: Session, ticket: Ticket, job: Job) -> list[waits.Waiting]:
    """What the ticket waits for besides this verdict."""
    found = waits.of_ticket(session, ticket)
    return [each for each in found if (each.code, each.subject) != ("verdict", job.id)]


def neighbours(session: Session, job: Job, now: datetime) -> tuple[str | None, str | None]:
    """The ids before and behind this one in the queue, by its place there, judged or not."""
    here = (job.finished_at or now, job.id)
    waiting = jobs.to_verify(jobs.visible_to(me(), now)).where(Job.id != job.id)
    key = tuple_(Job.finished_at, Job.id)
    ids = waiting.with_only_columns(Job.id).limit(1)
    behind = ids.where(key > here).order_by(Job.finished_at, Job.id)
    ahead = ids.where(key < here).order_by(Job.finished_at.desc(), Job.id.desc())
    return session.scalar(ahead), session.scalar(behind)


def _ahead(session: Session, job_id: str | None) -> list[str]:
    """The pictures of the next visit, which the browser fetches before the key is pressed."""
    if job_id is None:
        return []
    found = shots.by_slot(session.get_one(Job, job_id), photos.of_job(session, job_id))
    shown = [each for slot in found for each in slot.photos if each.state == "checked"]
    first = _chosen(shown, shots.sent_back(shown), None)
    ids = dict.fromkeys(each.id for each in [first, *shown] if each)
    return list(ids)[:FETCHED_AHEAD]


def _place(session: Session, job: Job, now: datetime) -> tuple[int, int]:
    """Which of how many this one is."""
    waiting = jobs.to_verify(jobs.visible_to(me(), now)).with_only_columns(Job.id)
    count = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    if job.finished_at is None:
        return 0, count
    ahead = waiting.where(tuple_(Job.finished_at, Job.id) < (job.finished_at, job.id))
    number = session.scalar(select(func.count()).select_from(ahead.subquery())) or 0
    return number + 1, count
