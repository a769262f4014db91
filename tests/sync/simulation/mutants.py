"""Each protection switched off, one at a time: the only place where our own code is replaced as it runs.

A mutant names the functions that it replaces; one that is not there any more fails loudly. The world that goes
with it is small and meets mostly what the protection is there for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from field_client import blobs, plan
from field_client.outbox import Envelope, Outbox
from field_client.pull import Pull
from server import files
from server.actions import sign_ins, sync, uploads
from server.api import arrivals
from server.db.people import SignIn
from server.domain import errors
from server.domain import sync as rules
from tests.sync.simulation.histories import Outcome, run_world
from tests.sync.simulation.rooms import Spot
from tests.sync.simulation.town import Town
from tests.sync.simulation.world import Plan

Replacement = Callable[..., Any]
"""Made from the function that it replaces."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One protection: what it guards, what is put in its place, and the world in which that shows."""

    name: str
    guards: str
    instead: tuple[tuple[Any, str, Callable[[Any], Replacement]], ...]
    world: Plan
    caught_by: frozenset[str]
    shown_by: int = 0
    """The seed that showed it last time, so that the search begins there; any other serves, only later."""

    @contextmanager
    def at_work(self, _town: Town) -> Iterator[None]:
        """While the block runs, the protection is off. Raises AttributeError where it has moved."""
        before = [(owner, name, vars(owner)[name]) for owner, name, _ in self.instead]
        try:
            for (owner, name, make), (_, _, own) in zip(self.instead, before, strict=True):
                setattr(owner, name, make(own))
            yield
        finally:
            for owner, name, own in before:
                setattr(owner, name, own)


@dataclass(frozen=True, slots=True)
class AppMutant:
    """One protection of the TypeScript app: instead of a function, words of its source are replaced."""

    name: str
    guards: str
    off: tuple[Spot, ...]
    world: Plan
    caught_by: frozenset[str]
    shown_by: int = 0

    def at_work(self, town: Town) -> AbstractContextManager[None]:
        return town.room.without(self.off)


def small(tablets: int = 1, days: int = 2, rounds: int = 9, **weights: float) -> Plan:
    named = {name.replace("_", " "): weight for name, weight in weights.items()}
    return Plan(
        first=0 if tablets > 1 else 1,
        tablets=tablets,
        days=days,
        rounds=rounds,
        weights={"others": 0.2, **named},
    )


# What stands in place of each protection.


def _never(_real: Any) -> Replacement:
    return lambda *_args, **_named: None


def _as_if_it_had_come(real: Any) -> Replacement:
    def decide(event: Mapping[str, Any], facts: rules.Circumstances) -> rules.Decision:
        decision: rules.Decision = real(event, replace(facts, predecessor_known=True))
        return decision

    return decide


def _what_was_promised(_real: Any) -> Replacement:
    return lambda turn: turn.upload.sha256


def _no_tombstones(real: Any) -> Replacement:
    def change_step(own: int | None, change: Mapping[str, Any], *, has_unsent: bool) -> str:
        if change.get("change") == "remove":
            return "ignore"
        return str(real(own, change, has_unsent=has_unsent))

    return change_step


def _at_once(_real: Any) -> Replacement:
    return lambda since, _now, _days: since is not None


def _same_epoch(_real: Any) -> Replacement:
    return lambda _known, _told: False


def _any_answer_counts(real: Any) -> Replacement:
    def event_step(result: Mapping[str, Any]) -> plan.EventStep:
        if result.get("status") == "retry":
            return plan.EventStep("acknowledged", "applied")
        step: plan.EventStep = real(result)
        return step

    return event_step


def _of_anybody(_real: Any) -> Replacement:
    def next_batch(
        outbox: Outbox,
        limits: plan.Limits,
        *,
        at_most: int | None = None,
        resting: Iterable[str] = (),
    ) -> list[Envelope]:
        waiting = outbox.store.rows(
            "SELECT event_id, job_id, body, seq FROM event WHERE state = 'waiting' ORDER BY place"
        )
        return plan.batch(waiting, limits, at_most=at_most, resting=set(resting))

    return next_batch


def _until_given_back(_real: Any) -> Replacement:
    return lambda upload, _now: upload.holder is not None


def _cursor_first(real: Any) -> Replacement:
    def apply_page(pull: Pull, page: dict[str, Any]) -> None:
        with pull.store.writing():
            pull._move_cursor(page)
        real(pull, page)

    return apply_page


