"""People: who works where, found by name, with one page for each; changed, let go and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import absences, invitations, people, second_factors
from server.auth import me, needs
from server.db import invitations as invitation_rows
from server.db import jobs as job_rows
from server.db.audit import AuditLine
from server.db.invitations import Invitation
from server.db.jobs import Job
from server.db.people import (
    Absence,
    Certificate,
    Chain,
    Device,
    Organisation,
    Person,
    get_person,
    held_by,
    is_granted,
    names_of,
    organisations_visible_to,
    people_visible_to,
)
from server.db.second_factors import SecondFactor
from server.domain import errors
from server.domain.jobs import MOVABLE_STATES
from server.domain.people import CONTRACTOR_ROLES, FIELD_ROLES, OFFICE_ROLES, Role, manages, may
from server.house import house
from server.office import answers, edits, forms, labels, lists, planning, wording
from server.office.edits import Clash
from server.schemas import Code, Ident, Shape, Text, Username, must_be_email_or_empty, one_of
from server.transactions import reads, writes

blp = Blueprint("people", __name__)

A_PAGE = 50
LINES = 20  # of each list on somebody's page
SOON = timedelta(days=30)
SHOWN = ("active", "left", "all")
ROLES = tuple(role.value for role in Role)
# What the rules say of a field of these pages.
OF_THE_RULES = (
    _l("A contractor's people have no such role."),
    _l("Only a contractor has a contractor manager."),
    _l("It ends before it begins."),
    _l("Only a contractor is granted a time."),
)


class Words(ma.fields.Field[list[str]]):
    """Codes in one line, with commas between them."""

    as_text = staticmethod(", ".join)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[str]:
        words = [each.strip() for each in str(value).replace("，", ",").split(",")]
        found = [Code().deserialize(each) for each in dict.fromkeys(words) if each]
        if len(found) > 50:
            raise ma.ValidationError("Longer than maximum length 50.")
        return found


class Changes(Shape):
    name = Text(200, least=1)
    username = Username()
    role = Text(32, validate=one_of(*ROLES))
    organisation_id = Ident()
    team = Text(64, allow_none=True)
    phone = Text(64)
    email = Text(254, validate=must_be_email_or_empty)
    language = Text(2, validate=one_of("en", "zh"))
    skills = Words()


class Leaving(Shape):
    assignee_id = Ident()


# The list.


@blp.get("/people")
@reads
@needs("office.enter")
def find(session: Session) -> str:
    """Who is here, by name, until words or a filter say otherwise."""
    asked = request.args
    show = asked.get("show", "active") if asked.get("show") in SHOWN else "active"
    words = forms.words_in(asked)
    found = people_visible_to(me())
    if words:
        columns = (Person.name, Person.username, Person.team)
        found = found.where(or_(*(each.icontains(words, autoescape=True) for each in columns)))
    if show != "all":
        found = found.where(Person.is_active.is_(show == "active"))
    for name in ("role", "organisation_id"):
        if asked.get(name):
            found = found.where(getattr(Person, name) == forms.words_in(asked, name))
    key = (Person.name, Person.id)
    page = lists.page(session, found, key)
    return render_template(
        "office/people.html",
        people=page.rows,
        next=page.next,
        away=away_now(session, page.rows),
        certificates=_ending(session, page.rows),
        invited=_invited(session),
        words=words,
        show=show,
        asked=asked,
        today=wording.today(),
        roles=roles_of(),
        organisations=organisations(session),
    )


def away_now(session: Session, found: Any) -> dict[str, Absence]:
    """Who of them is away today."""
    ids = [each.id for each in found]
    told = absences.between(session, ids, wording.today(), wording.today())
    return {its_id: away[-1] for its_id, away in told.items() if away}


def _ending(session: Session, found: Any) -> dict[str, list[Certificate]]:
    """The certificates of these people, as far as they have ended or will within 30 days."""
    ids = [each.id for each in found]
    ending = (
        select(Certificate)
        .where(Certificate.person_id.in_(ids), Certificate.valid_until <= wording.today() + SOON)
        .order_by(Certificate.valid_until)
    )
    told: dict[str, list[Certificate]] = {each: [] for each in ids}
    for each in session.scalars(ending):
        told[each.person_id].append(each)
    return told


def _invited(session: Session) -> list[Invitation]:
    """Newcomers who have a link and are not here yet."""
    if not may(me().role, "staff.manage"):
        return []
    waiting = invitation_rows.visible_to(me()).where(
        Invitation.kind == "join", Invitation.ended_at.is_(None)
    )
    return list(session.scalars(waiting.order_by(Invitation.made_at.desc()).limit(A_PAGE)))


def organisations(session: Session) -> dict[str, Organisation]:
    found = organisations_visible_to(me()).order_by(Organisation.kind, Organisation.name)
    return {each.id: each for each in session.scalars(found)}


def roles_of() -> list[tuple[str, str]]:
    """The roles that people may have whom this person sees."""
    is_contractor = me().organisation.kind == "contractor"
    return labels.choices("role", CONTRACTOR_ROLES if is_contractor else ROLES)


def roles_to_give() -> list[tuple[str, str]]:
    """The roles that this person may hand out."""
    is_boss = me().role == Role.SUPERVISOR
    return labels.choices("role", ROLES if is_boss else sorted(FIELD_ROLES))


# One person.


@dataclass(frozen=True, slots=True)
class Doing:
    """What there is to do with somebody, for whoever looks at the page."""

    manages: bool  # change, let go, a new password
    notes_absences: bool
    keeps_certificates: bool
    is_boss: bool


@blp.get("/people/<person_id>")
@reads
@needs("office.enter")
def show(session: Session, person_id: str) -> str:
    return shown(session, get_person(session, me(), person_id))


def shown(
    session: Session,
    person: Person,
    typed: forms.Typed | None = None,
    clashes: Mapping[str, Clash] | None = None,
) -> str:
    count, jobs = _open_jobs(session, person)
    devices = select(Device).where(held_by(person.id)).order_by(Device.status, Device.id)
    papers = select(Certificate).where(Certificate.person_id == person.id)
    days = select(Absence).where(Absence.person_id == person.id)
    history = _history(session, person)
    return render_template(
        "office/person.html",
        person=person,
        doing=doing(person),
        away=away_now(session, [person]).get(person.id),
        jobs=jobs,
        job_count=count,
        devices=list(session.scalars(devices.limit(LINES))),
        certificates=list(session.scalars(papers.order_by(Certificate.valid_until.desc()))),
        absences=list(session.scalars(days.order_by(Absence.begins_on.desc()).limit(LINES))),
        today=wording.today(),
        soon=wording.today() + SOON,
        factor=session.get(SecondFactor, person.id) if person.role in OFFICE_ROLES else None,
        is_office=person.role in OFFICE_ROLES,
        asks_for_codes=house().config.second_factor,
        sign_ins=_sign_ins(session, person),
        history=history,
        names=names_of(session, {each.person_id for each in history}),
        companies=[(each.id, each.name) for each in organisations(session).values()],
        roles=roles_to_give(),
        reasons=labels.choices("absence"),
        typed=typed or forms.Typed(),
        edit=edits.form_of(person, Changes, typed, clashes),
    )


def doing(person: Person) -> Doing:
    mine = manages(me().role, me().organisation_id, person.role, person.organisation_id)
    granted = is_granted(me().organisation, house().clock())
    return Doing(
        manages=mine and granted and may(me().role, "staff.manage"),
        notes_absences=granted and may(me().role, "absence.write"),
        keeps_certificates=granted and may(me().role, "certificate.write"),
        is_boss=me().role == Role.SUPERVISOR,
    )


def _open_jobs(session: Session, person: Person) -> tuple[int, list[Job]]:
    if not may(me().role, "job.read"):
        return 0, []
    seen = job_rows.visible_to(me(), house().clock())
    theirs = seen.where(Job.assignee_id == person.id, Job.state.in_(MOVABLE_STATES))
    count = session.scalar(select(func.count()).select_from(theirs.subquery())) or 0
    in_order = theirs.order_by(Job.window_start.is_(None), Job.window_start, Job.id)
    return count, list(session.scalars(in_order.limit(LINES)))


def _sign_ins(session: Session, person: Person) -> list[tuple[Chain, Device | None]]:
    """Where they are signed in, as far as nobody has ended it; the newest first."""
    if not doing(person).manages:
        return []
    found = (
        select(Chain, Device)
        .outerjoin(Device, Device.id == Chain.device_id)
        .where(Chain.person_id == person.id, Chain.ended_at.is_(None))
        .order_by(Chain.started_at.desc())
    )
    return [(chain, device) for chain, device in session.execute(found.limit(LINES))]


def _history(session: Session, person: Person) -> list[AuditLine]:
    if not doing(person).manages:
        return []
    of_person = select(AuditLine).where(
        AuditLine.noun.in_(("person", "second_factor")), AuditLine.noun_id == person.id
    )
    return list(session.scalars(of_person.order_by(AuditLine.id.desc()).limit(LINES)))


def managed(session: Session, person_id: str) -> Person:
    """Somebody whom this person may change: `NotFound` where they do not see them, else `NotAllowed`."""
    person = get_person(session, me(), person_id)
    session.refresh(person, with_for_update={"of": Person})
    invitations.must_manage(me(), person.role, person.organisation_id, house().clock())
    return person


@blp.post("/people/<person_id>/change")
@writes
@needs("staff.manage")
def change(session: Session, person_id: str) -> AnyResponse | tuple[str, int]:
    """Role and team count at the person's next request, wherever they are signed in."""
    person = managed(session, person_id)
    try:
        form = forms.read(Changes, keep_empty=("team", "phone", "email", "skills"))
        form = {name: value for name, value in form.items() if name in _changeable(person)}
        edit = edits.read(session, person, Changes, form, "person", person.id)
        mine = edit.mine
        if edit.clashes:
            return shown(session, person, forms.typed(), edit.clashes), 409
        if {"role", "organisation_id"} & set(mine):
            role = mine.get("role", person.role)
            at = mine.get("organisation_id", person.organisation_id)
            invitations.must_manage(me(), role, at, house().clock())
        with session.begin_nested():
            people.change(session, me(), person, mine, house().clock())
    except (errors.Invalid, errors.AlreadyThere) as wrong:
        session.refresh(person)
        problems = forms.problems_of(wrong)
        return shown(session, person, forms.Typed(request.form, problems)), 422
    return answers.go_to("office.people.show", person_id=person.id)


