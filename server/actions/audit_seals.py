"""Sealing the audit, and walking along it: that no line was changed, removed or put in between.

Acts write their lines and go on: no act waits for the chain. The worker seals what was committed, a run at a
time, in the order of the ids.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from server.db import audit
from server.db import audit_seals as rows
from server.db.audit_seals import AuditProof, AuditSeal
from server.db.people import Person
from server.domain import audit_chain as rules
from server.domain.audit_chain import BEGINNING, Finding, Wrong
from server.ids import new_id

A_SEAL = 500  # lines at most
A_STEP = 40  # seals of one look
EACH_DAY = timedelta(days=1)
ONE_AT_A_TIME = 0x0D002581  # the number of our advisory lock; any will do


# Sealing.


def horizon(session: Session) -> tuple[int, set[str]]:
    """The newest line, and who may still commit an older one: with the line read first."""
    return rows.newest_line(session), rows.writers_at_work(session)


def seal_some(session: Session, until: int, now: datetime) -> bool:
    """Seals the oldest open lines up to this id. False when there is nothing to seal, or somebody else
    is sealing.
    """
    if not _is_alone(session):
        return False
    last = rows.newest_seal(session)
    lines = rows.lines_between(session, last.last_line if last else 0, until, A_SEAL)
    if not lines:
        return False
    number = last.number + 1 if last else 1
    made = rules.seal(number, last.hash if last else BEGINNING, lines)
    session.add(
        AuditSeal(
            number=made.number,
            last_line=lines[-1].id,
            lines=len(lines),
            ids=made.ids,
            marks=made.marks,
            hash=made.hash,
            sealed_at=now,
        )
    )
    return True


def _is_alone(session: Session) -> bool:
    if session.get_bind().dialect.name != "postgresql":
        return True  # SQLite has one writer
    return bool(session.scalar(text(f"SELECT pg_try_advisory_xact_lock({ONE_AT_A_TIME})")))


# Walking along it.


@dataclass(slots=True)
class Walk:
    """How far somebody has come along the chain, and what they have found."""

    seals: int = 0
    lines: int = 0
    last_line: int = 0
    hash: str = BEGINNING
    finding: Finding | None = None
    emptied: dict[int, str] = field(default_factory=dict)  # lines for which no erasure was met yet

    def passes(self, lines: Iterable[rules.Line]) -> None:
        """Remembers what was emptied until the line that says who did it."""
        for line in lines:
            if line.emptied is not None:
                self.emptied[line.id] = rules.digest(line.details)
            for number, left in rules.emptyings(line).items():
                if self.emptied.get(number) == left:
                    del self.emptied[number]


def go_on(session: Session, walk: Walk) -> bool:
    """Some seals further. False at the end of the chain, or at the first thing that is wrong."""
    seals = rows.seals_behind(session, walk.seals, A_STEP)
    if not seals:
        walk.finding = _unexplained(session, walk) or _against_proof(session, walk)
        return False
    until = seals[-1].last_line
    lines = rows.lines_between(session, walk.last_line, until, until)
    for each in seals:
        own = lines[: _place(lines, each.last_line)]
        lines = lines[len(own) :]
        walk.finding = _look_at(walk, each, own)
        if walk.finding is not None:
            return False
        walk.seals, walk.last_line, walk.hash = each.number, each.last_line, each.hash
        walk.lines += len(own)
        walk.passes(own)
    return True


def _unexplained(session: Session, walk: Walk) -> Finding | None:
    """A line without its words, though no erasure took them; that of an erasure may not be sealed yet."""
    if walk.emptied:
        walk.passes(rows.emptyings_behind(session, walk.last_line))
    return Finding(Wrong.CHANGED, min(walk.emptied)) if walk.emptied else None


def _place(lines: list[rules.Line], last_line: int) -> int:
    return next((n for n, line in enumerate(lines) if line.id > last_line), len(lines))


def _look_at(walk: Walk, each: AuditSeal, lines: list[rules.Line]) -> Finding | None:
    if each.number != walk.seals + 1:
        return Finding(Wrong.SEAL_REMOVED, walk.seals + 1)
    if each.last_line <= walk.last_line or each.last_line != rules.last_id(each.ids):
        return Finding(Wrong.SEAL_CHANGED, each.number)
    return rules.check(walk.hash, each.sealed, lines)


def _against_proof(session: Session, walk: Walk) -> Finding | None:
    """What an earlier walk has seen must be there still: a chain does not become shorter."""
    good = select(AuditProof).where(AuditProof.done_at.is_not(None), AuditProof.wrong.is_(None))
    proof = session.scalars(good.order_by(AuditProof.asked_at.desc()).limit(1)).first()
    if proof is None:
        return None
    return against(session, walk, proof.seals, proof.hash)


def against(session: Session, walk: Walk, number: int, hash_: str) -> Finding | None:
    """Whether this chain holds a seal with this number and hash: an anchor that was kept elsewhere."""
    if number > walk.seals:
        return Finding(Wrong.SEAL_REMOVED, walk.seals + 1)
    known = session.get(AuditSeal, number)
    is_same = number == 0 or (known is not None and known.hash == hash_)
    return None if is_same else Finding(Wrong.OTHER_CHAIN, number)


# Proofs.


def ask_for_proof(session: Session, by: Person | None, now: datetime) -> AuditProof:
    """Somebody wants it proved now; who asks while one is under way gets that one."""
    newest = rows.newest_proof(session, is_done=False)
    if newest is not None and newest.done_at is None:
        return newest
    asked = AuditProof(id=new_id(), asked_at=now, asked_by=by.id if by else None)
    session.add(asked)
    if by is not None:
        audit.record(session, by.id, "audit.proof_asked", asked.id, now)
    session.flush()
    return asked


def ask_each_day(session: Session, now: datetime) -> None:
    newest = rows.newest_proof(session, is_done=False)
    if newest is None or newest.asked_at <= now - EACH_DAY:
        ask_for_proof(session, None, now)


def note(session: Session, proof_id: str, walk: Walk, done_at: datetime | None) -> None:
    """How far a proof has come, or what it has found."""
    proof = session.get_one(AuditProof, proof_id)
    proof.seals, proof.lines = walk.seals, walk.lines
    proof.last_line, proof.hash, proof.done_at = walk.last_line, walk.hash, done_at
    if walk.finding is not None:
        proof.wrong, proof.wrong_number = walk.finding


def proof_under_way(session: Session) -> str | None:
    """The id of the proof that somebody waits for."""
    newest = rows.newest_proof(session, is_done=False)
    return newest.id if newest is not None and newest.done_at is None else None


# In words, for a command.


def anchor(session: Session) -> str:
    """What is written down elsewhere: NUMBER:HASH of the newest seal."""
    newest = rows.newest_seal(session)
    return f"{newest.number}:{newest.hash}" if newest else f"0:{BEGINNING}"


open_lines = rows.open_lines

WORDS = {
    Wrong.CHANGED: "Line {number} was changed.",
    Wrong.REMOVED: "Line {number} was removed.",
    Wrong.INSERTED: "Line {number} was put in between.",
    Wrong.SEAL_CHANGED: "Seal {number} was changed.",
    Wrong.SEAL_REMOVED: "Seal {number} is missing.",
    Wrong.OTHER_CHAIN: "Seal {number} is not the one that was written down: the chain was made anew.",
}


def told(walk: Walk, is_open: int) -> str:
    """What somebody found, and how far it is proved."""
    if walk.finding is not None:
        found = WORDS[walk.finding.wrong].format(number=walk.finding.number)
        return f"{found} What stands before line {walk.last_line + 1} is proved."
    return (
        f"Proved until line {walk.last_line}: {walk.lines} lines in {walk.seals} seals, "
        f"{is_open} not sealed yet. Anchor: {walk.seals}:{walk.hash}"
    )
