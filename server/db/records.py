"""What is on record of the field events that one act has to do with: rows of before, and those it adds.

Read in two questions, however large the batch; from then on answered from memory.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from server.db.events import FieldEvent, Quarantine
from server.db.lookups import Lookups, Question, among
from server.domain.sync import Reading, Status, read

Envelope = dict[str, Any]

_EVENTS = FieldEvent.__table__.c
_ASIDE = Quarantine.__table__.c


class Brief(NamedTuple):
    """What has to be known of an event of before."""

    id: str
    device_id: str
    seq: int
    job_id: str
    after_id: str | None
    person_id: str
    actor_id: str
    fingerprint: str
    status: str
    code: str | None
    waits_for: str | None
    effect_version: int | None


_BRIEF = select(*(_EVENTS[name] for name in Brief._fields))
_ABOUT = Question(
    _BRIEF.where(
        or_(
            among(_EVENTS.id, "ids"),
            among(_EVENTS.job_id, "jobs"),
            among(_EVENTS.waits_for, "ids"),
            and_(_EVENTS.device_id == bindparam("device"), among(_EVENTS.seq, "numbers")),
        )
    )
)
_OF_IDS = Question(_BRIEF.where(among(_EVENTS.id, "ids")))
_WAITING = Question(_BRIEF.where(_EVENTS.waits_for == bindparam("id")))
_RAW = Question(select(_EVENTS.id, _EVENTS.raw).where(among(_EVENTS.id, "ids")))
_PUT_ASIDE = Question(
    select(_ASIDE.event_id, _ASIDE.fingerprint, _ASIDE.code).where(among(_ASIDE.event_id, "ids"))
)


def in_custody(asked: Lookups, ids: Collection[str]) -> dict[str, Brief]:
    """Those of the events that were here before."""
    return {row[0]: Brief(*row) for row in asked.all(_OF_IDS, ids=ids)}


def put_aside(asked: Lookups, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """What was put aside under these ids: fingerprint -> code."""
    aside: dict[str, dict[str, str]] = defaultdict(dict)
    for event_id, fingerprint, code in asked.all(_PUT_ASIDE, ids=ids):
        aside[event_id].setdefault(fingerprint, code)
    return aside


class Record:
    """The events of these jobs, those with these ids, whatever waits for one of them, and those whose
    numbers (`seq`) of this device are asked for."""

    def __init__(
        self,
        session: Session,
        jobs: Collection[str],
        ids: Collection[str] = (),
        device_id: str = "",
        numbers: Collection[int] = (),
    ) -> None:
        self._session = session
        self._asked, self._asked_waiting, self._asked_aside = set(ids), set(ids), set[str]()
        self._events: dict[str, Brief | FieldEvent] = {}
        self._aside: dict[str, dict[str, str]] = {}
        self._numbers: set[tuple[str, int]] = set()
        self._followed: set[tuple[str, str | None]] = set()
        self._envelopes: dict[str, Envelope] = {}
        self._readings: dict[str, Reading] = {}
        for row in _ABOUT.within(session, ids=ids, jobs=jobs, device=device_id, numbers=numbers):
            self._note(Brief(*row))

    def _note(self, event: Brief | FieldEvent) -> None:
        self._events[event.id] = event
        self._numbers.add((event.device_id, event.seq))
        self._followed.add((event.job_id, event.after_id))

    # What the act adds.

    def add(self, event: FieldEvent, envelope: Envelope, reading: Reading | None) -> None:
        self._note(event)
        self._asked.add(event.id)
        self._asked_aside.add(event.id)
        self._envelopes[event.id] = envelope
        if reading is not None:
            self._readings[event.id] = reading

    def put_aside(self, event_id: str, fingerprint: str, code: str) -> None:
        self._aside.setdefault(event_id, {}).setdefault(fingerprint, code)

    # What it asks.

    def get(self, event_id: str) -> Brief | FieldEvent | None:
        return self._events.get(event_id)

    def row(self, event_id: str) -> FieldEvent:
        """The event as a row that can be changed."""
        known = self._events.get(event_id)
        if known is None or isinstance(known, Brief):
            known = self._session.get_one(FieldEvent, event_id)
            self._note(known)
        return known

    def aside(self, event_id: str) -> dict[str, str]:
        """What was put aside under this id: fingerprint -> code."""
        if event_id not in self._asked_aside:
            self._ask_aside({event_id, *self._asked} - self._asked_aside)
        return self._aside.get(event_id, {})

    def _ask_aside(self, ids: set[str]) -> None:
        """Asked late, because few batches need it, and then for all that have been asked for."""
        self._asked_aside |= ids
        for event_id, fingerprint, code in _PUT_ASIDE.within(self._session, ids=ids):
            self.put_aside(event_id, fingerprint, code)

    def is_number_taken(self, device_id: str, seq: int) -> bool:
        return (device_id, seq) in self._numbers

    def is_followed(self, job_id: str, event_id: str) -> bool:
        """Whether an event of this job names this one as its predecessor."""
        return (job_id, event_id) in self._followed

    def here(self, event_ids: Iterable[str]) -> set[str]:
        """Those in custody that wait for nothing: judged, or put aside because nobody could read them."""
        wanted = set(event_ids)
        here = {each for each in wanted if self._is_judged(each)}
        others = wanted - here
        if others:
            self._ask_for(others - self._asked)
            here |= {each for each in others if self._is_judged(each) or self.aside(each)}
        return here

    def _ask_for(self, ids: set[str]) -> None:
        if ids:
            self._asked |= ids
            unknown = ids - self._events.keys()
            for row in _OF_IDS.within(self._session, ids=unknown) if unknown else ():
                self._note(Brief(*row))

    def _is_judged(self, event_id: str) -> bool:
        known = self._events.get(event_id)
        return known is not None and known.status != Status.HELD

    def waiting_for(self, event_id: str) -> list[FieldEvent]:
        """The events that are held until this one comes, in the order in which they came."""
        if event_id not in self._asked_waiting:
            self._asked_waiting.add(event_id)
            for row in _WAITING.within(self._session, id=event_id):
                if row[0] not in self._events:
                    self._note(Brief(*row))
        waiting = [
            each.id
            for each in self._events.values()
            if each.waits_for == event_id and each.status == Status.HELD
        ]
        return sorted(map(self.row, waiting), key=lambda event: (event.received_at, event.seq))

    def lane_before(self, event: FieldEvent) -> list[str]:
        """The ids of the same client's events on the same job before this one, oldest first: its
        `after` chain."""
        lane: dict[str, None] = {}
        at = event.after_id
        while at is not None and at not in lane:
            known = self._events.get(at)
            if known is None or known.job_id != event.job_id:
                break
            lane[at] = None
            at = known.after_id
        return list(lane)[::-1]

    def envelopes(self, event_ids: Iterable[str]) -> list[Envelope]:
        """The events as they came, in this order."""
        wanted = list(event_ids)
        unread = [each for each in wanted if each not in self._envelopes]
        if unread:
            for event_id, raw in _RAW.within(self._session, ids=unread):
                self._envelopes[event_id] = json.loads(raw)
        return [self._envelopes[each] for each in wanted]

    def envelope(self, event: FieldEvent) -> Envelope:
        """One event as it came."""
        if event.id not in self._envelopes:
            self._envelopes[event.id] = json.loads(event.raw)
        return self._envelopes[event.id]

    def reading(self, event: FieldEvent) -> Reading:
        """What one event says, for those who judge and apply it."""
        if event.id not in self._readings:
            self._readings[event.id] = read(self.envelope(event), event.raw)
        return self._readings[event.id]
