"""The office in a few verbs, for tests whose subject is what happens in the field."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import jobs, settling, sign_ins, tickets, visits
from server.actions import photos as judging
from server.db import photos
from server.db.exceptions import FieldException
from server.db.jobs import Job, lock
from server.db.parts import PartRequest
from server.db.people import Person
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import tickets as ticket_rules
from tests import make, people
from tests.conftest import HandClock

T = TypeVar("T")

SLOTS = [
    {"slot": "before", "label": "Before", "label_zh": "施工前", "minimum": 1},
    {"slot": "after", "label": "After", "label_zh": "施工后", "minimum": 1},
]
CHECKLIST = {
    "name": "repair",
    "version": 1,
    "steps": [
        {
            "step_id": "level",
            "kind": "yes_no",
            "label": "Is it level?",
            "label_zh": "水平吗？",
            "required": True,
        }
    ],
}


class Office:
    """Bob issues and verifies; what he needs of customers and parts is there."""

    def __init__(self, app: Flask, clock: HandClock) -> None:
        self.house = app.extensions["doorstep"]
        self.clock = clock

    def write(self, act: Callable[[Session], T]) -> T:
        done: T = self.house.database.write(act)
        return done

    def read(self, act: Callable[[Session], T]) -> T:
        found: T = self.house.database.read(act)
        return found

    def opens_a_ticket(self, **changes: Any) -> str:
        def act(session: Session) -> str:
            customer = make.make_customer(name="王小明")
            site = make.make_site(customer)
            product = make.make_product()
            asset = make.make_asset(site, product)
            for row in (customer, site, product, asset):
                session.add(row)
                session.flush()
            form = {
                "customer_id": customer.id,
                "asset_id": asset.id,
                "kind": "repair",
                "summary": "The hood rattles",
                **changes,
            }
            return tickets.open_ticket(session, _person(session, people.WEI), form, self.clock()).id

        return self.write(act)

    def issues_a_job(
        self, to: people.Character, ticket_id: str | None = None, **changes: Any
    ) -> str:
        of = ticket_id or self.opens_a_ticket()
        form = {
            "assignee_id": to.id,
            "slots": SLOTS,
            "checklist": CHECKLIST,
            "window_start": self.clock() + timedelta(hours=1),
            "window_end": self.clock() + timedelta(hours=3),
            "reason": "agreed on the phone",
            **changes,
        }

        def act(session: Session) -> str:
            ticket = session.get_one(Ticket, of)
            bob = _person(session, people.BOB)
            return jobs.issue(session, bob, ticket, form, self.clock())[0].id

        return self.write(act)

    def issues_the_revisit(self, ticket_id: str, to: people.Character) -> str:
        def act(session: Session) -> str:
            revisit = session.scalars(
                select(Revisit).where(Revisit.ticket_id == ticket_id, Revisit.state == "due")
            ).one()
            form = {"assignee_id": to.id, "reason": "part is on the way"}
            ticket, bob = session.get_one(Ticket, ticket_id), _person(session, people.BOB)
            return jobs.issue(session, bob, ticket, form, self.clock(), revisit=revisit)[0].id

        return self.write(act)

    def part_arrives(self, ticket_id: str) -> None:
        def act(session: Session) -> None:
            for asked in session.scalars(
                select(PartRequest).where(PartRequest.ticket_id == ticket_id)
            ):
                asked.state = "arrived"
            session.flush()
            settling.settle_ticket(session, ticket_id, self.clock())

        self.write(act)

    def reassigns(self, job_id: str, to: people.Character) -> None:
        self._change(
            job_id, lambda s, bob, job: jobs.reassign(s, bob, job, to.id, "ill", self.clock())
        )

    def cancels(self, job_id: str) -> None:
        self._change(
            job_id, lambda s, bob, job: jobs.cancel(s, bob, job, "not needed", self.clock())
        )

    def changes(self, job_id: str, **form: Any) -> None:
        reasoned = {"reason": "agreed", **form}
        self._change(job_id, lambda s, bob, job: jobs.change(s, bob, job, reasoned, self.clock()))

    def gives_verdict(self, job_id: str, verdict: str, reason: str | None = None) -> None:
        self._change(
            job_id, lambda s, bob, job: visits.verify(s, bob, job, verdict, reason, self.clock())
        )

    def asks_for_photo_again(self, job_id: str, slot: str, reason: str) -> None:
        """Of the one photo in that slot."""

        def act(session: Session, bob: Person, job: Job) -> None:
            [photo] = [each for each in photos.of_job(session, job.id) if each.slot == slot]
            within = timedelta(hours=48)
            judging.judge(session, bob, photo, "retake", reason, within, self.clock())

        self._change(job_id, act)

    def ends_sign_ins_of(self, who: people.Character) -> None:
        """As when nobody has heard of the person for months."""
        self.write(
            lambda session: sign_ins.end_all(
                session, None, "expired", self.clock(), person_id=who.id
            )
        )

    def _change(self, job_id: str, act: Callable[[Session, Person, Job], Any]) -> None:
        def change(session: Session) -> None:
            lock(session, {job_id})
            act(session, _person(session, people.BOB), session.get_one(Job, job_id))

        self.write(change)

    def sees_job(self, job_id: str) -> Job:
        return self.read(lambda session: session.get_one(Job, job_id))

    def sees_ticket_of(self, job_id: str) -> Ticket:
        return self.read(
            lambda session: session.get_one(Ticket, session.get_one(Job, job_id).ticket_id)
        )

    def still_waits_for(self, ticket_id: str) -> list[str]:
        def act(session: Session) -> list[str]:
            facts = settling.ticket_facts(session, session.get_one(Ticket, ticket_id))
            return [wait.code for wait in ticket_rules.waits_for(facts)]

        return self.read(act)

    def sees_photos(self, job_id: str) -> list[photos.Photo]:
        return self.read(lambda session: photos.of_job(session, job_id))

    def sees_receipt(self, job_id: str) -> Receipt:
        """The newest version."""
        of_job = select(Receipt).where(Receipt.job_id == job_id).order_by(Receipt.version.desc())
        return self.read(lambda session: session.scalars(of_job.limit(1)).one())

    def sees_exceptions(self) -> list[str]:
        kinds = select(FieldException.kind).order_by(FieldException.kind)
        return self.read(lambda session: list(session.scalars(kinds)))

    def sees_revisits(self, ticket_id: str) -> list[tuple[str, str]]:
        """(cause, state) of each."""
        of_ticket = select(Revisit).where(Revisit.ticket_id == ticket_id).order_by(Revisit.id)
        return self.read(lambda s: [(each.cause, each.state) for each in s.scalars(of_ticket)])

    def at(self) -> datetime:
        return self.clock()


def _person(session: Session, who: people.Character) -> Person:
    return session.get_one(Person, who.id)
