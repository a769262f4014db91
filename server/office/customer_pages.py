"""The customer's page from the office: its links, and what the customer did by them."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import customer_acts, customer_links
from server.auth import me, needs
from server.db import customer_links as rows
from server.db import receipts
from server.db.customer_acts import CustomerAct, MoveRequest, moves_of_ticket, of_ticket
from server.db.customer_links import CustomerLink
from server.db.jobs import Job
from server.db.people import names_of
from server.db.tickets import Ticket, get_for
from server.domain.customer_links import MadeFor, Purpose
from server.house import house
from server.office import answers, forms, told
from server.schemas import Shape, Text, one_of
from server.transactions import writes

blp = Blueprint("customer_pages", __name__)


class NewLink(Shape):
    purpose = Text(64, required=True, validate=one_of(*Purpose))


@dataclass(frozen=True, slots=True)
class Link:
    """One link as the office sees it; `address` is what the customer opens."""

    row: CustomerLink
    address: str
    made_by: str
    is_open: bool


def of(session: Session, ticket: Ticket, jobs: list[Job]) -> dict[str, Any]:
    """What the ticket's page shows of it, with a question for each kind of thing."""
    now, here = house().clock(), house().config
    links = rows.of_ticket(session, ticket.id)
    moves = moves_of_ticket(session, ticket.id)
    names = names_of(
        session, {each.made_by for each in links} | {each.assignee_id for each in moves}
    )
    by_id = {each.id: each for each in jobs}
    acts: list[CustomerAct] = of_ticket(session, ticket.id)
    return {
        "customer_links": [
            Link(
                each,
                here.public_url + customer_links.path_of(here.secret, each),
                names.get(each.made_by, ""),
                each.revoked_at is None and each.expires_at > now,
            )
            for each in links
        ],
        "customer_acts": acts[::-1],
        "moves": [
            asked_in(each, by_id[each.job_id], names) for each in moves if each.state == "open"
        ],
        "link_purposes": [
            each.value
            for each in Purpose
            if each != Purpose.SIGN or receipts.newest_of_ticket(session, ticket.id)
        ],
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """Another appointment that a customer asks for, with who would go; `is_overtaken`: nothing to grant."""

    request: MoveRequest
    job: Job
    would_go: str
    is_handed_over: bool
    is_overtaken: bool


def asked_in(request: MoveRequest, job: Job, names: dict[str | None, str]) -> Asked:
    return Asked(
        request,
        job,
        names.get(request.assignee_id, ""),
        request.assignee_id != job.assignee_id,
        customer_acts.is_overtaken(request, job),
    )


@blp.post("/tickets/<ticket_id>/links")
@writes
@needs("ticket.write")
def make(session: Session, ticket_id: str) -> AnyResponse:
    """A link to hand over: to look, to act, or to sign the newest receipt."""
    ticket = get_for(session, me(), ticket_id, to_change=True)
    purpose = forms.read(NewLink)["purpose"]
    secret, now = house().config.secret, house().clock()
    customer_links.link_for(session, secret, ticket, purpose, now, by=me(), made_for=MadeFor.OFFICE)
    return _back_to(ticket.id)


@blp.post("/tickets/<ticket_id>/preview")
@writes
@needs("customer.read")
def preview(session: Session, ticket_id: str) -> AnyResponse:
    """What the customer sees, for a quarter of an hour; nothing can be sent from there."""
    ticket = get_for(session, me(), ticket_id)
    link = customer_links.make(
        session, ticket, Purpose.ACT, house().clock(), by=me(), made_for=MadeFor.PREVIEW
    )
    return redirect(customer_links.path_of(house().config.secret, link), code=303)


@blp.post("/customer-links/<link_id>/revoke")
@writes
@needs("ticket.write")
def revoke(session: Session, link_id: str) -> AnyResponse:
    link = rows.get_for(session, me(), link_id)
    customer_links.revoke(session, me(), link, house().clock())
    told.tell("link_revoked", link.ticket_id)
    return _back_to(link.ticket_id)


@blp.post("/customer-links/<link_id>/renew")
@writes
@needs("ticket.write")
def renew(session: Session, link_id: str) -> AnyResponse:
    """The same address counts again, also one that was taken back by mistake."""
    link = rows.get_for(session, me(), link_id)
    customer_links.renew(session, me(), link, house().clock())
    told.tell("link_renewed", link.ticket_id)
    return _back_to(link.ticket_id)


def _back_to(ticket_id: str) -> AnyResponse:
    return answers.go_to("office.tickets.show", ticket_id=ticket_id, _anchor="customers-page")
