"""Exceptions: each with an owner, what happened in words, the choices, and what each will do."""

from flask import Blueprint, render_template, request
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import deciding, exceptions
from server.auth import me, needs
from server.db.exceptions import FieldException, get_for, open_ones, visible_to
from server.db.people import Person
from server.domain import exceptions as rules
from server.domain.people import PERMISSIONS, Role
from server.house import house
from server.office import answers, forms, lists, misfits, told
from server.schemas import Ident, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("exceptions", __name__)

WHOSE = ("mine", "nobody")


class Decision(Shape):
    decision = Text(64, required=True, validate=one_of(*misfits.DOES))
    reason = Text(least=1, required=True)


class Owner(Shape):
    owner_id = Ident(required=True)


@blp.get("/exceptions")
@reads
@needs("exception.read")
def find(session: Session) -> str:
    """The open ones, whoever has waited longest first; decided ones on request."""
    seen = _filtered(visible_to(me()))
    shows = {"open": open_ones(seen), "decided": seen.where(FieldException.state == "decided")}
    page = lists.of(session, shows, (FieldException.opened_at, FieldException.id))
    shown, names = misfits.told(session, page.rows)
    return render_template(
        "office/exceptions.html",
        doubts=shown,
        names=names,
        owners=_owners(session) if page.show == "open" else [],
        next=page.next,
        show=page.show,
        kinds=[(each, misfits.sentence(each)) for each in rules.KINDS],
        kind=request.args.get("kind", ""),
        whose=request.args.get("whose", ""),
        job=request.args.get("job", ""),
    )


def _filtered(found: Select[FieldException]) -> Select[FieldException]:
    asked = request.args
    if asked.get("kind") in rules.KINDS:
        found = found.where(FieldException.kind == asked["kind"])
    if asked.get("whose") == "mine":
        found = found.where(FieldException.owner_id == me().id)
    elif asked.get("whose") == "nobody":
        found = found.where(FieldException.owner_id.is_(None))
    if job := forms.words_in(asked, "job"):
        found = found.where(
            or_(FieldException.job_id == job.upper(), FieldException.ticket_id == job.upper())
        )
    return found


def _owners(session: Session) -> list[Person]:
    """Who can be given one: whoever may decide, of one's own house, and every supervisor."""
    found = select(Person).where(
        Person.is_active,
        Person.role.in_(PERMISSIONS["exception.decide"]),
        or_(Person.organisation_id == me().organisation_id, Person.role == Role.SUPERVISOR),
    )
    return list(session.scalars(found.order_by(Person.name, Person.id).limit(200)))


@blp.post("/exceptions/<exception_id>/decide")
@writes
@needs("exception.decide")
def decide(session: Session, exception_id: str) -> AnyResponse:
    found = get_for(session, me(), exception_id, to_change=True)
    form = forms.read(Decision)
    if found.state == "decided" and found.decision != form["decision"]:
        told.tell("exception_decided_already", _named(found))
        return answers.go_to("office.exceptions.find", show="decided", job=found.job_id)
    deciding.decide(session, me(), found, form["decision"], form["reason"], house().clock())
    told.tell("exception_decided", _named(found))
    return answers.go_to("office.exceptions.find")


@blp.post("/exceptions/<exception_id>/owner")
@writes
@needs("exception.decide")
def hand_over(session: Session, exception_id: str) -> AnyResponse:
    """Somebody takes it, or gives it to somebody else."""
    found = get_for(session, me(), exception_id, to_change=True)
    owner_id = forms.read(Owner)["owner_id"]
    if found.state == "decided":
        told.tell("exception_decided_already", _named(found))
        return answers.go_to("office.exceptions.find", show="decided", job=found.job_id)
    if found.owner_id != owner_id:
        exceptions.hand_to(session, found, owner_id, me(), house().clock())
    told.tell("exception_taken" if owner_id == me().id else "exception_given", _named(found))
    return answers.go_to("office.exceptions.find", _anchor=found.id)


def _named(found: FieldException) -> str:
    return found.job_id or found.ticket_id or misfits.sentence(found.kind).rstrip(".。")
