"""Signing in, the rotation of refresh tokens, and what ends a sign-in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from math import ceil
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.db import audit
from server.db.lookups import Lookups, Question
from server.db.people import Chain, Device, Guess, Person, SignIn
from server.domain import errors
from server.ids import new_id

GUESS_WINDOW = timedelta(minutes=15)
GUESSES_PER_NAME = 10
GUESSES_PER_ADDRESS = 50


@dataclass(frozen=True, slots=True)
class Somebody:
    """What every request must know of the person behind it."""

    id: str
    role: str


@dataclass(frozen=True, slots=True)
class Installation:
    """And of the device, if the sign-in is bound to one."""

    id: str
    status: str
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the person, the sign-in and, for tablets, the device."""

    person: Somebody
    chain_id: str
    device: Installation | None
    with_code: bool  # this sign-in was begun with a second factor

    @property
    def device_id(self) -> str | None:
        return self.device.id if self.device else None


def must_not_be_guessing(session: Session, subjects: dict[str, int], now: datetime) -> None:
    """Raises `TooMany` after too many failures for a name or from an address."""
    for subject, most in subjects.items():
        newest = (
            select(Guess.at)
            .where(Guess.subject == subject, Guess.at > now - GUESS_WINDOW)
            .order_by(Guess.at.desc())
        )
        last_that_counts = session.scalar(newest.offset(most - 1).limit(1))
        if last_that_counts is not None:
            wait = last_that_counts + GUESS_WINDOW - now
            raise errors.TooMany(retry_after_s=ceil(wait.total_seconds()))


def guess_subjects(username: str, address: str) -> dict[str, int]:
    """What failures are counted by, and how many each may have in the window."""
    return {
        f"name:{username.casefold()[:150]}": GUESSES_PER_NAME,
        f"from:{address[:150]}": GUESSES_PER_ADDRESS,
    }


def note_guess(session: Session, subjects: dict[str, int], now: datetime) -> None:
    session.add_all(Guess(subject=subject, at=now) for subject in subjects)


def person_by_name(session: Session, username: str) -> Person | None:
    return session.scalar(select(Person).where(Person.username == username.strip().casefold()))


def start(
    session: Session,
    person_id: str,
    device_id: str | None,
    life: timedelta,
    now: datetime,
    *,
    with_code: bool = False,
) -> SignIn:
    """Begins a chain of refresh tokens and returns its first link."""
    chain = Chain(
        id=new_id(),
        person_id=person_id,
        device_id=device_id,
        started_at=now,
        with_code=with_code,
    )
    session.add(chain)
    session.flush()
    link = _link(chain, None, life, now)
    session.add(link)
    audit.record(session, person_id, "sign_in.started", chain.id, now, device_id=device_id)
    return link


def _ended(device_status: str | None) -> errors.TokenRevoked:
    """A tablet that was lost hears so from its old tokens: it clears its screens at once."""
    if device_status == "revoked":
        return errors.TokenRevoked(device=device_status)
    return errors.TokenRevoked()


def _link(chain: Chain, predecessor: str | None, life: timedelta, now: datetime) -> SignIn:
    return SignIn(
        id=new_id(),
        chain_id=chain.id,
        person_id=chain.person_id,
        device_id=chain.device_id,
        predecessor_id=predecessor,
        issued_at=now.replace(microsecond=0),
        expires_at=now.replace(microsecond=0) + life,
    )


def rotate(
    session: Session, link_id: str, life: timedelta, now: datetime
) -> SignIn | errors.DoorstepError:
    """The successor of a refresh token: the same one until it has been used once itself.

    A token older than that is a copy in the wrong hands: the whole chain ends. That end must be
    committed, so the failure is returned, not raised.
    """
    link = session.get(SignIn, link_id)
    if link is None:
        return errors.TokenInvalid()
    chain = session.get_one(Chain, link.chain_id, with_for_update=True)
    person = session.get_one(Person, link.person_id)
    if chain.ended_at is not None or not person.is_active:
        device = session.get(Device, chain.device_id) if chain.device_id else None
        return _ended(device.status if device else None)
    if link.expires_at <= now:
        return errors.TokenExpired()
    successor = session.scalar(select(SignIn).where(SignIn.predecessor_id == link.id))
    if successor is None:
        link.used_at = now
        successor = _link(chain, link.id, life, now)
        session.add(successor)
    elif successor.used_at is not None:
        end(session, chain, "reused", None, now)
        return errors.TokenReused()
    return successor


