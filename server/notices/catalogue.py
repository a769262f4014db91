"""The outgoing events: what the shop's other systems can hear of, with a schema and an example of each.

Data are ids and states, as they stood when the event left; what more is wanted is read by the API. Names of
people, addresses and phone numbers are never in an event. A kind never changes its meaning; fields may come.
"""

from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

TICKET, JOB, VISIT, PHOTO, RECEIPT, PART = "ticket", "job", "visit", "photo", "receipt", "part"

# Facts by the names of the audit -> outgoing events.
OF_FACTS: dict[str, str] = {
    "ticket.opened": "ticket.opened",
    "ticket.closed": "ticket.closed",
    "ticket.reopened": "ticket.reopened",
    "ticket.cancelled": "ticket.cancelled",
    "job.issued": "job.issued",
    "job.moved": "job.moved",
    "job.changed": "job.changed",
    "job.reassigned": "job.reassigned",
    "job.cancelled": "job.cancelled",
    "job.brought_back": "job.brought_back",
    "visit.travelling": "visit.travelling",
    "visit.arrived": "visit.arrived",
    "visit.finished": "visit.finished",
    "visit.verified": "visit.judged",
    "visit.accepted": "visit.judged",
    "photo.judged": "photo.judged",
    "photo.retaken": "photo.retaken",
    "receipt.signed": "receipt.signed",
    "part_request.added": "part.requested",
    "part_request.reserved": "part.reserved",
    "part_request.shipped": "part.shipped",
    "part_request.arrived": "part.arrived",
    "part_request.cancelled": "part.cancelled",
}
KINDS = tuple(dict.fromkeys(OF_FACTS.values()))

SUMMARIES: dict[str, str] = {
    "ticket.opened": "A customer asked for something.",
    "ticket.closed": "Nothing is waited for any more: the ticket closed.",
    "ticket.reopened": "It was not fixed: the ticket is open again.",
    "ticket.cancelled": "The customer needs nothing any more.",
    "job.issued": "A trip was planned and given to an installer.",
    "job.moved": "A trip has another time.",
    "job.changed": "The office changed a trip: its work, its parts or its time.",
    "job.reassigned": "Somebody else makes the trip.",
    "job.cancelled": "Nobody goes.",
    "job.brought_back": "A cancelled trip counts after all.",
    "visit.travelling": "The installer is on the way.",
    "visit.arrived": "The installer is at the customer's.",
    "visit.finished": "The installer has left; `outcome` says with what result.",
    "visit.judged": "The office, or its policy, decided on the work.",
    "photo.judged": "The office decided on a photo.",
    "photo.retaken": "A photo that was asked for again has come.",
    "receipt.signed": "The customer signed; `digest` is what the signature covers.",
    "part.requested": "A part is missing.",
    "part.reserved": "A part was set aside for a trip.",
    "part.shipped": "A part was sent to the customer.",
    "part.arrived": "A part is there.",
    "part.cancelled": "A part is not needed any more.",
}

_ID: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Noun:
    """The data of all events about one kind of thing: schemas by field, and an example."""

    fields: dict[str, Schema]
    example: dict[str, Any]


