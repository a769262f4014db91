"""Slots and checklists: written as a draft, looked at as on the tablet, published as a version that never
changes. Jobs keep the one with which they were issued.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import setting_drafts, settings
from server.auth import me, needs
from server.db import settings as rows
from server.db.people import Person
from server.domain import checklists, errors, tickets
from server.domain import settings as rules
from server.domain.settings import editing
from server.domain.settings.differences import between
from server.house import house
from server.office import forms, labels
from server.office.settings import fields, steps, telling
from server.office.settings.places import Place, place
from server.schemas import Code, Shape, Text, one_of
from server.transactions import reads, writes

Document = dict[str, Any]

LINES = 60  # differences that a page shows
LISTS = tuple(editing.KEYS)


class NewTemplate(Shape):
    kind = Text(64, required=True, validate=one_of(*tickets.KINDS))
    category = Code(required=True)


class Order(Shape):
    listed = Text(8, required=True, validate=one_of(*LISTS))
    code = Text(200, required=True)
    at = Text(4, required=True)
    to = Text(4, required=True)


class Out(Shape):
    listed = Text(8, required=True, validate=one_of(*LISTS))
    code = Text(200, required=True)


class Publication(Shape):
    rev = Text(12, required=True)
    was = Text(12)
    note = Text(400)


def register(blp: Blueprint) -> None:
    blp.post("/settings/checklists")(begin)
    blp.get("/settings/checklists/<template>")(show_checklist)
    blp.get("/settings/checklists/<template>/<listed>/<code>")(show_one)
    blp.post("/settings/checklists/<template>/<listed>/<code>")(save_one)
    blp.post("/settings/checklists/<template>/order")(order)
    blp.post("/settings/checklists/<template>/take-out")(take_out)
    blp.post("/settings/checklists/<template>/publish")(publish)
    blp.post("/settings/checklists/<template>/drop")(drop)


def name_of(template: str) -> str:
    """The setting behind an address. Raises `NotFound`."""
    name = f"{rules.TEMPLATE}.{template}"
    if len(name) > 120 or rules.of_template(name) is None:
        raise errors.NotFound()
    return name


@writes
@needs("setting.write")
def begin(session: Session) -> AnyResponse:
    """A checklist for one category of products: its page begins with that of the kind."""
    form = forms.read(NewTemplate)
    template = f"{form['kind']}.{form['category']}"
    return place(session).go_to("show_checklist", template=template)


@reads
@needs("setting.read")
def show_checklist(session: Session, template: str) -> str:
    return page(session, template, place(session))


def page(session: Session, template: str, where: Place, told: list[str] | None = None) -> str:
    name, now = name_of(template), house().clock()
    draft = rows.draft(session, name, where.branch_id)
    published = published_of(session, name, where)
    document = draft.value if draft else published
    own = settings.newest(session, name, where.branch_id)
    held = settings.head_of(session, name, where.branch_id, now)
    by = session.get(Person, draft.changed_by) if draft else None
    differences = between(published, document)
    return render_template(
        "office/settings_checklist.html",
        name=name,
        template=template,
        place=where,
        document=document,
        draft=draft,
        draft_by=by.name if by else "",
        held=telling.told(session, held),
        is_own=bool(own and not own.follows_house),
        was=own.version if own else rules.FIRST,
        problems=problems_in(name, document),
        changes=telling.lines(name, differences[:LINES], published, document),
        more_changes=max(0, len(differences) - LINES),
        kinds=labels.choices("step_kind"),
        condition=lambda step: steps.condition_words(document, step),
        told=told or [],
        most={"steps": checklists.MOST_STEPS, "slots": checklists.MOST_SLOTS},
    )


def published_of(session: Session, name: str, where: Place) -> Document:
    """What holds there; of a category that has none yet, what its kind has."""
    now = house().clock()
    if settings.head_of(session, name, where.branch_id, now) is None:
        found = rules.of_template(name)
        name = rules.template_name(found[0]) if found else name
    return settings.value(session, name, where.branch_id, now)


def problems_in(name: str, document: Document) -> list[tuple[str, str, str, str]]:
    """What has to be mended before it can be published: the list, the code and name of the thing, why."""
    found = []
    for each in rules.problems(name, document):
        listed, _dot, rest = each.where.partition(".")
        number = rest.partition(".")[0]
        things = document.get(listed, [])
        thing = things[int(number)] if number.isdigit() and int(number) < len(things) else {}
        code = str(thing.get(editing.KEYS.get(listed, ""), ""))
        words = telling.names_in(thing).get(code, "") or telling.path_words(name, each.where)
        found.append((listed, code, words, telling.problem(each.code)))
    return found


# One step, or one slot.


@reads
@needs("setting.read")
def show_one(session: Session, template: str, listed: str, code: str) -> str:
    """The form of a step or a slot; `new` for one that is not there yet."""
    where, name = place(session), name_of(template)
    document = _current(session, name, where)
    thing = _thing(document, listed, code)
    return _form(where, template, listed, code, document, thing, forms.Typed(steps.fields(thing)))


def _current(session: Session, name: str, where: Place) -> Document:
    draft = rows.draft(session, name, where.branch_id)
    found: Document = draft.value if draft else published_of(session, name, where)
    return found


def _thing(document: Document, listed: str, code: str) -> Document:
    if listed not in LISTS:
        raise errors.NotFound()
    if code != NEW:
        return editing.find(document, listed, code)
    if listed == "slots":
        return {"minimum": 1}
    kind = request.values.get("kind", "")
    return {"kind": kind if kind in checklists.KINDS else checklists.KINDS[0], "required": True}


NEW = "new"


def _form(
    where: Place,
    template: str,
    listed: str,
    code: str,
    document: Document,
    thing: Document,
    typed: forms.Typed,
    *,
    theirs: list[tuple[str, str, str]] | None = None,
    by: str = "",
) -> str:
    name = name_of(template)
    return render_template(
        "office/settings_step.html" if listed == "steps" else "office/settings_slot.html",
        name=name,
        template=template,
        place=where,
        listed=listed,
        code=code,
        kind=thing.get("kind", ""),
        typed=typed,
        mark=mark_of(thing) if code != NEW else "",
        conditions=steps.conditions(document, code),
        slots=document["slots"],
        choice_rows=steps.choice_rows(typed.values),
        theirs=theirs or [],
        by=by,
        title=telling.names_in(thing).get(code, ""),
    )


def mark_of(thing: Document) -> str:
    """What a form carries to know whether the thing was changed since it was opened."""
    return hashlib.sha256(json.dumps(thing, sort_keys=True).encode()).hexdigest()[:16]


@writes
@needs("setting.write")
def save_one(
    session: Session, template: str, listed: str, code: str
) -> AnyResponse | tuple[str, int]:
    """Puts the step or slot into the draft. Where somebody else changed the same one, both are shown."""
    where, name = place(session), name_of(template)
    document = _current(session, name, where)
    said = dict(request.form)
    try:
        there: Document | None = _thing(document, listed, code)
    except errors.NotFound:
        if listed not in LISTS:
            raise
        there = None  # somebody took it out meanwhile: saving puts it in again
    kind = str(there.get("kind")) if there else said.get("kind", "")
    typed = forms.Typed(said)
    try:
        fields.must_be_text(said)
        thing = steps.thing(listed, code, kind, said, document)
    except errors.Invalid as wrong:
        typed.problems = telling.problems(wrong)
        return _form(where, template, listed, code, document, there or {}, typed), 422
    if there is not None and code != NEW and said.get("mark") != mark_of(there):
        told = telling.lines(name, between(thing, there), thing, there)
        if told:
            by = _last_hand(session, name, where)
            page = _form(where, template, listed, code, document, there, typed, theirs=told, by=by)
            return page, 409
    after = editing.put(document, listed, thing)
    typed.problems = _problems_of(name, after, listed, thing)
    if typed.problems:
        return _form(where, template, listed, code, document, there or thing, typed), 422
    _change(session, name, where, lambda before: editing.put(before, listed, thing))
    anchor = f"{listed}-{thing[editing.KEYS[listed]]}"
    return where.go_to("show_checklist", template=template, _anchor=anchor)


def _last_hand(session: Session, name: str, where: Place) -> str:
    draft = rows.draft(session, name, where.branch_id)
    by = session.get(Person, draft.changed_by) if draft else None
    if by:
        return by.name
    return telling.name_of(session, settings.newest(session, name, where.branch_id))


def _problems_of(name: str, document: Document, listed: str, thing: Document) -> dict[str, str]:
    """What is wrong with this one, by field; what is wrong elsewhere is told on the page of the list."""
    at = f"{listed}.{editing.position(document, listed, thing[editing.KEYS[listed]])}."
    found = {}
    for each in rules.problems(name, document):
        if each.where.startswith(at):
            found[each.where.removeprefix(at)] = telling.problem(each.code)
        elif each.where == listed:
            found[""] = telling.problem(each.code)
    return found


def _change(
    session: Session, name: str, where: Place, edit: Callable[[Document], Document]
) -> None:
    """On a draft that begins with what the page has shown."""
    shown = published_of(session, name, where)
    begins = rows.draft(session, name, where.branch_id) is None
    setting_drafts.change(
        session,
        me(),
        name,
        where.branch_id,
        (lambda _before: edit(shown)) if begins else edit,
        house().clock(),
    )


# The list.


@writes
@needs("setting.write")
def order(session: Session, template: str) -> AnyResponse:
    """Moves a step or slot from where the page has shown it: pressed twice, it moves once."""
    where, name = place(session), name_of(template)
    form = forms.read(Order)
    if not all(form[each].isascii() and form[each].isdigit() for each in ("at", "to")):
        raise errors.Invalid(errors={"to": ["not_valid"]})
    listed, code = form["listed"], form["code"]
    at = editing.position(_current(session, name, where), listed, code)
    if at == int(form["at"]):
        _change(
            session, name, where, lambda before: editing.move(before, listed, code, int(form["to"]))
        )
    return where.go_to("show_checklist", template=template, _anchor=f"{listed}-{code}")


@writes
@needs("setting.write")
def take_out(session: Session, template: str) -> AnyResponse:
    """Takes it out of the draft; a second time there is nothing left to do."""
    where, name = place(session), name_of(template)
    form = forms.read(Out)
    listed, code = form["listed"], form["code"]
    if code in {each[editing.KEYS[listed]] for each in _current(session, name, where)[listed]}:
        _change(session, name, where, lambda before: editing.take_out(before, listed, code))
    return where.go_to("show_checklist", template=template, _anchor=listed)


@writes
@needs("setting.write")
def publish(session: Session, template: str) -> AnyResponse | tuple[str, int]:
    """The draft holds from now on, for jobs that are issued from now on."""
    where, name = place(session), name_of(template)
    form = forms.read(Publication)
    rev, was = _whole(form["rev"]), _whole(form.get("was", ""))
    try:
        with session.begin_nested():
            setting_drafts.publish(
                session,
                me(),
                name,
                where.branch_id,
                rev,
                was,
                house().clock(),
                form.get("note", ""),
            )
    except errors.ChangedMeanwhile:
        by = _last_hand(session, name, where)
        told = [
            _(
                "%(name)s was here meanwhile: nothing was published. This is how it stands now; look at it "
                "and publish it if it is right.",
                name=by,
            )
        ]
        return page(session, template, where, told), 409
    except errors.Invalid:
        return page(
            session, template, where, [_("It is not published: please mend this first.")]
        ), 422
    return where.go_to("show_checklist", template=template)


@writes
@needs("setting.write")
def drop(session: Session, template: str) -> AnyResponse:
    """Drops the draft: what is published stays."""
    where, name = place(session), name_of(template)
    form = forms.read(Publication)
    setting_drafts.discard(
        session, me(), name, where.branch_id, _whole(form["rev"]), house().clock()
    )
    return where.go_to("show_checklist", template=template)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise errors.Invalid(errors={"rev": ["not_valid"]})
    return int(text)
