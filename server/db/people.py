"""Organisations, people, their certificates, their tablets and sign-ins."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Select,
    String,
    and_,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from server.db import sights
from server.db.lookups import Question, among
from server.db.tables import Code, Document, Hash, Id, Key, Table, Time, Words, refers
from server.domain.people import FIELD_ROLES, Role


class Organisation(Table):
    """A branch of the shop, or a contractor that supplies installers."""

    __tablename__ = "organisations"
    __table_args__ = (CheckConstraint("kind in ('branch', 'contractor')", name="kind"),)

    id: Mapped[Key]
    kind: Mapped[Code]
    name: Mapped[Words]
    phone: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[Words] = mapped_column(default="")
    time_zone: Mapped[Code] = mapped_column(default="Asia/Shanghai")
    granted_until: Mapped[Time | None] = mapped_column(
        comment="a contractor sees its jobs until then"
    )
    granted_from: Mapped[Time | None] = mapped_column(comment="and from then on; null: always")
    auto_accept: Mapped[bool] = mapped_column(
        default=False,
        comment="policy: visits in full and without a doubt are accepted by themselves",
    )
    auto_accept_sample: Mapped[int] = mapped_column(
        default=10,
        server_default=text("10"),
        comment="percent of those visits that somebody looks at all the same",
    )
    holidays_of: Mapped[Code | None] = mapped_column(
        comment="the country whose holidays a branch keeps; null: none"
    )
    is_active: Mapped[bool] = mapped_column(default=True)
    rev: Mapped[int] = mapped_column(default=1)


class Person(Table):
    """Somebody who signs in."""

    __tablename__ = "people"

    id: Mapped[Key]
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[Words]
    role: Mapped[Code]
    organisation_id: Mapped[Id] = mapped_column(refers("organisations.id"), index=True)
    team: Mapped[str | None] = mapped_column(String(64), index=True)
    phone: Mapped[str] = mapped_column(String(64), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    language: Mapped[Code] = mapped_column(default="en")
    skills: Mapped[Document] = mapped_column(default=list)
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    rev: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_in_field(self) -> bool:
        return self.role in FIELD_ROLES


class Certificate(Table):
    """A paper that allows somebody a kind of work, valid on both days named."""

    __tablename__ = "certificates"

    id: Mapped[Key]
    person_id: Mapped[Id] = mapped_column(refers("people.id"), index=True)
    kind: Mapped[Code]
    number: Mapped[str] = mapped_column(String(64), default="")
    valid_from: Mapped[date]
    valid_until: Mapped[date]


class Absence(Table):
    """Days on which somebody does not work, the first and the last of them included."""

    __tablename__ = "absences"
    __table_args__ = (CheckConstraint("begins_on <= ends_on", name="order"),)

    id: Mapped[Key]
    person_id: Mapped[Id] = mapped_column(refers("people.id"), index=True)
    begins_on: Mapped[date]
    ends_on: Mapped[date] = mapped_column(index=True, comment="the last day away")
    reason: Mapped[Code]
    words: Mapped[Words] = mapped_column(default="")
    noted_by: Mapped[Id] = mapped_column(refers("people.id"))
    noted_at: Mapped[Time]


class Device(Table):
    """One installation of the tablet app or the companion."""

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint("status in ('active', 'draining', 'revoked')", name="status"),
    )

    id: Mapped[Key]
    platform: Mapped[Code]
    name: Mapped[str] = mapped_column(String(200))
    secret_hash: Mapped[Hash]
    status: Mapped[Code] = mapped_column(default="active")
    enrolled_by: Mapped[Id] = mapped_column(refers("people.id"), index=True)
    enrolled_at: Mapped[Time]
    last_seen_at: Mapped[Time | None]
    app: Mapped[str] = mapped_column(String(100), default="")
    clock_offset_ms: Mapped[int | None] = mapped_column(BigInteger)
    report: Mapped[Document | None] = mapped_column(comment="what it last said of its outbox")
    revoked_at: Mapped[Time | None]
    revoked_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    keeper_id: Mapped[Id | None] = mapped_column(
        index=True, comment="who has it now; null: whoever enrolled it"
    )

    @property
    def held_by(self) -> str:
        """The id of whoever has it."""
        return self.keeper_id or self.enrolled_by


class SignIn(Table):
    """One refresh token. A chain is one sign-in; each rotation adds a link.

    The predecessor stays good until its successor has been used once, so a lost answer locks nobody out.
    """

    __tablename__ = "sign_ins"

    id: Mapped[Key] = mapped_column(comment="the token's jti")
    chain_id: Mapped[Id] = mapped_column(index=True)
    person_id: Mapped[Id] = mapped_column(refers("people.id"), index=True)
    device_id: Mapped[Id | None] = mapped_column(index=True)
    predecessor_id: Mapped[Id | None] = mapped_column(unique=True)
    issued_at: Mapped[Time]
    expires_at: Mapped[Time]
    used_at: Mapped[Time | None]


class Chain(Table):
    """A sign-in as a whole, with what ended it."""

    __tablename__ = "chains"

    id: Mapped[Key]
    person_id: Mapped[Id] = mapped_column(refers("people.id"), index=True)
    device_id: Mapped[Id | None] = mapped_column(index=True)
    started_at: Mapped[Time]
    ended_at: Mapped[Time | None]
    ended_why: Mapped[Code | None]
    with_code: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="begun with a second factor, too"
    )


class Guess(Table):
    """Failed sign-ins by name and by address, for throttling across processes."""

    __tablename__ = "guesses"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(String(200), index=True)
    at: Mapped[Time]


def people_visible_to(person: Person) -> Select[Person]:
    """A contractor's people see their own company; everybody else the whole shop."""
    found = select(Person)
    if person.organisation.kind == "contractor":
        return found.where(Person.organisation_id == person.organisation_id)
    if person.role in FIELD_ROLES:
        return found.where(
            or_(Person.id == person.id, Person.organisation_id == person.organisation_id)
        )
    return found


