"""Customers who ask for another appointment: granted by one key, or refused with words that they read."""

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import customer_acts
from server.auth import me, needs
from server.db import tickets
from server.db.customer_acts import MoveRequest, move_for, moves_visible_to, open_moves
from server.db.jobs import Job
from server.db.people import names_of
from server.domain import errors
from server.house import house
from server.office import answers, customer_pages, doubts, forms, lists, told
from server.office.wording import language
from server.schemas import Shape, Text
from server.transactions import reads, writes

blp = Blueprint("move_requests", __name__)


class Grant(Shape):
    reason = Text()


class Refusal(Shape):
    answer = Text(2_000, least=1, required=True)


@blp.get("/move-requests")
@reads
@needs("revisit.read")
def find(session: Session) -> str:
    """Whoever has waited longest comes first."""
    return _list(session)


def _list(session: Session, doubtful: errors.DoorstepError | None = None, about: str = "") -> str:
    seen = moves_visible_to(me())
    shows = {"open": open_moves(seen), "all": seen}
    page = lists.of(session, shows, (MoveRequest.asked_at, MoveRequest.id))
    ids = {each.job_id for each in page.rows}
    jobs = {each.id: each for each in session.scalars(select(Job).where(Job.id.in_(ids)))}
    people = {each.assignee_id for each in page.rows} | {each.decided_by for each in page.rows}
    names = names_of(session, people)
    return render_template(
        "office/move_requests.html",
        moves=[customer_pages.asked_in(each, jobs[each.job_id], names) for each in page.rows],
        customers=tickets.customers_of(session, {each.ticket_id for each in page.rows}),
        names=names,
        next=page.next,
        show=page.show,
        about=about,
        failure=doubtful,
        warnings=doubts.warnings_in(doubtful),
        sentence=doubtful.sentence(language()) if doubtful else "",
    )


@blp.post("/move-requests/<move_id>/grant")
@writes
@needs("job.issue")
def grant(session: Session, move_id: str) -> AnyResponse | tuple[str, int]:
    """Moves the job; comes back with what speaks against it."""
    asked = move_for(session, me(), move_id)
    customer_acts.lock(session, session.get_one(tickets.Ticket, asked.ticket_id))
    session.refresh(asked)
    try:
        with session.begin_nested():
            reason = forms.read(Grant).get("reason")
            customer_acts.grant(session, me(), asked, reason, house().clock())
    except (errors.JobHasWarnings, errors.CertificateMissing, errors.ReferenceUnknown) as failure:
        return _list(session, failure, asked.id), 409
    told.tell("move_granted", asked.ticket_id)
    return _on(asked)


@blp.post("/move-requests/<move_id>/refuse")
@writes
@needs("job.issue")
def refuse(session: Session, move_id: str) -> AnyResponse:
    asked = move_for(session, me(), move_id)
    customer_acts.refuse(session, me(), asked, forms.read(Refusal)["answer"], house().clock())
    told.tell("move_refused", asked.ticket_id)
    return _on(asked)


def _on(asked: MoveRequest) -> AnyResponse:
    """To the next one, or back to the ticket from which it was answered."""
    if request.form.get("from") == "ticket":
        return answers.go_to("office.tickets.show", ticket_id=asked.ticket_id)
    return answers.go_to("office.move_requests.find")
