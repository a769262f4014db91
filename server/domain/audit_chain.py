"""The chain of the audit: each line is hashed together with the hash of the line before it.

    hash of a line = SHA-256(hash of the line before, in hex + its content)
    content        = id, moment, person, act, noun, its id, request, SHA-256 of the details

A seal closes a run of lines: it keeps the hash of the last one, which rests on every line since the first,
and 64 bits of each line's own content, which prove nothing but say *which* line was changed when the hash no
longer fits. Lines are sealed once, in the order of their ids, soon after their commit; a seal is never made
anew. Whoever can write to the database can make the whole chain anew, too: that shows against an anchor, a
hash that was written down elsewhere.

A person who is erased goes from the details of lines, too. Such a line keeps the SHA-256 of what it said, so
the chain holds; and a later line of the act `audit.emptied` names it with the SHA-256 of what is left. Where
no line of the chain says so, the details were changed.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

BEGINNING = "0" * 64  # what stands before the first line
MARK = 16  # hex digits kept of each line's own hash


EMPTIED, EMPTYING = "emptied", "audit.emptied"


def digest(details: str) -> str:
    return hashlib.sha256(details.encode()).hexdigest()


class Line(NamedTuple):
    """A line of the audit as the database has it; `details` is the text of its JSON, letter for letter."""

    id: int
    at: datetime
    person_id: str | None
    act: str
    noun: str
    noun_id: str
    request_id: str | None
    details: str

    @property
    def emptied(self) -> str | None:
        """The hash of what it said before a person was erased from it; None for other lines."""
        if f'"{EMPTIED}":' not in self.details:
            return None
        found = json.loads(self.details).get(EMPTIED)
        return found if isinstance(found, str) and len(found) == 64 else None

    @property
    def content(self) -> bytes:
        """All of it in one form, whatever the database; the moment in UTC to the microsecond."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"
        said = self.emptied or digest(self.details)
        return _COMPACT.encode([self.id, at, *self[2:7], said]).encode("ascii")

    @property
    def mark(self) -> str:
        return _mark(self.content)


_COMPACT = json.JSONEncoder(separators=(",", ":"))


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:MARK]


def after(previous: str, content: bytes) -> str:
    """The hash of a line with this content, given that of the line before."""
    return hashlib.sha256(previous.encode("ascii") + content).hexdigest()


@dataclass(frozen=True, slots=True)
class Seal:
    """A run of lines that is closed: `ids` as "1-256,258", `marks` one after the other."""

    number: int
    ids: str
    marks: str
    hash: str


def seal(number: int, previous: str, lines: Sequence[Line]) -> Seal:
    """Closes these lines, which follow those that end with `previous`."""
    hash_, marks = previous, []
    for content in (line.content for line in lines):
        hash_ = after(hash_, content)
        marks.append(_mark(content))
    return Seal(number, _written([line.id for line in lines]), "".join(marks), hash_)


def emptyings(line: Line) -> dict[int, str]:
    """Which lines an erasure has emptied, each with the hash of what was left of it."""
    if line.act != EMPTYING:
        return {}
    told = json.loads(line.details).get("lines") or {}
    return {int(each): str(left) for each, left in told.items()}


class Wrong(StrEnum):
    """What is the matter."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    SEAL_CHANGED = "seal_changed"
    SEAL_REMOVED = "seal_removed"
    OTHER_CHAIN = "other_chain"


class Finding(NamedTuple):
    """What is wrong, and with which line, or with which seal."""

    wrong: Wrong
    number: int


def check(previous: str, sealed: Seal, lines: Sequence[Line]) -> Finding | None:
    """The first line, by its id, that is not as it was sealed; None where all of them are.

    `lines` are those that stand now, from behind the seal before to the last id of this one.
    """
    hash_ = previous
    for line in lines:
        hash_ = after(hash_, line.content)
    if hash_ == sealed.hash:
        return None
    ids = list(_read(sealed.ids))
    marks = [sealed.marks[n : n + MARK] for n in range(0, len(sealed.marks), MARK)]
    if len(ids) != len(marks):
        return Finding(Wrong.SEAL_CHANGED, sealed.number)
    were, are = dict(zip(ids, marks, strict=True)), {line.id: line for line in lines}
    for each in sorted(were.keys() | are.keys()):
        if each not in are:
            return Finding(Wrong.REMOVED, each)
        if each not in were:
            return Finding(Wrong.INSERTED, each)
        if are[each].mark != were[each]:
            return Finding(Wrong.CHANGED, each)
    return Finding(Wrong.SEAL_CHANGED, sealed.number)


def last_id(ids: str) -> int | None:
    """The last id of a seal; None where it says no such thing."""
    last = ids.rpartition(",")[2].rpartition("-")[2]
    return int(last) if last.isdecimal() else None


def _written(ids: Iterable[int]) -> str:
    """Ids that follow each other as one run: "1-256,258"."""
    runs: list[list[int]] = []
    for each in ids:
        if runs and runs[-1][1] == each - 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _read(text: str) -> Iterator[int]:
    """The ids of a seal; nothing where it says no such thing."""
    for run in text.split(","):
        first, _, last = run.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            return
        if int(last or first) - int(first) > 1_000_000:
            return
        yield from range(int(first), int(last or first) + 1)
