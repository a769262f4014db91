"""The catalogue of parts, and one page for each: what it is, where it lies, and what moved it."""

from collections.abc import Mapping

import marshmallow as ma
from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import or_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import parts
from server.auth import me, needs
from server.db import stock
from server.db.parts import Movement, Part, get_part, movements_visible_to, parts_visible_to
from server.domain import errors
from server.domain import imports as files
from server.domain import parts as rules
from server.domain.people import may
from server.house import house
from server.office import answers, downloads, edits, forms, ledgers, lists, places, prices, tables
from server.office.edits import Clash
from server.schemas import Code, Shape, Text
from server.transactions import reads, writes

blp = Blueprint("parts", __name__)

LAST_MOVES = 15
USUAL = {"unit": "piece", "unit_price": "0.00", "is_returnable": "no", "is_active": "yes"}


class Changes(Shape):
    name = Text(200, least=1)
    name_zh = Text(200)
    unit = Text(64, least=1)
    unit_price = prices.Price()
    is_returnable = forms.YesNo()
    is_active = forms.YesNo()


class NewPart(Changes):
    sku = Code(required=True)
    name = Text(200, least=1, required=True)


@blp.get("/parts")
@reads
@needs("part.read")
def find(session: Session) -> AnyResponse | str:
    """By number or name; those that are no longer ordered on request. To take away as a file, too."""
    words = forms.words_in(request.args)
    show = "all" if request.args.get("show") == "all" else "active"
    found = parts_visible_to(me())
    if show == "active":
        found = found.where(Part.is_active)
    if words:
        columns = (Part.sku, Part.name, Part.name_zh)
        found = found.where(or_(*(each.icontains(words, autoescape=True) for each in columns)))
    if (form := request.args.get("as")) in downloads.FORMATS:
        rows = session.scalars(found.order_by(Part.sku).limit(downloads.MOST_ROWS))
        cells = (tables.row(files.PARTS, each) for each in rows)
        return downloads.table("parts", form, tables.titles(files.PARTS), cells)
    page = lists.page(session, found, (Part.sku,))
    return render_template(
        "office/parts_list.html", parts=page.rows, next=page.next, words=words, show=show
    )


@blp.get("/parts/<sku>")
@reads
@needs("part.read")
def show(session: Session, sku: str) -> str:
    return _shown(session, get_part(session, me(), sku))


def _shown(
    session: Session,
    part: Part,
    typed: forms.Typed | None = None,
    clashes: Mapping[str, Clash] | None = None,
) -> str:
    lies: dict[str, int] = {}
    moved: list[Movement] = []
    if may(me().role, "movement.read"):
        lies = _lies(session, part.sku)
        newest = movements_visible_to(me()).where(Movement.sku == part.sku)
        moved = list(session.scalars(newest.order_by(Movement.id.desc()).limit(LAST_MOVES)))
    return render_template(
        "office/part.html",
        part=part,
        lies=lies,
        minimums=stock.minimums_of(session, part.sku),
        places=places.named(session, lies),
        ledger_rows=ledgers.told(session, moved),
        edit=edits.form_of(part, Changes, typed, clashes),
    )


def _lies(session: Session, sku: str) -> dict[str, int]:
    """Where it lies, as far as this person looks after the places."""
    held = stock.of_sku(session, sku)
    own = stock.own_of(
        session, me(), [place for place in held if rules.parse_place(place).is_stock]
    )
    return {place: held[place] for place in sorted(own)}


@blp.post("/parts/<sku>")
@writes
@needs("part.write")
def change(session: Session, sku: str) -> AnyResponse | tuple[str, int]:
    """Two people may edit at once: what only one of them touched is kept from both."""
    part = get_part(session, me(), sku)
    session.refresh(part, with_for_update=True)
    try:
        form = forms.read(Changes, keep_empty=("name_zh",))
        edit = edits.read(session, part, Changes, form, "part", part.sku)
    except errors.Invalid as wrong:
        return _shown(session, part, forms.Typed(request.form, forms.problems_of(wrong))), 422
    if edit.clashes:
        return _shown(session, part, forms.typed(), edit.clashes), 409
    parts.change(session, me(), part, edit.mine, house().clock())
    return answers.go_to("office.parts.show", sku=part.sku)


@blp.get("/new/part")
@reads
@needs("part.write")
def fill_in(session: Session) -> str:
    return _new()


def _new(typed: forms.Typed | None = None) -> str:
    return render_template("office/part_new.html", edit=edits.blank(Changes, typed, **USUAL))


@blp.post("/new/part")
@writes
@needs("part.write")
def add(session: Session) -> AnyResponse | tuple[str, int]:
    try:
        with session.begin_nested():
            part = parts.add(session, me(), forms.read(NewPart), house().clock())
    except errors.Invalid as wrong:
        return _new(forms.Typed(request.form, forms.problems_of(wrong))), 422
    except errors.AlreadyThere:
        taken = {"sku": _("The catalogue has a part with this number.")}
        return _new(forms.Typed(request.form, taken)), 409
    return answers.go_to("office.parts.show", sku=part.sku)


@blp.post("/parts/<sku>/minimum")
@writes
@needs("movement.write")
def should_lie(session: Session, sku: str) -> AnyResponse:
    """How many should lie at a place; none any more where the field is empty."""
    part = get_part(session, me(), sku)
    form = forms.read(Least)
    stock.must_be_own(session, me(), form["place"])
    parts.set_minimum(
        session, me(), part, form["place"], int(form.get("quantity") or 0), house().clock()
    )
    return answers.go_to("office.parts.show", sku=part.sku)


class Least(Shape):
    place = Text(100, least=1, required=True)
    quantity = Text(6, validate=ma.validate.Regexp(r"[0-9]{1,6}\Z", error="Not a valid number."))
