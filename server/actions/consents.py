"""What customers agree to, and what they take back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.db import audit, consents
from server.db.consents import Consent
from server.db.customers import Customer
from server.db.people import Person
from server.domain import errors
from server.ids import new_id


def note(
    session: Session, by: Person, customer: Customer, form: Mapping[str, Any], now: datetime
) -> None:
    """One more word of the customer; the same word once more changes nothing.

    Raises `CustomerErased` where nothing is written any more.
    """
    if customer.erased_at is not None:
        raise errors.CustomerErased()
    known = consents.standing(consents.of_customer(session, customer.id))
    last = known.get((form["purpose"], form["channel"]))
    if last is not None and (last.is_given, last.words) == (form["is_given"], form["words"]):
        return
    session.add(Consent(id=new_id(), customer_id=customer.id, noted_by=by.id, noted_at=now, **form))
    act = "customer.agreed" if form["is_given"] else "customer.withdrew"
    audit.record(
        session, by.id, act, customer.id, now, purpose=form["purpose"], channel=form["channel"]
    )
