"""Where the links in a notice lead: the one place that knows."""

from datetime import datetime

from sqlalchemy.orm import Session

from server import signed_links
from server.actions import customer_links, retakes
from server.config import Config
from server.db import receipts
from server.db.notices import Notice
from server.db.tickets import Ticket
from server.domain import notices as rules
from server.domain.customer_links import Purpose

TO_LOOK = frozenset({rules.ON_THE_WAY, rules.CANCELLED})


def link_for(session: Session, config: Config, notice: Notice, now: datetime) -> str:
    """The page of the customer that this notice is about; a link that still counts is given again."""
    if notice.kind == rules.RETAKE and notice.subject_id:
        token = signed_links.token(config.secret, retakes.PURPOSE, notice.subject_id)
        return f"{config.public_url}/c/{token}"
    ticket = session.get_one(Ticket, notice.ticket_id)
    purpose = _purpose(session, ticket, notice)
    path = customer_links.link_for(
        session, config.secret, ticket, purpose, now, job_id=notice.job_id
    )
    return config.public_url + path


def _purpose(session: Session, ticket: Ticket, notice: Notice) -> Purpose:
    if notice.kind in TO_LOOK:
        return Purpose.LOOK
    if notice.kind == rules.DONE:
        receipt = receipts.newest_of_ticket(session, ticket.id, notice.job_id)
        if receipt is not None and receipt.unsigned_reason == "later":
            return Purpose.SIGN
    return Purpose.ACT


def sample(config: Config) -> str:
    """As long as a link is, for a preview: nothing that opens anything."""
    return f"{config.public_url}/c/act/{'…' * 3}"
