"""What was said: every fact that a tablet called saved, everything that the server acknowledged.

Kept by looking on from outside. It decides nothing and repeats none of the product's rules.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pysqlite3

Json = dict[str, Any]


class Violation(AssertionError):
    """Something that must always hold does not: its number in the protocol, and what was found."""

    def __init__(self, number: str, what: str) -> None:
        super().__init__(f"{number}: {what}")
        self.number = number


@dataclass(slots=True)
class Fact:
    """One field event on somebody's tablet."""

    event_id: str
    person_id: str
    job_id: str
    kind: str
    after: str | None
    data: Json
    body_digest: str
    stores: set[int] = field(default_factory=set)
    was_overwritten: bool = False

    @property
    def mark(self) -> str | None:
        """The words by which its effect is found again, where it has one that adds up."""
        names = {"note.added": "text", "lead.noted": "text", "serial.swapped": "new_serial"}
        return self.data.get(names[self.kind]) if self.kind in names else None


@dataclass(slots=True)
class Picture:
    """Bytes that a fact announced."""

    sha256: str
    size: int
    events: set[str] = field(default_factory=set)
    stores: set[int] = field(default_factory=set)
    was_overwritten: bool = False


@dataclass(slots=True)
class Job:
    """What the office did with a job."""

    job_id: str
    people: set[str]
    is_cancelled: bool = False


@dataclass
class Ledger:
    """The memory of one world."""

    facts: dict[str, Fact] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    quantities: dict[str, int] = field(default_factory=dict)
    poison: set[tuple[int, str]] = field(default_factory=set)
    former_poison: set[tuple[int, str]] = field(default_factory=set)
    # overwritten in its store; a request that is still under way may bring it
    reused: set[str] = field(default_factory=set)
    acknowledged: dict[str, str] = field(default_factory=dict)
    forgiven: set[str] = field(default_factory=set)
    forgiven_pictures: set[str] = field(default_factory=set)
    jobs: dict[str, Job] = field(default_factory=dict)
    job_states: dict[str, tuple[str, str]] = field(default_factory=dict)
    verdicts: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def note_store(self, number: int, rows: list[tuple[str, str, str, str, str]]) -> list[Fact]:
        """Events that lie in the store of a tablet: (event id, person, job, kind, body)."""
        return [
            self._note_event(number, *row) for row in rows if (number, row[0]) not in self.poison
        ]

    def of_store(self, number: int) -> list[Fact]:
        return [fact for fact in self.facts.values() if number in fact.stores]

    def _note_event(
        self, number: int, event_id: str, person_id: str, job_id: str, kind: str, body: str
    ) -> Fact:
        digest = hashlib.sha256(body.encode()).hexdigest()
        known = self.facts.get(event_id)
        if known is None:
            told = json.loads(body)
            known = self.facts[event_id] = Fact(
                event_id, person_id, job_id, kind, told["after"], told["data"], digest
            )
            self._note_pictures(known)
        if known.body_digest != digest:
            raise Violation("S2", f"event {event_id} was rewritten on tablet {number}")
        known.stores.add(number)
        for sha256 in pictures_of(known):
            self.pictures[sha256].stores.add(number)
        return known

    def _note_pictures(self, fact: Fact) -> None:
        if fact.mark is not None:
            self.marks[fact.mark] = fact.event_id
        if fact.kind == "part.used":
            self.quantities[fact.data["line_id"]] = fact.data["quantity"]
        for sha256, size in pictures_of(fact).items():
            self.pictures.setdefault(sha256, Picture(sha256, size)).events.add(fact.event_id)

    def forget_store(self, number: int, kept: set[str]) -> None:
        """A tablet's store was replaced by one that has only these events."""
        for fact in self.facts.values():
            if number in fact.stores and fact.event_id not in kept:
                fact.stores.discard(number)
                fact.was_overwritten = True
                for sha256 in pictures_of(fact):
                    self.pictures[sha256].was_overwritten = True

    def is_beyond_help(self, event_id: str) -> bool:
        """In no store any more because somebody overwrote it; only a server could still have it."""
        fact = self.facts[event_id]
        return not fact.stores and fact.was_overwritten


def pictures_of(fact: Fact) -> dict[str, int]:
    """The bytes that it announces: hash to size."""
    if fact.kind == "photo.taken":
        return {fact.data["sha256"]: fact.data["size"]}
    if fact.kind == "receipt.signed":
        return {fact.data["signature"]["sha256"]: fact.data["signature"]["size"]}
    return {}


def read_store(file: str, after_place: int = 0) -> list[tuple[int, str, str, str, str, str]]:
    """Rows of the event table as they lie on the disk: place, event id, person, job, kind, body."""
    connection = pysqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return list(
            connection.execute(
                "SELECT place, event_id, person_id, job_id, kind, body FROM event "
                "WHERE place > ? ORDER BY place",
                [after_place],
            )
        )
    finally:
        connection.close()
