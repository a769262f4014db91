"""Field events as they arrived, what became of them, and what could not be read."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, Index, String, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.lookups import Command, among
from server.db.tables import Code, Hash, Id, Key, Table, Time, Words

_WAITS = text("waits_for IS NOT NULL")  # the few that do, of very many


class FieldEvent(Table):
    """One fact from a tablet: kept as long as its job, raw, with its result.

    No foreign keys: what a tablet names may not exist, and is kept all the same.
    """

    __tablename__ = "field_events"
    __table_args__ = (
        Index("uq_field_events_device_seq", "device_id", "seq", unique=True),
        Index(
            "ix_field_events_waiting", "received_at", sqlite_where=_WAITS, postgresql_where=_WAITS
        ),
        Index(
            "ix_field_events_waits_for", "waits_for", sqlite_where=_WAITS, postgresql_where=_WAITS
        ),
        Index("ix_field_events_job", "job_id", "received_at"),
    )

    id: Mapped[Key]
    device_id: Mapped[Id]
    seq: Mapped[int] = mapped_column(BigInteger)
    batch_id: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64))
    v: Mapped[int]
    job_id: Mapped[str] = mapped_column(String(64))
    visit_id: Mapped[Id | None] = mapped_column(
        comment="the visit that it counts for, once applied"
    )
    base_rev: Mapped[int | None]
    after_id: Mapped[Id | None]
    actor_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[Id] = mapped_column(comment="whose sign-in delivered it")
    captured_at: Mapped[str] = mapped_column(String(64), comment="as the tablet wrote it")
    captured_est: Mapped[Time] = mapped_column(comment="the tablet's clock corrected")
    uncertainty_s: Mapped[int]
    is_clock_suspect: Mapped[bool]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    sent_at: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[Time]
    raw: Mapped[Words] = mapped_column(comment="the whole envelope as ASCII JSON, never changed")
    fingerprint: Mapped[Hash]
    status: Mapped[Code]
    code: Mapped[Code | None]
    waits_for: Mapped[Id | None]
    was: Mapped[Code | None] = mapped_column(comment="the status before a logged act changed it")
    effect_version: Mapped[int | None]
    is_forked: Mapped[bool] = mapped_column(default=False)


class Quarantine(Table):
    """What no reader understood, kept as it came, until a person decides."""

    __tablename__ = "quarantine"

    id: Mapped[Key]
    event_id: Mapped[Id | None] = mapped_column(index=True)
    device_id: Mapped[Id | None] = mapped_column(index=True)
    person_id: Mapped[Id]
    received_at: Mapped[Time]
    code: Mapped[Code]
    raw: Mapped[Words]
    fingerprint: Mapped[Hash] = mapped_column(index=True)


def by_id(session: Session, event_ids: Iterable[str]) -> dict[str, FieldEvent]:
    wanted = list(event_ids)
    found = session.scalars(select(FieldEvent).where(FieldEvent.id.in_(wanted)))
    return {event.id: event for event in found}


_VERSION = Command(
    update(FieldEvent.__table__)  # type: ignore[arg-type]
    .where(among(FieldEvent.__table__.c.id, "ids"))
    .values(effect_version=bindparam("version"))
)


def note_version(session: Session, event_ids: list[str], version: int) -> None:
    """Keeps with these events from which version of the feed on their effect is shown."""
    _VERSION.within(session, ids=event_ids, version=version)
