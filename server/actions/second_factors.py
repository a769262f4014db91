"""The second factor: set up, confirmed by a code, asked at every sign-in, and set up anew after a loss."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server import authenticators
from server.actions import sign_ins
from server.db import audit
from server.db.people import Person
from server.db.second_factors import SecondFactor
from server.domain import errors


@dataclass(frozen=True, slots=True)
class SetUp:
    """What somebody needs to set an authenticator app up."""

    secret: str
    address: str


def is_set_up(session: Session, person_id: str) -> bool:
    found = session.get(SecondFactor, person_id)
    return found is not None and found.confirmed_at is not None


def set_up(session: Session, server_secret: str, person: Person, now: datetime) -> SetUp:
    """The secret that waits to be confirmed: the same one until it is. Raises `Conflict` after that."""
    found = _locked(session, person.id)
    if found is not None and found.confirmed_at is not None:
        raise errors.Conflict(why="second_factor_is_set_up")
    secret = found and authenticators.unseal(server_secret, person.id, found.secret)
    if not secret:
        secret = authenticators.new_secret()
        sealed = authenticators.seal(server_secret, person.id, secret)
        if found is None:
            session.add(SecondFactor(person_id=person.id, secret=sealed, made_at=now))
        else:
            found.secret, found.made_at = sealed, now
        session.flush()
    return SetUp(secret, authenticators.address(secret, person.username))


def confirm(
    session: Session, server_secret: str, person_id: str, code: str, now: datetime
) -> list[str] | None:
    """Takes the first code; returns the recovery codes, which nobody can be shown again.

    None for a code that does not fit, so that the caller can count it.
    """
    found = _locked(session, person_id)
    if found is None or found.confirmed_at is not None:
        raise errors.Conflict(why="second_factor_is_set_up")
    if not _takes_code(found, server_secret, code, now):
        return None
    found.confirmed_at = now
    codes = _new_recovery(found, server_secret)
    audit.record(session, person_id, "second_factor.set_up", person_id, now)
    return codes


def check(session: Session, server_secret: str, person_id: str, code: str, now: datetime) -> bool:
    """Whether this code, or recovery code, lets somebody in; it does so once."""
    found = _locked(session, person_id)
    if found is None or found.confirmed_at is None:
        return False
    return _takes_code(found, server_secret, code, now) or _takes_recovery(
        session, found, server_secret, code, now
    )


def _takes_code(found: SecondFactor, server_secret: str, code: str, now: datetime) -> bool:
    secret = authenticators.unseal(server_secret, found.person_id, found.secret)
    if secret is None:
        return False
    step = authenticators.step_that_fits(secret, code, now, found.last_step)
    if step is None:
        return False
    found.last_step = step
    return True


def _takes_recovery(
    session: Session, found: SecondFactor, server_secret: str, code: str, now: datetime
) -> bool:
    mark = authenticators.mark(server_secret, found.person_id, code)
    if mark not in found.recovery:
        return False
    found.recovery = [each for each in found.recovery if each != mark]
    audit.record(
        session,
        found.person_id,
        "second_factor.recovery_used",
        found.person_id,
        now,
        left=len(found.recovery),
    )
    return True


def renew_recovery(
    session: Session, server_secret: str, person_id: str, now: datetime
) -> list[str]:
    """Ten new recovery codes; the old ones are over."""
    found = _locked(session, person_id)
    if found is None or found.confirmed_at is None:
        raise errors.NotFound()
    codes = _new_recovery(found, server_secret)
    audit.record(session, person_id, "second_factor.recovery_renewed", person_id, now)
    return codes


def _new_recovery(found: SecondFactor, server_secret: str) -> list[str]:
    codes = authenticators.new_recovery_codes()
    found.recovery = [authenticators.mark(server_secret, found.person_id, each) for each in codes]
    return codes


def reset(session: Session, by: Person, person: Person, now: datetime) -> None:
    """The phone is lost: the person signs in with the password and sets another one up."""
    found = _locked(session, person.id)
    if found is None:
        return
    session.delete(found)
    sign_ins.end_all(session, by.id, "second_factor_reset", now, person_id=person.id)
    audit.record(session, by.id, "second_factor.reset", person.id, now)


def _locked(session: Session, person_id: str) -> SecondFactor | None:
    """Two codes at once are taken one after the other."""
    of_person = select(SecondFactor).where(SecondFactor.person_id == person_id)
    return session.scalar(of_person.with_for_update())
