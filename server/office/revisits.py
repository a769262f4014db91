"""Revisits: who has to go again and why, to be called, decided or planned."""

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import revisits
from server.auth import me, needs
from server.db.customers import Customer
from server.db.revisits import Revisit, calls_due, get_for, to_plan, visible_to
from server.db.tickets import Ticket
from server.domain import revisits as rules
from server.house import house
from server.office import answers, forms, labels, lists, told
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("revisits", __name__)

DECISIONS = (rules.State.DUE, rules.State.DISMISSED)


class Decision(Shape):
    to = Text(64, required=True, validate=one_of(*DECISIONS))
    reason = Text()


class Call(Shape):
    outcome = Text(64, required=True, validate=one_of(*rules.Call))
    words = Text()


@blp.get("/revisits")
@reads
@needs("revisit.read")
def find(session: Session) -> str:
    """Those to be decided or planned, the oldest first; calls that are due; all of them on request."""
    seen = visible_to(me())
    shows = {"plan": to_plan(seen), "calls": calls_due(seen, house().clock()), "all": seen}
    page = lists.of(session, shows, (Revisit.opened_at, Revisit.id))
    about = select(Ticket, Customer).join(Customer, Customer.id == Ticket.customer_id)
    ids = {each.ticket_id for each in page.rows}
    tickets = {
        ticket.id: (ticket, customer)
        for ticket, customer in session.execute(about.where(Ticket.id.in_(ids)))
    }
    return render_template(
        "office/revisits.html",
        revisits=page.rows,
        tickets=tickets,
        deciders=revisits.deciders(
            session, [(each, tickets[each.ticket_id][0].branch_id) for each in page.rows]
        ),
        next=page.next,
        show=page.show,
        outcomes=labels.choices("call"),
    )


@blp.post("/revisits/<revisit_id>/decide")
@writes
@needs("revisit.decide")
def decide(session: Session, revisit_id: str) -> AnyResponse:
    """Somebody goes, or nobody, with a reason."""
    revisit = get_for(session, me(), revisit_id, to_change=True)
    form = forms.read(Decision)
    revisits.judge(session, me(), revisit, form["to"], form.get("reason"), house().clock())
    told.tell("revisit_decided", revisit.ticket_id)
    return answers.go_to("office.tickets.show", ticket_id=revisit.ticket_id)


@blp.post("/revisits/<revisit_id>/call")
@writes
@needs("revisit.decide")
def call(session: Session, revisit_id: str) -> AnyResponse:
    """What the customer said on the phone; then to the next call."""
    revisit = get_for(session, me(), revisit_id, to_change=True)
    form = forms.read(Call)
    revisits.note_call(session, me(), revisit, form["outcome"], form.get("words"), house().clock())
    told.tell("called", revisit.ticket_id)
    return answers.go_to("office.revisits.find", show="calls")
