"""Editing in place: a form knows what stood there when it was opened, so two who edit at once lose no word.

What only one of them has changed is kept from both. Where both have changed the same field, the form comes
back with both texts, says who came between, and asks which one stays: the own one, theirs, or both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from server.db import audit
from server.db.people import Person
from server.domain import edits as rules
from server.domain import errors
from server.office import forms
from server.schemas import Shape

THEIRS, BOTH = "theirs", "both"
LONG = frozenset({"notes", "description", "access_notes", "work"})  # texts that can stand together
MOST = 4_000  # characters of those


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both have changed: what stands there now, and who wrote it, as far as it is known."""

    theirs: str
    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be written, and what somebody has to decide first."""

    mine: dict[str, Any]
    clashes: dict[str, Clash]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of an edit as its template needs it, by the names of its fields."""

    there: Mapping[str, str]
    typed: forms.Typed = field(default_factory=forms.Typed)
    clashes: Mapping[str, Clash] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What the field shows: what was typed, else what is there."""
        return self.typed.values.get(name, self.there[name])

    def was(self, name: str) -> str:
        """What the text in the field is meant to change: after a clash, what was seen beside it."""
        if name in self.clashes:
            return self.there[name]
        return self.typed.values.get(f"was_{name}", self.there[name])


def form_of(
    row: Any,
    shape: type[Shape],
    typed: forms.Typed | None = None,
    clashes: Mapping[str, Clash] | None = None,
) -> Form:
    """The form of a row (or of its values, by name) whose fields are those of the shape."""
    said = {own: rules.text(_value(row, name)) for name, own in _names(shape).items()}
    return Form(said, typed or forms.Typed(), clashes or {})


def read(
    session: Session,
    row: Any,
    shape: type[Shape],
    form: Mapping[str, Any],
    noun: str,
    noun_id: str,
    *,
    noted_as: Mapping[str, str] | None = None,
) -> Edit:
    """This form (`form` is what the shape has read of it) against the row as it stands now.

    `noted_as`: how the audit calls a field, where it calls it otherwise. Raises `Invalid` where two texts
    are too long to stand together.
    """
    own = _names(shape)
    there = {name: _value(row, name) for name in form}
    found = rules.compare(there, {name: _said(f"was_{own[name]}") for name in form}, form)
    for name in found.mine.keys() - found.clashes.keys():
        _settle(found, name, own[name], rules.text(there[name]))
    return Edit(found.mine, _told(session, found, own, noun, noun_id, noted_as or {}))


def _settle(found: rules.Edit, name: str, own: str, theirs: str) -> None:
    """What somebody has decided who saw both texts, if they did."""
    decided = _said(f"keep_{own}")
    if decided == THEIRS:
        del found.mine[name]
    elif decided == BOTH and name in LONG:
        found.mine[name] = f"{theirs}\n{found.mine[name]}".strip()
        if len(found.mine[name]) > MOST:
            raise errors.Invalid(errors={own: ["Longer than maximum length"]})


def _told(
    session: Session,
    found: rules.Edit,
    own: Mapping[str, str],
    noun: str,
    noun_id: str,
    noted_as: Mapping[str, str],
) -> dict[str, Clash]:
    if not found.clashes:
        return {}
    noted = {name: noted_as.get(name, name) for name in found.clashes}
    lines = audit.last_changes(session, noun, noun_id, noted.values())
    told = {}
    for name, clash in found.clashes.items():
        line = lines.get(noted[name])
        person = session.get(Person, line.person_id) if line and line.person_id else None
        told[own[name]] = Clash(
            clash.theirs, person.name if person else None, line.at if line else None
        )
    return told


def _names(shape: type[Shape]) -> dict[str, str]:
    """How each field of the row is called in the form."""
    return {name: each.data_key or name for name, each in shape().fields.items()}


def _value(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, Mapping) else getattr(row, name)


def _said(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()


def mine(form: Mapping[str, Any], row: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What this form changes, and what stands meanwhile in those of its fields that somebody else changed."""
    changed = {name: value for name, value in form.items() if said(value) != _said(f"was_{name}")}
    theirs = {name for name in form if said(getattr(row, name)) != _said(f"was_{name}")}
    clashing = sorted(each for each in theirs & set(changed) if changed[each] != getattr(row, each))
    return changed, {name: said(getattr(row, name)) for name in clashing}


def said(value: object) -> str:
    """A value as it stands in a field."""
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def compare(
    row: Any, form: Mapping[str, Any], as_text: Mapping[str, Callable[[Any], str]] | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """What this person has changed, and what now stands in the fields that somebody else changed, too.

    The page carries what stood in each field when it was opened, as `was_<name>`; `as_text` says how a
    value is written there, where it is not plain text.
    """
    mine: dict[str, Any] = {}
    clashes: dict[str, str] = {}
    for name, value in form.items():
        write = (as_text or {}).get(name, _text)
        was, now = _said(f"was_{name}"), write(getattr(row, name))
        if write(value) == was:
            continue
        mine[name] = value
        if now not in (was, write(value)):
            clashes[name] = now
    return mine, clashes


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).replace("\r\n", "\n").strip()
