"""What leaves the house: a row for each message and channel, and the table is the queue.

A row is made once for what it tells (`key`), marked `sending` before anybody outside is spoken to, and ended
by what came of it. One that is still `sending` when its lease has run out was cut off in the middle: nobody
knows whether it arrived, so it is not simply sent again (see docs/operations.md).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, Select, String, and_, false, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import sights
from server.db.people import Person
from server.db.tables import Code, Document, Id, Key, Table, Time, Words, refers
from server.domain import notices as rules
from server.domain.people import Role, may

LEASE = timedelta(minutes=2)  # longer than anybody outside is given to answer
ON_ITS_WAY = "state IN ('waiting', 'sending')"
DEAD = "state IN ('failed', 'unsure')"


class Notice(Table):
    """One message by one channel: to the customer of a ticket, or to one of the shop's own systems."""

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "ix_notices_due",
            "run_at",
            "id",
            sqlite_where=text(ON_ITS_WAY),
            postgresql_where=text(ON_ITS_WAY),
        ),
        Index(
            "ix_notices_dead",
            "made_at",
            "id",
            sqlite_where=text(DEAD),
            postgresql_where=text(DEAD),
        ),
        Index("ix_notices_made", "made_at", "id"),
        Index("ix_notices_ticket", "ticket_id", "made_at"),
        Index("ix_notices_job", "job_id"),
        Index("ix_notices_endpoint", "endpoint_id", "made_at"),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(
        String(200), unique=True, comment="what it tells, and how: the same twice is one"
    )
    kind: Mapped[Code]
    channel: Mapped[Code] = mapped_column(comment="email, sms, chat or webhook")
    branch_id: Mapped[Id | None] = mapped_column(refers("organisations.id"))
    ticket_id: Mapped[Id | None] = mapped_column(refers("tickets.id"))
    job_id: Mapped[Id | None] = mapped_column(refers("jobs.id"))
    subject_id: Mapped[Id | None] = mapped_column(comment="the visit or the photo that it is about")
    endpoint_id: Mapped[Id | None] = mapped_column(refers("webhook_endpoints.id"))
    language: Mapped[Code] = mapped_column(default="zh")
    address: Mapped[Words] = mapped_column(default="", comment="where it went")
    title: Mapped[Words] = mapped_column(default="")
    body: Mapped[Words] = mapped_column(
        default="", comment="as it was sent: written when it is, and not changed by a repeat"
    )
    details: Mapped[Document] = mapped_column(default=dict, comment="what held when it was decided")
    state: Mapped[Code] = mapped_column(default=rules.WAITING)
    reason: Mapped[Code | None] = mapped_column(comment="why it was not sent, or is late")
    via: Mapped[Code | None] = mapped_column(comment="log: nothing left the house, see there")
    happened_at: Mapped[Time]
    made_at: Mapped[Time]
    run_at: Mapped[Time]
    tries: Mapped[int] = mapped_column(default=0)
    holder: Mapped[Id | None]
    leased_until: Mapped[Time | None]
    sent_at: Mapped[Time | None]
    decided_by: Mapped[Id | None] = mapped_column(
        refers("people.id"), comment="who settled a dead letter"
    )
    rev: Mapped[int] = mapped_column(default=1)


class Try(Table):
    """One attempt: when, for how long, and what the other side said."""

    __tablename__ = "notice_tries"
    __table_args__ = (Index("ix_notice_tries_notice", "notice_id", "at"),)

    id: Mapped[Key]
    notice_id: Mapped[Id] = mapped_column(refers("notices.id"))
    at: Mapped[Time]
    duration_ms: Mapped[int | None] = mapped_column(comment="null: it did not come back")
    outcome: Mapped[Code] = mapped_column(comment="sent, again, refused or unsure")
    status: Mapped[int | None] = mapped_column(comment="of HTTP or SMTP")
    words: Mapped[Words] = mapped_column(default="", comment="the first of what was answered")


class Endpoint(Table):
    """An address of the shop's other systems, told by webhooks (Standard Webhooks)."""

    __tablename__ = "webhook_endpoints"

    id: Mapped[Key]
    branch_id: Mapped[Id | None] = mapped_column(
        refers("organisations.id"), comment="null: hears of all branches"
    )
    url: Mapped[Words]
    label: Mapped[Words] = mapped_column(default="")
    events: Mapped[Document] = mapped_column(default=list, comment="which it hears; none: all")
    secret: Mapped[Words] = mapped_column(comment="encrypted under the server's secret")
    old_secret: Mapped[Words | None] = mapped_column(comment="still signs, too, until then")
    old_until: Mapped[Time | None]
    drops_repeats: Mapped[bool] = mapped_column(
        default=False, comment="it knows a repeat by its id: what was cut off is sent again"
    )
    made_at: Mapped[Time]
    made_by: Mapped[Id] = mapped_column(refers("people.id"))
    failing_since: Mapped[Time | None]
    disabled_at: Mapped[Time | None]
    disabled_why: Mapped[Code | None] = mapped_column(comment="by_hand or failing")
    removed_at: Mapped[Time | None]
    rev: Mapped[int] = mapped_column(default=1)


