"""What really happened on a job: the fold of its field events, and what a visit still lacks.

A visit is a plain JSON document, so that the server, the companion and the tablet fold the same events
to the same visit. Events arrive late, twice or out of order; the fold never fails on them: it keeps what
it is told and moves the state only forward.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from server.domain import checklists

Visit = dict[str, Any]
Event = Mapping[str, Any]
Data = Mapping[str, Any]

# The order in which a visit moves. It may skip a step, never go back.
STATES = ("issued", "accepted", "travelling", "on_site", "finished")
DECLINED = "declined"

# What a visit takes over from the data of an event, entry by entry; null where it says nothing.
PHOTO_FACTS = ("slot", "sha256", "size", "mime", "width", "height", "source", "reason", "drawn_on")
PART_FACTS = ("sku", "quantity", "from", "charge", "unit_price", "currency", "serial")
REQUEST_FACTS = ("sku", "words", "quantity", "reason")
SWAP_FACTS = ("line_id", "old_serial", "new_serial")
SIGNATURE_FACTS = ("signer_name", "relation", "signature", "stars", "words", "reservation")
RECEIPT_FACTS = ("digest", "language", *SIGNATURE_FACTS, "reason")


def empty() -> Visit:
    """A visit of which nothing has happened yet."""
    return {
        "state": "issued",
        "accepted_at": None,
        "declined_reason": None,
        "travel_started_at": None,
        "arrived_at": None,
        "assessment": None,
        "answers": {},
        "photos": {},
        "parts": {},
        "requests": {},
        "swaps": [],
        "notes": [],
        "leads": [],
        "receipt": None,
        "finished": None,
    }


def apply(visit: Visit, event: Event) -> Visit:
    """The visit after one more event, as a new document; unknown kinds change nothing.

    The event must have passed `events.check`.
    """
    step = _STEPS.get(str(event.get("kind")))
    if step is None:
        return visit
    after = {
        # Of the first level a copy: steps replace what lies below, they never change it.
        name: value.copy() if isinstance(value, dict | list) else value
        for name, value in visit.items()
    }
    step(after, event, event.get("data") or {})
    return after


def fold(events: Iterable[Event]) -> Visit:
    """The visit that these events tell, oldest first."""
    visit = empty()
    for event in events:
        visit = apply(visit, event)
    return visit


def _move(visit: Visit, state: str) -> None:
    now = visit["state"]
    if now != DECLINED and STATES.index(state) > STATES.index(now):
        visit["state"] = state


def _accept(visit: Visit, event: Event, data: Data) -> None:
    visit["accepted_at"] = visit["accepted_at"] or event["captured_at"]
    _move(visit, "accepted")


def _decline(visit: Visit, event: Event, data: Data) -> None:
    visit["declined_reason"] = data["reason"]
    if visit["state"] != "finished":
        visit["state"] = DECLINED


def _travel(visit: Visit, event: Event, data: Data) -> None:
    visit["travel_started_at"] = visit["travel_started_at"] or event["captured_at"]
    _move(visit, "travelling")


def _arrive(visit: Visit, event: Event, data: Data) -> None:
    visit["arrived_at"] = visit["arrived_at"] or event["captured_at"]
    _move(visit, "on_site")


def _assess(visit: Visit, event: Event, data: Data) -> None:
    visit["assessment"] = {
        "severity": data["severity"],
        "findings": list(data["findings"]),
        "words": data.get("words"),
    }


def _answer(visit: Visit, event: Event, data: Data) -> None:
    visit["answers"][data["step_id"]] = {
        "answer": data["answer"],
        "words": data.get("words"),
        "event_id": event["event_id"],
        "at": event["captured_at"],
    }


def _take_photo(visit: Visit, event: Event, data: Data) -> None:
    known = visit["photos"].get(data["photo_id"], {})
    visit["photos"][data["photo_id"]] = {
        **{name: data.get(name) for name in PHOTO_FACTS},
        "at": event["captured_at"],
        "state": known.get("state", "taken"),
    }


def _drop_photo(visit: Visit, event: Event, data: Data) -> None:
    unknown = {**dict.fromkeys(PHOTO_FACTS), "at": event["captured_at"]}
    visit["photos"][data["photo_id"]] = {
        **visit["photos"].get(data["photo_id"], unknown),
        "state": "lost" if event["kind"] == "photo.lost" else "discarded",
    }


def _use_part(visit: Visit, event: Event, data: Data) -> None:
    visit["parts"][data["line_id"]] = {
        "voided": visit["parts"].get(data["line_id"], {}).get("voided", False),
        **{name: data.get(name) for name in PART_FACTS},
    }


def _void_part(visit: Visit, event: Event, data: Data) -> None:
    unknown = dict.fromkeys(PART_FACTS)
    visit["parts"][data["line_id"]] = {
        **visit["parts"].get(data["line_id"], unknown),
        "voided": True,
    }


def _request_part(visit: Visit, event: Event, data: Data) -> None:
    visit["requests"][data["request_id"]] = {name: data.get(name) for name in REQUEST_FACTS}


def _swap_serial(visit: Visit, event: Event, data: Data) -> None:
    visit["swaps"].append({name: data.get(name) for name in SWAP_FACTS})


def _note(visit: Visit, event: Event, data: Data) -> None:
    note = {"text": data["text"], "audience": data["audience"], "at": event["captured_at"]}
    visit["notes"].append(note)


def _note_lead(visit: Visit, event: Event, data: Data) -> None:
    lead = {"text": data["text"], "product": data.get("product"), "at": event["captured_at"]}
    visit["leads"].append(lead)


def _receipt(state: str, event: Event, **facts: Any) -> dict[str, Any]:
    return {**dict.fromkeys(RECEIPT_FACTS), **facts, "state": state, "at": event["captured_at"]}


def _present(visit: Visit, event: Event, data: Data) -> None:
    if visit["receipt"] is None or visit["receipt"]["state"] != "signed":
        visit["receipt"] = _receipt(
            "presented", event, digest=data["receipt_digest"], language=data["language"]
        )


def _sign(visit: Visit, event: Event, data: Data) -> None:
    language = (visit["receipt"] or {}).get("language")
    facts = {name: data.get(name) for name in SIGNATURE_FACTS}
    visit["receipt"] = _receipt(
        "signed", event, digest=data["receipt_digest"], language=language, **facts
    )


def _leave_unsigned(visit: Visit, event: Event, data: Data) -> None:
    presented = visit["receipt"] or {}
    if presented.get("state") == "signed":
        return
    visit["receipt"] = _receipt(
        "unsigned",
        event,
        digest=presented.get("digest"),
        language=presented.get("language"),
        reason=data["reason"],
        words=data.get("words"),
    )


def _finish(visit: Visit, event: Event, data: Data) -> None:
    if visit["finished"] is not None:
        return
    visit["finished"] = {
        "at": event["captured_at"],
        "outcome": data["outcome"],
        "cause": data.get("cause"),
        "words": data.get("words"),
        "manifest": deepcopy(data["manifest"]),
    }
    if visit["state"] != DECLINED:
        visit["state"] = "finished"


_STEPS: dict[str, Callable[[Visit, Event, Data], None]] = {
    "job.accepted": _accept,
    "job.declined": _decline,
    "travel.started": _travel,
    "visit.arrived": _arrive,
    "visit.assessed": _assess,
    "checklist.answered": _answer,
    "photo.taken": _take_photo,
    "photo.discarded": _drop_photo,
    "photo.lost": _drop_photo,
    "part.used": _use_part,
    "part.voided": _void_part,
    "part.requested": _request_part,
    "serial.swapped": _swap_serial,
    "note.added": _note,
    "receipt.presented": _present,
    "receipt.signed": _sign,
    "receipt.unsigned": _leave_unsigned,
    "lead.noted": _note_lead,
    "visit.finished": _finish,
}

# Kinds that say where the visit stands. Once it is finished (or declined) they change nothing any more:
# they are recorded. All other kinds (a photo taken again, a note) still count after the finish.
MOVING_KINDS = frozenset(
    {"job.accepted", "job.declined", "travel.started", "visit.arrived", "visit.finished"}
)
# What a customer agrees to: one of these after a signature makes a new, unsigned version. A photo taken
# later (the office wants a better picture) is proof for the office and asks for no second signature.
RECEIPT_KINDS = frozenset(
    {
        "visit.assessed",
        "checklist.answered",
        "part.used",
        "part.voided",
        "part.requested",
        "serial.swapped",
        "note.added",
    }
)


def is_over(visit: Visit) -> bool:
    """Finished or declined: events that would move the visit are only recorded."""
    return visit["finished"] is not None or visit["state"] == DECLINED


def is_late_move(visit: Visit, kind: str) -> bool:
    return kind in MOVING_KINDS and is_over(visit)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a visit lacks before it can be finished as completed."""

    code: str
    subject: str