def end(session: Session, chain: Chain, why: str, by: str | None, now: datetime) -> None:
    """Ends a sign-in; its access tokens are refused from the next request on."""
    if chain.ended_at is None:
        chain.ended_at, chain.ended_why = now, why
        audit.record(session, by, "sign_in.ended", chain.id, now, why=why)


def end_all(session: Session, by: str | None, why: str, now: datetime, **of: str) -> None:
    """Ends every sign-in of a person or a device: `person_id=…` or `device_id=…`."""
    chains = select(Chain).filter_by(**of).where(Chain.ended_at.is_(None))
    for chain in session.scalars(chains):
        end(session, chain, why, by, now)


_BEHIND_A_TOKEN = Question(
    select(
        Person.role,
        Person.is_active,
        Chain.ended_at,
        Chain.with_code,
        Device.id,
        Device.status,
        Device.last_seen_at,
    )
    .join(Chain, Chain.person_id == Person.id)
    .outerjoin(Device, Device.id == Chain.device_id)
    .where(Chain.id == bindparam("chain_id"), Person.id == bindparam("person_id"))
)


def caller(asked: Lookups, person_id: str, chain_id: str) -> Caller:
    """Who stands behind an access token right now; raises `TokenRevoked` where that has ended."""
    found = asked.one(_BEHIND_A_TOKEN, person_id=person_id, chain_id=chain_id)
    if found is None:
        raise errors.TokenInvalid()
    role, is_active, ended_at, with_code, device_id, status, last_seen_at = found
    if ended_at is not None or not is_active:
        raise _ended(status)
    device = Installation(device_id, status, last_seen_at) if device_id is not None else None
    return Caller(Somebody(person_id, role), chain_id, device, bool(with_code))


def enrol(
    session: Session,
    who: Caller,
    device_id: str,
    secret_hash: str,
    platform: str,
    name: str,
    now: datetime,
) -> Device:
    """Enrols an installation, or finds it again: the same secret shows that it is the same one."""
    device = session.get(Device, device_id)
    if device is not None:
        if device.secret_hash != secret_hash:
            raise errors.DeviceUnknown()
        return device
    device = Device(
        id=device_id,
        platform=platform,
        name=name,
        secret_hash=secret_hash,
        enrolled_by=who.person.id,
        enrolled_at=now,
    )
    try:
        with session.begin_nested():
            session.add(device)
    except IntegrityError:  # the same tablet asked twice, and the other request was faster
        return enrol(session, who, device_id, secret_hash, platform, name, now)
    audit.record(session, who.person.id, "device.enrolled", device_id, now, name=name)
    return device


def installation(session: Session, device_id: str, secret_hash: str) -> Device:
    """The tablet that this secret enrolled. Raises `DeviceUnknown`."""
    device = session.get(Device, device_id)
    if device is None or not compare_digest(device.secret_hash, secret_hash):
        raise errors.DeviceUnknown()
    return device


REVOKE_MODES = ("collect", "lost")


def revoke(session: Session, by: Person, device: Device, mode: str, now: datetime) -> None:
    """Takes a tablet out of service: `collect` lets its waiting work in first, `lost` does not wait.

    A lost tablet is signed out; what somebody still delivers from it goes into quarantine.
    """
    device.status = "draining" if mode == "collect" else "revoked"
    device.revoked_at, device.revoked_by = now, by.id
    if mode == "lost":
        end_all(session, by.id, "device_lost", now, device_id=device.id)
    audit.record(session, by.id, "device.revoked", device.id, now, mode=mode)


def forget_old(session: Session, now: datetime) -> None:
    """Housekeeping: failures that no longer count."""
    session.execute(Guess.__table__.delete().where(Guess.at < now - GUESS_WINDOW))  # type: ignore[attr-defined]


def seen(session: Session, device_id: str, app: str, now: datetime) -> None:
    session.execute(
        update(Device).where(Device.id == device_id).values(last_seen_at=now, app=app[:100])
    )


def note_report(session: Session, device_id: str, report: dict[str, Any], now: datetime) -> None:
    """Keeps the last word of a tablet on what waits there, its clock and its app."""
    device = session.get_one(Device, device_id)
    device.report = {**report, "at": now.isoformat()}
    device.clock_offset_ms = report.get("clock_offset_ms")
    device.last_seen_at = now
