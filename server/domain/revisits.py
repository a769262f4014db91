"""Why somebody goes again: what triggers a revisit, with which cause, and who decides.

The rules are data, `RULES`: trigger -> rule, and the office may pass its own. An opening is what a
trigger asks for in one case; the office turns it into a revisit, which is planned or dismissed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain import errors, events


class Trigger(StrEnum):
    """What happened that makes somebody go again."""

    FINISHED_INCOMPLETE = "finished_incomplete"
    SIGNED_WITH_RESERVATION = "signed_with_reservation"
    LOW_RATING = "low_rating"
    VERDICT_REWORK = "verdict_rework"
    RETAKE_UNANSWERED = "retake_unanswered"
    FOLLOW_UP_NOT_FIXED = "follow_up_not_fixed"
    CUSTOMER_STILL_BROKEN = "customer_still_broken"
    REPEAT_FAULT = "repeat_fault"


class Mode(StrEnum):
    """How a revisit begins: it is planned, a person decides, a call comes first, or it is counted."""

    AT_ONCE = "at_once"
    PROPOSED = "proposed"
    CALL_FIRST = "call_first"
    LINKED = "linked"


class State(StrEnum):
    DUE = "due"
    PROPOSED = "proposed"
    CALL_FIRST = "call_first"
    PLANNED = "planned"
    DISMISSED = "dismissed"


# Where a person is to say whether somebody goes: the one whom the rule names.
UNDECIDED = frozenset({State.PROPOSED, State.CALL_FIRST})

OWN_CAUSES = (
    "reservation",
    "dissatisfied",
    "workmanship",
    "evidence",
    "not_fixed",
    "repeat_fault",
)
CAUSES = (*events.CAUSES, *OWN_CAUSES)

FEWEST_STARS = 2  # this many stars or fewer call for a call
REPEAT_WITHIN = timedelta(days=30)
# Causes that say nothing about the work: figures leave such tickets out, and list them.
CAUSES_OF_THE_CUSTOMER = frozenset({"customer_absent", "customer_refused", "site_not_ready"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What a trigger leads to. A `cause` of None is the cause of the visit's outcome."""

    cause: str | None
    mode: Mode
    decides: str
    carries_parts: bool = False
    reopens: bool = False


RULES: dict[Trigger, Rule] = {
    Trigger.FINISHED_INCOMPLETE: Rule(None, Mode.AT_ONCE, "dispatcher", carries_parts=True),
    Trigger.SIGNED_WITH_RESERVATION: Rule(
        "reservation", Mode.PROPOSED, "advisor", carries_parts=True
    ),
    Trigger.LOW_RATING: Rule("dissatisfied", Mode.CALL_FIRST, "advisor"),
    Trigger.VERDICT_REWORK: Rule("workmanship", Mode.AT_ONCE, "dispatcher", carries_parts=True),
    Trigger.RETAKE_UNANSWERED: Rule("evidence", Mode.PROPOSED, "advisor"),
    Trigger.FOLLOW_UP_NOT_FIXED: Rule(
        "not_fixed", Mode.AT_ONCE, "dispatcher", carries_parts=True, reopens=True
    ),
    Trigger.CUSTOMER_STILL_BROKEN: Rule(
        "not_fixed", Mode.PROPOSED, "advisor", carries_parts=True, reopens=True
    ),
    Trigger.REPEAT_FAULT: Rule("repeat_fault", Mode.LINKED, "advisor"),
}


# What the office may choose from.

DECIDERS = ("advisor", "dispatcher", "supervisor")
BOSS = "supervisor"  # decides what anybody may decide
_BEGIN_BY_THEMSELVES = (Mode.AT_ONCE, Mode.PROPOSED, Mode.CALL_FIRST)


def must_be_theirs(state: str, decides: str, role: str) -> None:
    """Raises `DecidedByOthers` where nobody has decided yet, and the rule names another role."""
    if state in UNDECIDED and role not in (decides, BOSS):
        raise errors.DecidedByOthers(who=decides)


def modes_of(trigger: Trigger) -> tuple[Mode, ...]:
    """A repeated fault is linked and counted; everything else begins a revisit in one of three ways."""
    return (Mode.LINKED,) if trigger == Trigger.REPEAT_FAULT else _BEGIN_BY_THEMSELVES


def causes_of(trigger: Trigger) -> tuple[str | None, ...]:
    """A visit says itself why it is incomplete; the rest has one of the office's own causes."""
    if trigger == Trigger.FINISHED_INCOMPLETE:
        return (None,)
    return ("repeat_fault",) if trigger == Trigger.REPEAT_FAULT else OWN_CAUSES


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The office's rules: what each trigger leads to, how few stars call for a call, and for how long
    the same fault counts as a repeat.
    """

    rules: Mapping[Trigger, Rule] = field(default_factory=lambda: RULES)
    fewest_stars: int = FEWEST_STARS
    repeat_within: timedelta = REPEAT_WITHIN


DEFAULT_RULEBOOK = Rulebook()


def document() -> dict[str, Any]:
    """The defaults as the office's setting."""
    rules = {
        str(trigger): {
            "cause": rule.cause,
            "mode": str(rule.mode),
            "decides": rule.decides,
            "carries_parts": rule.carries_parts,
        }
        for trigger, rule in RULES.items()
    }
    return {"rules": rules, "fewest_stars": FEWEST_STARS, "repeat_days": REPEAT_WITHIN.days}


