"""Route sheets: a day on paper, a page for each installer, for when there is no tablet or no power."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from server.auth import me, needs
from server.db.customers import Asset, Customer, Site
from server.db.jobs import Job, between, visible_to
from server.db.parts import Part
from server.db.people import Person
from server.db.tickets import Ticket
from server.house import house
from server.office import forms, wording
from server.transactions import reads

blp = Blueprint("route_sheets", __name__)

A_DAY_AT_MOST = 500
STAYS_HOME = ("cancelled", "declined")


@dataclass(frozen=True, slots=True)
class Stop:
    """One job on somebody's way."""

    job: Job
    ticket: Ticket
    customer: Customer
    site: Site
    asset: Asset | None


@blp.get("/route-sheets")
@reads
@needs("job.read")
def show(session: Session) -> str:
    """The jobs of one day by installer, in the order of the way; of one installer where `who` says so."""
    now, zone = house().clock(), ZoneInfo(wording.zone_of_office())
    day = forms.day_in(request.args.get("day", ""), now.astimezone(zone).date())
    begin = datetime.combine(day, time(), zone)
    of_day = between(visible_to(me(), now), begin, begin + timedelta(days=1))
    of_day = of_day.where(Job.state.not_in(STAYS_HOME))
    who = forms.words_in(request.args, "who")
    if who:
        of_day = of_day.where(Job.assignee_id == who)
    in_order = of_day.order_by(Job.window_start, Job.id).limit(A_DAY_AT_MOST)
    stops = _stops(session, list(session.scalars(in_order)))
    people = select(Person).where(Person.id.in_(stops)).order_by(Person.name, Person.id)
    return render_template(
        "office/route_sheets.html",
        day=day,
        installers=list(session.scalars(people)),
        stops=stops,
        parts=_parts(session, stops),
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        who=who,
    )


def _stops(session: Session, jobs: list[Job]) -> dict[str, list[Stop]]:
    """By installer, with one question for all that the jobs are about."""
    about = (
        select(Job.id, Ticket, Customer, Site, Asset)
        .join(Ticket, Ticket.id == Job.ticket_id)
        .join(Customer, Customer.id == Ticket.customer_id)
        .join(Site, Site.id == Job.site_id)
        .outerjoin(Asset, Asset.id == Job.asset_id)
        .options(joinedload(Asset.product, innerjoin=False))  # there are jobs without an asset
        .where(Job.id.in_([job.id for job in jobs]))
    )
    known: dict[str, Any] = {row[0]: row[1:] for row in session.execute(about)}
    found: dict[str, list[Stop]] = defaultdict(list)
    for job in jobs:
        found[job.assignee_id].append(Stop(job, *known[job.id]))
    return found


def _parts(session: Session, stops: dict[str, list[Stop]]) -> dict[str, Part]:
    skus = {
        line["sku"] for way in stops.values() for stop in way for line in stop.job.planned_parts
    }
    return {each.sku: each for each in session.scalars(select(Part).where(Part.sku.in_(skus)))}