class Gateway(Table):
    """By which service a branch sends SMS or chat messages."""

    __tablename__ = "gateways"
    __table_args__ = (Index("uq_gateways_branch", "branch_id", "channel", unique=True),)

    id: Mapped[Key]
    branch_id: Mapped[Id] = mapped_column(refers("organisations.id"))
    channel: Mapped[Code]
    service: Mapped[Code] = mapped_column(comment="which one, as Apprise names it")
    url: Mapped[Words] = mapped_column(comment="encrypted under the server's secret")
    set_at: Mapped[Time]
    set_by: Mapped[Id] = mapped_column(refers("people.id"))
    rev: Mapped[int] = mapped_column(default=1)


# The queue.


def _is_due(now: datetime) -> Any:
    # As the index says it: a database compares the words.
    begun = or_(
        Notice.state == rules.WAITING,
        and_(Notice.state == rules.SENDING, Notice.leased_until < now),
    )
    return and_(text(f"notices.{ON_ITS_WAY}"), Notice.run_at <= now, begun)


def is_due(session: Session, now: datetime) -> bool:
    return session.scalar(select(Notice.id).where(_is_due(now)).limit(1)) is not None


def next_due(session: Session, now: datetime, busy: Collection[str] = ()) -> Notice | None:
    """The one that has waited longest, locked; none for an endpoint that is being spoken to."""
    found = select(Notice).where(_is_due(now)).order_by(Notice.run_at, Notice.id).limit(1)
    if busy:
        found = found.where(or_(Notice.endpoint_id.is_(None), Notice.endpoint_id.not_in(busy)))
    return session.scalars(found.with_for_update(skip_locked=True)).first()


def end(session: Session, notice_id: str, holder: str, **values: Any) -> bool:
    """Ends what this worker has in hand; False where somebody else has it by now."""
    mine = update(Notice).where(Notice.id == notice_id, Notice.holder == holder)
    ended = mine.values(holder=None, leased_until=None, rev=Notice.rev + 1, **values)
    return session.execute(ended.returning(Notice.id)).first() is not None


def waiting_of_job(session: Session, job_id: str) -> list[Notice]:
    """What is still to be told to the customer about the appointment of a job."""
    found = select(Notice).where(
        Notice.job_id == job_id,
        Notice.state == rules.WAITING,
        Notice.channel != rules.WEBHOOK,
        Notice.kind.in_(sorted(rules.OF_APPOINTMENTS)),
    )
    return list(session.scalars(found.order_by(Notice.made_at, Notice.id).with_for_update()))


def of_ticket(session: Session, ticket_id: str, most: int) -> list[Notice]:
    """What its customer was told or will be, the newest first."""
    found = select(Notice).where(Notice.ticket_id == ticket_id, Notice.channel != rules.WEBHOOK)
    return list(
        session.scalars(found.order_by(Notice.made_at.desc(), Notice.id.desc()).limit(most))
    )


def known_keys(session: Session, keys: Collection[str]) -> set[str]:
    return set(session.scalars(select(Notice.key).where(Notice.key.in_(keys))))


# Who sees what.


def visible_to(person: Person) -> Select[Notice]:
    """The desk what its branch tells, a supervisor all; messages to other systems are the supervisor's."""
    found = select(Notice)
    if not may(person.role, "notice.read"):
        return found.where(false())
    if person.role == Role.SUPERVISOR:
        return found
    return found.where(Notice.branch_id == person.organisation_id, Notice.channel != rules.WEBHOOK)


def dead(found: Select[Notice]) -> Select[Notice]:
    return found.where(text(f"notices.{DEAD}"))


def queued(found: Select[Notice]) -> Select[Notice]:
    return found.where(text(f"notices.{ON_ITS_WAY}"))


def get_for(session: Session, person: Person, notice_id: str, *, to_change: bool = False) -> Notice:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it until the commit."""
    found = visible_to(person).where(Notice.id == notice_id)
    if to_change:
        found = found.with_for_update().execution_options(populate_existing=True)
    return sights.one(session, found)


def tries_of(session: Session, ids: Collection[str]) -> dict[str, list[Try]]:
    """The attempts of these notices, the oldest first."""
    tries: dict[str, list[Try]] = {each: [] for each in ids}
    found = select(Try).where(Try.notice_id.in_(ids)).order_by(Try.at, Try.id)
    for each in session.scalars(found):
        tries[each.notice_id].append(each)
    return tries


def endpoints(session: Session) -> list[Endpoint]:
    """All that were not removed, the oldest first."""
    found = select(Endpoint).where(Endpoint.removed_at.is_(None))
    return list(session.scalars(found.order_by(Endpoint.made_at, Endpoint.id)))


def endpoint_for(session: Session, endpoint_id: str, *, to_change: bool = False) -> Endpoint:
    """Raises `NotFound` for one that is none, or was removed."""
    found = select(Endpoint).where(Endpoint.id == endpoint_id, Endpoint.removed_at.is_(None))
    if to_change:
        found = found.with_for_update().execution_options(populate_existing=True)
    return sights.one(session, found)


def gateways(session: Session) -> list[Gateway]:
    return list(session.scalars(select(Gateway)))
