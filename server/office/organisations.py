"""Branches and contractors: who works there in which team, the grant, the calendar, what is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import calendars, organisations, people
from server.auth import me, needs
from server.db import jobs as job_rows
from server.db.jobs import Job
from server.db.people import (
    Certificate,
    Organisation,
    Person,
    get_organisation,
    is_granted,
    organisations_visible_to,
)
from server.domain import errors
from server.domain.jobs import MOVABLE_STATES
from server.domain.people import FIELD_ROLES, Role, may
from server.house import house
from server.office import answers, edits, forms, labels, wording
from server.office import people as people_pages
from server.office.edits import Clash
from server.schemas import ComingDay, Shape, Text, must_be_zone, one_of
from server.transactions import reads, writes

blp = Blueprint("organisations", __name__)

LINES = 20
MOST_MOVED = 200  # people at once
AHEAD = timedelta(days=120)  # of holidays


class NewOrganisation(Shape):
    kind = Text(16, required=True, validate=one_of("branch", "contractor"))
    name = Text(200, least=1, required=True)
    phone = Text(64)
    address = Text(1_000)


class Changes(Shape):
    name = Text(200, least=1)
    phone = Text(64)
    address = Text(1_000)
    time_zone = Text(64, validate=must_be_zone)


class Grant(Shape):
    granted_from = ComingDay(allow_none=True)
    granted_until = ComingDay(allow_none=True)


class Holidays(Shape):
    country = Text(2, validate=one_of(*calendars.COUNTRIES), allow_none=True)


class Move(Shape):
    team = Text(64)


@blp.get("/organisations")
@reads
@needs("office.enter")
def find(session: Session) -> str:
    """Branches first, then contractors; those that are no longer with us last."""
    seen = organisations_visible_to(me())
    words = forms.words_in(request.args)
    if words:
        seen = seen.where(Organisation.name.icontains(words, autoescape=True))
    in_order = seen.order_by(
        Organisation.is_active.desc(), Organisation.kind, Organisation.name, Organisation.id
    )
    found = list(session.scalars(in_order.limit(500)))
    return render_template(
        "office/organisations.html",
        organisations=found,
        counts=_headcount(session, found),
        grants={each.id: grant_of(each) for each in found},
        words=words,
    )


def _headcount(session: Session, found: list[Organisation]) -> dict[str, int]:
    ids = [each.id for each in found]
    counted = (
        select(Person.organisation_id, func.count())
        .where(Person.organisation_id.in_(ids), Person.is_active)
        .group_by(Person.organisation_id)
    )
    return dict(session.execute(counted).all())


def grant_of(organisation: Organisation) -> str:
    """How things stand with a contractor: granted, before, ended or none; a branch has no grant."""
    if organisation.kind != "contractor":
        return ""
    if is_granted(organisation, house().clock()):
        return "granted"
    if organisation.granted_until is None:
        return "none"
    return "before" if organisation.granted_until > house().clock() else "ended"


@blp.get("/organisations/new")
@reads
@needs("organisation.write")
def ask(_session: Session) -> str:
    return render_template("office/organisation_new.html", typed=forms.Typed(request.args))


@blp.post("/organisations/new")
@writes
@needs("organisation.write")
def add(session: Session) -> AnyResponse | tuple[str, int]:
    try:
        made = organisations.add(session, me(), forms.read(NewOrganisation), house().clock())
    except errors.Invalid as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        return render_template("office/organisation_new.html", typed=typed), 422
    return answers.go_to("office.organisations.show", organisation_id=made.id)


@dataclass(frozen=True, slots=True)
class Team:
    """People of one team, its lead first; without a name those who are in none."""

    name: str
    people: list[Person]

    @property
    def leads(self) -> list[Person]:
        return [each for each in self.people if each.role == Role.LEAD_INSTALLER]


@blp.get("/organisations/<organisation_id>")
@reads
@needs("office.enter")
def show(session: Session, organisation_id: str) -> str:
    return _shown(session, get_organisation(session, me(), organisation_id))


def _shown(
    session: Session,
    organisation: Organisation,
    typed: forms.Typed | None = None,
    clashes: Mapping[str, Clash] | None = None,
) -> str:
    staff = list(
        session.scalars(
            select(Person)
            .where(Person.organisation_id == organisation.id, Person.is_active)
            .order_by(Person.name, Person.id)
        )
    )
    count, jobs = _jobs(session, organisation, staff)
    return render_template(
        "office/organisation.html",
        organisation=organisation,
        grant=grant_of(organisation),
        teams=_teams(staff),
        others=[each for each in staff if not each.is_in_field],
        jobs=jobs,
        job_count=count,
        names={each.id: each.name for each in staff},
        certificates=ending_certificates(session, organisation.id),
        steps=_onboarding(organisation, staff) if organisation.kind == "contractor" else [],
        days=_days_ahead(organisation),
        country_names=labels.choices("country", calendars.COUNTRIES),
        today=wording.today(),
        manages=_manages(organisation),
        typed=typed or forms.Typed(),
        edit=edits.form_of(organisation, Changes, typed, clashes),
    )


def _teams(staff: list[Person]) -> list[Team]:
    field = [each for each in staff if each.is_in_field]
    names = sorted({each.team or "" for each in field}, key=lambda name: (name == "", name))
    in_order = sorted(field, key=lambda each: each.role != Role.LEAD_INSTALLER)
    return [Team(name, [each for each in in_order if (each.team or "") == name]) for name in names]


def _jobs(
    session: Session, organisation: Organisation, staff: list[Person]
) -> tuple[int, list[Job]]:
    """Jobs in progress of its people; of a branch nobody needs them here."""
    if organisation.kind == "branch" or not may(me().role, "job.read"):
        return 0, []
    theirs = select(Person.id).where(Person.organisation_id == organisation.id)
    seen = job_rows.visible_to(me(), house().clock()).where(
        Job.assignee_id.in_(theirs), Job.state.in_(MOVABLE_STATES)
    )
    count = session.scalar(select(func.count()).select_from(seen.subquery())) or 0
    in_order = seen.order_by(Job.window_start.is_(None), Job.window_start, Job.id)
    return count, list(session.scalars(in_order.limit(LINES)))


def ending_certificates(session: Session, organisation_id: str) -> list[tuple[Certificate, Person]]:
    """Of people who are here: ended within the last 30 days, or will within the next."""
    day = wording.today()
    found = (
        select(Certificate, Person)
        .join(Person, Person.id == Certificate.person_id)
        .where(Person.organisation_id == organisation_id, Person.is_active)
        .where(Certificate.valid_until.between(day - people_pages.SOON, day + people_pages.SOON))
        .order_by(Certificate.valid_until, Certificate.id)
    )
    return [(paper, person) for paper, person in session.execute(found.limit(LINES))]


def _onboarding(organisation: Organisation, staff: list[Person]) -> list[tuple[bool, str]]:
    """What a new contractor needs before the first job, and what of it is there."""
    field = [each for each in staff if each.role in FIELD_ROLES]
    has_manager = any(each.role == Role.CONTRACTOR_MANAGER for each in staff)
    return [
        (bool(organisation.phone and organisation.address), _("Phone and address")),
        (has_manager, _("A manager who signs in")),
        (bool(field), _("Installers, invited and here")),
        (any(each.skills for each in field), _("Skills noted, so that planning finds them")),
        (grant_of(organisation) == "granted", _("A grant that runs")),
    ]


def _manages(organisation: Organisation) -> bool:
    """Whether this person may move the people here between teams."""
    is_own = me().organisation_id == organisation.id and is_granted(
        me().organisation, house().clock()
    )
    return me().role == Role.SUPERVISOR or (me().role == Role.CONTRACTOR_MANAGER and is_own)


# The holidays of a branch.


def _days_ahead(organisation: Organisation) -> list[tuple[date, str, bool]]:
    """Coming holidays with their names, and weekends that are worked in exchange (True)."""
    if not organisation.holidays_of:
        return []
    day = wording.today()
    language = wording.language()
    days = calendars.days_of(organisation.holidays_of, day.year, day.year + 1, language)
    off = [(each, name, False) for each, name in days.holidays.items()]
    on = [(each, _("worked in exchange for a holiday"), True) for each in days.workdays]
    return sorted(each for each in (*off, *on) if day <= each[0] <= day + AHEAD)


@blp.post("/organisations/<organisation_id>/holidays")
@writes
@needs("organisation.write")
def keep_holidays(session: Session, organisation_id: str) -> AnyResponse:
    """From now on these; promises that are open are reckoned anew."""
    organisation = _to_change(session, organisation_id)
    country = forms.read(Holidays, keep_empty=("country",)).get("country")
    organisations.change(session, me(), organisation, {"holidays_of": country}, house().clock())
    return answers.go_to("office.organisations.show", organisation_id=organisation.id)


# Changes.


def _to_change(session: Session, organisation_id: str) -> Organisation:
    organisation = get_organisation(session, me(), organisation_id)
    session.refresh(organisation, with_for_update=True)
    return organisation


@blp.post("/organisations/<organisation_id>/change")
@writes
@needs("organisation.write")
def change(session: Session, organisation_id: str) -> AnyResponse | tuple[str, int]:
    organisation = _to_change(session, organisation_id)
    try:
        form = forms.read(Changes, keep_empty=("phone", "address"))
        edit = edits.read(session, organisation, Changes, form, "organisation", organisation.id)
    except errors.Invalid as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        return _shown(session, organisation, typed), 422
    if edit.clashes:
        return _shown(session, organisation, forms.typed(), edit.clashes), 409
    organisations.change(session, me(), organisation, edit.mine, house().clock())
    return answers.go_to("office.organisations.show", organisation_id=organisation.id)


@blp.post("/organisations/<organisation_id>/grant")
@writes
@needs("organisation.write")
def grant(session: Session, organisation_id: str) -> AnyResponse | tuple[str, int]:
    """Both days count in full, where the contractor is. An empty last day ends the grant at once."""
    organisation = _to_change(session, organisation_id)
    try:
        form = forms.read(Grant, keep_empty=("granted_from", "granted_until"))
        since, until = form.get("granted_from"), form.get("granted_until")
        if since and until and until < since:
            raise errors.Invalid(errors={"granted_until": [_("It ends before it begins.")]})
        zone = organisation.time_zone
        moments = {
            "granted_from": _midnight(since, zone),
            "granted_until": _midnight(until and until + timedelta(days=1), zone),
        }
        organisations.change(session, me(), organisation, moments, house().clock())
    except errors.Invalid as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        return _shown(session, organisation, typed), 422
    return answers.go_to("office.organisations.show", organisation_id=organisation.id)


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)) if day else None


@blp.post("/organisations/<organisation_id>/teams")
@writes
@needs("staff.manage")
def move(session: Session, organisation_id: str) -> AnyResponse:
    """The chosen people into one team; an empty name takes them out of theirs."""
    organisation = get_organisation(session, me(), organisation_id)
    team = forms.read(Move, keep_empty=("team",)).get("team") or None
    for person_id in forms.chosen("person_id", most=MOST_MOVED):
        person = _of(session, organisation, person_id)
        people.change(session, me(), person, {"team": team}, house().clock())
    return answers.go_to("office.organisations.show", organisation_id=organisation.id)


@blp.post("/organisations/<organisation_id>/lead")
@writes
@needs("staff.manage")
def make_lead(session: Session, organisation_id: str) -> AnyResponse:
    """Leads the team from now on; whoever led it before installs in it."""
    organisation = get_organisation(session, me(), organisation_id)
    (person_id,) = forms.chosen("person_id", most=1) or [""]
    person, now = _of(session, organisation, person_id), house().clock()
    if not person.team:
        raise errors.StepNotPossible(state="no_team")
    before = select(Person).where(
        Person.organisation_id == organisation.id,
        Person.team == person.team,
        Person.role == Role.LEAD_INSTALLER,
        Person.id != person.id,
    )
    for each in session.scalars(before):
        people.change(session, me(), each, {"role": Role.INSTALLER.value}, now)
    people.change(session, me(), person, {"role": Role.LEAD_INSTALLER.value}, now)
    return answers.go_to("office.organisations.show", organisation_id=organisation.id)


def _of(session: Session, organisation: Organisation, person_id: str) -> Person:
    """Somebody in the field of this company, whom this person manages. Raises `ReferenceUnknown`."""
    try:
        person = people_pages.managed(session, person_id)
    except errors.NotFound:
        raise errors.ReferenceUnknown(field="person_id") from None
    if person.organisation_id != organisation.id or not person.is_in_field:
        raise errors.ReferenceUnknown(field="person_id")
    return person
