"""Visits as an installer's tablet sends them: twelve events in their order, and the files they announce."""

import hashlib
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from benchmarks.client import Answer, Request, request
from benchmarks.shops import SKU, Installer, Shop
from benchmarks.tokens import Tokens
from server.clock import wire
from server.domain import receipts
from server.ids import new_id
from tests.events import Event, Lane, part, photo

PHOTO_BYTES = 400_000
SIGNATURE_BYTES = 12_000
UPLOADS = "/sync/v1/media/uploads"


class Files:
    """Files of one size that differ in their last bytes, so that making and hashing one costs nothing.

    Each is sent in two pieces; the large one is the same object for all.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._shared = os.urandom(size - 16)
        self._hash = hashlib.sha256(self._shared)

    def next(self) -> "File":
        own = os.urandom(16)
        its_hash = self._hash.copy()
        its_hash.update(own)
        return File(its_hash.hexdigest(), self.size, (self._shared, own))


@dataclass(frozen=True, slots=True)
class File:
    sha256: str
    size: int
    pieces: tuple[bytes, bytes]

    def announced(self, mime: str) -> dict[str, Any]:
        return {"sha256": self.sha256, "size": self.size, "mime": mime}


@dataclass(frozen=True, slots=True)
class Visit:
    who: Installer
    job_id: str
    events: list[Event]
    photos: list[File]
    signature: File


class Visits:
    """Visits on the jobs of a shop, one after the other; no job is visited twice."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._jobs = iter(range(shop.jobs))
        self._numbers: dict[str, Iterator[int]] = {}
        self._photos, self._signatures = Files(PHOTO_BYTES), Files(SIGNATURE_BYTES)

    def usual(self) -> Visit:
        """Two photos, one step of the checklist, a part, a note, a signed receipt."""
        visit, lane = self._begin()
        for kind in ("job.accepted", "travel.started", "visit.arrived"):
            lane.add(kind, {})
        lane.add("visit.assessed", {"severity": "major", "findings": ["door_sags"]})
        self._take_photo(visit, lane, "before")
        lane.add("checklist.answered", {"step_id": "fault_seen", "answer": True})
        lane.add("part.used", part(sku=SKU))
        self._take_photo(visit, lane, "after")
        lane.add("note.added", {"text": "门铰链已更换，柜门已调平。", "audience": "office"})
        return self._end(visit, lane)

    def with_six_photos(self) -> Visit:
        """Also twelve events: six of them photos."""
        visit, lane = self._begin()
        lane.add("visit.arrived", {})
        for slot in ("before", "before", "serial_label", "after", "after", "area_clean"):
            self._take_photo(visit, lane, slot)
        lane.add("checklist.answered", {"step_id": "fault_seen", "answer": True})
        lane.add("part.used", part(sku=SKU))
        return self._end(visit, lane)

    def _begin(self) -> tuple[Visit, Lane]:
        number = next(self._jobs, None)
        if number is None:
            raise RuntimeError("every job has been visited: ask for fewer or shorter rounds")
        who, job_id = self.shop.assignee(number), self.shop.job_id(number)
        numbers = self._numbers.setdefault(who.id, count(1))
        lane = Lane(
            who,
            job_id,
            numbers=numbers,  # type: ignore[arg-type]
            at=datetime.now(UTC) - timedelta(hours=2),
        )
        self._sheet = self.shop.sheet_of(number)
        return Visit(who, job_id, lane.events, [], self._signatures.next()), lane

    def _take_photo(self, visit: Visit, lane: Lane, slot: str) -> None:
        file = self._photos.next()
        visit.photos.append(file)
        taken = photo(slot=slot, **file.announced("image/jpeg"))
        lane.add("photo.taken", taken, position={"lat": 30.66, "lon": 104.06, "accuracy_m": 12})

    def _end(self, visit: Visit, lane: Lane) -> Visit:
        built = receipts.build(self._sheet, lane.events, language="zh")
        digest = receipts.digest(built)
        lane.add("receipt.presented", {"receipt_digest": digest, "language": "zh"})
        lane.add(
            "receipt.signed",
            {
                "receipt_digest": digest,
                "signer_name": "王小明",
                "relation": "self",
                "signature": visit.signature.announced("image/png"),
                "stars": 5,
            },
        )
        lane.finish()
        assert len(lane.events) == 12
        return visit


def push(visit: Visit, tokens: Tokens, *, replayed: bool = False) -> Request:
    """The request that delivers its events; every one of them must be applied."""
    batch = {
        "device_id": visit.who.device_id,
        "batch_id": new_id(),
        "sent_at": wire(datetime.now(UTC)),
        "events": visit.events,
    }
    body = json.dumps(batch).encode()
    headers = {**tokens.headers(visit.who), "Content-Type": "application/json"}
    is_good = _all_replayed if replayed else _all_applied
    return request("POST", "/sync/v1/push", headers, (body,), is_good=is_good)


def _all_applied(answer: Answer) -> bool:
    return answer.status == 200 and answer.body.count(b'"applied"') == 12


def _all_replayed(answer: Answer) -> bool:
    return _all_applied(answer) and answer.body.count(b'"replayed"') == 12


# Uploads, as the companion sends them.

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def upload(who: Installer, file: File, mime: str, tokens: Tokens) -> Request:
    """A small file: creation with upload, the whole of it in one request."""
    headers = {**tokens.headers(who), **BYTES, **_promise(file, mime)}
    offset = str(file.size)

    def is_whole(answer: Answer) -> bool:
        return answer.status == 201 and header(answer, "Upload-Offset") == offset

    return request("POST", UPLOADS, headers, file.pieces, is_good=is_whole)


def _promise(file: File, mime: str) -> dict[str, str]:
    told = {"sha256": file.sha256, "mime": mime}
    metadata = ",".join(
        f"{name} {b64encode(text.encode()).decode()}" for name, text in told.items()
    )
    return {"Upload-Length": str(file.size), "Upload-Metadata": metadata}


def creation(who: Installer, file: File, tokens: Tokens) -> Request:
    """The beginning of a large file."""
    headers = {**tokens.headers(who), **TUS, **_promise(file, "image/jpeg")}
    return request("POST", UPLOADS, headers, is_good=lambda answer: answer.status == 201)


def chunk(
    who: Installer, where: str, file: File, offset: int, size: int, tokens: Tokens
) -> Request:
    headers = {**tokens.headers(who), **BYTES, "Upload-Offset": str(offset)}
    whole = b"".join(file.pieces)
    piece = whole[offset : offset + size]
    return request("PATCH", where, headers, (piece,), is_good=lambda answer: answer.status == 204)


def question(who: Installer, where: str, tokens: Tokens) -> Request:
    """How much of an upload is there; 423 while another connection has it."""
    headers = {**tokens.headers(who), **TUS}
    return request("HEAD", where, headers, is_good=lambda answer: answer.status in (200, 423))


def address(answer: Answer) -> str:
    """Where the upload is, as a path."""
    return urlsplit(header(answer, "Location")).path


def header(answer: Answer, name: str) -> str:
    """Empty when there is none."""
    wanted = f"{name.lower()}:".encode()
    for line in answer.head.split(b"\r\n"):
        if line.lower().startswith(wanted):
            return line[len(wanted) :].strip().decode()
    return ""
