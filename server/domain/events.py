"""The kinds of field events, version by version, and what the data of each must hold.

One table, `KINDS`: a reader for every `kind@v` ever released. The companion checks against it before it
writes; the server when it reads. What does not fit is kept all the same, in quarantine.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OUTCOMES = ("completed", "incomplete")
CAUSES = (
    "part_missing",
    "wrong_part",
    "goods_damaged",
    "customer_absent",
    "site_not_ready",
    "needs_specialist",
    "wrong_diagnosis",
    "customer_refused",
    "unsafe",
    "out_of_time",
    "other",
)
SEVERITIES = ("minor", "major", "critical", "unsafe")
CHARGES = ("warranty", "goodwill", "customer")
PART_SOURCES = ("van", "site")
PHOTO_SOURCES = ("camera", "gallery")
REQUEST_REASONS = ("missing", "wrong", "damaged", "needed")
AUDIENCES = ("office", "customer")
UNSIGNED_REASONS = ("refused", "absent", "later")
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic")

MAX_WORDS = 4_000  # characters of free text in one event
MAX_QUANTITY = 100_000
MAX_MONEY = 10**11  # cents
MAX_INTEGER = 2**53 - 1  # what every JSON reader holds exactly

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CURRENCY = re.compile(r"[A-Z]{3}")

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of an event's data: its name, what it may be, and whether it may be left out."""

    name: str
    fits: Check
    required: bool = True


def is_id(value: Any) -> bool:
    """A client-made id: the text form of a UUID, lower case."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def is_sha256(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def is_text(value: Any, most: int = MAX_WORDS) -> bool:
    return isinstance(value, str) and len(value) <= most


def is_name(value: Any) -> bool:
    return is_text(value, 200) and value.strip() != ""


def is_integer(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _text(name: str, *, required: bool = True, filled: bool = False) -> Field:
    return Field(name, lambda v: is_text(v) and (not filled or v.strip() != ""), required)


def _short(name: str, *, required: bool = True) -> Field:
    return Field(name, is_name, required)


def _id(name: str, *, required: bool = True) -> Field:
    return Field(name, is_id, required)


def _hash(name: str) -> Field:
    return Field(name, is_sha256)


def _one_of(name: str, choices: tuple[str, ...], *, required: bool = True) -> Field:
    return Field(name, lambda v: isinstance(v, str) and v in choices, required)


def _count(name: str, least: int, most: int, *, required: bool = True) -> Field:
    return Field(name, lambda v: is_integer(v, least, most), required)


def _currency(name: str) -> Field:
    return Field(name, lambda v: isinstance(v, str) and bool(_CURRENCY.fullmatch(v)), False)


def _is_answer(value: Any) -> bool:
    """A checklist answer: yes or no, a number, a text, or a list of texts."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return abs(value) <= MAX_INTEGER
    if isinstance(value, list):
        return len(value) <= 50 and all(is_text(each, 200) for each in value)
    return is_text(value)


