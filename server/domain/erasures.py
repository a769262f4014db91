"""What is left of a record when the person in it is erased: figures, codes, ids and hashes; no words, no places.

Everything stays sound: an emptied event is still an event of its kind, an emptied sheet still a sheet, so
whatever reads them goes on. What a digest covered is gone with the words; the digest itself stays.
"""

from collections.abc import Mapping
from typing import Any

GONE = "–"  # stands where words stood that must say something
MARK = "erased"  # the entry that an emptied document has

Json = dict[str, Any]

# Entries that people fill with words, wherever they stand.
_WORDS = frozenset(
    {"words", "text", "signer_name", "relation", "reservation", "findings", "declined_reason"}
    | {"verdict_reason", "cancelled_reason"}
    | {"product", "access_notes", "summary", "description", "notes", "work", "order_number"}
)
_REASONS_IN_WORDS = frozenset(
    {"job.declined", "photo.taken", "photo.discarded", "photo.lost", "part.voided"}
)
_SITE = ("address", "district", "postcode", "access_notes")
_OF_RECEIPT = (
    ("format", "job_id", "ticket_id", "rev", "language", "shop", "installer", "crew", "window")
    + ("times", "photos", "parts", "swaps", "totals", "events")
)  # fmt: skip
_OF_ASSET = ("id", "model", "name", "serial", "warranty_until")


def is_emptied(document: Mapping[str, Any]) -> bool:
    return document.get(MARK) is True


def words(text: str | None) -> str | None:
    """A text that says something says nothing any more; one that never did stays as it is."""
    return GONE if text else text


def event(envelope: Any) -> Json:
    """The wire envelope of a field event without words and without its position."""
    if not isinstance(envelope, dict):
        return {MARK: True}
    left = {name: value for name, value in envelope.items() if name != "position"}
    data = left.get("data")
    if isinstance(data, dict):
        left["data"] = _emptied(data, with_reason=left.get("kind") in _REASONS_IN_WORDS)
    return {**left, MARK: True}


def visit(content: Mapping[str, Any]) -> Json:
    """The fold of a visit without words."""
    left: Json = _emptied(content, with_reason=False)
    photos = content.get("photos")
    if isinstance(photos, Mapping):
        left["photos"] = {
            its_id: _emptied(each, with_reason=True) for its_id, each in photos.items()
        }
    return left


def receipt(content: Mapping[str, Any]) -> Json:
    """What a receipt counted: times, parts, sums; its digest no longer has anything to cover."""
    left = {name: content.get(name) for name in _OF_RECEIPT}
    asset = content.get("asset")
    left["asset"] = {name: asset.get(name) for name in _OF_ASSET} if asset else None
    return {**left, MARK: True}


def sheet(content: Mapping[str, Any]) -> Json:
    """The office's part of a job without whose it was and where."""
    left = dict(content)
    customer, site = left.get("customer") or {}, left.get("site") or {}
    left["customer"] = {**customer, "name": GONE, "phone": ""}
    left["site"] = {**site, **dict.fromkeys(_SITE, ""), "address": GONE, "lat": None, "lon": None}
    left["ticket"] = {**(left.get("ticket") or {}), "summary": GONE, "description": ""}
    left["asset"] = {**left["asset"], "order_number": ""} if left.get("asset") else None
    left["work"], left["notes"], left["history"] = GONE, "", []
    left.pop("from_customer", None)
    return left


def details(noted: Mapping[str, Any]) -> Json:
    """What an exception or a line of the audit noted beside its codes, without words."""
    left: Json = _emptied(noted, with_reason=True)
    return left


def _emptied(value: Any, *, with_reason: bool) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _blank(each)
            if name in _WORDS or (name == "reason" and with_reason) or _is_said(name, each)
            else _emptied(each, with_reason=with_reason)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_emptied(each, with_reason=with_reason) for each in value]
    return value


def _is_said(name: str, value: Any) -> bool:
    """An answer in words; yes, no and numbers are figures."""
    return name == "answer" and isinstance(value, str | list)


def _blank(value: Any) -> Any:
    if isinstance(value, str):
        return words(value)
    return [] if isinstance(value, list) else None
