"""The open jobs whose sheets show something that the office has changed."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Text, or_, select, type_coerce
from sqlalchemy.orm import Session

from server.db import feed
from server.db.customers import Asset
from server.db.jobs import Crew, Job
from server.db.tickets import Ticket

OVER = ("cancelled", "verified")  # their sheets stay as they were


def of_customer(customer_id: str) -> ColumnElement[bool]:
    return Job.ticket_id.in_(select(Ticket.id).where(Ticket.customer_id == customer_id))


def of_site(site_id: str) -> ColumnElement[bool]:
    return Job.site_id == site_id


def of_asset(asset_id: str) -> ColumnElement[bool]:
    return Job.asset_id == asset_id


def of_product(product_id: str) -> ColumnElement[bool]:
    return Job.asset_id.in_(select(Asset.id).where(Asset.product_id == product_id))


def of_products(product_ids: Iterable[str]) -> ColumnElement[bool]:
    return Job.asset_id.in_(select(Asset.id).where(Asset.product_id.in_(list(product_ids))))


def of_branch(organisation_id: str) -> ColumnElement[bool]:
    return Job.branch_id == organisation_id


def of_part(sku: str) -> ColumnElement[bool]:
    """Jobs that plan the part: their lines are JSON text, written without blanks."""
    return type_coerce(Job.planned_parts, Text).contains(f'"sku":"{sku}"', autoescape=True)


def of_people(person_ids: Iterable[str]) -> ColumnElement[bool]:
    """Jobs that one of them goes to, as assignee or in the crew."""
    people = list(person_ids)
    crewed = select(Crew.job_id).where(Crew.person_id.in_(people))
    return or_(Job.assignee_id.in_(people), Job.id.in_(crewed))


def touch(session: Session, which: ColumnElement[bool]) -> None:
    """Has the sheets of these open jobs looked at again before the commit."""
    for job_id in session.scalars(select(Job.id).where(Job.state.not_in(OVER), which)):
        feed.touch_sheet(session, job_id)


def touch_parts(session: Session, skus: Collection[str]) -> None:
    """The same for the jobs that plan one of many parts: their lists are read once."""
    planned = select(Job.id, Job.planned_parts).where(Job.state.not_in(OVER))
    for job_id, lines in session.execute(planned) if skus else ():
        if any(line["sku"] in skus for line in lines):
            feed.touch_sheet(session, job_id)
