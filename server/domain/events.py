"""The kinds of field events, version by version, and what the data of each must hold.

One table, `KINDS`: a reader for every `kind@v` ever released. The companion checks against it before it
writes; the server when it reads. What does not fit is kept all the same, in quarantine. The table is data,
shapes and their limits, so that the tablet reads the same one.
"""

import re
from collections.abc import Iterator, Mapping
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
LANGUAGES = ("en", "zh")
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic")

MAX_WORDS = 4_000  # characters of free text in one event
MAX_QUANTITY = 100_000
MAX_MONEY = 10**11  # cents
MAX_INTEGER = 2**53 - 1  # what every JSON reader holds exactly


def is_text(value: Any, most: int = MAX_WORDS) -> bool:
    return isinstance(value, str) and len(value) <= most


def is_integer(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


# Shapes: what an entry may be. Each is called with a value and says whether it fits.


@dataclass(frozen=True, slots=True)
class Text:
    """Characters, `most` of them; `filled` ones are more than blanks."""

    most: int = MAX_WORDS
    filled: bool = False

    def __call__(self, value: Any) -> bool:
        return is_text(value, self.most) and (not self.filled or value.strip() != "")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text that is this pattern from its first to its last character."""

    pattern: re.Pattern[str]

    def __call__(self, value: Any) -> bool:
        return isinstance(value, str) and self.pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class OneOf:
    choices: tuple[str, ...]

    def __call__(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.choices


@dataclass(frozen=True, slots=True)
class Integer:
    least: int
    most: int

    def __call__(self, value: Any) -> bool:
        return is_integer(value, self.least, self.most)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, whole or not, no further than `most` from zero."""

    most: int

    def __call__(self, value: Any) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and abs(value) <= self.most


@dataclass(frozen=True, slots=True)
class Truth:
    def __call__(self, value: Any) -> bool:
        return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of things of one shape, `most` of them where there is a limit."""

    of: "Shape"
    most: int | None = None

    def __call__(self, value: Any) -> bool:
        if not isinstance(value, list) or (self.most is not None and len(value) > self.most):
            return False
        return all(self.of(each) for each in value)


@dataclass(frozen=True, slots=True)
class AnyOf:
    shapes: "tuple[Shape, ...]"

    def __call__(self, value: Any) -> bool:
        return any(shape(value) for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class Record:
    """An object with these entries; others beside them do no harm."""

    fields: "tuple[Field, ...]"

    def __call__(self, value: Any) -> bool:
        return isinstance(value, Mapping) and not any(_field_problems(self.fields, value))


Shape = Text | Pattern | OneOf | Integer | Number | Truth | Many | AnyOf | Record


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of an event's data: its name, what it may be, and whether it may be left out."""

    name: str
    fits: Shape
    required: bool = True


ID = Pattern(re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"))
SHA256 = Pattern(re.compile(r"[0-9a-f]{64}"))
CURRENCY = Pattern(re.compile(r"[A-Z]{3}"))
NAME = Text(200, filled=True)
WORDS = Text()
FILLED_WORDS = Text(filled=True)
# Yes or no, a number, a text, or a list of texts.
ANSWER = AnyOf((Truth(), Number(MAX_INTEGER), Many(Text(200), most=50), Text()))
BLOB = Record((Field("sha256", SHA256), Field("size", Integer(0, MAX_INTEGER))))
SIGNATURE = Record(
    (
        Field("sha256", SHA256),
        Field("size", Integer(1, MAX_INTEGER)),
        Field("mime", OneOf(IMAGE_TYPES)),
    )
)
MANIFEST = Record(
    (
        Field("events", Many(ID)),
        Field("blobs", Many(BLOB)),
        Field("digest", SHA256),
    )
)


def is_id(value: Any) -> bool:
    """A client-made id: the text form of a UUID, lower case."""
    return ID(value)


def is_sha256(value: Any) -> bool:
    return SHA256(value)


def _optional(name: str, fits: Shape) -> Field:
    return Field(name, fits, required=False)


_PHOTO = (
    Field("photo_id", ID),
    Field("slot", NAME),
    Field("sha256", SHA256),
    Field("size", Integer(1, MAX_INTEGER)),
    Field("mime", OneOf(IMAGE_TYPES)),
    Field("width", Integer(1, 100_000)),
    Field("height", Integer(1, 100_000)),
    Field("source", OneOf(PHOTO_SOURCES)),
    _optional("reason", WORDS),
    _optional("drawn_on", ID),
)
_PHOTO_GONE = (Field("photo_id", ID), Field("reason", WORDS))

KINDS: dict[tuple[str, int], tuple[Field, ...]] = {
    ("job.accepted", 1): (),
    ("job.declined", 1): (Field("reason", FILLED_WORDS),),
    ("travel.started", 1): (),
    ("visit.arrived", 1): (),
    ("visit.assessed", 1): (
        Field("severity", OneOf(SEVERITIES)),
        Field("findings", Many(Text(100), most=50)),
        _optional("words", WORDS),
    ),
    ("checklist.answered", 1): (
        Field("step_id", NAME),
        Field("answer", ANSWER),
        _optional("words", WORDS),
    ),
    ("photo.taken", 1): _PHOTO,
    ("photo.discarded", 1): _PHOTO_GONE,
    ("photo.lost", 1): _PHOTO_GONE,
    ("part.used", 1): (
        Field("line_id", ID),
        Field("sku", NAME),
        Field("quantity", Integer(1, MAX_QUANTITY)),
        Field("from", OneOf(PART_SOURCES)),
        Field("charge", OneOf(CHARGES)),
        _optional("unit_price", Integer(0, MAX_MONEY)),
        _optional("currency", CURRENCY),
        _optional("serial", NAME),
    ),
    ("part.voided", 1): (Field("line_id", ID), Field("reason", WORDS)),
    ("part.requested", 1): (
        Field("request_id", ID),
        _optional("sku", NAME),
        _optional("words", WORDS),
        Field("quantity", Integer(1, MAX_QUANTITY)),
        Field("reason", OneOf(REQUEST_REASONS)),
    ),
    ("serial.swapped", 1): (
        _optional("line_id", ID),
        Field("old_serial", NAME),
        Field("new_serial", NAME),
    ),
    ("note.added", 1): (Field("text", FILLED_WORDS), Field("audience", OneOf(AUDIENCES))),
    ("receipt.presented", 1): (
        Field("receipt_digest", SHA256),
        Field("language", OneOf(LANGUAGES)),
    ),
    ("receipt.signed", 1): (
        Field("receipt_digest", SHA256),
        Field("signer_name", NAME),
        Field("relation", NAME),
        Field("signature", SIGNATURE),
        _optional("stars", Integer(1, 5)),
        _optional("words", WORDS),
        _optional("reservation", WORDS),
    ),
    ("receipt.unsigned", 1): (
        Field("reason", OneOf(UNSIGNED_REASONS)),
        _optional("words", WORDS),
    ),
    ("lead.noted", 1): (Field("text", FILLED_WORDS), _optional("product", WORDS)),
    ("visit.finished", 1): (
        Field("outcome", OneOf(OUTCOMES)),
        _optional("cause", OneOf(CAUSES)),
        _optional("words", WORDS),
        Field("manifest", MANIFEST),
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
