"""The rules that are tables, written down for the tablet app, which cannot import them.

    python3 dev.py run python -m field_client.tablet_tables

writes `field_client/tablet/src/generated/` anew: a JSON file for each noun, and `words.ts`, the types of
the words in them. A house test fails while a file there is stale; nobody edits those files. Rules that
are steps stand in `tablet/src/domain/`, and the vectors hold both sides to the same results.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from field_client import plan
from server.domain import (
    checklists,
    errors,
    events,
    jobs,
    parts,
    photos,
    readiness,
    receipts,
    revisits,
    sync,
    visits,
)
from server.domain.receipts import building, plain

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "tablet" / "src" / "generated"


def _checklists() -> Json:
    return {
        "kinds": checklists.KINDS,
        "longestText": checklists.LONGEST_TEXT,
        "blanks": checklists.BLANKS,
    }


# What the server may refuse a tablet for good. Where the tablet waits or asks to sign in it has words of
# its own, and whatever else should come is told by the server's sentence.
REFUSALS: tuple[type[errors.DoorstepError], ...] = (
    errors.Invalid,
    errors.BadRequest,
    errors.MethodNotAllowed,
    errors.NotAllowed,
    errors.NotFound,
    errors.TooLarge,
    errors.Unsupported,
    errors.ClientTooOld,
    errors.ChecksumMismatch,
    errors.DeviceRevoked,
    errors.DeviceUnknown,
    errors.BadEnvelope,
    errors.CursorGone,
    errors.UploadGone,
    errors.TusVersionUnknown,
    errors.HashMissing,
    errors.FileUnknown,
)


def _sentences(language: str) -> Json:
    """What a tablet says with the server's words, for the words of one language: code -> the sentence."""
    return {
        "refusals": {kind.code: getattr(kind, language) for kind in REFUSALS},
        "doubts": {code: getattr(said, language) for code, said in photos.DOUBTS.items()},
    }


def _events() -> Json:
    return {
        "kinds": {f"{kind}@{v}": _fields(told) for (kind, v), told in events.KINDS.items()},
        "blanks": _blanks(),
        "outcomes": events.OUTCOMES,
        "causes": events.CAUSES,
        "severities": events.SEVERITIES,
        "charges": events.CHARGES,
        "partSources": events.PART_SOURCES,
        "photoSources": events.PHOTO_SOURCES,
        "requestReasons": events.REQUEST_REASONS,
        "audiences": events.AUDIENCES,
        "unsignedReasons": events.UNSIGNED_REASONS,
        "languages": events.LANGUAGES,
        "imageTypes": events.IMAGE_TYPES,
        "maxWords": events.MAX_WORDS,
        "idPattern": events.ID.pattern.pattern,
        "sha256Pattern": events.SHA256.pattern.pattern,
    }


def _fields(told: Iterable[events.Field]) -> list[Json]:
    return [
        {"name": each.name, "required": each.required, "fits": _shape(each.fits)} for each in told
    ]


def _shape(shape: events.Shape) -> Json:
    """A shape by the name of its class, with its limits."""
    limits = {each.name: _limit(getattr(shape, each.name)) for each in fields(shape)}
    return {"is": type(shape).__name__, **limits}


def _limit(value: Any) -> Any:
    match value:
        case events.Field():
            return _fields([value])[0]
        case tuple():
            return [_limit(each) for each in value]
        case str() | int() | None:
            return value
        case re.Pattern():
            return value.pattern
        case _:
            return _shape(value)


def _blanks() -> str:
    """What Python's `strip` takes for blank; ECMAScript's `trim` draws the line elsewhere."""
    return "".join(letter for letter in map(chr, range(sys.maxunicode + 1)) if letter.isspace())


def _jobs() -> Json:
    return {
        "states": list(jobs.State),
        "openStates": sorted(jobs.OPEN_STATES),
        "movableStates": sorted(jobs.MOVABLE_STATES),
    }


def _parts() -> Json:
    return {
        "places": parts.PLACES,
        "stockPlaces": sorted(parts.STOCK_PLACES),
        "subjectPattern": parts.SUBJECT.pattern,
        "requestStates": list(parts.REQUEST_MOVES),
        "openRequests": sorted(parts.OPEN_REQUESTS),
    }


def _photos() -> Json:
    limits = photos.THRESHOLDS
    return {
        "formats": sorted(photos.FORMATS),
        "maxPixels": photos.MAX_PIXELS,
        "maxBytes": photos.MAX_BYTES,
        "longEdge": photos.LONG_EDGE,
        "thumbnailEdge": photos.THUMBNAIL_EDGE,
        "rasterEdge": photos.RASTER_EDGE,
        "headBytes": photos.HEAD_BYTES,
        "hashColumns": photos.HASH_COLUMNS,
        "hashRows": photos.HASH_ROWS,
        "samePictureBits": photos.SAME_PICTURE_BITS,
        "tellingBits": [photos.TELLING_BITS.start, photos.TELLING_BITS.stop],
        "earthRadiusM": photos.EARTH_RADIUS_M,
        "thresholds": {
            "tooDarkBelowBrightness": limits.too_dark_below_brightness,
            "tooDarkAboveShare": limits.too_dark_above_share,
            "tooBrightAboveBrightness": limits.too_bright_above_brightness,
            "tooBrightAboveShare": limits.too_bright_above_share,
            "blurredBelowSharpness": limits.blurred_below_sharpness,
            "tooSmallBelowShortEdge": limits.too_small_below_short_edge,
            "farAwayAboveM": limits.far_away_above_m,
            "leewayS": limits.leeway.total_seconds(),
        },
    }


