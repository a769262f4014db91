"""Where parts lie and how they move: places, the stock ledger, and parts that were asked for.

The ledger holds movements only; a balance is their sum. A movement takes a quantity (a positive
integer) of one sku from one place to another, so nothing appears or vanishes. Facts from the field are
never refused: a place of stock below zero is a variance, which is shown and decided by a person.

A movement is plain JSON: `{sku, quantity, from_place, to_place, kind, person_id, at}`, and where they
are known `job_id`, `line_id`, `serial` and `reason`. Money, where a caller has it, is integer cents.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, TypeGuard

from server.domain import errors

Kind = Literal["receive", "transfer", "reserve", "use", "return", "ship", "adjust"]
Balance = dict[str, int]  # sku -> quantity, without zeros


class Movement(TypedDict):
    """One line of the ledger; `at` is the text of a moment, as the fact gave it."""

    sku: str
    quantity: int
    from_place: str
    to_place: str
    kind: Kind
    person_id: str
    at: str
    job_id: NotRequired[str | None]
    line_id: NotRequired[str | None]
    serial: NotRequired[str | None]
    reason: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a movement cannot be written: a stable code and the field."""

    code: str
    field: str


# Places.

# kind of place -> what its name after the colon is; None: there is one of it, without a name.
PLACES: dict[str, str | None] = {
    "warehouse": "organisation",
    "van": "person",
    "reserved": "job",
    "transit": "ticket",
    "customer": "site",
    "supplier": None,
    "scrap": None,
    "count": None,
}
# Where things really lie. The others are the far side of an entry, and are below zero by nature.
STOCK_PLACES = frozenset({"warehouse", "van", "reserved", "transit"})