def _changeable(person: Person) -> set[str]:
    """A contractor's manager changes what the work needs; names to sign in with are the person's own."""
    if me().role == Role.SUPERVISOR:
        return set(Changes().fields)
    return {"name", "role", "team", "phone", "skills", "language"}


@blp.get("/people/<person_id>/leave")
@reads
@needs("staff.manage")
def before_leaving(session: Session, person_id: str) -> str:
    """What will happen to their jobs, tablets and sign-ins, before it does."""
    person = get_person(session, me(), person_id)
    invitations.must_manage(me(), person.role, person.organisation_id, house().clock())
    count, jobs = _open_jobs(session, person)
    devices = select(Device).where(held_by(person.id), Device.status != "revoked")
    branch_id = jobs[0].branch_id if jobs else person.organisation_id
    others = [each for each in planning.sendable(session, branch_id) if each.id != person.id]
    return render_template(
        "office/leave.html",
        person=person,
        jobs=jobs,
        job_count=count,
        devices=list(session.scalars(devices)),
        others=[(each.id, each.name) for each in others],
        typed=forms.Typed(),
    )


@blp.post("/people/<person_id>/leave")
@writes
@needs("staff.manage")
def leave(session: Session, person_id: str) -> AnyResponse:
    """Signed out everywhere; tablets are collected; jobs go to whom the form names, as far as may be."""
    person = managed(session, person_id)
    to = forms.read(Leaving).get("assignee_id")
    kept = people.leave(session, me(), person, to, house().clock())
    return answers.go_to("office.people.show", person_id=person.id, kept=len(kept) or None)


@blp.post("/people/<person_id>/come-back")
@writes
@needs("staff.manage")
def come_back(session: Session, person_id: str) -> AnyResponse:
    person = managed(session, person_id)
    people.change(session, me(), person, {"is_active": True}, house().clock())
    return answers.go_to("office.people.show", person_id=person.id)


@blp.post("/people/<person_id>/sign-out")
@writes
@needs("staff.manage")
def sign_out(session: Session, person_id: str) -> AnyResponse:
    people.end_sign_ins(session, me(), managed(session, person_id), house().clock())
    return answers.go_to("office.people.show", person_id=person_id)


@blp.post("/people/<person_id>/password-link")
@writes
@needs("staff.manage")
def password_link(session: Session, person_id: str) -> AnyResponse:
    made = invitations.for_password(session, me(), managed(session, person_id), house().clock())
    return answers.go_to("office.invitations.show", invitation_id=made.id)


@blp.post("/people/<person_id>/second-factor")
@writes
@needs("person.write")
def reset_second_factor(session: Session, person_id: str) -> AnyResponse:
    """The phone is lost: at the next sign-in the person sets another one up."""
    second_factors.reset(session, me(), managed(session, person_id), house().clock())
    return answers.go_to("office.people.show", person_id=person_id)
