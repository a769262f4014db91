"""Postmen: take the next notice, say so durably, speak to whoever is outside, and write down what came of it.

Each step is a transaction of its own. Whoever is killed before `sending` is written has done nothing; after
that nobody can know whether the other side took it. So what is found in the middle is `unsure`: it stands
among the dead letters until a person decides, or goes again under the same id where the receiver is known to
drop repeats. Nothing is lost, and nothing is told twice by itself.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread

from sqlalchemy.orm import Session

from server.actions import notices as acts
from server.clock import Clock
from server.config import Config
from server.db import audit, facts, notices
from server.db.customers import Customer
from server.db.engine import Database
from server.db.notices import LEASE, Endpoint, Gateway, Notice, Try
from server.db.people import Organisation
from server.db.tickets import Ticket
from server.domain import notices as rules
from server.ids import new_id
from server.notices import gateways, rendering, spreading, webhooks
from server.notices.mails import Letter, MailLine
from server.notices.outcomes import Outcome

log = logging.getLogger("doorstep.notices")

POLL_S = 0.5
POSTMEN = 4  # of a worker: one who waits for somebody slow holds nobody else up
LOG = "log"
CUT = "cut"


@dataclass(frozen=True, slots=True)
class _Errand:
    """One notice in hand, with all that its call needs; the session is over by then."""

    notice: Notice
    endpoint: Endpoint | None = None
    gateway: Gateway | None = None
    to_name: str = ""
    shop: str = ""


class Post:
    """The post of one worker: what is waiting is spread, and taken out by its postmen."""

    def __init__(self, config: Config, database: Database, clock: Clock) -> None:
        self.config, self.database, self.clock = config, database, clock
        self._busy: set[str] = set()  # endpoints that are being spoken to
        self._turn = Lock()

    def spread(self) -> int:
        """Makes notices of facts that wait; returns of how many."""
        now = self.clock()
        if not self.database.read(lambda session: facts.is_waiting(session, now)):
            return 0
        return self.database.write(lambda s: spreading.spread(s, self.config, now))

    def drain(self) -> int:
        """Everything that is due, without waiting; returns how many attempts."""
        while self.spread():
            pass
        postman, done = Postman(self), 0
        while postman.takes_one():
            done += 1
        postman.leaves()
        return done

    def work(self, stop: Event) -> list[Thread]:
        """Postmen at work until they are asked to stop."""
        threads = [
            Thread(target=_walk, args=(self, stop, number), name=f"postman-{number}", daemon=True)
            for number in range(POSTMEN)
        ]
        for each in threads:
            each.start()
        return threads

    # One notice in the table.

    def take(self) -> "_Errand | bool":
        """The next one, marked `sending`. True where one was ended without a call, False where none is due."""
        now = self.clock()
        if not self.database.read(lambda session: notices.is_due(session, now)):
            return False
        with self._turn:
            busy = frozenset(self._busy)
        taken = self.database.write(lambda session: self._take(session, busy, now))
        if isinstance(taken, _Errand) and taken.endpoint is not None:
            with self._turn:
                self._busy.add(taken.endpoint.id)
        return taken

    def _take(self, session: Session, busy: frozenset[str], now: datetime) -> "_Errand | bool":
        notice = notices.next_due(session, now, busy)
        if notice is None:
            return False
        if notice.state == rules.SENDING and not self._goes_again(session, notice, now):
            return True
        errand = self._errand(session, notice)
        if isinstance(errand, str):
            _give_up(notice, errand)
            return True
        if notice.channel != rules.WEBHOOK and not self._is_to_go(session, notice, now):
            return True
        self._write(session, errand, now)
        notice.state, notice.holder, notice.leased_until = rules.SENDING, new_id(), now + LEASE
        notice.tries += 1
        notice.rev += 1
        return errand

    def _goes_again(self, session: Session, notice: Notice, now: datetime) -> bool:
        """One that somebody had in hand when the power went."""
        session.add(
            Try(id=new_id(), notice_id=notice.id, at=now, outcome="unsure", words="", status=None)
        )
        endpoint = session.get(Endpoint, notice.endpoint_id) if notice.endpoint_id else None
        if endpoint is not None and endpoint.drops_repeats:
            return True
        _end_unsure(notice)
        return False

    def _errand(self, session: Session, notice: Notice) -> _Errand | str:
        """What the call needs; or the reason why there is none."""
        if notice.channel == rules.WEBHOOK:
            endpoint = session.get_one(Endpoint, notice.endpoint_id)
            is_open = endpoint.removed_at is None and endpoint.disabled_at is None
            return _Errand(notice, endpoint=endpoint) if is_open else "endpoint_off"
        ticket = session.get_one(Ticket, notice.ticket_id)
        customer = session.get_one(Customer, ticket.customer_id)
        shop = session.get_one(Organisation, ticket.branch_id)
        gateway = None
        if notice.channel != rules.EMAIL:
            known = [each for each in notices.gateways(session) if each.branch_id == shop.id]
            gateway = next((each for each in known if each.channel == notice.channel), None)
        is_there = self.config.smtp if notice.channel == rules.EMAIL else gateway
        if is_there is None and not self.config.is_demo:
            return "no_way"
        notice.address = acts.address_of(customer, notice.channel)
        return _Errand(notice, None, gateway, customer.name, shop.name)

    def _is_to_go(self, session: Session, notice: Notice, now: datetime) -> bool:
        """A person who sends it again has decided; else what is true, in time and not at night."""
        if notice.details.get("again"):
            return True
        if reason := acts.why_not(session, notice, now):
            notice.state, notice.reason = rules.DROPPED, reason
            notice.rev += 1
            return False
        if until := acts.waits_until(session, notice, now):
            notice.run_at = until
            notice.state, notice.rev = rules.WAITING, notice.rev + 1
            return False
        return True

    def _write(self, session: Session, errand: _Errand, now: datetime) -> None:
        """The words, once: a repeat says the same."""
        notice = errand.notice
        if notice.body:
            return
        text = rendering.rendered(session, self.config, notice, now)
        notice.title, notice.body = text.title, text.body
        if rules.is_late(notice.kind, notice.happened_at, now):
            notice.reason = "late"

    # What came of it.

    def end(self, errand: _Errand, outcome: Outcome, via: str | None, began: float) -> None:
        now = self.clock()
        took = int((time.monotonic() - began) * 1000)
        chance = random.random()
        self.database.write(
            lambda session: self._end(session, errand, outcome, via, now, took, chance)
        )

    def let_go(self, errand: _Errand) -> None:
        if errand.endpoint is not None:
            with self._turn:
                self._busy.discard(errand.endpoint.id)

    def _end(
        self, session: Session, errand: _Errand, outcome: Outcome, via: str | None,
        now: datetime, took_ms: int, chance: float,
    ) -> None:  # fmt: skip
        notice = errand.notice
        values = _after(notice, errand.endpoint, outcome, now, chance)
        if not notices.end(session, notice.id, str(notice.holder), via=via, **values):
            return  # it took too long: somebody else has found it in the middle
        session.add(
            Try(
                id=new_id(),
                notice_id=notice.id,
                at=now,
                duration_ms=took_ms,
                outcome=outcome.kind,
                status=outcome.status,
                words=outcome.words,
            )
        )
        if errand.endpoint is not None:
            _judge(session, errand.endpoint.id, outcome, now)


def _after(
    notice: Notice, endpoint: Endpoint | None, outcome: Outcome, now: datetime, chance: float
) -> dict[str, object]:
    """What stands in the row of a notice after an attempt."""
    if outcome.kind == "sent":
        return {"state": rules.SENT, "sent_at": now}
    if outcome.kind == "refused":
        return {"state": rules.FAILED, "reason": "refused"}
    if outcome.kind == "unsure" and not (endpoint and endpoint.drops_repeats):
        return {"state": rules.UNSURE, "reason": CUT}
    again = rules.again_at(notice.channel, notice.tries, now, chance, outcome.retry_after_s)
    if again is None:
        return {"state": rules.FAILED, "reason": "tries_used"}
    return {"state": rules.WAITING, "run_at": again}


def _end_unsure(notice: Notice) -> None:
    notice.state, notice.reason = rules.UNSURE, CUT
    notice.holder = notice.leased_until = None
    notice.rev += 1


def _give_up(notice: Notice, reason: str) -> None:
    notice.state, notice.reason = rules.FAILED, reason
    notice.holder = notice.leased_until = None
    notice.rev += 1


def _judge(session: Session, endpoint_id: str, outcome: Outcome, now: datetime) -> None:
    """An endpoint that is gone, or has failed for days, is asked no more; the supervisor reads of it."""
    endpoint = notices.endpoint_for(session, endpoint_id, to_change=True)
    if outcome.kind == "sent":
        endpoint.failing_since = None
        return
    endpoint.failing_since = endpoint.failing_since or now
    is_over = outcome.is_gone or rules.is_given_up(endpoint.failing_since, now)
    if is_over and endpoint.disabled_at is None:
        endpoint.disabled_at = now
        endpoint.disabled_why = "gone" if outcome.is_gone else "failing"
        endpoint.rev += 1
        audit.record(session, None, "webhook.switched_off", endpoint.id, now, by_policy=True)


class Postman:
    """Takes one notice after the other; keeps the line to the mail server."""

    def __init__(self, post: Post) -> None:
        self.post = post
        smtp = post.config.smtp
        self._mail = MailLine(smtp, post.clock) if smtp else None

    def leaves(self) -> None:
        if self._mail is not None:
            self._mail.close()

    def takes_one(self) -> bool:
        """False where nothing is due."""
        errand = self.post.take()
        if isinstance(errand, bool):
            return errand
        began = time.monotonic()
        try:
            outcome, via = self._tell(errand)
            self.post.end(errand, outcome, via, began)
        finally:
            self.post.let_go(errand)
        return True

    def _tell(self, errand: _Errand) -> tuple[Outcome, str | None]:
        notice, post = errand.notice, self.post
        if errand.endpoint is not None:
            return webhooks.send(post.config, errand.endpoint, notice, post.clock), None
        if notice.channel == rules.EMAIL and self._mail is not None:
            return self._mail.send(_letter(errand)), None
        if errand.gateway is not None:
            return gateways.send(post.config, errand.gateway, notice), None
        return Outcome("sent", words="nothing left the house"), LOG


def _letter(errand: _Errand) -> Letter:
    notice = errand.notice
    return Letter(
        its_id=notice.id,
        to_name=errand.to_name,
        to_address=notice.address,
        shop=errand.shop,
        subject=notice.title,
        body=notice.body,
        language=notice.language,
    )


def _walk(post: Post, stop: Event, number: int) -> None:
    """One postman's day. Whatever goes wrong with the house itself, it goes on."""
    postman = Postman(post)
    step: Callable[[], object] = postman.takes_one
    while not stop.is_set():
        try:
            spread = post.spread() if number == 0 else 0
            if not step() and not spread:
                postman.leaves()
                stop.wait(POLL_S)
        except Exception:
            log.exception("a postman stumbled")
            stop.wait(POLL_S)
    postman.leaves()
