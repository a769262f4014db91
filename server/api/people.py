"""People: `/api/v1/people`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy import or_
from sqlalchemy.orm import Session

from server import passwords
from server.actions import people
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.auth import caller, counting_guesses, me, needs
from server.db.people import Person, get_person, people_visible_to
from server.domain import errors
from server.domain.people import Role
from server.house import house
from server.schemas import (
    Code,
    Flag,
    Ident,
    PageQuery,
    Password,
    Shape,
    Switch,
    Text,
    Username,
    must_be_email_or_empty,
    one_of,
    page_of,
)
from server.transactions import reads, writes

blp = Blueprint(
    "people",
    __name__,
    description="People who sign in: installers (technicians), advisors, dispatchers and the rest.",
)

ROLES = tuple(role.value for role in Role)


class PersonSchema(ma.Schema):
    id = ma.fields.String(required=True)
    username = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    role = ma.fields.String(required=True, validate=one_of(*ROLES))
    organisation_id = ma.fields.String(required=True)
    team = ma.fields.String(required=True, allow_none=True)
    phone = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    skills = ma.fields.List(ma.fields.String(), required=True)
    is_active = ma.fields.Boolean(required=True)
    rev = ma.fields.Integer(required=True)


class PersonChanges(Shape):
    username = Username()
    name = Text(200, least=1, metadata={"example": "Alice Wang"})
    role = Text(32, validate=one_of(*ROLES))
    organisation_id = Ident(metadata={"description": "The branch or contractor they work for."})
    team = Text(
        64,
        least=1,
        allow_none=True,
        metadata={
            "description": "A lead installer sees the jobs of the same team.",
            "example": "blue",
        },
    )
    phone = Text(64, metadata={"example": "+86 138 0013 8000"})
    email = Text(254, validate=must_be_email_or_empty, metadata={"example": "alice@example.com"})
    language = Text(2, validate=one_of("en", "zh"), metadata={"example": "zh"})
    skills = ma.fields.List(
        Code(),
        validate=ma.validate.Length(max=50),
        metadata={"description": "What jobs may ask for.", "example": ["kitchen", "electric"]},
    )
    password = Password()
    is_active = Flag(
        metadata={
            "description": "false when somebody leaves: every sign-in of theirs ends at once."
        }
    )


class NewPerson(PersonChanges):
    username = Username(required=True)
    name = Text(200, least=1, required=True, metadata={"example": "Alice Wang"})
    role = Text(32, required=True, validate=one_of(*ROLES))
    organisation_id = Ident(
        required=True, metadata={"description": "The branch or contractor they work for."}
    )
    password = Password(required=True)


class OwnPassword(Shape):
    current = Password(required=True)
    password = Password(required=True)


class PersonQuery(PageQuery):
    q = Text(
        100, least=1, metadata={"description": "Part of a name or username.", "example": "ali"}
    )
    role = Text(32, validate=one_of(*ROLES), metadata={"description": "Only this role."})
    team = Text(64, least=1, metadata={"description": "Only this team.", "example": "blue"})
    organisation_id = Ident(metadata={"description": "Only who works there."})
    is_active = Switch(metadata={"description": "Only those at work, or only those who left."})


@blp.route("/people")
@reads
@needs("person.read")
@blp.arguments(PersonQuery, location="query")
@blp.response(200, page_of(PersonSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List or search people. A contractor's people and installers see those of their own organisation."""
    found = people_visible_to(me())
    if "q" in asked:
        like = (
            each.icontains(asked["q"], autoescape=True) for each in (Person.name, Person.username)
        )
        found = found.where(or_(*like))
    for name in ("role", "team", "organisation_id", "is_active"):
        if name in asked:
            found = found.where(getattr(Person, name) == asked[name])
    return page(session, found, (Person.id,), as_it_is, asked)


# Hashing a password takes its time by intention, so it is done before a transaction is opened.


@blp.route("/people", methods=["POST"])
@needs("person.write")
@blp.arguments(NewPerson)
@blp.response(201, PersonSchema)
def add(form: dict[str, Any]) -> Any:
    """Add a person, who can sign in at once."""
    return _add(_with_hash(form))


@writes
def _add(session: Session, form: dict[str, Any]) -> Any:
    person = people.add(session, me(), form, house().clock())
    return PersonSchema().dump(person), 201, created(person.rev, "people", person.id)


@blp.route("/people/<person_id>")
@reads
@needs("person.read")
@blp.response(200, PersonSchema)
def show(session: Session, person_id: str) -> Any:
    """Show one person."""
    person = get_person(session, me(), person_id)
    return person, etag(person.rev)


@blp.route("/people/<person_id>", methods=["PATCH"])
@needs("person.write")
@blp.arguments(PersonChanges)
@blp.response(200, PersonSchema)
def change(form: dict[str, Any], person_id: str) -> Any:
    """Change a person.

    Somebody who is no longer active, or gets a new password, is signed out everywhere. Work that waits on
    their tablet stays there and is still accepted. The last supervisor cannot leave.
    """
    return _change(_with_hash(form), person_id)


@writes
def _change(session: Session, form: dict[str, Any], person_id: str) -> Any:
    person = open_for_change(session, get_person(session, me(), person_id))
    people.change(session, me(), person, form, house().clock())
    return PersonSchema().dump(person), 200, etag(person.rev)


@blp.route("/people/me/password", methods=["POST"])
@needs("profile.read")
@blp.arguments(OwnPassword)
@blp.response(204)
def change_own_password(form: dict[str, str]) -> None:
    """Change your own password. Your other sign-ins end."""
    _must_know_current(form["current"])
    _change_own_password(_with_hash({"password": form["password"], "username": me().username}))


@writes
def _change_own_password(session: Session, form: dict[str, Any]) -> Any:
    people.change_own_password(session, caller(), form["password_hash"], house().clock())
    return "", 204


def _must_know_current(password: str) -> None:
    """Raises `WrongPassword`; counted like a failed sign-in, so nobody tries them all."""
    with counting_guesses(me().username) as guess:
        if not passwords.is_right(password, me().password_hash):
            guess()
            raise errors.WrongPassword()


def _with_hash(form: dict[str, Any]) -> dict[str, Any]:
    """The form with the hash in place of a password. Raises `PasswordTooShort` and its kin."""
    if "password" not in form:
        return form
    own_words = [form[name] for name in ("username", "name") if name in form]
    passwords.must_be_strong(form["password"], own_words)
    rest = {name: value for name, value in form.items() if name != "password"}
    return {**rest, "password_hash": passwords.hash_of(form["password"])}