NOUNS: dict[str, Noun] = {
    TICKET: Noun(
        {
            "id": _ID, "branch_id": _ID, "customer_id": _ID, "kind": _ID, "state": _ID,
            "ticket_class": _ID, "opened_at": _MOMENT, "closed_at": _MAYBE_MOMENT,
        },
        {
            "id": "T-1001", "branch_id": "01980000-0000-7000-8000-0000000000a1",
            "customer_id": "0199a1c2-7000-7000-8000-000000000001", "kind": "repair",
            "state": "planned", "ticket_class": "ordinary", "opened_at": "2026-11-23T01:00:00.000Z",
            "closed_at": None,
        },
    ),
    JOB: Noun(
        {
            "id": _ID, "branch_id": _ID, "ticket_id": _ID, "state": _ID, "assignee_id": _ID,
            "window_start": _MAYBE_MOMENT, "window_end": _MAYBE_MOMENT, "time_zone": _ID,
            "revisit_of": _MAYBE,
        },
        {
            "id": "J-1001", "branch_id": "01980000-0000-7000-8000-0000000000a1",
            "ticket_id": "T-1001", "state": "issued",
            "assignee_id": "01980000-0000-7000-8000-000000000101",
            "window_start": "2026-11-24T06:00:00.000Z", "window_end": "2026-11-24T08:00:00.000Z",
            "time_zone": "Asia/Shanghai", "revisit_of": None,
        },
    ),
    VISIT: Noun(
        {
            "id": _ID, "branch_id": _ID, "ticket_id": _ID, "job_id": _ID, "state": _ID,
            "at": _MOMENT, "outcome": _MAYBE, "cause": _MAYBE, "verdict": _MAYBE,
        },
        {
            "id": "0199a1c2-7000-7000-8000-000000000002",
            "branch_id": "01980000-0000-7000-8000-0000000000a1", "ticket_id": "T-1001",
            "job_id": "J-1001", "state": "finished", "at": "2026-11-24T07:10:00.000Z",
            "outcome": "completed", "cause": None, "verdict": None,
        },
    ),
    PHOTO: Noun(
        {
            "id": _ID, "branch_id": _ID, "ticket_id": _ID, "job_id": _ID, "slot": _ID,
            "state": _ID, "verdict": _MAYBE, "asked_of": _MAYBE, "replaced_by": _MAYBE,
            "sha256": _ID,
        },
        {
            "id": "0199a1c2-7000-7000-8000-000000000003",
            "branch_id": "01980000-0000-7000-8000-0000000000a1", "ticket_id": "T-1001",
            "job_id": "J-1001", "slot": "after", "state": "checked", "verdict": "retake",
            "asked_of": "customer", "replaced_by": None, "sha256": "9f" * 32,
        },
    ),
    RECEIPT: Noun(
        {
            "id": _ID, "branch_id": _ID, "ticket_id": _ID, "job_id": _ID,
            "version": {"type": "integer"}, "state": _ID, "digest": _ID,
            "signed_at": _MAYBE_MOMENT, "stars": {"type": ["integer", "null"]},
        },
        {
            "id": "0199a1c2-7000-7000-8000-000000000004",
            "branch_id": "01980000-0000-7000-8000-0000000000a1", "ticket_id": "T-1001",
            "job_id": "J-1001", "version": 1, "state": "signed", "digest": "3c" * 32,
            "signed_at": "2026-11-24T07:05:00.000Z", "stars": 5,
        },
    ),
    PART: Noun(
        {
            "id": _ID, "branch_id": _ID, "ticket_id": _ID, "job_id": _ID, "sku": _MAYBE,
            "quantity": {"type": "integer"}, "state": _ID, "expected_at": _MAYBE_MOMENT,
        },
        {
            "id": "0199a1c2-7000-7000-8000-000000000005",
            "branch_id": "01980000-0000-7000-8000-0000000000a1", "ticket_id": "T-1001",
            "job_id": "J-1001", "sku": "HINGE-110", "quantity": 2, "state": "requested",
            "expected_at": None,
        },
    ),
}  # fmt: skip


def noun_of(kind: str) -> str:
    return kind.partition(".")[0]


def schema_of(kind: str) -> Schema:
    """JSON Schema 2020-12, as OpenAPI 3.1 has it, of the whole body."""
    fields = NOUNS[noun_of(kind)].fields
    data = {"type": "object", "properties": fields, "required": list(fields)}
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {"type": {"const": kind}, "timestamp": _MOMENT, "data": data},
    }


def example_of(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "timestamp": "2026-11-24T07:10:00.000Z",
        "data": NOUNS[noun_of(kind)].example,
    }
