"""What places of stock are called on a page, however many there are: one question for each kind of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.auth import me
from server.db.customers import Customer, Site
from server.db.people import Organisation, Person
from server.db.stock import vans_of, warehouses_of
from server.domain import parts as rules
from server.domain.people import may
from server.office.wording import address, listed

MOST_CHOICES = 500


@dataclass(frozen=True, slots=True)
class Named:
    """A place as it is told, with the page that shows what lies there, if there is one."""

    place: str
    name: str
    href: str | None


def named(session: Session, places: Iterable[str]) -> dict[str, Named]:
    """place -> its name, for all of these."""
    known = {each: rules.parse_place(each) for each in places}
    owners = _owners(session, known.values())
    return {each: _named(place, owners) for each, place in known.items()}


def one(session: Session, place: str) -> Named:
    return named(session, [place])[place]


def _owners(session: Session, places: Iterable[rules.Place]) -> dict[tuple[str, str], str]:
    ids: dict[str, set[str]] = {"warehouse": set(), "van": set(), "customer": set()}
    for place in places:
        if place.kind in ids:
            ids[place.kind].add(place.subject)
    found: dict[tuple[str, str], str] = {}
    for kind, row in (("warehouse", Organisation), ("van", Person)):
        if ids[kind]:
            rows = session.execute(select(row.id, row.name).where(row.id.in_(ids[kind])))
            found.update({(kind, its_id): name for its_id, name in rows})
    if ids["customer"] and may(me().role, "customer.read"):
        sites = select(Site, Customer.name).join(Customer, Customer.id == Site.customer_id)
        for site, name in session.execute(sites.where(Site.id.in_(ids["customer"]))):
            found["customer", site.id] = listed([name, address(site)])
    return found


def _named(place: rules.Place, owners: dict[tuple[str, str], str]) -> Named:
    name = owners.get((place.kind, place.subject), "")
    told = {
        "warehouse": lambda: _("Warehouse %(name)s", name=name or place.subject),
        "van": lambda: _("Van of %(name)s", name=name or place.subject),
        "reserved": lambda: _("Set aside for %(job)s", job=place.subject),
        "transit": lambda: _("On the way for %(ticket)s", ticket=place.subject),
        "customer": lambda: " · ".join([_("At the customer’s"), *([name] if name else [])]),
        "supplier": lambda: _("Supplier"),
        "scrap": lambda: _("Scrap"),
        "count": lambda: _("Count"),
    }[place.kind]()
    href = url_for("office.stock.show", place=str(place)) if place.is_stock else None
    return Named(str(place), str(told), href)


def choices(session: Session, *, also: str = "") -> list[tuple[str, str]]:
    """The own warehouses and vans to choose from, and `also` a place that a page was opened with."""
    houses = session.execute(
        warehouses_of(me())
        .with_only_columns(Organisation.id, Organisation.name)
        .order_by(Organisation.id != me().organisation_id, Organisation.kind, Organisation.name)
    ).all()
    drivers = session.execute(
        vans_of(me())
        .with_only_columns(Person.id, Person.name)
        .where(Person.is_active)
        .order_by(Person.organisation_id != me().organisation_id, Person.name, Person.id)
        .limit(MOST_CHOICES)
    ).all()
    found = [(f"warehouse:{i}", _("Warehouse %(name)s", name=name)) for i, name in houses]
    found += [(f"van:{i}", _("Van of %(name)s", name=name)) for i, name in drivers]
    if also and rules.is_place(also) and also not in dict(found):
        found.append((also, one(session, also).name))
    return found
