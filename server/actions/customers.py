"""The customer file: who it is that the shop works for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import promises, references, rows, sheets
from server.db import audit, figures
from server.db.customers import Customer, get_customer, hold_in_place
from server.db.people import Person, get_organisation
from server.domain import errors
from server.domain.people import Role
from server.ids import new_id

ON_SHEETS = {"name", "phone", "language"}


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Customer:
    """A new customer of the caller's branch; a supervisor may name another branch."""
    branch_id = _branch(session, by, form.get("branch_id", by.organisation_id))
    facts = {**form, "branch_id": branch_id}
    customer = rows.add(session, Customer(id=new_id(), created_at=now, **facts))
    audit.record(session, by.id, "customer.added", customer.id, now)
    return customer


def _branch(session: Session, by: Person, branch_id: str) -> str:
    branch = references.named(get_organisation, session, by, branch_id, "branch_id")
    is_theirs = by.role == Role.SUPERVISOR or branch.id == by.organisation_id
    if branch.kind != "branch" or not is_theirs:
        raise errors.ReferenceUnknown(field="branch_id")
    return branch.id


def change(
    session: Session, by: Person, customer: Customer, form: Mapping[str, Any], now: datetime
) -> None:
    """Raises `CustomerErased` where nothing is written any more."""
    if customer.erased_at is not None:
        raise errors.CustomerErased()
    changed = rows.change(session, customer, form)
    if ON_SHEETS.intersection(changed):
        sheets.touch(session, sheets.of_customer(customer.id))
    if "is_vip" in changed:
        promises.keep_of_customer(session, customer.id, now)
        figures.touch_all(session, figures.of_customer(customer.id))
    if changed:
        audit.record(session, by.id, "customer.changed", customer.id, now, changed=changed)


def lasting(session: Session, by: Person, customer: Customer) -> Customer:
    """The customer, whom nobody merges or erases before this commit; the one whom somebody just did merge it
    into. Raises `CustomerErased`.
    """
    hold_in_place(session, customer.id)
    present = get_customer(session, by, customer.id)
    if present.erased_at is not None:
        raise errors.CustomerErased()
    return present


def hold(session: Session, by: Person, customer: Customer, reason: str, now: datetime) -> None:
    """Nothing of this customer is erased until the hold is lifted: a claim, a court, an audit."""
    if customer.erased_at is not None:
        raise errors.CustomerErased()
    if customer.hold_reason == reason:
        return
    customer.hold_reason, customer.held_by, customer.held_at = reason, by.id, now
    customer.rev += 1
    audit.record(session, by.id, "customer.held", customer.id, now)


def lift_hold(session: Session, by: Person, customer: Customer, now: datetime) -> None:
    """Safe to repeat."""
    if customer.hold_reason is None:
        return
    customer.hold_reason = customer.held_by = customer.held_at = None
    customer.rev += 1
    audit.record(session, by.id, "customer.released", customer.id, now)