SUBJECT = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place of stock: its kind, and the id of what it belongs to (empty where there is one)."""

    kind: str
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}" if self.subject else self.kind

    @property
    def is_stock(self) -> bool:
        return self.kind in STOCK_PLACES


def is_place(text: Any) -> bool:
    """Whether this is the name of a place: "van:<person id>", "supplier" …"""
    if not isinstance(text, str):
        return False
    kind, colon, subject = text.partition(":")
    if kind not in PLACES:
        return False
    if PLACES[kind] is None:
        return not colon
    return SUBJECT.fullmatch(subject) is not None


def parse_place(text: Any) -> Place:
    """The place of this name. Raises `errors.Invalid` with `field` "place" where there is none."""
    if not is_place(text):
        raise errors.Invalid(field="place", value=str(text))
    kind, _, subject = text.partition(":")
    return Place(kind, subject)


# Movements.

# kind of movement -> kinds of place it may go from and to.
LEGAL: dict[Kind, frozenset[tuple[str, str]]] = {
    "receive": frozenset({("supplier", "warehouse"), ("supplier", "van")}),
    "transfer": frozenset(
        {("warehouse", "warehouse"), ("warehouse", "van"), ("van", "warehouse"), ("van", "van")}
    ),
    # Setting aside for a job, and giving back or taking along what was set aside.
    "reserve": frozenset(
        {
            ("warehouse", "reserved"),
            ("van", "reserved"),
            ("reserved", "warehouse"),
            ("reserved", "van"),
            ("reserved", "reserved"),
        }
    ),
    "use": frozenset({("van", "customer"), ("reserved", "customer"), ("warehouse", "customer")}),
    # Unused, old and faulty parts on their way back; scrap is a way back that ends on site.
    "return": frozenset(
        {
            ("customer", "van"),
            ("customer", "warehouse"),
            ("customer", "transit"),
            ("customer", "scrap"),
            ("van", "supplier"),
            ("warehouse", "supplier"),
        }
    ),
    "ship": frozenset(
        {
            ("warehouse", "transit"),
            ("reserved", "transit"),
            ("supplier", "transit"),
            ("transit", "customer"),
            ("transit", "warehouse"),
        }
    ),
    "adjust": frozenset(
        {(place, away) for place in STOCK_PLACES for away in ("count", "scrap")}
        | {("count", place) for place in STOCK_PLACES}
    ),
}
# An adjustment contradicts the ledger, so it says why.
NEEDS_REASON = frozenset({"adjust"})


def problems_of_movement(movement: Mapping[str, Any]) -> list[Problem]:
    """What keeps a movement that somebody entered from the ledger; stock below zero never does.

    Codes: missing, not_valid (quantity, place, kind), same_place, not_this_way (the kind does not
    go between these places), reason_missing.
    """
    return [*_wrong_fields(movement), *_wrong_way(movement)]


def _wrong_fields(movement: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("sku", "person_id", "at"):
        if not movement.get(name):
            yield Problem("missing", name)
    if not _is_quantity(movement.get("quantity")):
        yield Problem("not_valid", "quantity")
    for name in ("from_place", "to_place"):
        if not is_place(movement.get(name)):
            yield Problem("not_valid", name)
    kind = movement.get("kind")
    if not _is_kind(kind):
        yield Problem("not_valid", "kind")
    elif kind in NEEDS_REASON and not str(movement.get("reason") or "").strip():
        yield Problem("reason_missing", "reason")


def _wrong_way(movement: Mapping[str, Any]) -> Iterator[Problem]:
    start, end, kind = movement.get("from_place"), movement.get("to_place"), movement.get("kind")
    if not is_place(start) or not is_place(end) or not _is_kind(kind):
        return
    if start == end:
        yield Problem("same_place", "to_place")
    elif (parse_place(start).kind, parse_place(end).kind) not in LEGAL[kind]:
        yield Problem("not_this_way", "kind")


def _is_kind(value: Any) -> TypeGuard[Kind]:
    return isinstance(value, str) and value in LEGAL


def _is_quantity(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def use_movement(
    line: Mapping[str, Any], person_id: str, job_id: str, site_id: str, at: str
) -> Movement | None:
    """The movement of a `part.used` event, or None when nothing moved.

    `line` is the data of the event; `person_id` who used it (the actor: the van is theirs); `at` its
    `captured_at`. A part taken from the site lay at the customer's already (shipped ahead, or the
    customer's own): from a place to itself is no movement, the visit alone remembers the use.
    """
    if line.get("from") != "van":
        return None
    return {
        "sku": line["sku"],
        "quantity": line["quantity"],
        "from_place": str(Place("van", person_id)),
        "to_place": str(Place("customer", site_id)),
        "kind": "use",
        "person_id": person_id,
        "at": at,
        "job_id": job_id,
        "line_id": line.get("line_id"),
        "serial": line.get("serial"),
        "reason": None,
    }


def void_movement(used: Movement | None, person_id: str, at: str, reason: str) -> Movement | None:
    """What a `part.voided` event does: the use taken back, never erased; None if nothing had moved.

    `used` is the movement of the same line. The part goes back to where it came from, whoever voids.
    """
    if used is None:
        return None
    return {
        **used,
        "from_place": used["to_place"],
        "to_place": used["from_place"],
        "kind": "return",
        "person_id": person_id,
        "at": at,
        "reason": reason,
    }


# Balances.


def balances(movements: Iterable[Mapping[str, Any]]) -> dict[str, Balance]:
    """What lies at every place that was ever named, by sku: in less out."""
    sums: dict[str, Balance] = defaultdict(lambda: defaultdict(int))
    for movement in movements:
        sums[movement["from_place"]][movement["sku"]] -= movement["quantity"]
        sums[movement["to_place"]][movement["sku"]] += movement["quantity"]
    return {place: _without_zeros(sums[place]) for place in sorted(sums)}


def balance(movements: Iterable[Mapping[str, Any]], place: str) -> Balance:
    """What lies at this place, by sku; empty for a place that nothing reached."""
    here = (m for m in movements if place in (m["from_place"], m["to_place"]))
    return balances(here).get(place, {})


def variance(balance: Mapping[str, int]) -> Balance:
    """The skus below zero, by how much: the ledger is wrong there, and a person finds out why."""
    return {sku: quantity for sku, quantity in balance.items() if quantity < 0}


def variances(balances: Mapping[str, Mapping[str, int]]) -> dict[str, Balance]:
    """The variances of all places of stock that have one."""
    found = {
        place: variance(held) for place, held in balances.items() if parse_place(place).is_stock
    }
    return {place: missing for place, missing in found.items() if missing}


def adjustments(
    place: str,
    expected: Mapping[str, int],
    counted: Mapping[str, int],
    person_id: str,
    at: str,
    reason: str,
) -> list[Movement]:
    """The movements that bring the ledger to what a count found, by sku.

    `counted` holds every sku that was counted, zeros included; a sku that was not counted stays.
    """
    moves: list[Movement] = []
    for sku in sorted(counted):
        difference = counted[sku] - expected.get(sku, 0)
        if difference:
            moves.append(_adjustment(place, sku, difference, person_id, at, reason))
    return moves


def _adjustment(
    place: str, sku: str, difference: int, person_id: str, at: str, reason: str
) -> Movement:
    start, end = ("count", place) if difference > 0 else (place, "count")
    return {
        "sku": sku,
        "quantity": abs(difference),
        "from_place": start,
        "to_place": end,
        "kind": "adjust",
        "person_id": person_id,
        "at": at,
        "reason": reason,
    }


def _without_zeros(sums: Mapping[str, int]) -> Balance:
    return {sku: sums[sku] for sku in sorted(sums) if sums[sku]}


# Parts that were asked for.

# state -> where a request may go from there. A parcel that was lost is asked for again.
REQUEST_MOVES: dict[str, frozenset[str]] = {
    "requested": frozenset({"reserved", "shipped", "arrived", "cancelled"}),
    "reserved": frozenset({"requested", "shipped", "arrived", "cancelled"}),
    "shipped": frozenset({"requested", "arrived"}),
    "arrived": frozenset(),
    "cancelled": frozenset(),
}
OPEN_REQUESTS = frozenset({"requested", "reserved", "shipped"})
NOT_SENT = frozenset({"requested", "reserved"})


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody does next about a request: the role, a stable code, and the sentence."""

    role: str
    code: str
    en: str
    zh: str


