"""Settings that are changed in one form. Two people may write at once: what only one of them touched is kept
from both, and where both touched the same field the page comes back with both, and nothing is lost.
"""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import settings
from server.auth import me, needs
from server.db import settings as rows
from server.db.customers import Product
from server.domain import errors
from server.domain import settings as rules
from server.house import house
from server.office import forms, labels
from server.office.settings import fields, telling
from server.office.settings.places import Place, place
from server.office.wording import zone_of_office
from server.schemas import ComingDay, Shape, Text
from server.transactions import reads, writes

CATEGORIES = 200  # that the page offers


class Meta(Shape):
    """What a form says besides its document."""

    was = Text(12, required=True)
    shown = Text(12, required=True)
    valid_on = ComingDay()
    note = Text(400)


class Following(Shape):
    was = Text(12, required=True)


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that somebody else changed meanwhile, and what it says now."""

    name: str
    theirs: str


@dataclass(slots=True)
class Left:
    """A form as somebody left it, and what came between."""

    typed: forms.Typed
    clashes: list[Clash] = field(default_factory=list)
    by: str = ""


def register(blp: Blueprint) -> None:
    blp.get("/settings")(show_all)
    blp.get("/settings/<setting>")(show)
    blp.post("/settings/<setting>")(save)
    blp.post("/settings/<setting>/follow")(follow)


@reads
@needs("setting.read")
def show_all(session: Session) -> str:
    """What there is, in which version, and whose."""
    where = place(session)
    now = house().clock()
    names = [*rules.SIMPLE, *telling.template_names(session, where)]
    branches = [where.branch_id] if where.branch_id else []
    known = rows.heads(session, names, branches)
    heads = {}
    for name in names:
        head = rules.in_force([each for each in known if each.name == name], where.branch_id, now)
        if head is not None and not head.follows_house:
            heads[name] = head
    made = telling.made(session, [each.id for each in heads.values()])
    return render_template(
        "office/settings.html",
        place=where,
        names=[each for each in rules.SIMPLE if _is_here(each, where)],
        templates=names[len(rules.SIMPLE) :],
        heads=heads,
        drafts=rows.drafted(session, where.branch_id),
        choices_of_kind=labels.choices("kind"),
        categories=_categories(session),
        made=made,
    )


def _categories(session: Session) -> list[str]:
    """Those that products have, to choose from."""
    found = select(Product.category).where(Product.category != "").distinct()
    return sorted(session.scalars(found.limit(CATEGORIES)))


def _is_here(name: str, where: Place) -> bool:
    return where.branch is None or name not in rules.OF_THE_HOUSE_ONLY


def _must_be_one_form(name: str) -> None:
    if name not in fields.FORMS:
        raise errors.NotFound()


@reads
@needs("setting.read")
def show(session: Session, setting: str) -> str:
    _must_be_one_form(setting)
    where = place(session)
    if not _is_here(setting, where):
        raise errors.NotFound()
    if where.branch is None and setting in rules.OF_BRANCHES_ONLY:
        return render_template("office/settings_by_branch.html", name=setting, place=where)
    return page(session, setting, where)


def page(session: Session, name: str, where: Place, left: Left | None = None) -> str:
    now = house().clock()
    own = settings.newest(session, name, where.branch_id)
    held = settings.head_of(session, name, where.branch_id, now)
    document = _written(session, name, where, now)[1]
    shown = fields.FORMS[name].fields(document)
    typed = left.typed if left else forms.Typed(shown)
    return render_template(
        f"office/settings_{name}.html",
        name=name,
        place=where,
        typed=typed,
        fields=shown,
        clashes=left.clashes if left else [],
        clash_by=left.by if left else "",
        was=own.version if own else rules.FIRST,
        shown=_written(session, name, where, now)[0],
        held=telling.told(session, held),
        own=telling.told(session, own),
        is_own=bool(own and not own.follows_house),
        to_come=bool(own and own.valid_from > now),
        choices=labels.choices,
        rows_of=fields.rows_of,
        week=telling.week,
        path_words=lambda path: telling.path_words(name, path),
    )


def _written(
    session: Session, name: str, where: Place, now: datetime
) -> tuple[int, dict[str, Any]]:
    """The newest that was written for this place, begun or not; else what holds there. With its version."""
    own = settings.newest(session, name, where.branch_id)
    if own is not None and not own.follows_house:
        return own.version, rows.documents(session, [own.id])[own.id]
    if name == rules.AUTO_ACCEPT and where.branch_id:
        return rules.FIRST, settings.auto_acceptance(session, where.branch_id, now)
    return settings.held(session, name, where.branch_id, now)


@writes
@needs("setting.write")
def save(session: Session, setting: str) -> AnyResponse | tuple[str, int]:
    """A new version of the document."""
    _must_be_one_form(setting)
    where, now = place(session), house().clock()
    said = {each: text for each, text in request.form.items() if each != "branch"}
    try:
        fields.must_be_text(said)
        meta = _meta()
        merged = _merged(session, setting, where, said, int(meta["shown"]), now)
        if merged.clashes:
            return page(session, setting, where, merged), 409
        document = fields.FORMS[setting].document(merged.typed.values)
        own = settings.newest(session, setting, where.branch_id)
        with session.begin_nested():
            settings.put(
                session,
                me(),
                setting,
                where.branch_id,
                document,
                now,
                was=own.version if own else rules.FIRST,
                valid_from=_begins(meta.get("valid_on")),
                note=meta.get("note", ""),
            )
    except errors.Invalid as wrong:
        typed = forms.Typed(said, telling.problems(wrong))
        return page(session, setting, where, Left(typed)), 422
    return where.go_to("show", setting=setting)


def _meta() -> dict[str, Any]:
    meta = forms.read(Meta)
    for name in ("was", "shown"):
        must_be_version(meta[name])
    return meta


def must_be_version(text: str) -> None:
    """Raises `Invalid` for what is no number of a version."""
    if not (text.isascii() and text.isdigit()):
        raise errors.Invalid(errors={"was": ["not_valid"]})


def _begins(day: Any) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), ZoneInfo(zone_of_office()))


def _merged(
    session: Session, name: str, where: Place, said: dict[str, str], shown: int, now: datetime
) -> Left:
    """What is in the form, put on top of what somebody else has written since it was opened."""
    version, document = _written(session, name, where, now)
    if version == shown:
        return Left(forms.Typed(said))
    theirs = fields.FORMS[name].fields(document)
    before = fields.FORMS[name].fields(_document_of(session, name, where, shown))
    result, clashes = dict(said), []
    for each in sorted(before.keys() | theirs.keys()):
        old, new = before.get(each, ""), theirs.get(each, "")
        mine = said.get(each, "").replace("\r\n", "\n").strip()
        if mine == old:
            result[each] = new
        elif new != old and mine != new:
            clashes.append(Clash(each, new))
    by = telling.name_of(session, settings.head_of_version(session, name, where.branch_id, version))
    return Left(forms.Typed(result), clashes, by)


def _document_of(session: Session, name: str, where: Place, version: int) -> dict[str, Any]:
    """The document that the form was opened with. Raises `NotFound` for a version that never was."""
    if version == rules.FIRST:
        return rules.default(name)
    head = settings.head_of_version(session, name, where.branch_id, version)
    if head is None or head.follows_house:
        raise errors.NotFound()
    found: dict[str, Any] = rows.documents(session, [head.id])[head.id]
    return found


@writes
@needs("setting.write")
def follow(session: Session, setting: str) -> AnyResponse:
    """The branch has no document of its own any more."""
    where = place(session)
    was = forms.read(Following)["was"]
    must_be_version(was)
    settings.put(session, me(), setting, where.branch_id, None, house().clock(), was=int(was))
    if rules.of_template(setting):
        return where.go_to("show_all")
    return where.go_to("show", setting=setting)