def rulebook_from(doc: Mapping[str, Any]) -> Rulebook:
    """What a sound document of the office's setting says; whether a ticket reopens stays the rules' own."""
    rules = {
        trigger: Rule(
            said["cause"],
            Mode(said["mode"]),
            said["decides"],
            said["carries_parts"],
            RULES[trigger].reopens,
        )
        for trigger in Trigger
        if (said := doc["rules"].get(str(trigger)))
    }
    return Rulebook({**RULES, **rules}, doc["fewest_stars"], timedelta(days=doc["repeat_days"]))


@dataclass(frozen=True, slots=True)
class Opening:
    """One revisit that should be opened: the rule, applied. `words` is what the field said."""

    trigger: Trigger
    cause: str
    mode: Mode
    decides: str
    carries_parts: bool
    prefers_same_installer: bool
    reopens: bool
    words: str = ""

    @property
    def state(self) -> State | None:
        """The state in which the revisit begins; None for what is only linked and counted."""
        return _BEGINNINGS[self.mode]


_BEGINNINGS = {
    Mode.AT_ONCE: State.DUE,
    Mode.PROPOSED: State.PROPOSED,
    Mode.CALL_FIRST: State.CALL_FIRST,
    Mode.LINKED: None,
}


# Opening.


def decide(
    trigger: Trigger | str,
    *,
    outcome_cause: str | None = None,
    words: str | None = None,
    rules: Mapping[Trigger, Rule] = RULES,
) -> Opening:
    """What this trigger asks for.

    `outcome_cause` is the cause that the visit gave, for the rule that takes it over; a cause that
    this release does not know becomes "other". Raises `errors.Invalid` for an unknown trigger.
    """
    known = _trigger(trigger)
    rule = rules[known]
    cause = rule.cause or (outcome_cause if outcome_cause in events.CAUSES else "other")
    return Opening(
        trigger=known,
        cause=cause,
        mode=rule.mode,
        decides=rule.decides,
        carries_parts=rule.carries_parts,
        prefers_same_installer=prefers_same_installer(cause),
        reopens=rule.reopens,
        words=words or "",
    )


def openings(visit: Mapping[str, Any], rulebook: Rulebook = DEFAULT_RULEBOOK) -> list[Opening]:
    """The revisits that a finished visit asks for by itself; none while it is not finished.

    `visit` is the fold of `visits`. The office decides about each on its own: a visit may end
    incomplete and be signed with a reservation.
    """
    finished, receipt = visit.get("finished"), visit.get("receipt") or {}
    if not finished:
        return []
    found, rules = [], rulebook.rules
    if finished["outcome"] == "incomplete":
        found.append(_after(rules, Trigger.FINISHED_INCOMPLETE, finished, finished.get("cause")))
    if receipt.get("state") != "signed":
        return found
    if (receipt.get("reservation") or "").strip():
        words = receipt["reservation"]
        found.append(decide(Trigger.SIGNED_WITH_RESERVATION, words=words, rules=rules))
    if receipt.get("stars") is not None and receipt["stars"] <= rulebook.fewest_stars:
        found.append(_after(rules, Trigger.LOW_RATING, receipt))
    return found


def prefers_same_installer(cause: str) -> bool:
    """Whoever was there knows the place; bad work is put right by somebody else."""
    return cause != "workmanship"


def is_repeat_fault(
    earlier_closed_at: datetime | None,
    now: datetime,
    same_asset: bool,
    same_fault: bool,
    within: timedelta = REPEAT_WITHIN,
) -> bool:
    """Whether a ticket opened `now` repeats one that was closed at most 30 days (or `within`) before.

    A ticket that is not closed is still being worked on, so nothing repeats it. Both times aware.
    """
    if earlier_closed_at is None or not same_asset or not same_fault:
        return False
    return timedelta(0) <= now - earlier_closed_at <= within


def _trigger(name: str) -> Trigger:
    try:
        return Trigger(name)
    except ValueError:
        raise errors.Invalid(field="trigger", value=name) from None


def _after(
    rules: Mapping[Trigger, Rule],
    trigger: Trigger,
    fact: Mapping[str, Any],
    cause: str | None = None,
) -> Opening:
    return decide(trigger, outcome_cause=cause, words=fact.get("words"), rules=rules)


# What it takes along.

INHERITED = (
    "ticket",
    "shop",
    "customer",
    "site",
    "asset",
    "priority",
    "slots",
    "checklist",
    "care_card",
)


