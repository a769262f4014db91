"""What households do on their page before somebody comes: one confirms, one leaves a note, one asks for
another time, and one has the link to sign later in its messages.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import customer_acts, customer_links, offers
from server.actions.customer_links import Opened
from server.db.customers import Customer
from server.db.jobs import Job
from server.db.people import Organisation
from server.db.receipts import Receipt
from server.db.tickets import Ticket
from server.domain.customer_links import MadeFor, Purpose
from server.house import House

NOTES = ("门禁密码 4711，请从北门进。", "Please ring twice: the bell is quiet.")
WISHES = ("上午要送孩子上学。", "I am only back in the afternoon.")


def act_on_their_pages(house: House, now: datetime) -> None:
    """By links that a notice would have brought; a handful of households, so that the office has an answer
    to give on the first morning.
    """
    house.database.write(lambda session: _act(session, house.config.secret, now))


def _act(session: Session, secret: str, now: datetime) -> None:
    coming = select(Job).where(Job.state.in_(("issued", "accepted")), Job.window_start > now)
    jobs = list(session.scalars(coming.order_by(Job.window_start, Job.id).limit(6)))
    for number, job in enumerate(jobs):
        opened = _opened(session, job, now)
        is_chinese = opened.customer.language == "zh"
        if number % 3 != 2:
            customer_acts.confirm(session, opened, job, now)
        if number % 3 == 1:
            customer_acts.note(session, opened, job, NOTES[0 if is_chinese else 1], now)
        if number % 3 == 2:
            _ask(session, opened, job, WISHES[0 if is_chinese else 1], now)
    later = select(Receipt).where(Receipt.state == "unsigned", Receipt.unsigned_reason == "later")
    for receipt in session.scalars(later.limit(1)):
        ticket = session.get_one(Ticket, session.get_one(Job, receipt.job_id).ticket_id)
        customer_links.link_for(session, secret, ticket, Purpose.SIGN, now, job_id=receipt.job_id)


def _opened(session: Session, job: Job, now: datetime) -> Opened:
    ticket = session.get_one(Ticket, job.ticket_id)
    return Opened(
        customer_links.make(session, ticket, Purpose.ACT, now, made_for=MadeFor.NOTICE),
        ticket,
        session.get_one(Customer, ticket.customer_id),
        session.get_one(Organisation, ticket.branch_id),
    )


def _ask(session: Session, opened: Opened, job: Job, words: str, now: datetime) -> None:
    slots = offers.of_job(session, opened.ticket, job, now)
    if slots:
        customer_acts.ask_to_move(session, opened, job, slots[-1].name, words, now)
