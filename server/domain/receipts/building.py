"""From the sheet and the events to the receipt."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from server.domain.receipts.plain import Json, as_object, named, objects, pick, plain, spoken, whole
from server.domain.receipts.words import AGREEMENTS
from server.domain.receipts.writing import utf16

FORMAT = "doorstep-receipt/1"

CONTENT_KINDS = frozenset(
    {
        "job.accepted",
        "travel.started",
        "visit.arrived",
        "visit.assessed",
        "checklist.answered",
        "photo.taken",
        "photo.discarded",
        "photo.lost",
        "part.used",
        "part.voided",
        "part.requested",
        "serial.swapped",
        "note.added",
    }
)

SITE_FIELDS = ("address", "district", "city", "province", "postcode", "country")
ASSET_FIELDS = ("id", "model", "name", "serial", "warranty_until", "order_number")
SWAP_FIELDS = ("line_id", "old_serial", "new_serial")
REQUEST_FIELDS = ("request_id", "sku", "words", "quantity", "reason")


def build(
    sheet: Mapping[str, Any],
    events: Iterable[Any],
    *,
    language: str,
    reservation: str | None = None,
) -> Json:
    """The receipt of one visit.

    `sheet` is the job document at the `rev` of the receipt event. `events` are wire envelopes, the
    lane up to and without the receipt event; receipt events among them do not count. `language` is
    the customer's ("en" or "zh"; anything else reads English). An empty `reservation` is none.
    Never raises on what the field may have sent.
    """
    facts = content(events)
    parts = _parts(sheet, facts, language)
    return {
        "format": FORMAT,
        "job_id": plain(sheet.get("id")),
        "ticket_id": plain(as_object(sheet.get("ticket")).get("id")),
        "rev": plain(sheet.get("rev")),
        "language": language,
        "shop": pick(sheet.get("shop"), ("id", "name", "phone")),
        "customer": pick(sheet.get("customer"), ("name",)),
        "site": pick(sheet.get("site"), SITE_FIELDS),
        "asset": _asset(sheet, language),
        "installer": pick(sheet.get("assignee"), ("id", "name")),
        "crew": [pick(one, ("id", "name")) for one in objects(sheet.get("crew"))],
        "window": pick(sheet.get("window"), ("start", "end", "time_zone")),
        "work": plain(sheet.get("work")),
        "times": _times(facts),
        "assessment": _assessment(facts),
        "answers": _answers(sheet, facts, language),
        "photos": _photos(facts),
        "parts": parts,
        "swaps": [pick(swap, SWAP_FIELDS) for swap in _all(facts, "serial.swapped")],
        "requests": _requests(facts),
        "notes": [plain(d.get("text")) for d in _all(facts, "note.added")],
        "totals": _totals(parts),
        "care_card": plain(sheet.get("care_card")),
        "reservation": reservation or None,
        "agreement": AGREEMENTS[spoken(language)],
        "events": [fact["event_id"] for fact in facts],
    }


def content(events: Iterable[Any]) -> list[Json]:
    """The events that a receipt covers, oldest first, each once.

    One of these after a signature makes a new version of the receipt, which is unsigned.
    """
    seen: set[str] = set()
    facts = []
    for event in events:
        if is_content(event) and event["event_id"] not in seen:
            seen.add(event["event_id"])
            facts.append(event)
    return facts


def is_content(event: Any) -> bool:
    """Whether this wire envelope says something that stands on the receipt."""
    known = as_object(event)
    if not isinstance(known.get("event_id"), str) or not isinstance(known.get("kind"), str):
        return False
    if known["kind"] == "note.added":
        return _data(known).get("audience") == "customer"
    return known["kind"] in CONTENT_KINDS


def _asset(sheet: Mapping[str, Any], language: str) -> Json | None:
    asset = as_object(sheet.get("asset"))
    if not asset:
        return None
    return {**pick(asset, ASSET_FIELDS), "name": named(asset, "name", language)}


def _times(facts: list[Json]) -> Json:
    return {
        "accepted": _first_time(facts, "job.accepted"),
        "travel_started": _first_time(facts, "travel.started"),
        "arrived": _first_time(facts, "visit.arrived"),
    }


def _first_time(facts: list[Json], kind: str) -> Any:
    return next((plain(fact.get("captured_at")) for fact in facts if fact["kind"] == kind), None)


def _assessment(facts: list[Json]) -> Json | None:
    said = list(_all(facts, "visit.assessed"))
    return pick(said[-1], ("severity", "findings", "words")) if said else None


def _answers(sheet: Mapping[str, Any], facts: list[Json], language: str) -> list[Json]:
    """Answered steps in the order of the checklist, then those that the checklist does not have."""
    given = {d["step_id"]: d for d in _latest(facts, "checklist.answered", "step_id")}
    labels = _labels(sheet, language)
    in_order = [step for step in labels if step in given]
    besides = [step for step in given if step not in labels]
    return [
        {
            "step_id": step,
            "label": labels.get(step, step),
            "answer": plain(given[step].get("answer")),
            "words": plain(given[step].get("words")),
        }
        for step in in_order + besides
    ]


def _labels(sheet: Mapping[str, Any], language: str) -> dict[str, Any]:
    steps = objects(as_object(sheet.get("checklist")).get("steps"))
    return {
        step["step_id"]: named(step, "label", language) or step["step_id"]
        for step in steps
        if isinstance(step.get("step_id"), str)
    }


def _photos(facts: list[Json]) -> list[Json]:
    gone = _ids(facts, "photo.discarded", "photo_id") | _ids(facts, "photo.lost", "photo_id")
    kept = [d for d in _latest(facts, "photo.taken", "photo_id") if d["photo_id"] not in gone]
    return [
        {"number": number, **pick(photo, ("photo_id", "slot", "sha256"))}
        for number, photo in enumerate(kept, start=1)
    ]


def _parts(sheet: Mapping[str, Any], facts: list[Json], language: str) -> list[Json]:
    voided = _ids(facts, "part.voided", "line_id")
    names = _part_names(sheet, language)
    used = [d for d in _latest(facts, "part.used", "line_id") if d["line_id"] not in voided]
    return [_part(line, names) for line in used]


def _part(line: Json, names: Mapping[str, Any]) -> Json:
    quantity, price = whole(line.get("quantity")), whole(line.get("unit_price"))
    sku = plain(line.get("sku"))
    return {
        "line_id": line["line_id"],
        "sku": sku,
        "name": names.get(sku, sku) if isinstance(sku, str) else sku,
        "quantity": quantity,
        "charge": plain(line.get("charge")),
        "unit_price": price,
        "currency": plain(line.get("currency")),
        "serial": plain(line.get("serial")),
        "amount": None if quantity is None or price is None else whole(quantity * price),
    }


def _part_names(sheet: Mapping[str, Any], language: str) -> dict[str, Any]:
    planned = objects(sheet.get("planned_parts"))
    return {
        part["sku"]: named(part, "name", language) or part["sku"]
        for part in planned
        if isinstance(part.get("sku"), str)
    }


def _requests(facts: list[Json]) -> list[Json]:
    return [pick(asked, REQUEST_FIELDS) for asked in _latest(facts, "part.requested", "request_id")]


def _totals(parts: list[Json]) -> list[Json]:
    """What the customer pays, one sum in cents for each currency, by the currency's code."""
    sums: dict[str | None, int] = {}
    for part in parts:
        if part["charge"] == "customer" and part["amount"] is not None:
            currency = part["currency"] if isinstance(part["currency"], str) else None
            sums[currency] = sums.get(currency, 0) + part["amount"]
    return [
        {"currency": currency, "amount": whole(sums[currency])}
        for currency in sorted(sums, key=lambda code: utf16(code or ""))
    ]


def _data(event: Mapping[str, Any]) -> Json:
    return as_object(event.get("data"))


def _all(facts: list[Json], kind: str) -> Iterator[Json]:
    return (_data(fact) for fact in facts if fact["kind"] == kind)


def _identified(facts: list[Json], kind: str, name: str) -> Iterator[Json]:
    return (data for data in _all(facts, kind) if isinstance(data.get(name), str))


def _ids(facts: list[Json], kind: str, name: str) -> set[str]:
    return {data[name] for data in _identified(facts, kind, name)}


def _latest(facts: list[Json], kind: str, name: str) -> list[Json]:
    """The data of this kind, the last said of each id, in the order in which the ids came up."""
    return list({data[name]: data for data in _identified(facts, kind, name)}.values())