def filled_slots(visit: Visit, refused: frozenset[str] = frozenset()) -> dict[str, int]:
    """How many usable photos each slot has; `refused` are photo ids that the office wants again."""
    counts: dict[str, int] = {}
    for photo_id, photo in visit["photos"].items():
        if photo["state"] == "taken" and photo_id not in refused and not photo.get("drawn_on"):
            counts[photo["slot"]] = counts.get(photo["slot"], 0) + 1
    return counts


def missing_slots(
    slots: list[dict[str, Any]], visit: Visit, refused: frozenset[str] = frozenset()
) -> list[str]:
    """The required slots that have fewer usable photos than their minimum."""
    counts = filled_slots(visit, refused)
    return [each["slot"] for each in slots if counts.get(each["slot"], 0) < each.get("minimum", 1)]


def missing_before_finish(sheet: Mapping[str, Any], visit: Visit) -> list[Missing]:
    """What to do before finishing as completed. A fact from the field is taken without it all the same."""
    missing = [] if visit["arrived_at"] else [Missing("arrival", "")]
    missing += [Missing("photo_slot", slot) for slot in missing_slots(sheet["slots"], visit)]
    answers = {step: given["answer"] for step, given in visit["answers"].items()}
    steps = checklists.missing(sheet["checklist"], answers, filled_slots(visit))
    missing += [Missing("checklist_step", step) for step in steps]
    if not visit["receipt"] or visit["receipt"]["state"] == "presented":
        missing.append(Missing("receipt", ""))
    return missing
