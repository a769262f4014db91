"""Counts of a place: blind, by scanning or down a list; what differs waits until somebody has explained it.

Blind, because whoever sees the expected figure finds it. The list names what should be there and not how
many; the comparison comes after the count is in.
"""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import counts
from server.auth import me, needs
from server.db import stock
from server.db.people import names_of
from server.db.stock import StockCount
from server.domain import errors
from server.house import house
from server.office import answers, forms, lists, places, scanning
from server.office.scanning import Line, Lines, Words
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("counts", __name__)

MOST_LISTED = (
    400  # parts that the form names by itself; at a larger place one scans what one counts
)


class About(Shape):
    is_full = Text(3, validate=one_of("yes"))
    note = Text(1_000)


class Reason(Shape):
    reason = Text(1_000, least=1, required=True)


@blp.get("/counts")
@reads
@needs("movement.read")
def find(session: Session) -> str:
    """Those that wait for an explanation, the oldest first; all of them on request."""
    show = "all" if request.args.get("show") == "all" else "open"
    found = stock.counts_visible_to(me())
    if show == "open":
        found = found.where(StockCount.state == "open")
    page = lists.page(
        session,
        found,
        (StockCount.id,),
        newest_first=show == "all",
    )
    return render_template(
        "office/counts.html",
        counts=page.rows,
        next=page.next,
        show=show,
        places=places.named(session, {each.place for each in page.rows}),
        people=_people(session, page.rows),
    )


def _people(session: Session, rows: Any) -> dict[str | None, str]:
    ids = {its for each in rows for its in (each.counted_by, each.owner_id, each.closed_by)}
    return names_of(session, ids)


@blp.get("/stock/<place>/count")
@reads
@needs("movement.write")
def fill_in(session: Session, place: str) -> str:
    """What is there? The parts that the ledger knows here are listed, without how many."""
    stock.must_be_own(session, me(), place)
    return _form(session, place, forms.Typed(), _expected(session, place))


def _expected(session: Session, place: str) -> Lines:
    skus = sorted(sku for _place, sku in stock.at_places(session, [place]))
    if len(skus) > MOST_LISTED:
        return Lines()
    names = scanning.names(session, skus)
    return Lines([Line(sku, "", names.get(sku, "")) for sku in skus])


@blp.post("/stock/<place>/count")
@writes
@needs("movement.write")
def enter(session: Session, place: str) -> AnyResponse | tuple[str, int]:
    stock.must_be_own(session, me(), place)
    lines = scanning.typed()
    lies = {sku for _place, sku in stock.at_places(session, [place])}
    scanning.check(session, lines, 0, _words(), also=lies)
    if scanning.is_only_scanning():
        return _form(session, place, forms.typed(), lines), 200
    try:
        about = forms.read(About)
        if lines.problems:
            raise errors.Invalid(errors={"lines": [_("Please look at the marked lines.")]})
        with session.begin_nested():
            count = counts.enter(
                session,
                me(),
                place,
                lines.pieces,
                "is_full" in about,
                about.get("note", ""),
                house().clock(),
            )
    except (errors.Invalid, errors.ReferenceUnknown) as wrong:
        told = {"lines": _("Count at least one part.")} if not lines.problems else {}
        typed = forms.Typed(request.form, {**forms.problems_of(wrong), **told})
        return _form(session, place, typed, lines), 422
    return answers.go_to("office.counts.show", count_id=count.id)


def _words() -> Words:
    return Words(
        _("The catalogue has no part with this number."), _("A whole number from 0 to 999,999.")
    )


def _form(session: Session, place: str, typed: forms.Typed, lines: Lines) -> str:
    return render_template(
        "office/count_new.html",
        place=places.one(session, place),
        lie=len(stock.at_places(session, [place])),
        most_listed=MOST_LISTED,
        typed=typed,
        lines=lines,
    )


@blp.get("/counts/<count_id>")
@reads
@needs("movement.read")
def show(session: Session, count_id: str) -> str:
    return _shown(session, stock.get_count(session, me(), count_id), forms.Typed())


def _shown(session: Session, count: StockCount, typed: forms.Typed) -> str:
    return render_template(
        "office/count.html",
        count=count,
        place=places.one(session, count.place),
        names=scanning.names(session, {line["sku"] for line in count.lines}),
        people=_people(session, [count]),
        typed=typed,
    )


@blp.post("/counts/<count_id>/own")
@writes
@needs("movement.write")
def own(session: Session, count_id: str) -> AnyResponse:
    count = stock.get_count(session, me(), count_id, to_change=True)
    counts.take_on(session, me(), count, house().clock())
    return answers.go_to("office.counts.show", count_id=count.id)


@blp.post("/counts/<count_id>/settle")
@writes
@needs("movement.write")
def settle(session: Session, count_id: str) -> AnyResponse | tuple[str, int]:
    """The ledger follows what was found; why it was otherwise is kept."""
    return _close(session, count_id, counts.settle)


@blp.post("/counts/<count_id>/drop")
@writes
@needs("movement.write")
def drop(session: Session, count_id: str) -> AnyResponse | tuple[str, int]:
    """It was counted wrong."""
    return _close(session, count_id, counts.drop)


def _close(session: Session, count_id: str, act: Any) -> AnyResponse | tuple[str, int]:
    count = stock.get_count(session, me(), count_id, to_change=True)
    try:
        reason = forms.read(Reason)["reason"]
    except errors.Invalid as wrong:
        return _shown(session, count, forms.Typed(request.form, forms.problems_of(wrong))), 422
    act(session, me(), count, reason, house().clock())
    return answers.go_to("office.counts.show", count_id=count.id)
