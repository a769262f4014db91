"""Links for customers: made, opened, revoked, renewed.

The address carries the id of a row and a mark over it: nothing about anybody, and nothing to guess.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import signed_links
from server.db import audit, receipts
from server.db.customer_links import CustomerLink, newest
from server.db.customers import Customer
from server.db.people import Organisation, Person
from server.db.tickets import Ticket
from server.domain import customer_links as rules
from server.domain import errors
from server.domain.customer_links import MadeFor, Purpose
from server.ids import new_id

MARK = "customer link: "  # the purpose of the mark, before that of the link
SEEN_EACH = timedelta(hours=1)


def link_for(
    session: Session,
    secret: str,
    ticket: Ticket,
    purpose: str,
    now: datetime,
    *,
    job_id: str | None = None,
    by: Person | None = None,
    made_for: str = MadeFor.NOTICE,
) -> str:
    """The path of a link to look, to act or to sign, such as `/c/act/…`; what stands before it is
    `config.public_url`. One that has a week left is handed out again.

    A link to sign is for the receipt of `job_id`, by itself that of the newest job that has one. Raises
    `StepNotPossible` where there is none.
    """
    its_job = _job_to_sign(session, ticket, job_id) if purpose == Purpose.SIGN else None
    link = newest(session, ticket.id, purpose, its_job, now + rules.WORTH_HANDING_OUT)
    if link is None:
        link = make(session, ticket, purpose, now, job_id=its_job, by=by, made_for=made_for)
    return path_of(secret, link)


def _job_to_sign(session: Session, ticket: Ticket, job_id: str | None) -> str:
    receipt = receipts.newest_of_ticket(session, ticket.id, job_id)
    if receipt is None:
        raise errors.StepNotPossible(state=ticket.state)
    return receipt.job_id


def make(
    session: Session,
    ticket: Ticket,
    purpose: str,
    now: datetime,
    *,
    job_id: str | None = None,
    by: Person | None = None,
    made_for: str = MadeFor.OFFICE,
) -> CustomerLink:
    is_preview = made_for == MadeFor.PREVIEW
    link = CustomerLink(
        id=new_id(),
        ticket_id=ticket.id,
        purpose=purpose,
        job_id=job_id,
        made_for=made_for,
        made_by=by.id if by else None,
        made_at=now,
        expires_at=now + (rules.PREVIEW if is_preview else rules.LIFE[Purpose(purpose)]),
    )
    session.add(link)
    session.flush()
    act = "ticket.previewed" if is_preview else "ticket.link_made"
    audit.record(
        session, link.made_by, act, ticket.id, now, link=link.id, purpose=purpose, made_for=made_for
    )
    return link


def path_of(secret: str, link: CustomerLink) -> str:
    token = signed_links.token(secret, MARK + link.purpose, link.id)
    return f"/c/{link.purpose}/{token}"


# Opening.


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link that counts leads to."""

    link: CustomerLink
    ticket: Ticket
    customer: Customer
    branch: Organisation


def opened(session: Session, secret: str, purpose: str, token: str, now: datetime) -> Opened:
    """Raises `NotFound` for a link that is none of ours, `CustomerLinkOver` for one that is over.

    The same questions are asked whatever is wrong with it.
    """
    its_id = signed_links.id_in(secret, MARK + purpose, token)
    found = session.execute(
        select(CustomerLink, Ticket, Customer, Organisation)
        .join(Ticket, Ticket.id == CustomerLink.ticket_id)
        .join(Customer, Customer.id == Ticket.customer_id)
        .join(Organisation, Organisation.id == Ticket.branch_id)
        .where(CustomerLink.id == (its_id or token.partition(".")[0][:40]))
    ).first()
    if its_id is None or found is None or found[0].purpose != purpose:
        raise errors.NotFound()
    link, _ticket, customer, branch = found
    standing = rules.Standing(link.expires_at, link.revoked_at is not None, customer.is_over)
    if why := rules.why_over(standing, now):
        raise errors.CustomerLinkOver(
            why=why.value, shop=branch.name, phone=branch.phone, language=customer.language
        )
    return Opened(*found)


def is_newly_seen(link: CustomerLink, now: datetime) -> bool:
    """Whether it is worth noting that a browser shows it to somebody: once an hour, and not to ourselves."""
    if link.made_for == MadeFor.PREVIEW:
        return False
    return link.seen_at is None or now - link.seen_at >= SEEN_EACH


# The office.


def revoke(session: Session, by: Person, link: CustomerLink, now: datetime) -> None:
    """From now on it opens nothing."""
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = now, by.id
        audit.record(
            session, by.id, "ticket.link_revoked", link.ticket_id, now,
            link=link.id, purpose=link.purpose,
        )  # fmt: skip


def renew(session: Session, by: Person, link: CustomerLink, now: datetime) -> None:
    """The same address counts again, with its whole life before it."""
    ends = now + rules.LIFE[Purpose(link.purpose)]
    if link.revoked_at is None and link.expires_at >= ends:
        return
    link.revoked_at, link.revoked_by, link.expires_at = None, None, ends
    audit.record(
        session, by.id, "ticket.link_renewed", link.ticket_id, now,
        link=link.id, purpose=link.purpose,
    )  # fmt: skip
