"""Editing in place: a form knows what stood there when it was opened, so two who edit at once lose no word.

What only one of them has changed is kept from both. Where both have changed the same field, the form comes
back with both texts, says who came between, and asks which one stays: the own one, theirs, or both.
"""

from collections.abc import Mapping
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
# Texts that can stand together.
LONG = frozenset({"notes", "description", "access_notes", "work", "care_card", "care_card_zh"})
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
    is_new: bool = False

    def value(self, name: str) -> str:
        """What the field shows: what was typed, else what is there."""
        return self.typed.values.get(name, self.there[name])

    def was(self, name: str) -> str:
        """What the text in the field is meant to change: after a clash, what was seen beside it."""
        if name in self.clashes:
            return self.there[name]
        return self.typed.values.get(f"was_{name}", self.there[name])

    def can_keep_both(self, name: str) -> bool:
        return name in LONG


def blank(shape: type[Shape], typed: forms.Typed | None = None, **usual: str) -> Form:
    """The same form for something new; `usual` is what stands in a field before anybody types."""
    there = {own: usual.get(own, "") for own in _names(shape).values()}
    return Form(there, typed or forms.Typed(), is_new=True)


def form_of(
    row: Any,
    shape: type[Shape],
    typed: forms.Typed | None = None,
    clashes: Mapping[str, Clash] | None = None,
) -> Form:
    """The form of a row (or of its values, by name) whose fields are those of the shape."""
    said = {own: _text(shape, name, _value(row, name)) for name, own in _names(shape).items()}
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
    there = {name: _text(shape, name, _value(row, name)) for name in form}
    wanted = {name: _text(shape, name, value) for name, value in form.items()}
    found = rules.compare(there, {name: _said(f"was_{own[name]}") for name in form}, wanted)
    mine = {name: form[name] for name in found.mine}
    for name in mine.keys() - found.clashes.keys():
        _settle(mine, name, own[name], there[name])
    return Edit(mine, _told(session, found, own, noun, noun_id, noted_as or {}))


def _text(shape: type[Shape], name: str, value: Any) -> str:
    """A value as the form writes it; a field of the shape may have its own way, such as a price."""
    write = getattr(shape().fields.get(name), "as_text", rules.text)
    return str(write(value))


def _settle(mine: dict[str, Any], name: str, own: str, theirs: str) -> None:
    """What somebody has decided who saw both texts, if they did."""
    decided = _said(f"keep_{own}")
    if decided == THEIRS:
        del mine[name]
    elif decided == BOTH and name in LONG:
        mine[name] = f"{theirs}\n{mine[name]}".strip()
        if len(mine[name]) > MOST:
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
