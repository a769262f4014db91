"""What is noted about somebody: certificates that end, and days on which they are away."""

from flask import Blueprint, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import absences, certificates
from server.auth import me, needs
from server.db.people import Person, get_absence, get_certificate, get_person, is_granted
from server.domain import errors
from server.domain.absences import REASONS
from server.house import house
from server.office import answers, forms, people
from server.schemas import Code, ComingDay, Shape, Text, one_of
from server.transactions import writes

blp = Blueprint("papers", __name__)


class NewCertificate(Shape):
    kind = Code(required=True)
    number = Text(64)
    valid_from = ComingDay(required=True)
    valid_until = ComingDay(required=True)


class NewAbsence(Shape):
    begins_on = ComingDay(required=True)
    ends_on = ComingDay()
    reason = Text(64, required=True, validate=one_of(*REASONS))
    words = Text(1_000)


@blp.post("/people/<person_id>/certificates")
@writes
@needs("certificate.write")
def add_certificate(session: Session, person_id: str) -> AnyResponse | tuple[str, int]:
    """A renewed one is a new one: the old one stays, so that what was right then can be seen."""
    person = get_person(session, me(), person_id)
    _must_be_granted()
    try:
        form = forms.read(NewCertificate)
        form["person_id"] = person.id
        certificates.add(session, me(), form, house().clock())
    except errors.Invalid as wrong:
        return _again(session, person, wrong), 422
    return answers.go_to("office.people.show", person_id=person.id, _anchor="certificates")


@blp.post("/certificates/<certificate_id>/withdraw")
@writes
@needs("certificate.write")
def withdraw_certificate(session: Session, certificate_id: str) -> AnyResponse:
    certificate = get_certificate(session, me(), certificate_id)
    _must_be_granted()
    certificates.withdraw(session, me(), certificate, house().clock())
    whose = certificate.person_id
    return answers.go_to("office.people.show", person_id=whose, _anchor="certificates")


@blp.post("/people/<person_id>/absences")
@writes
@needs("absence.write")
def add_absence(session: Session, person_id: str) -> AnyResponse | tuple[str, int]:
    """One day, unless the form names a last one. Jobs of those days are told on Today."""
    person = get_person(session, me(), person_id)
    _must_be_granted()
    try:
        form = forms.read(NewAbsence)
        form.setdefault("ends_on", form["begins_on"])
        absences.add(session, me(), person, form, house().clock())
    except errors.Invalid as wrong:
        return _again(session, person, wrong), 422
    return answers.go_to("office.people.show", person_id=person.id, _anchor="absences")


@blp.post("/absences/<absence_id>/withdraw")
@writes
@needs("absence.write")
def withdraw_absence(session: Session, absence_id: str) -> AnyResponse:
    absence = get_absence(session, me(), absence_id)
    _must_be_granted()
    absences.withdraw(session, me(), absence, house().clock())
    whose = absence.person_id
    return answers.go_to("office.people.show", person_id=whose, _anchor="absences")


def _must_be_granted() -> None:
    """A contractor whose grant has ended still looks, and changes nothing."""
    if not is_granted(me().organisation, house().clock()):
        raise errors.NotAllowed()


def _again(session: Session, person: Person, wrong: errors.Invalid) -> str:
    typed = forms.Typed(request.form, forms.problems_of(wrong))
    return people.shown(session, person, typed)
