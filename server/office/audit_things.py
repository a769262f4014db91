"""What the lines of the audit are about, as people call it: a name or a number, and the page of it.

With one question for each kind of thing, however many lines there are.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db.audit import AuditLine
from server.db.customers import Asset, Customer, Product, Site
from server.db.exceptions import FieldException
from server.db.jobs import Job, Visit
from server.db.parts import PartRequest
from server.db.people import Device, Organisation, names_of
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.domain import parts as part_rules
from server.office import places
from server.office.settings.telling import setting_name
from server.office.wording import short_id

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Key = tuple[str, str]  # a noun, and the id of one

# noun -> the table, and the column that leads to its ticket.
_OF_TICKETS: dict[str, tuple[Any, Any]] = {
    "job": (Job.id, Job.ticket_id),
    "revisit": (Revisit.id, Revisit.ticket_id),
    "part_request": (PartRequest.id, PartRequest.ticket_id),
    "exception": (FieldException.id, FieldException.ticket_id),
}
_OF_JOBS: dict[str, tuple[Any, Any]] = {
    "visit": (Visit.id, Visit.job_id),
    "photo": (Photo.id, Photo.job_id),
    "receipt": (Receipt.id, Receipt.job_id),
}
# noun -> its id, and what somebody calls it.
_NAMED: dict[str, tuple[Any, Any]] = {
    "customer": (Customer.id, Customer.name),
    "site": (Site.id, Site.address),
    "asset": (Asset.id, Asset.serial),
    "product": (Product.id, Product.model),
    "organisation": (Organisation.id, Organisation.name),
    "device": (Device.id, Device.name),
}
# noun -> the page of it, and what the page calls its number.
PAGES = {
    "ticket": ("office.tickets.show", "ticket_id"),
    "customer": ("office.customers.show", "customer_id"),
    "site": ("office.sites.show", "site_id"),
    "asset": ("office.assets.show", "asset_id"),
    "part": ("office.parts.show", "sku"),
    "product": ("office.products.show", "product_id"),
    "person": ("office.people.show", "person_id"),
    "organisation": ("office.organisations.show", "organisation_id"),
    "device": ("office.devices.show", "device_id"),
    "setting": ("office.settings.history", "setting"),
    "count": ("office.counts.show", "count_id"),
    "import": ("office.imports.show", "import_id"),
    "invitation": ("office.invitations.show", "invitation_id"),
}
# What has no name of its own is called by the person whom the line names.
_BY_PERSON = {"certificate": "holder", "absence": "person", "invitation": "name"}
_NAMELESS = frozenset({"sign_in", "movement", "second_factor", "event", *_BY_PERSON})


@dataclass(frozen=True, slots=True)
class Things:
    """`names` are those of people and of everything else that has one, by id; `places` of stock."""

    names: Mapping[str | None, str]
    places: Mapping[str, str]
    tickets: Mapping[Key, str] = field(default_factory=dict)
    jobs: Mapping[Key, str] = field(default_factory=dict)

    def called(self, line: AuditLine) -> str:
        """What the thing of a line is called; the end of its number where nobody calls it anything."""
        key = (line.noun, line.noun_id)
        if line.noun == "setting":
            return setting_name(line.noun_id)
        if line.noun in _BY_PERSON:
            said = line.details.get(_BY_PERSON[line.noun])
            return self.names.get(said) or ("" if is_id(said) else str(said or ""))
        if found := self.names.get(line.noun_id) or self.jobs.get(key):
            return found
        if not is_id(line.noun_id):
            return line.noun_id
        return self.tickets.get(key) or ("" if line.noun in _NAMELESS else short_id(line.noun_id))

    def address(self, line: AuditLine) -> str | None:
        """The page of the thing, or of its ticket; none where there is no such page."""
        if ticket_id := self.tickets.get((line.noun, line.noun_id)):
            job_id = self.jobs.get((line.noun, line.noun_id))
            return url_for("office.tickets.show", ticket_id=ticket_id, _anchor=job_id)
        page, name = PAGES.get(line.noun, ("", ""))
        is_known = page in current_app.view_functions and line.noun_id and "/" not in line.noun_id
        values: dict[str, Any] = {name: line.noun_id}
        return url_for(page, **values) if is_known else None


def of(session: Session, lines: Iterable[AuditLine]) -> Things:
    lines = list(lines)
    ids = {each for line in lines for each in (line.person_id, line.noun_id, *_said(line.details))}
    ids = {each for each in ids if is_id(each)}
    names: dict[str | None, str] = dict(names_of(session, ids))
    for its_id, name in _NAMED.values() if ids else ():
        rows = session.execute(select(its_id, name).where(its_id.in_(ids)))
        names |= {one: called for one, called in rows if called}
    stocks = {each for line in lines for each in _said(line.details) if _is_place(each)}
    told = {place: each.name for place, each in places.named(session, stocks).items()}
    return Things(names, told, *_tickets_and_jobs(session, lines))


def _tickets_and_jobs(
    session: Session, lines: list[AuditLine]
) -> tuple[dict[Key, str], dict[Key, str]]:
    """(noun, id) -> the ticket, and the job, behind what a line is about."""
    tickets: dict[Key, str] = {}
    jobs: dict[Key, str] = {}
    for noun, (its_id, ticket_id) in _OF_TICKETS.items():
        if ids := _ids(lines, noun):
            rows = session.execute(select(its_id, ticket_id).where(its_id.in_(ids)))
            tickets |= {(noun, one): ticket for one, ticket in rows if ticket}
    for noun, (its_id, job_id) in _OF_JOBS.items():
        if ids := _ids(lines, noun):
            through = select(its_id, Job.id, Job.ticket_id).join(Job, Job.id == job_id)
            for one, job, ticket in session.execute(through.where(its_id.in_(ids))):
                jobs[noun, one], tickets[noun, one] = job, ticket
    if ids := _ids(lines, "visit"):  # a verdict names the job
        rows = session.execute(select(Job.id, Job.ticket_id).where(Job.id.in_(ids)))
        tickets |= {("visit", job): ticket for job, ticket in rows}
        jobs |= {key: key[1] for key in tickets if key[0] == "visit" and not is_id(key[1])}
    return tickets, jobs


def _ids(lines: list[AuditLine], noun: str) -> set[str]:
    return {line.noun_id for line in lines if line.noun == noun}


def _said(details: Mapping[str, Any]) -> Iterable[Any]:
    """The values of a line, at the top and among the changes."""
    changes = details.get("changes")
    pairs = changes.values() if isinstance(changes, dict) else ()
    inner = (one for pair in pairs if isinstance(pair, list) for one in pair)
    return [each for each in (*details.values(), *inner) if isinstance(each, str)]


def is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _is_place(value: str) -> bool:
    return ":" in value and part_rules.is_place(value)
