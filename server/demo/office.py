"""The office in a few verbs: each act in the name of somebody, by the house's own acts."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import (
    counts,
    customer_photos,
    deciding,
    jobs,
    movements,
    part_requests,
    parts,
    photos,
    revisits,
    tickets,
    visits,
)
from server.actions.customer_photos import Given
from server.actions.settling import settle_job
from server.clock import Clock
from server.db import jobs as job_rows
from server.db import tickets as ticket_rows
from server.db.exceptions import FieldException
from server.db.jobs import Job
from server.db.parts import PartRequest, get_part, stock_at
from server.db.people import Person
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain.parts import Place
from server.house import House

T = TypeVar("T")
Act = Callable[[Session, Person], T]
Form = Mapping[str, Any]

RETAKE_WITHIN = timedelta(hours=24)


class Office:
    """Everybody at a desk. People are named by their username, rows by their id."""

    def __init__(self, house: House, clock: Clock) -> None:
        self.house, self.clock = house, clock
        self._ids: dict[str, str] = {}

    def does(self, username: str, act: Act[T]) -> T:
        """One act of one person, in one transaction."""
        return self.house.database.write(
            lambda session: act(session, session.get_one(Person, self.id_of(username)))
        )

    def reads(self, question: Callable[[Session], T]) -> T:
        return self.house.database.read(question)

    def id_of(self, username: str) -> str:
        if username not in self._ids:
            by_name = select(Person.id).where(Person.username == username)
            self._ids[username] = self.reads(lambda session: session.scalars(by_name).one())
        return self._ids[username]

    # Tickets.

    def opens_ticket(self, by: str, form: Form) -> str:
        return self.does(by, lambda s, who: tickets.open_ticket(s, who, form, self.clock()).id)

    def gives_photo(self, by: str, ticket_id: str, content: bytes, note: str) -> None:
        """The customer sent it in the chat."""
        name = f"IMG_{len(content)}.jpg"
        given = Given(self.house.media.put(content), len(content), "image/jpeg", name, note)

        def give(session: Session, who: Person) -> None:
            ticket = session.get_one(Ticket, ticket_id)
            customer_photos.give(session, ticket, given, self.clock(), by=who)

        self.does(by, give)

    def triages(self, by: str, ticket_id: str, form: Form) -> None:
        self._ticket(by, ticket_id, lambda s, w, t, now: tickets.change(s, w, t, form, now))

    def answers(self, by: str, ticket_id: str, words: str) -> None:
        self._ticket(by, ticket_id, lambda s, w, t, now: tickets.answer(s, w, t, words, now))

    def cancels_ticket(self, by: str, ticket_id: str, reason: str) -> None:
        self._ticket(by, ticket_id, lambda s, w, t, now: tickets.cancel(s, w, t, reason, now))

    def closes(self, by: str, ticket_id: str, reason: str) -> None:
        self._ticket(by, ticket_id, lambda s, w, t, now: tickets.close(s, w, t, reason, now))

    def reopens(self, by: str, ticket_id: str, trigger: str, words: str) -> None:
        self._ticket(
            by, ticket_id, lambda s, w, t, now: tickets.reopen(s, w, t, trigger, words, now)
        )

    def _ticket(
        self, by: str, ticket_id: str, act: Callable[[Session, Person, Ticket, datetime], object]
    ) -> None:
        def change(session: Session, who: Person) -> None:
            ticket_rows.lock(session, ticket_id)
            act(session, who, session.get_one(Ticket, ticket_id), self.clock())

        self.does(by, change)

    def state_of(self, ticket_id: str) -> str:
        return self.reads(lambda session: session.get_one(Ticket, ticket_id).state)

    # Jobs.

    def issues(self, by: str, ticket_id: str, form: Form) -> str:
        def issue(session: Session, who: Person) -> str:
            ticket = session.get_one(Ticket, ticket_id)
            return jobs.issue(session, who, ticket, form, self.clock())[0].id

        return self.does(by, issue)

    def issues_revisit(self, by: str, ticket_id: str, form: Form) -> str:
        """A job for the revisit of this ticket that is due or proposed."""

        def issue(session: Session, who: Person) -> str:
            revisit = _open_revisit(session, ticket_id)
            ticket = session.get_one(Ticket, ticket_id)
            return jobs.issue(session, who, ticket, form, self.clock(), revisit=revisit)[0].id

        return self.does(by, issue)

    def reassigns(self, by: str, job_id: str, to: str, reason: str) -> None:
        to_id = self.id_of(to)
        self._job(by, job_id, lambda s, w, j, now: jobs.reassign(s, w, j, to_id, reason, now))

    def cancels_job(self, by: str, job_id: str, reason: str) -> None:
        self._job(by, job_id, lambda s, w, j, now: jobs.cancel(s, w, j, reason, now))

    def gives_verdict(self, by: str, job_id: str, verdict: str, reason: str | None = None) -> None:
        self._job(by, job_id, lambda s, w, j, now: visits.verify(s, w, j, verdict, reason, now))

    def _job(
        self, by: str, job_id: str, act: Callable[[Session, Person, Job, datetime], object]
    ) -> None:
        def change(session: Session, who: Person) -> None:
            job_rows.lock(session, {job_id})
            act(session, who, session.get_one(Job, job_id), self.clock())

        self.does(by, change)

    # What follows from visits.

    def asks_again(self, by: str, job_id: str, slot: str, reason: str) -> None:
        """Asks for a new picture in place of the last one of this slot."""

        def judge(session: Session, who: Person) -> None:
            job_rows.lock(session, {job_id})
            of_slot = select(Photo).where(Photo.job_id == job_id, Photo.slot == slot)
            photo = session.scalars(of_slot.order_by(Photo.taken_at.desc()).limit(1)).one()
            photos.judge(session, who, photo, "retake", reason, RETAKE_WITHIN, self.clock())

        self.does(by, judge)

    def decides_revisit(self, by: str, ticket_id: str, to: str, reason: str) -> None:
        def decide(session: Session, who: Person) -> None:
            revisit = _open_revisit(session, ticket_id)
            revisits.decide(session, revisit, to, reason, who.id, self.clock())
            settle_job(session, revisit.job_id, self.clock())

        self.does(by, decide)

    def decides_exceptions(self, by: str, job_id: str, decision: str, reason: str) -> None:
        """All open ones of a job."""

        def decide(session: Session, who: Person) -> None:
            still_open = select(FieldException).where(
                FieldException.job_id == job_id, FieldException.state == "open"
            )
            for each in session.scalars(still_open).all():
                deciding.decide(session, who, each, decision, reason, self.clock())

        self.does(by, decide)

    # Parts.

    def moves(self, by: str, sku: str, quantity: int, kind: str, start: str, end: str) -> None:
        line = {"sku": sku, "quantity": quantity, "kind": kind, "from_place": start}
        form = {**line, "to_place": end}
        self.does(by, lambda s, who: movements.enter(s, who, form, self.clock()))

    def fills_van(self, by: str, whose: str, stock: Mapping[str, int]) -> None:
        van = str(Place("van", self.id_of(whose)))

        def fill(session: Session, who: Person) -> None:
            shelf = str(Place("warehouse", who.organisation_id))
            for sku, quantity in stock.items():
                line = {"sku": sku, "quantity": quantity, "kind": "transfer"}
                form = {**line, "from_place": shelf, "to_place": van}
                movements.enter(session, who, form, self.clock())

        self.does(by, fill)

    def counts_van(self, by: str, whose: str, gaps: Mapping[str, int]) -> None:
        """All that the ledger says lies there is found, but for these."""
        van = str(Place("van", self.id_of(whose)))

        def count(session: Session, who: Person) -> None:
            lies = stock_at(session, van)
            found = {sku: max(0, lies.get(sku, 0) + gaps.get(sku, 0)) for sku in {**lies, **gaps}}
            counts.enter(session, who, van, found, True, "", self.clock())

        self.does(by, count)

    def sets_minimums(self, by: str, least: Mapping[str, int]) -> None:
        """Of the own warehouse."""

        def set_them(session: Session, who: Person) -> None:
            shelf = str(Place("warehouse", who.organisation_id))
            for sku, quantity in least.items():
                part = get_part(session, who, sku)
                parts.set_minimum(session, who, part, shelf, quantity, self.clock())

        self.does(by, set_them)

    def handles_requests(self, by: str, ticket_id: str, step: str, **form: Any) -> None:
        """One step with all part requests of a ticket: reserve, ship, arrive."""
        acts = {
            "reserve": part_requests.reserve,
            "ship": part_requests.ship,
            "arrive": part_requests.arrive,
        }

        def handle(session: Session, who: Person) -> None:
            of_ticket = select(PartRequest).where(
                PartRequest.ticket_id == ticket_id,
                PartRequest.state.not_in(("arrived", "cancelled")),
            )
            for each in session.scalars(of_ticket).all():
                acts[step](session, who, each, form, self.clock())

        self.does(by, handle)

    def takes_along(self, by: str, ticket_id: str, whose: str) -> None:
        """What was set aside for the ticket goes into a van, and so the request is filled."""
        van = str(Place("van", self.id_of(whose)))

        def hand_over(session: Session, who: Person) -> None:
            of_ticket = select(PartRequest).where(
                PartRequest.ticket_id == ticket_id, PartRequest.state == "reserved"
            )
            for each in session.scalars(of_ticket).all():
                line = {"sku": each.sku, "quantity": each.quantity, "kind": "reserve"}
                shelf = str(Place("reserved", each.job_id))
                form = {**line, "from_place": shelf, "to_place": van, "job_id": each.job_id}
                movements.enter(session, who, form, self.clock())
                part_requests.arrive(session, who, each, {}, self.clock())

        self.does(by, hand_over)


def _open_revisit(session: Session, ticket_id: str) -> Revisit:
    still_open = select(Revisit).where(
        Revisit.ticket_id == ticket_id, Revisit.state.in_(("due", "proposed", "call_first"))
    )
    return session.scalars(still_open.order_by(Revisit.opened_at.desc())).one()