def _is_findings(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 50 and all(is_text(v, 100) for v in value)


def _is_signature(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and is_sha256(value.get("sha256"))
        and is_integer(value.get("size"), 1, MAX_INTEGER)
        and value.get("mime") in IMAGE_TYPES
    )


def _is_manifest(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    events, blobs = value.get("events"), value.get("blobs")
    return (
        isinstance(events, list)
        and all(is_id(each) for each in events)
        and isinstance(blobs, list)
        and all(_is_blob(each) for each in blobs)
        and is_sha256(value.get("digest"))
    )


def _is_blob(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and is_sha256(value.get("sha256"))
        and is_integer(value.get("size"), 0, MAX_INTEGER)
    )


_PHOTO = (
    _id("photo_id"),
    _short("slot"),
    _hash("sha256"),
    _count("size", 1, MAX_INTEGER),
    _one_of("mime", IMAGE_TYPES),
    _count("width", 1, 100_000),
    _count("height", 1, 100_000),
    _one_of("source", PHOTO_SOURCES),
    _text("reason", required=False),
    _id("drawn_on", required=False),
)
_PHOTO_GONE = (_id("photo_id"), _text("reason"))

KINDS: dict[tuple[str, int], tuple[Field, ...]] = {
    ("job.accepted", 1): (),
    ("job.declined", 1): (_text("reason", filled=True),),
    ("travel.started", 1): (),
    ("visit.arrived", 1): (),
    ("visit.assessed", 1): (
        _one_of("severity", SEVERITIES),
        Field("findings", _is_findings),
        _text("words", required=False),
    ),
    ("checklist.answered", 1): (
        _short("step_id"),
        Field("answer", _is_answer),
        _text("words", required=False),
    ),
    ("photo.taken", 1): _PHOTO,
    ("photo.discarded", 1): _PHOTO_GONE,
    ("photo.lost", 1): _PHOTO_GONE,
    ("part.used", 1): (
        _id("line_id"),
        _short("sku"),
        _count("quantity", 1, MAX_QUANTITY),
        _one_of("from", PART_SOURCES),
        _one_of("charge", CHARGES),
        _count("unit_price", 0, MAX_MONEY, required=False),
        _currency("currency"),
        _short("serial", required=False),
    ),
    ("part.voided", 1): (_id("line_id"), _text("reason")),
    ("part.requested", 1): (
        _id("request_id"),
        _short("sku", required=False),
        _text("words", required=False),
        _count("quantity", 1, MAX_QUANTITY),
        _one_of("reason", REQUEST_REASONS),
    ),
    ("serial.swapped", 1): (
        _id("line_id", required=False),
        _short("old_serial"),
        _short("new_serial"),
    ),
    ("note.added", 1): (_text("text", filled=True), _one_of("audience", AUDIENCES)),
    ("receipt.presented", 1): (
        _hash("receipt_digest"),
        _one_of("language", ("en", "zh")),
    ),
    ("receipt.signed", 1): (
        _hash("receipt_digest"),
        _short("signer_name"),
        _short("relation"),
        Field("signature", _is_signature),
        _count("stars", 1, 5, required=False),
        _text("words", required=False),
        _text("reservation", required=False),
    ),
    ("receipt.unsigned", 1): (
        _one_of("reason", UNSIGNED_REASONS),
        _text("words", required=False),
    ),
    ("lead.noted", 1): (_text("text", filled=True), _text("product", required=False)),
    ("visit.finished", 1): (
        _one_of("outcome", OUTCOMES),
        _one_of("cause", CAUSES, required=False),
        _text("words", required=False),
        Field("manifest", _is_manifest),
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one entry of an event's data; `code` is stable."""

    code: str
    field: str


def is_known(kind: Any, v: Any) -> bool:
    return isinstance(kind, str) and is_integer(v, 1, 1_000) and (kind, v) in KINDS


def check(kind: str, v: int, data: Any) -> list[Problem]:
    """The problems of an event's data; none for what can be applied as it stands.

    Unknown entries are no problem: a later release of the same version may add them.
    """
    if not is_known(kind, v):
        return [Problem("unknown_kind", "kind")]
    if not isinstance(data, Mapping):
        return [Problem("not_an_object", "data")]
    return [*_field_problems(KINDS[kind, v], data), *_rules_between(kind, data)]


def _field_problems(fields: tuple[Field, ...], data: Mapping[str, Any]) -> Iterator[Problem]:
    for field in fields:
        value = data.get(field.name)
        if value is None:
            if field.required:
                yield Problem("missing", field.name)
        elif not field.fits(value):
            yield Problem("not_valid", field.name)


def _rules_between(kind: str, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Rules that tie two entries together (domain: photos, outcomes, parts)."""
    if kind == "photo.taken" and data.get("source") == "gallery" and not _says(data, "reason"):
        yield Problem("missing", "reason")
    if kind == "visit.finished" and data.get("outcome") == "incomplete":
        if data.get("cause") is None:
            yield Problem("missing", "cause")
        elif data.get("cause") == "other" and not _says(data, "words"):
            yield Problem("missing", "words")
    if kind == "part.used" and data.get("unit_price") is not None and not data.get("currency"):
        yield Problem("missing", "currency")
    if kind == "part.requested" and not data.get("sku") and not _says(data, "words"):
        yield Problem("missing", "sku")


def _says(data: Mapping[str, Any], name: str) -> bool:
    value = data.get(name)
    return isinstance(value, str) and value.strip() != ""


def blobs_of(kind: str, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files that an event announces: `{sha256, size, mime}` each."""
    if kind == "photo.taken":
        return [{name: data[name] for name in ("sha256", "size", "mime")}]
    if kind == "receipt.signed":
        return [{name: data["signature"][name] for name in ("sha256", "size", "mime")}]
    return []


def ids_in(data: Any) -> Iterator[str]:
    """The ids of photos and requests that an event's data names, whatever else it holds."""
    if isinstance(data, Mapping):
        yield from (data[name] for name in ("photo_id", "request_id") if is_id(data.get(name)))


def hashes_in(data: Any) -> Iterator[str]:
    """The files that an event's data names, whatever else it holds."""
    if isinstance(data, Mapping):
        for file in (data, data.get("signature")):
            if isinstance(file, Mapping) and is_sha256(file.get("sha256")):
                yield file["sha256"]
