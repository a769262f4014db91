"""The addresses where work is done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import references, rows, sheets
from server.actions.customers import lasting
from server.db import audit
from server.db.customers import Site, get_customer
from server.db.people import Person
from server.ids import new_id


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Site:
    """A new address of a customer. Raises `ReferenceUnknown` for a customer that `by` cannot see."""
    customer = references.named(get_customer, session, by, form["customer_id"], "customer_id")
    customer = lasting(session, by, customer)
    site = rows.add(session, Site(id=new_id(), **{**form, "customer_id": customer.id}))
    audit.record(session, by.id, "site.added", site.id, now, customer_id=site.customer_id)
    return site


def change(
    session: Session, by: Person, site: Site, form: Mapping[str, Any], now: datetime
) -> None:
    changed = rows.change(session, site, form)
    if changed:
        sheets.touch(session, sheets.of_site(site.id))
        audit.record(session, by.id, "site.changed", site.id, now, changed=changed)
