"""Two customers who turned out to be one: the one moves into the other, and can move out again.

The old id stays and leads to the kept customer. Sites, with the assets at them, tickets and consents move;
jobs, visits, photos and receipts hang on the tickets and move with them. Receipts stay as they were signed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from server.actions import sheets
from server.db import audit, customers, figures, jobs
from server.db.consents import Consent
from server.db.customers import Customer, Site
from server.db.jobs import Job
from server.db.merges import Merge
from server.db.people import Person
from server.db.tickets import Ticket
from server.domain import customers as rules
from server.domain import errors
from server.ids import new_id

FIELDS = ("name", "phone", "email", "language", "is_vip", "notes")


def merge(
    session: Session,
    by: Person,
    kept: Customer,
    merged: Customer,
    fields: Mapping[str, Any],
    now: datetime,
) -> Merge:
    """Makes `merged` part of `kept`; `fields` is what the kept one says from now on, where it differs.

    Raises `MergeImpossible`.
    """
    lock(session, kept.id, merged.id)
    rules.must_be_mergeable(_standing(kept), _standing(merged))
    moved = {
        "sites": _move(session, Site, Site.customer_id == merged.id, kept.id),
        "tickets": _move(session, Ticket, Ticket.customer_id == merged.id, kept.id),
        "consents": _move(session, Consent, Consent.customer_id == merged.id, kept.id),
    }
    done = Merge(
        id=new_id(),
        kept_id=kept.id,
        merged_id=merged.id,
        moved=moved,
        fields=_adopt(kept, fields),
        merged_at=now,
        merged_by=by.id,
        undo_until=now + rules.UNDO_WITHIN,
    )
    session.add(done)
    merged.merged_into = kept.id
    merged.rev += 1
    kept.rev += 1
    session.flush()
    sheets.touch(session, sheets.of_customer(kept.id))
    figures.touch_all(session, figures.of_customer(kept.id))
    counts = {noun: len(ids) for noun, ids in moved.items()}
    audit.record(
        session, by.id, "customer.merged", kept.id, now,
        merged=merged.id, merge=done.id, changed=sorted(done.fields), **counts,
    )  # fmt: skip
    return done


def lock(session: Session, *customer_ids: str) -> None:
    """The jobs first, as everybody does, then the customers: no tablet's push comes between."""
    tickets = select(Ticket.id).where(Ticket.customer_id.in_(customer_ids))
    out = select(Job.id).where(Job.ticket_id.in_(tickets), Job.state.not_in(sheets.OVER))
    jobs.lock(session, set(session.scalars(out)))
    customers.lock_customers(session, *customer_ids)


def _standing(customer: Customer) -> rules.Standing:
    return rules.Standing(
        id=customer.id,
        branch_id=customer.branch_id,
        is_merged=customer.merged_into is not None,
        is_erased=customer.erased_at is not None,
    )


def _move(session: Session, kind: Any, which: ColumnElement[bool], to: str) -> list[str]:
    """Gives these rows to another customer; returns their ids."""
    ids = list(session.scalars(select(kind.id).where(which).order_by(kind.id)))
    values: dict[str, Any] = {"customer_id": to}
    if "rev" in kind.__table__.columns:
        values["rev"] = kind.rev + 1
    session.execute(update(kind).where(which).values(values), execution_options=_PAST_THE_SESSION)
    session.expire_all()
    return ids


_PAST_THE_SESSION = {"synchronize_session": False}


def _adopt(kept: Customer, fields: Mapping[str, Any]) -> dict[str, list[Any]]:
    changed = {}
    for name in FIELDS:
        if name in fields and getattr(kept, name) != fields[name]:
            changed[name] = [getattr(kept, name), fields[name]]
            setattr(kept, name, fields[name])
    return changed


def undo(session: Session, by: Person, done: Merge, now: datetime) -> None:
    """Takes a merge back: what moved goes where it came from, and what was opened since at a moved address
    goes along. Fields that somebody has changed since stay as they are now.

    Safe to repeat. Raises `MergeNotUndone`, with `why`.
    """
    lock(session, done.kept_id, done.merged_id)
    session.refresh(done, with_for_update=True)
    if done.undone_at is not None:
        return
    kept = session.get_one(Customer, done.kept_id)
    merged = session.get_one(Customer, done.merged_id)
    _must_be_undoable(kept, merged, done, now)
    sites = Site.id.in_(done.moved["sites"]) & (Site.customer_id == kept.id)
    _move(session, Site, sites, merged.id)
    here = select(Site.id).where(Site.customer_id == merged.id)
    with_them = or_(Ticket.id.in_(done.moved["tickets"]), Ticket.site_id.in_(here))
    _move(session, Ticket, with_them & (Ticket.customer_id == kept.id), merged.id)
    words = Consent.id.in_(done.moved["consents"]) & (Consent.customer_id == kept.id)
    _move(session, Consent, words, merged.id)
    for name, (before, after) in done.fields.items():
        if getattr(kept, name) == after:
            setattr(kept, name, before)
    merged.merged_into = None
    merged.rev += 1
    kept.rev += 1
    done.undone_at, done.undone_by = now, by.id
    session.flush()
    for customer in (kept, merged):
        sheets.touch(session, sheets.of_customer(customer.id))
        figures.touch_all(session, figures.of_customer(customer.id))
    audit.record(session, by.id, "customer.unmerged", kept.id, now, merged=merged.id, merge=done.id)


def _must_be_undoable(kept: Customer, merged: Customer, done: Merge, now: datetime) -> None:
    if now > done.undo_until:
        raise errors.MergeNotUndone(why="too_late")
    if kept.erased_at is not None or merged.erased_at is not None:
        raise errors.MergeNotUndone(why="erased")
    if kept.merged_into is not None:
        raise errors.MergeNotUndone(why="merged_further")
    if merged.merged_into != kept.id:
        raise errors.MergeNotUndone(why="undone")
