"""Invitations: a link to copy for somebody new or for a new password, and the page that it opens."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server import errors as wire
from server import passwords, signed_links
from server.actions import invitations
from server.auth import is_open, me, needs
from server.db.invitations import Invitation, get_for, visible_to
from server.db.people import Organisation, Person
from server.domain import errors
from server.domain.people import FIELD_ROLES
from server.house import house
from server.office import answers, forms, people, wording
from server.schemas import Ident, Password, Shape, Text, Username, one_of
from server.transactions import reads, writes

blp = Blueprint("invitations", __name__)


class Newcomer(Shape):
    name = Text(200, least=1, required=True)
    role = Text(32, required=True, validate=one_of(*people.ROLES))
    organisation_id = Ident(required=True)
    team = Text(64)
    phone = Text(64)
    skills = people.Words()


class Joining(Shape):
    name = Text(200, least=1, required=True)
    username = Username(required=True)
    password = Password(required=True)
    language = Text(2, validate=one_of("en", "zh"))


class NewPassword(Shape):
    password = Password(required=True)


# For the office.


@blp.get("/people/invite")
@reads
@needs("staff.manage")
def ask(session: Session) -> str:
    return _form(session, forms.Typed(request.args))


def _form(session: Session, typed: forms.Typed) -> str:
    return render_template(
        "office/invite.html",
        typed=typed,
        roles=people.roles_to_give(),
        organisations=[(each.id, each.name) for each in people.organisations(session).values()],
    )


@blp.post("/people/invite")
@writes
@needs("staff.manage")
def invite(session: Session) -> AnyResponse | tuple[str, int]:
    try:
        with session.begin_nested():
            made = invitations.invite(session, me(), forms.read(Newcomer), house().clock())
    except errors.Invalid as wrong:
        return _form(session, forms.Typed(request.form, forms.problems_of(wrong))), 422
    return answers.go_to("office.invitations.show", invitation_id=made.id)


@blp.get("/invitations/<invitation_id>")
@reads
@needs("staff.manage")
def show(session: Session, invitation_id: str) -> str:
    """The link to copy, as long as it is good."""
    found = session.scalar(visible_to(me()).where(Invitation.id == invitation_id))
    if found is None:
        raise errors.NotFound()
    person = session.get(Person, found.person_id) if found.person_id else None
    return render_template(
        "office/invitation.html",
        invitation=found,
        person=person,
        organisation=session.get_one(Organisation, found.organisation_id),
        is_good=found.is_open(house().clock()),
        link=url_for("office.invitations.open_link", token=token_of(found), _external=True),
    )


def token_of(invitation: Invitation) -> str:
    return signed_links.token(house().config.secret, invitations.PURPOSE, invitation.id)


@blp.post("/invitations/<invitation_id>/again")
@writes
@needs("staff.manage")
def again(session: Session, invitation_id: str) -> AnyResponse:
    """Another link, good from now on; the one before is over."""
    old = get_for(session, me(), invitation_id)
    made = invitations.again(session, me(), old, house().clock())
    return answers.go_to("office.invitations.show", invitation_id=made.id)


@blp.post("/invitations/<invitation_id>/withdraw")
@writes
@needs("staff.manage")
def withdraw(session: Session, invitation_id: str) -> AnyResponse:
    invitations.withdraw(session, me(), get_for(session, me(), invitation_id), house().clock())
    return answers.go_to("office.people.find")


# For whoever has the link, on whatever they hold in their hands.


@blp.get("/join/<token>")
@is_open
def open_link(token: str) -> AnyResponse:
    """What there is to fill in. Looking at it uses nothing up: mail scanners look at every link."""
    its_id, now = _id_in(token), house().clock()
    try:
        found = house().database.read(lambda session: _looked_at(session, its_id))
        if found.ended_why != "used" and not found.is_open(now):
            raise errors.InvitationOver()
    except errors.InvitationOver as over:
        return _over(over)
    if found.ended_why == "used":
        return make_response(render_template("office/joined.html", **_of_whom(found)))
    return _page(token, found, forms.Typed(found.content))


def _id_in(token: str) -> str:
    its_id = signed_links.id_in(house().config.secret, invitations.PURPOSE, token)
    if its_id is None:
        raise errors.NotFound()
    return its_id


def _looked_at(session: Session, its_id: str) -> Invitation:
    found = session.get(Invitation, its_id)
    if found is None:
        raise errors.InvitationOver()
    return found


def _over(over: errors.InvitationOver) -> AnyResponse:
    said = over.sentence(wording.language())
    page = render_template("office/link_over.html", failure=over, sentence=said)
    return make_response(page, wire.status_of(over))


def _of_whom(found: Invitation) -> dict[str, Any]:
    person = house().database.read(lambda s: s.get_one(Person, found.person_id))
    return {"invitation": found, "is_in_field": person.role in FIELD_ROLES}


def _page(
    token: str,
    found: Invitation,
    typed: forms.Typed,
    failure: errors.DoorstepError | None = None,
) -> AnyResponse:
    organisation = house().database.read(lambda s: s.get_one(Organisation, found.organisation_id))
    page = render_template(
        "office/join.html",
        token=token,
        invitation=found,
        organisation=organisation,
        typed=typed,
        failure=failure,
        sentence=failure.sentence(wording.language()) if failure else "",
    )
    return make_response(page, wire.status_of(failure) if failure else 200)


@blp.post("/join/<token>")
@is_open
def use(token: str) -> AnyResponse:
    """Once: sent again, the page says that it was used, and where to sign in."""
    its_id = _id_in(token)
    try:
        found = house().database.read(lambda session: _looked_at(session, its_id))
        if not found.is_open(house().clock()):
            raise errors.InvitationOver()
        return _used(token, found)
    except errors.InvitationOver as over:
        return _over(over)


def _used(token: str, found: Invitation) -> AnyResponse:
    """Hashing takes its time by intention, so it is done before a transaction is opened."""
    act = _join if found.kind == "join" else _take_password
    try:
        act(found.id)
    except (errors.Invalid, errors.AlreadyThere) as wrong:
        problems = {**forms.problems_of(wrong), **_about_password(wrong)}
        return _page(token, found, forms.Typed(request.form, problems), wrong)
    return redirect(url_for("office.invitations.open_link", token=token), code=303)


def _join(its_id: str) -> None:
    form, now = _with_hash(forms.read(Joining), ["name", "username"]), house().clock()
    house().database.write(
        lambda session: invitations.join(
            session, invitations.opened(session, its_id, now), form, now
        )
    )


def _take_password(its_id: str) -> None:
    kept, now = _with_hash(forms.read(NewPassword), [])["password_hash"], house().clock()
    house().database.write(
        lambda session: invitations.take_password(
            session, invitations.opened(session, its_id, now), kept, now
        )
    )


def _with_hash(form: dict[str, Any], own: list[str]) -> dict[str, Any]:
    """The hash in place of the password. Raises `PasswordTooShort` and its kin."""
    passwords.must_be_strong(form["password"], [form[name] for name in own])
    rest = {name: value for name, value in form.items() if name != "password"}
    return {**rest, "password_hash": passwords.hash_of(form["password"])}


def _about_password(wrong: errors.DoorstepError) -> dict[str, str]:
    is_about_it = wrong.code.startswith("password_")
    return {"password": wrong.sentence(wording.language())} if is_about_it else {}