def _used_is_used(real: Any) -> Replacement:
    def rotate(session: Any, link_id: str, life: Any, now: datetime) -> Any:
        link = session.get(SignIn, link_id)
        if link is not None and link.used_at is not None:
            return errors.TokenReused()
        return real(session, link_id, life, now)

    return rotate


def falls_after(town: Town, mutant: Mutant | AppMutant, most: int) -> tuple[int, Outcome]:
    """How many seeds it took until something stopped holding without the protection, and what did.

    The last outcome of all where nothing did.
    """
    outcome, seeds = _without(town, mutant, mutant.shown_by), 1
    while outcome.is_clean and seeds < most:
        outcome = _without(town, mutant, (mutant.shown_by + seeds) % most)
        seeds += 1
    return seeds, outcome


def _without(town: Town, mutant: Mutant | AppMutant, n: int) -> Outcome:
    with mutant.at_work(town):
        return run_world(town, f"{mutant.name}/{n}", mutant.world)


MUTANTS = (
    Mutant(
        "idempotency",
        "an event that comes twice has its effect once",
        ((sync, "repeat", _never),),
        small(answer_lost=8, request_doubled=8),
        frozenset({"S1", "S4"}),
    ),
    Mutant(
        "after order",
        "nothing takes effect before what it follows",
        ((rules, "decide", _as_if_it_had_come),),
        small(1, 1, 20, server_restored_in_the_middle_of_a_sync=200),
        frozenset({"S3"}),
    ),
    Mutant(
        "hash at finish",
        "a file that was altered on its way is not stored",
        ((arrivals.Turn, "_digest", _what_was_promised),),
        small(bytes_altered_on_the_way=15),
        frozenset({"S6", "S7", "S5"}),
    ),
    Mutant(
        "fsync on the server",
        "a file that counts as stored survives a power cut",
        ((files.Media, "_flush", _never), (files.Incoming, "flush", _never)),
        small(server_loses_power=40),
        frozenset({"S5", "S6", "S7"}),
    ),
    Mutant(
        "fsync on the tablet",
        "a photo that was taken survives a power cut",
        ((blobs, "_flush", _never),),
        small(tablet_loses_power=8),
        frozenset({"S5"}),
    ),
    Mutant(
        "tombstones",
        "a job that was given to somebody else goes away",
        ((plan, "change_step", _no_tombstones),),
        small(2, job_reassigned=12),
        frozenset({"S9", "L2"}),
    ),
    Mutant(
        "sweep",
        "what a snapshot does not name goes away",
        ((Pull, "_sweep", _never),),
        small(2, job_reassigned=12, feed_pruned=30),
        frozenset({"S9", "L2"}),
    ),
    Mutant(
        "epoch",
        "after a restore everything is offered again",
        ((plan, "is_new_epoch", _same_epoch),),
        small(server_restored_from_a_backup=40),
        frozenset({"S2", "S5", "L3"}),
    ),
    Mutant(
        "keep time",
        "a photo outlives the backup that does not have it yet",
        ((plan, "is_past_keeping", _at_once),),
        small(1, 2, 20, server_restored_from_a_backup=30),
        frozenset({"S5", "L3"}),
    ),
    Mutant(
        "custody",
        "only what the server has in custody counts as sent",
        ((plan, "event_step", _any_answer_counts),),
        small(store_copied_to_a_second_tablet=60, store_restored_from_an_older_copy=60),
        frozenset({"S2"}),
    ),
    Mutant(
        "per-person outbox",
        "nobody's work travels under another's name",
        ((Outbox, "next_batch", _of_anybody),),
        replace(small(), first=0),
        frozenset({"S10"}),
    ),
    Mutant(
        "lease",
        "a turn whose holder died comes free",
        ((uploads, "_is_held", _until_given_back),),
        small(1, 2, 14, server_killed=30),
        frozenset({"L3"}),
        shown_by=63,
    ),
    Mutant(
        "cursor with rows in one transaction",
        "a cursor never covers what the base does not have",
        ((Pull, "apply_page", _cursor_first),),
        small(tablet_killed=12),
        frozenset({"S9", "L2"}),
        shown_by=6,
    ),
    Mutant(
        "refresh grace",
        "a lost answer signs nobody out",
        ((sign_ins, "rotate", _used_is_used),),
        small(refresh_answer_lost=3),
        frozenset({"L1"}),
    ),
)