def inherits(
    sheet: Mapping[str, Any], visit: Mapping[str, Any], opening: Opening
) -> dict[str, Any]:
    """What the new job has from the job that it repairs or completes, before anybody plans it.

    Entries of the sheet, with `revisit_of` and `cause`; `installer`, the person to ask first, or
    None; and `parts`, the requests of the visit that it carries, `[{request_id, sku, words,
    quantity, reason}]`. The running promise stays with the ticket, the history with the asset.
    """
    return {
        **{name: sheet.get(name) for name in INHERITED},
        "revisit_of": sheet.get("id"),
        "cause": opening.cause,
        "installer": sheet.get("assignee") if opening.prefers_same_installer else None,
        "parts": _requests(visit) if opening.carries_parts else [],
    }


def _requests(visit: Mapping[str, Any]) -> list[dict[str, Any]]:
    requests: Mapping[str, Any] = visit.get("requests") or {}
    return [{"request_id": request_id, **asked} for request_id, asked in requests.items()]


# Deciding.

# state -> where a person may take it. A planned one is due again when its job is called off.
MOVES: dict[State, frozenset[State]] = {
    State.DUE: frozenset({State.PLANNED, State.DISMISSED}),
    State.PROPOSED: frozenset({State.DUE, State.PLANNED, State.DISMISSED}),
    State.CALL_FIRST: frozenset({State.DUE, State.PROPOSED, State.PLANNED, State.DISMISSED}),
    State.PLANNED: frozenset({State.DUE}),
    State.DISMISSED: frozenset(),
}
# States in which the ticket still waits for a decision.
OPEN_STATES = frozenset({State.DUE, State.PROPOSED, State.CALL_FIRST})


def move(current: str, to: str, reason: str | None = None) -> State:
    """The state after this decision; to decide the same again changes nothing.

    Raises `errors.StepNotPossible` where the table has no such move, and `errors.ReasonMissing`
    when something is dismissed without one. Unknown states raise `errors.Invalid`.
    """
    now, then = _state(current), _state(to)
    if now == then:
        return now
    if then not in MOVES[now]:
        raise errors.StepNotPossible(state=now.value)
    if then == State.DISMISSED and not (reason or "").strip():
        raise errors.ReasonMissing()
    return then


def _state(name: str) -> State:
    try:
        return State(name)
    except ValueError:
        raise errors.Invalid(field="state", value=name) from None


# The call that comes first.


class Call(StrEnum):
    """What came of calling a customer who was not content."""

    CONTENT = "content"
    SOMEBODY_GOES = "somebody_goes"
    UNDECIDED = "undecided"
    NOT_REACHED = "not_reached"


AFTER_CALL = {
    Call.CONTENT: State.DISMISSED,
    Call.SOMEBODY_GOES: State.DUE,
    Call.UNDECIDED: State.PROPOSED,
    Call.NOT_REACHED: State.CALL_FIRST,
}
CALL_AGAIN_AFTER = timedelta(hours=2)


def after_call(current: str, outcome: str, words: str | None) -> State:
    """The state of the revisit after the call; a call that reached nobody leaves it as it is.

    Raises `errors.StepNotPossible` for a revisit that no call comes before, `errors.ReasonMissing` where
    somebody was reached and nothing is said of it.
    """
    if _state(current) != State.CALL_FIRST:
        raise errors.StepNotPossible(state=current)
    to = AFTER_CALL[Call(outcome)]
    if to != State.CALL_FIRST and not (words or "").strip():
        raise errors.ReasonMissing()
    return move(current, to, words)


# The figure.


@dataclass(frozen=True, slots=True)
class ClosedTicket:
    """One ticket with a trip that was closed in the period, as far as the figure asks about it.

    `causes` are those of an incomplete first job and of every revisit that was not dismissed.
    """

    ticket_id: str
    first_job_completed: bool
    causes: tuple[str, ...] = ()
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class FirstTimeFix:
    """The tickets behind the figure, so that it opens into them; `excluded` by cause."""

    fixed: tuple[str, ...]
    not_fixed: tuple[str, ...]
    excluded: Mapping[str, tuple[str, ...]]

    @property
    def rate(self) -> float | None:
        """A share between 0 and 1, or None when there was nothing to count."""
        counted = len(self.fixed) + len(self.not_fixed)
        return len(self.fixed) / counted if counted else None


def first_time_fix(
    tickets: Iterable[ClosedTicket], excluded_causes: frozenset[str] = CAUSES_OF_THE_CUSTOMER
) -> FirstTimeFix:
    """Tickets whose first job completed, without revisit and without repeat, over all of them.

    A ticket that failed only for excluded causes is left out of both and listed under the first of
    them. A repeat always counts: `is_repeated` says that there was one within 30 days of the close.
    """
    fixed, not_fixed = [], []
    excluded: dict[str, tuple[str, ...]] = {}
    for ticket in tickets:
        if ticket.first_job_completed and not ticket.causes and not ticket.is_repeated:
            fixed.append(ticket.ticket_id)
        elif ticket.causes and not ticket.is_repeated and excluded_causes.issuperset(ticket.causes):
            first = ticket.causes[0]
            excluded[first] = (*excluded.get(first, ()), ticket.ticket_id)
        else:
            not_fixed.append(ticket.ticket_id)
    return FirstTimeFix(tuple(fixed), tuple(not_fixed), excluded)
