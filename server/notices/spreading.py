"""Spreading facts: of each what the customer is told and what other systems hear, in one transaction."""

import logging
import traceback
from collections import defaultdict
from datetime import datetime

from sqlalchemy.orm import Session

from server.actions import notices as acts
from server.config import Config
from server.db import facts, notices
from server.db.facts import Fact
from server.db.house import Task
from server.domain import notices as rules
from server.ids import new_id
from server.notices import webhooks

log = logging.getLogger("doorstep.notices")

AT_ONCE = 50  # facts of one transaction: others who write wait for it


def ways(session: Session, config: Config) -> acts.Ways:
    """By which channels anything can leave. In the demo everything goes to the log."""
    of_branches: dict[str, set[str]] = defaultdict(set)
    for each in notices.gateways(session):
        of_branches[each.branch_id].add(each.channel)
    everywhere = frozenset(rules.CHANNELS) if config.is_demo else frozenset[str]()
    if config.smtp is not None:
        everywhere |= {rules.EMAIL}
    return acts.Ways(everywhere, of_branches)


def spread(session: Session, config: Config, now: datetime) -> int:
    """Makes notices of the oldest facts, which are gone then; returns how many facts."""
    waiting = facts.oldest(session, now, AT_ONCE)
    if not waiting:
        return 0
    open_ways, endpoints = ways(session, config), webhooks.listening(session)
    for fact in waiting:
        try:
            with session.begin_nested():
                acts.tell(session, fact, open_ways, now)
                webhooks.tell(session, endpoints, fact, now)
        except Exception as failure:
            log.exception("a fact could not be spread", extra={"fields": {"fact": fact.kind}})
            session.add(_aside(fact, failure, now))
    facts.forget(session, [each.id for each in waiting])
    return len(waiting)


def _aside(fact: Fact, failure: Exception, now: datetime) -> Task:
    """What nobody could make notices of stands among the tasks that were put aside, with what went wrong."""
    return Task(
        id=new_id(),
        kind="fact.spread",
        subject=f"{fact.kind}:{fact.noun_id}"[:200],
        run_at=now,
        failed_at=now,
        failure="".join(traceback.format_exception_only(failure)).strip()[:2_000],
        details={"fact": fact.id, "details": fact.details},
    )