def names_of(session: Session, ids: Iterable[str | None]) -> dict[str | None, str]:
    """id -> name, of those that are not None: for pages, with one question."""
    wanted = {each for each in ids if each}
    if not wanted:
        return {}
    found = select(Person.id, Person.name).where(Person.id.in_(wanted))
    return dict(session.execute(found).all())


def get_person(session: Session, person: Person, person_id: str) -> Person:
    """Raises `NotFound` for whom `person` may not see."""
    return sights.one(session, people_visible_to(person).where(Person.id == person_id))


def organisations_visible_to(person: Person) -> Select[Organisation]:
    found = select(Organisation)
    if person.organisation.kind == "contractor":
        return found.where(Organisation.id == person.organisation_id)
    return found


def get_organisation(session: Session, person: Person, organisation_id: str) -> Organisation:
    return sights.one(
        session, organisations_visible_to(person).where(Organisation.id == organisation_id)
    )


def certificates_visible_to(person: Person) -> Select[Certificate]:
    holders = people_visible_to(person).with_only_columns(Person.id)
    return select(Certificate).where(Certificate.person_id.in_(holders))


def get_certificate(session: Session, person: Person, certificate_id: str) -> Certificate:
    return sights.one(
        session, certificates_visible_to(person).where(Certificate.id == certificate_id)
    )


def absences_visible_to(person: Person) -> Select[Absence]:
    """Whoever sees somebody sees when they are away."""
    seen = people_visible_to(person).with_only_columns(Person.id)
    return select(Absence).where(Absence.person_id.in_(seen))


def get_absence(session: Session, person: Person, absence_id: str) -> Absence:
    return sights.one(session, absences_visible_to(person).where(Absence.id == absence_id))


def devices_visible_to(person: Person) -> Select[Device]:
    """The office sees the tablets of the people it sees."""
    if person.role == Role.SUPERVISOR:
        return select(Device)
    owners = people_visible_to(person).with_only_columns(Person.id)
    return select(Device).where(func.coalesce(Device.keeper_id, Device.enrolled_by).in_(owners))


def held_by(person_id: str) -> ColumnElement[bool]:
    """The condition on devices that this person has them now."""
    is_first = Device.keeper_id.is_(None) & (Device.enrolled_by == person_id)
    return or_(Device.keeper_id == person_id, is_first)


def get_device(session: Session, person: Person, device_id: str) -> Device:
    return sights.one(session, devices_visible_to(person).where(Device.id == device_id))


def is_granted(organisation: Organisation, now: datetime) -> bool:
    """Whether a contractor's people may see its jobs at all; a branch always may."""
    since, until = organisation.granted_from, organisation.granted_until
    return _is_granted(organisation.kind, since, until, now)


def _is_granted(kind: str, since: datetime | None, until: datetime | None, now: datetime) -> bool:
    has_begun = since is None or since <= now
    return kind != "contractor" or (has_begun and until is not None and until > now)


def are_granted(now: datetime) -> ColumnElement[bool]:
    """The condition on organisations that `is_granted` is of one of them."""
    has_begun = or_(Organisation.granted_from.is_(None), Organisation.granted_from <= now)
    return or_(Organisation.kind != "contractor", has_begun & (Organisation.granted_until > now))


_MEMBER, _SEES = Person.__table__.alias("member"), Person.__table__.alias("sees")
_OF = Organisation.__table__
_SERVED = Question(
    select(_MEMBER.c.id, _SEES.c.id, _OF.c.kind, _OF.c.granted_from, _OF.c.granted_until)
    .select_from(_MEMBER)
    .join(
        _SEES,
        or_(
            _SEES.c.id == _MEMBER.c.id,
            and_(
                _SEES.c.team == _MEMBER.c.team,
                _SEES.c.organisation_id == _MEMBER.c.organisation_id,
                _SEES.c.role == Role.LEAD_INSTALLER.value,
            ),
        ),
    )
    .join(_OF, _OF.c.id == _SEES.c.organisation_id)
    .where(among(_MEMBER.c.id, "ids"))
)


def served(session: Session, person_ids: Collection[str], now: datetime) -> dict[str, set[str]]:
    """Who sees the work of each of these people on a tablet: themselves and the leads of their team,
    of a contractor's people only while it has its grant.
    """
    seen: dict[str, set[str]] = {each: set() for each in person_ids}
    for member, person, kind, since, until in _SERVED.within(session, ids=seen):
        if _is_granted(kind, since, until, now):
            seen[member].add(person)
    return seen
