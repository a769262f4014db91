"""Links by which customers reach their ticket, without an account."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import sights, tickets
from server.db.people import Person
from server.db.tables import Code, Id, Key, Table, Time, refers


class CustomerLink(Table):
    """One link. What it opens is signed by the server, so a copy of this row opens nothing."""

    __tablename__ = "customer_links"
    __table_args__ = (
        CheckConstraint("purpose in ('look', 'act', 'sign')", name="purpose"),
        CheckConstraint("(purpose = 'sign') = (job_id is not null)", name="job"),
        Index("ix_customer_links_of_ticket", "ticket_id", "purpose", "expires_at"),
    )

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"))
    purpose: Mapped[Code] = mapped_column(comment="look, act or sign")
    job_id: Mapped[Id | None] = mapped_column(
        refers("jobs.id"), comment="whose receipt a link to sign is for"
    )
    made_for: Mapped[Code] = mapped_column(comment="notice, office or preview")
    made_by: Mapped[Id | None] = mapped_column(
        refers("people.id"), comment="null: the house itself, for a notice"
    )
    made_at: Mapped[Time]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
    revoked_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    seen_at: Mapped[Time | None] = mapped_column(
        comment="when somebody last read it in a browser, to the hour; a scanner's look is none"
    )
    used_at: Mapped[Time | None] = mapped_column(comment="when somebody last did something by it")


def visible_to(person: Person) -> Select[CustomerLink]:
    """Who sees the ticket sees the links that were handed out for it."""
    return select(CustomerLink).where(tickets.is_seen_by(person, CustomerLink.ticket_id))


def get_for(session: Session, person: Person, link_id: str) -> CustomerLink:
    """Locked until the commit. Raises `NotFound` for what `person` may not see."""
    found = visible_to(person).where(CustomerLink.id == link_id).with_for_update()
    return sights.one(session, found)


def of_ticket(session: Session, ticket_id: str) -> list[CustomerLink]:
    """Those that were handed out, the newest first; the office's own looks are left out."""
    found = select(CustomerLink).where(
        CustomerLink.ticket_id == ticket_id, CustomerLink.made_for != "preview"
    )
    return list(session.scalars(found.order_by(CustomerLink.made_at.desc(), CustomerLink.id)))


def newest(
    session: Session, ticket_id: str, purpose: str, job_id: str | None, alive_at: datetime
) -> CustomerLink | None:
    """The one that lives longest, where it still lives at this moment."""
    found = select(CustomerLink).where(
        CustomerLink.ticket_id == ticket_id,
        CustomerLink.purpose == purpose,
        CustomerLink.job_id == job_id if job_id else CustomerLink.job_id.is_(None),
        CustomerLink.made_for != "preview",
        CustomerLink.revoked_at.is_(None),
        CustomerLink.expires_at > alive_at,
    )
    return session.scalar(found.order_by(CustomerLink.expires_at.desc()).limit(1))
