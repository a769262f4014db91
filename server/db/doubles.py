"""Customers who may be the same as another one: found by index, each with what speaks for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.db.customers import Asset, Customer, Site, customers_visible_to
from server.db.people import Person
from server.domain import customers as rules

AT_MOST = 10  # of each reason


@dataclass(slots=True)
class Double:
    """Somebody who may be the same; `reasons`: phone, name_and_address, serial."""

    customer: Customer
    reasons: list[str] = field(default_factory=list)


def of_customer(session: Session, by: Person, customer: Customer) -> list[Double]:
    """Who may be this customer once more, those with most reasons first."""
    sites = select(Site.address).where(Site.customer_id == customer.id)
    found = _by_reason(
        session,
        _candidates(by, customer.branch_id).where(Customer.id != customer.id),
        customer.name,
        customer.phone,
        session.scalars(sites).all(),
    )
    same_thing = set(session.scalars(_with_same_thing(customer.id))) - {customer.id}
    if (
        same_thing
    ):  # hardly ever; asked for first, because SQLite would walk through the whole branch
        owners = _candidates(by, customer.branch_id).where(Customer.id.in_(same_thing))
        _add(found, session.scalars(owners.limit(AT_MOST)), "serial")
    return _in_order(found)


def like(
    session: Session, by: Person, name: str, phone: str, addresses: Iterable[str]
) -> list[Double]:
    """Who is known already with this phone number, or with this name and address, in one's own branch."""
    candidates = _candidates(by, by.organisation_id)
    return _in_order(_by_reason(session, candidates, name, phone, addresses))


def _candidates(by: Person, branch_id: str) -> Select[Customer]:
    here = Customer.branch_id == branch_id
    return customers_visible_to(by).where(here, Customer.erased_at.is_(None))


def _by_reason(
    session: Session,
    candidates: Select[Customer],
    name: str,
    phone: str,
    addresses: Iterable[str],
) -> dict[str, Double]:
    found: dict[str, Double] = {}
    key = rules.phone_key(phone)
    if key is not None:
        same_phone = candidates.where(Customer.phone_key == key).limit(AT_MOST)
        _add(found, session.scalars(same_phone), "phone")
    here = {rules.plain_words(each) for each in addresses}
    namesakes = candidates.where(Customer.name == name).limit(AT_MOST)
    known = {each.id: each for each in session.scalars(namesakes)}
    theirs = select(Site).where(Site.customer_id.in_(known))
    same = {
        site.customer_id
        for site in session.scalars(theirs)
        if rules.plain_words(site.address) in here
    }
    _add(found, [known[its_id] for its_id in sorted(same)], "name_and_address")
    return found


def _with_same_thing(customer_id: str) -> Select[str]:
    """Owners of a thing of the same model with the same serial number."""
    own = (
        select(Asset.product_id, Asset.serial)
        .join(Site, Site.id == Asset.site_id)
        .where(Site.customer_id == customer_id, func.length(Asset.serial) > 3)
        .subquery("own")
    )
    # Found by the serial alone: through the index of products SQLite would read all that were ever sold.
    same_product = func.coalesce(Asset.product_id, "") == own.c.product_id
    same = (Asset.serial == own.c.serial) & same_product
    return select(Site.customer_id).join(Asset, Asset.site_id == Site.id).join(own, same)


def _add(found: dict[str, Double], customers: Iterable[Customer], reason: str) -> None:
    for each in customers:
        found.setdefault(each.id, Double(each)).reasons.append(reason)


def _in_order(found: dict[str, Double]) -> list[Double]:
    return sorted(found.values(), key=lambda each: (-len(each.reasons), each.customer.id))