def _plan() -> Json:
    return {
        "backoffFromS": plan.BACKOFF_FROM_S,
        "backoffToS": plan.BACKOFF_TO_S,
        "thumbnailBytes": plan.THUMBNAIL_BYTES,
        "heavyBytes": plan.HEAVY_BYTES,
        "smallestChunk": plan.SMALLEST_CHUNK,
        "kept": sorted(plan.KEPT),
        "pulledKinds": sorted(plan.PULLED_KINDS),
        "limits": {each.name: each.default for each in fields(plan.Limits)},
    }


def _readiness() -> Json:
    return {
        "checks": readiness.CHECKS,
        "littleBytes": readiness.LITTLE_BYTES,
        "hardlyAnyBytes": readiness.HARDLY_ANY_BYTES,
        "silentS": readiness.SILENT_S,
    }


def _receipts() -> Json:
    return {
        "format": receipts.FORMAT,
        "contentKinds": sorted(receipts.CONTENT_KINDS),
        "siteFields": building.SITE_FIELDS,
        "assetFields": building.ASSET_FIELDS,
        "swapFields": building.SWAP_FIELDS,
        "requestFields": building.REQUEST_FIELDS,
        "deepest": plain.DEEPEST,
        "codeLetters": receipts.CODE_LETTERS,
        "agreements": receipts.AGREEMENTS,
        "words": receipts.WORDS,
    }


def _revisits() -> Json:
    return {"causes": revisits.CAUSES}


def _sync() -> Json:
    return {
        "statuses": list(sync.Status),
        "openStatuses": sorted(sync.OPEN_STATUSES),
        "received": list(sync.Received),
        "clockToleranceS": sync.CLOCK_TOLERANCE.total_seconds(),
        "maxEventDepth": sync.MAX_EVENT_DEPTH,
        "maxRawBytes": sync.MAX_RAW_BYTES,
    }


def _visits() -> Json:
    return {
        "states": visits.STATES,
        "declined": visits.DECLINED,
        "empty": visits.empty(),
        "photoFacts": visits.PHOTO_FACTS,
        "partFacts": visits.PART_FACTS,
        "requestFacts": visits.REQUEST_FACTS,
        "swapFacts": visits.SWAP_FACTS,
        "signatureFacts": visits.SIGNATURE_FACTS,
        "receiptFacts": visits.RECEIPT_FACTS,
        "movingKinds": sorted(visits.MOVING_KINDS),
        "receiptKinds": sorted(visits.RECEIPT_KINDS),
    }


# The name of a file -> what stands in it.
TABLES: dict[str, Callable[[], Json]] = {
    "checklists": _checklists,
    "events": _events,
    "jobs": _jobs,
    "parts": _parts,
    "photos": _photos,
    "plan": _plan,
    "readiness": _readiness,
    "receipts": _receipts,
    "revisits": _revisits,
    "sentences.en": lambda: _sentences("en"),
    "sentences.zh": lambda: _sentences("zh"),
    "sync": _sync,
    "visits": _visits,
}


# The name of a type -> the words that it is.
WORDS: dict[str, Iterable[str]] = {
    "Audience": events.AUDIENCES,
    "Cause": events.CAUSES,
    "Charge": events.CHARGES,
    "Doubt": photos.DOUBTS,
    "ImageType": events.IMAGE_TYPES,
    "JobState": jobs.State,
    "Kind": dict.fromkeys(kind for kind, _ in events.KINDS),
    "Language": events.LANGUAGES,
    "Light": readiness.Light,
    "Outcome": events.OUTCOMES,
    "PartSource": events.PART_SOURCES,
    "PhotoSource": events.PHOTO_SOURCES,
    "Received": sync.Received,
    "RequestReason": events.REQUEST_REASONS,
    "RevisitCause": revisits.CAUSES,
    "Severity": events.SEVERITIES,
    "Status": sync.Status,
    "StepKind": checklists.KINDS,
    "UnsignedReason": events.UNSIGNED_REASONS,
    "VisitState": (*visits.STATES, visits.DECLINED),
}


def _types() -> str:
    """The words as types of TypeScript, so that the compiler knows when one has no sentence."""
    return "\n".join(
        f"export type {name} =\n  | " + "\n  | ".join(f'"{word}"' for word in words) + ";\n"
        for name, words in WORDS.items()
    )


def _json(table: Json) -> str:
    return json.dumps(table, ensure_ascii=False, indent=2) + "\n"


def files() -> dict[str, str]:
    """Every generated file as it should be: its name and its text."""
    tables = {f"{name}.json": _json(table()) for name, table in TABLES.items()}
    return {**tables, "words.ts": _types()}


def write(folder: Path = FOLDER) -> None:
    """Writes every file, and takes away what is none any more."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = files()
    for file in folder.iterdir():
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        folder.joinpath(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
