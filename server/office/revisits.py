"""Revisits: who has to go again and why, to be decided or planned."""

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import revisits
from server.auth import me, needs
from server.db import keysets
from server.db.customers import Customer
from server.db.revisits import Revisit, get_for, visible_to
from server.db.tickets import Ticket
from server.domain import revisits as rules
from server.house import house
from server.office import answers, forms
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("revisits", __name__)

A_PAGE = 50
DECISIONS = (rules.State.DUE, rules.State.DISMISSED)


class Decision(Shape):
    to = Text(64, required=True, validate=one_of(*DECISIONS))
    reason = Text()


@blp.get("/revisits")
@reads
@needs("revisit.read")
def find(session: Session) -> str:
    """Those that wait, the oldest first; all of them on request."""
    show = "all" if request.args.get("show") == "all" else "open"
    found = visible_to(me())
    if show == "open":
        found = found.where(Revisit.state.in_(rules.OPEN_STATES))
    key = (Revisit.opened_at, Revisit.id)
    page = keysets.page(
        session, found, key, A_PAGE, request.args.get("after"), newest_first=show == "all"
    )
    about = select(Ticket, Customer).join(Customer, Customer.id == Ticket.customer_id)
    ids = {each.ticket_id for each in page.rows}
    tickets = {
        ticket.id: (ticket, customer)
        for ticket, customer in session.execute(about.where(Ticket.id.in_(ids)))
    }
    return render_template(
        "office/revisits.html", revisits=page.rows, tickets=tickets, next=page.next, show=show
    )


@blp.post("/revisits/<revisit_id>/decide")
@writes
@needs("revisit.decide")
def decide(session: Session, revisit_id: str) -> AnyResponse:
    """Somebody goes, or nobody, with a reason."""
    revisit = get_for(session, me(), revisit_id, to_change=True)
    form = forms.read(Decision)
    revisits.judge(session, me(), revisit, form["to"], form.get("reason"), house().clock())
    return answers.go_to("office.tickets.show", ticket_id=revisit.ticket_id)