TASKS = {
    task.code: task
    for task in (
        Task(
            "storekeeper",
            "name_part",
            "Find out which part is meant and enter its number.",
            "确认所需配件并填写编号。",
        ),
        Task(
            "storekeeper",
            "reserve_or_ship",
            "Set the part aside for the job, or ship it to the customer.",
            "为该派工预留配件，或直接寄给客户。",
        ),
        Task(
            "storekeeper",
            "hand_over_or_ship",
            "Hand the reserved part to the installer, or ship it.",
            "将预留配件交给师傅，或寄出。",
        ),
        Task("storekeeper", "track", "Follow the parcel until it arrives.", "跟踪包裹直至送达。"),
        Task(
            "dispatcher",
            "plan_visit",
            "The part is there: plan the visit.",
            "配件已到，请安排上门。",
        ),
    )
}


def is_open(request: Mapping[str, Any]) -> bool:
    """Whether a ticket still waits for this request."""
    return request["state"] in OPEN_REQUESTS


def must_be_able_to_become(request: Mapping[str, Any], state: str) -> None:
    """Raises `errors.StepNotPossible` when the request cannot go there; to stay is no step."""
    if state != request["state"] and state not in REQUEST_MOVES[request["state"]]:
        raise errors.StepNotPossible(state=request["state"])


def what_to_do(request: Mapping[str, Any]) -> Task | None:
    """The next step about a request `{state, sku?, revisit_id?}`, or None when nothing is left.

    `revisit_id` is the job that was planned for the part, if there is one.
    """
    code = _next_code(request)
    return TASKS[code] if code else None


def _next_code(request: Mapping[str, Any]) -> str | None:
    state = request["state"]
    if state == "requested":
        return "reserve_or_ship" if request.get("sku") else "name_part"
    if state == "arrived":
        return None if request.get("revisit_id") else "plan_visit"
    return {"reserved": "hand_over_or_ship", "shipped": "track"}.get(state)
