"""What one act on some jobs may touch: asked for once, changed in memory, written in one go.

Each property is one question to the database, however many events the act takes in, and only the
questions that it needs are put. New rows of the tables that a visit fills are `plain` until `write`
inserts them, a table at a time; everything else is the session's, as anywhere.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, cast

from sqlalchemy import Text, bindparam, func, literal, or_, select, type_coerce
from sqlalchemy.orm import Session

from server.db.drafts import Drafts
from server.db.events import FieldEvent
from server.db.jobs import Crew, Job, Sheet, Visit
from server.db.lookups import Lookups, Question, among, insertion
from server.db.parts import Movement, PartRequest, quantity_at
from server.db.photos import Blob, Owner, Photo
from server.db.receipts import Receipt
from server.db.records import Record
from server.db.revisits import Revisit
from server.db.tables import Row, Table, plain
from server.db.tickets import Ticket
from server.domain.sync import Reading

Document = dict[str, Any]
Said = tuple[Any, ...]
"""What a receipt is built from, as a key."""


class Built(NamedTuple):
    """A receipt that was built, the events that it rests on, and its digest."""

    events: list[Document]
    content: Document
    digest: str


# Statements are put together once: that took longer than asking them.
_JOB, _CREW_OF = Job.__table__.c, Crew.__table__.c
_SHEET, _BLOB = Sheet.__table__.c, Blob.__table__.c
_OF_TICKETS = among(_JOB.ticket_id, "tickets")
_SIBLINGS = select(_JOB.id).where(_OF_TICKETS).scalar_subquery()


def _of_siblings(kind: type[Table]) -> Any:
    return kind.__table__.c.job_id.in_(_SIBLINGS)


def _of_tickets(kind: type[Table]) -> Any:
    return among(kind.__table__.c.ticket_id, "tickets")


def _named(kind: type[Table]) -> Any:
    return among(kind.__table__.c.id, "named")


_LOOKED_AT: dict[type[Table], tuple[Any, ...]] = {
    Photo: (_of_siblings(Photo), _named(Photo)),
    Receipt: (_of_siblings(Receipt),),
    Movement: (_of_siblings(Movement),),
    Revisit: (_of_tickets(Revisit),),
    PartRequest: (_of_tickets(PartRequest), _named(PartRequest)),
    Crew: (_of_siblings(Crew),),
}


def _is_there(kind: type[Table], ways: tuple[Any, ...]) -> Any:
    """Whether a row is found in any of these ways. Each is asked by itself: PostgreSQL searches an index
    for each then, and reads the whole table where one question names them both.
    """
    rows = select(literal(1)).select_from(kind.__table__)
    return or_(*(rows.where(way).exists() for way in ways))


_PRESENT = Question(
    select(
        select(func.count()).select_from(Job.__table__).where(_OF_TICKETS).scalar_subquery(),
        *(_is_there(kind, ways) for kind, ways in _LOOKED_AT.items()),
    )
)
_FAMILY = Question(select(Job).where(among(Job.ticket_id, "tickets")))
_VISITS = Question(select(Visit).where(among(Visit.job_id, "jobs")))
_TICKET = Question(
    select(Ticket)
    .where(Ticket.id == bindparam("ticket"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_PHOTOS = select(Photo).where(or_(among(Photo.job_id, "jobs"), among(Photo.id, "named")))
_RECEIPTS = select(Receipt).where(among(Receipt.job_id, "jobs")).order_by(Receipt.version)
_MOVEMENTS = select(Movement).where(among(Movement.job_id, "jobs")).order_by(Movement.id)
_REVISITS = select(Revisit).where(among(Revisit.ticket_id, "tickets"))
_REQUESTS = select(PartRequest).where(
    or_(among(PartRequest.ticket_id, "tickets"), among(PartRequest.id, "named"))
)
_CREW = Question(select(_CREW_OF.job_id, _CREW_OF.person_id).where(among(_CREW_OF.job_id, "jobs")))
_CONTENT = Question(
    select(type_coerce(_SHEET.content, Text)).where(
        _SHEET.job_id == bindparam("job"), _SHEET.rev == bindparam("rev")
    )
)
_STORED = Question(select(_BLOB.sha256).where(among(_BLOB.sha256, "hashes")))


def sheet_of(asked: Lookups, job_id: str, rev: int) -> Document | None:
    """One revision of a sheet, which never changes; None where there is no such one yet."""
    found = asked.one(_CONTENT, job=job_id, rev=rev)
    return None if found is None else json.loads(found[0])


class WorkingSet:
    """These jobs, which the caller has locked, and what belongs to them and to their tickets.

    `named` are the client-made ids that the events speak of (photos, requests), `hashes` the files that
    they announce: all of them are looked up together. Where the jobs are `drafts`, their family, visits
    and tickets are, too. `built` are receipts that may turn out to be asked for.
    """

    def __init__(
        self,
        session: Session,
        jobs: Iterable[Job],
        now: datetime,
        *,
        tickets: Collection[str] = (),
        drafts: Drafts | None = None,
        built: Mapping[Said, Built] | None = None,
        record: Record | None = None,
        named: Collection[str] = (),
        hashes: Collection[str] = (),
    ) -> None:
        self.session, self.now = session, now
        self.jobs = {job.id: job for job in jobs}
        self.tickets = sorted({*tickets, *(job.ticket_id for job in self.jobs.values())})
        self.built = dict(built or {})
        self._drafts = drafts
        self._record, self._named, self._hashes = record, set(named), set(hashes)
        self._locked: dict[str, Ticket] = {}
        self._lying: dict[tuple[str, str], int] = {}
        self._sheets: dict[tuple[str, int], str | None] = {}
        self._new: dict[type[Table], list[Table]] = defaultdict(list)

    # What is there.

    @property
    def record(self) -> Record:
        """What is on record of the field events of these jobs."""
        if self._record is None:
            self._record = Record(self.session, self.jobs)
        return self._record

    @cached_property
    def _present(self) -> dict[type[Table], int]:
        """How many jobs the tickets have, and which tables hold anything of them: most hold nothing
        when a visit comes in, and one question is faster than five.
        """
        ((jobs, *others),) = _PRESENT.within(self.session, tickets=self.tickets, named=self._named)
        return {Job: jobs, **dict(zip(_LOOKED_AT, others, strict=True))}

    def _rows(self, kind: type[Row], statement: Any, asked: dict[str, Any]) -> list[Row]:
        if not self._present[kind]:
            return []
        return list(self.session.scalars(statement, asked))

    def _read(self, kind: type[Row], question: Question, **asked: Any) -> list[Row]:
        """Rows that the act changes, as drafts or as instances."""
        if self._drafts is not None:
            return self._drafts.read(kind, question, **asked)
        return list(self.session.scalars(question.statement, asked))

    @cached_property
    def family(self) -> dict[str, Job]:
        """All jobs of the tickets, in the order in which they were issued."""
        found = list(self.jobs.values())
        if len(found) != self._present[Job]:
            found = self._read(Job, _FAMILY, tickets=self.tickets)
        return {job.id: job for job in sorted(found, key=lambda job: (job.issued_at, job.id))}

    @cached_property
    def _visits(self) -> dict[str, Visit]:
        return {visit.id: visit for visit in self._read(Visit, _VISITS, jobs=self.family)}

    def visit(self, job: Job) -> Visit:
        """The visit under the present assignment."""
        assert job.visit_id is not None, "a job is issued together with its visit"
        return self._visits[job.visit_id]

    def has_visited(self, job: Job, person_id: str) -> bool:
        visits = self._visits.values()
        return any(each.job_id == job.id and each.person_id == person_id for each in visits)

    @cached_property
    def crew(self) -> dict[str, list[str]]:
        """Who goes along, by job."""
        crew: dict[str, list[str]] = {each: [] for each in self.jobs}
        if not self._present[Crew]:
            return crew
        for job_id, person_id in _CREW.within(self.session, jobs=self.jobs):
            crew[job_id].append(person_id)
        return crew

    @cached_property
    def photos(self) -> dict[str, Photo]:
        """The photos of the family, and those of these ids wherever they are."""
        asked = {"jobs": list(self.family), "named": list(self._named)}
        return {photo.id: photo for photo in self._rows(Photo, _PHOTOS, asked)}

    def photo(self, photo_id: str) -> Photo | None:
        if photo_id not in self.photos and photo_id not in self._named:
            self._named.add(photo_id)
            elsewhere = self.session.get(Photo, photo_id)
            if elsewhere is not None:
                self.photos[photo_id] = elsewhere
        return self.photos.get(photo_id)

    def photos_of(self, job: Job) -> list[Photo]:
        """The oldest first."""
        found = [photo for photo in self.photos.values() if photo.job_id == job.id]
        return sorted(found, key=lambda photo: (photo.taken_at, photo.id))

    @cached_property
    def _receipts(self) -> dict[str, Receipt]:
        found = self._rows(Receipt, _RECEIPTS, {"jobs": list(self.family)})
        return {receipt.job_id: receipt for receipt in found}

    def receipt(self, job: Job) -> Receipt | None:
        """The version that stands now."""
        return self._receipts.get(job.id)

    @cached_property
    def movements(self) -> list[Movement]:
        """What these jobs took and gave back, the oldest first."""
        return self._rows(Movement, _MOVEMENTS, {"jobs": list(self.jobs)})

    def stock(self, place: str, sku: str) -> int:
        """How many lie at a place, with what this act has moved."""
        if (place, sku) not in self._lying:
            self._lying[place, sku] = quantity_at(self.session, place, sku)
        moved = [cast(Movement, each) for each in self._new.get(Movement, ())]
        return self._lying[place, sku] + sum(
            each.quantity * ((each.to_place == place) - (each.from_place == place))
            for each in moved
            if each.sku == sku
        )

    @cached_property
    def revisits(self) -> list[Revisit]:
        """Those of the tickets."""
        return self._rows(Revisit, _REVISITS, {"tickets": self.tickets})

    @cached_property
    def requests(self) -> dict[str, PartRequest]:
        """The part requests of the tickets, and those of these ids wherever they are."""
        asked = {"tickets": self.tickets, "named": list(self._named)}
        return {each.id: each for each in self._rows(PartRequest, _REQUESTS, asked)}

    def request(self, request_id: str) -> PartRequest | None:
        if request_id not in self.requests and request_id not in self._named:
            return self.session.get(PartRequest, request_id)
        return self.requests.get(request_id)

    def ticket(self, ticket_id: str) -> Ticket:
        """The ticket, locked until the commit; whoever locks jobs too has done so before."""
        if ticket_id not in self._locked:
            (self._locked[ticket_id],) = self._read(Ticket, _TICKET, ticket=ticket_id)
        return self._locked[ticket_id]

    def sheet_text(self, job: Job, rev: int) -> str | None:
        """The sheet of one revision as JSON; None where there never was such a one."""
        if (job.id, rev) not in self._sheets:
            found = _CONTENT.within(self.session, job=job.id, rev=rev)
            self._sheets[job.id, rev] = found[0][0] if found else None
        return self._sheets[job.id, rev]

    def sheet(self, job: Job, rev: int) -> Document | None:
        text = self.sheet_text(job, rev)
        return None if text is None else json.loads(text)

    @cached_property
    def _stored(self) -> dict[str, bool]:
        return {}

    def stored(self, hashes: Collection[str]) -> set[str]:
        """Those of the files whose bytes are here."""
        unknown = (self._hashes | set(hashes)) - self._stored.keys()
        if unknown:
            here = {sha256 for (sha256,) in _STORED.within(self.session, hashes=unknown)}
            self._stored.update((each, each in here) for each in unknown)
        return {each for each in hashes if self._stored[each]}

    # What is added.

    def own(self, sha256: str, person_id: str) -> None:
        """Whoever announced a file is told whether it is here."""
        self._new[Owner].append(plain(Owner, sha256=sha256, person_id=person_id))

    def add_event(self, event: FieldEvent, envelope: Document, reading: Reading | None) -> None:
        self.record.add(event, envelope, reading)
        self._new[FieldEvent].append(event)

    def add_photo(self, photo: Photo) -> None:
        self.photos[photo.id] = photo
        self._new[Photo].append(photo)

    def add_receipt(self, receipt: Receipt) -> None:
        self._receipts[receipt.job_id] = receipt
        self._new[Receipt].append(receipt)

    def add_movement(self, movement: Movement) -> None:
        self.movements.append(movement)
        self._new[Movement].append(movement)

    def add_request(self, request: PartRequest) -> None:
        self.requests[request.id] = request
        self.session.add(request)

    def add_revisit(self, revisit: Revisit) -> None:
        self.revisits.append(revisit)
        self.session.add(revisit)

    def write(self) -> None:
        """Writes what has changed and then every new row, in as few statements as there are tables."""
        self.session.flush()
        if self._drafts is not None:
            self._drafts.write()
        for kind, rows in self._new.items():
            # An owner may be known for long, or announced twice.
            insertion(kind, once=kind is Owner).for_each(self.session, map(vars, rows))
        self._new.clear()
        self._lying.clear()
