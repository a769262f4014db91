"""What the office wrote of a ticket, edited in place by two who lose no word of each other."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import tickets
from server.auth import me, needs
from server.db.customers import Asset, Site
from server.db.tickets import Ticket, get_for
from server.domain import errors
from server.domain import tickets as rules
from server.house import house
from server.office import answers, edits, forms, labels
from server.office.edits import Clash
from server.office.wording import address, in_language
from server.schemas import Code, Ident, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("ticket_changes", __name__)


class Changes(Shape):
    summary = Text(200, least=1)
    description = Text()
    kind = Text(64, validate=one_of(*rules.KINDS))
    ticket_class = Text(64, validate=one_of(*rules.CLASSES), data_key="class")
    category = Text(64, validate=one_of(*rules.CATEGORIES), allow_none=True)
    fault = Code(allow_none=True)
    site_id = Ident(allow_none=True)
    asset_id = Ident(allow_none=True)


KEEP_EMPTY = ("description", "category", "fault", "site_id", "asset_id")


@blp.get("/tickets/<ticket_id>/edit")
@reads
@needs("ticket.write")
def edit(session: Session, ticket_id: str) -> str:
    """The form in place of what it edits; a page of its own without a script."""
    return _form(session, get_for(session, me(), ticket_id), forms.Typed())


@blp.post("/tickets/<ticket_id>/change")
@writes
@needs("ticket.write")
def change(session: Session, ticket_id: str) -> AnyResponse | tuple[str, int]:
    """Two people may edit at once: what only one of them touched is kept from both.

    Where both touched the same field, the form comes back with both texts, and nothing is lost.
    """
    ticket = get_for(session, me(), ticket_id, to_change=True)
    try:
        form = forms.read(Changes, keep_empty=KEEP_EMPTY)
        edit = edits.read(session, ticket, Changes, form, "ticket", ticket.id)
        if edit.mine and not edit.clashes:
            tickets.change(session, me(), ticket, edit.mine, house().clock())
    except (errors.Invalid, errors.ReferenceUnknown) as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        return _form(session, ticket, typed), 422
    if edit.clashes:
        return _form(session, ticket, forms.typed(), edit.clashes), 409
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)


def _form(
    session: Session,
    ticket: Ticket,
    typed: forms.Typed,
    clashes: Mapping[str, Clash] | None = None,
) -> str:
    page = "ticket_facts_form.html" if answers.is_fragment() else "ticket_edit.html"
    places = _places(session, ticket)
    return render_template(
        f"office/{page}",
        ticket=ticket,
        edit=edits.form_of(ticket, Changes, typed, clashes),
        choices=labels.choices,
        sites=[(each.id, address(each)) for each in places],
        assets=_things(session, places),
    )


def _places(session: Session, ticket: Ticket) -> list[Site]:
    of_customer = select(Site).where(Site.customer_id == ticket.customer_id).order_by(Site.id)
    return list(session.scalars(of_customer))


def _things(session: Session, places: list[Site]) -> list[tuple[str, str]]:
    there = select(Asset).where(Asset.site_id.in_([each.id for each in places])).order_by(Asset.id)
    return [
        (each.id, " · ".join(filter(None, (in_language(each.product, "name"), each.serial))))
        for each in session.scalars(there)
    ]
