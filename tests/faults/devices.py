"""A tablet that speaks the protocol by hand over HTTP, and takes every answer as it comes."""

import hashlib
import io
import os
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
from PIL import Image

from server.ids import new_id
from tests import people
from tests.events import Event, Lane
from tests.uploads import BYTES, TUS, UPLOADS, metadata

SIDE = 160  # pixels; large enough to be examined like any picture


@dataclass(frozen=True)
class Told:
    """What a caller was told: the status, and the code of a refusal ("" when it was none)."""

    status: int
    code: str
    answer: httpx.Response

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def words(self) -> str:
        return f"{self.status} {self.code}".strip()


def told(answer: httpx.Response) -> Told:
    """Raises AssertionError for an answer that no device could read."""
    assert answer.headers.get("Sync-Server") == "doorstep/1", answer.text
    if answer.is_success:
        return Told(answer.status_code, "", answer)
    if answer.request.method == "HEAD":
        return Told(answer.status_code, "(HEAD)", answer)
    code = answer.json()["code"]
    assert code, answer.text
    return Told(answer.status_code, code, answer)


def picture() -> bytes:
    """A JPEG that nobody has seen before."""
    image = Image.frombytes("RGB", (SIDE, SIDE), os.urandom(SIDE * SIDE * 3))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Device:
    """One installation with its person signed in."""

    def __init__(self, address: str, who: people.Character) -> None:
        self.who, self.device_id = who, new_id()
        self.http = httpx.Client(base_url=address, timeout=60)
        self.numbers = count(1)
        form = {"username": who.username, "password": people.PASSWORD}
        self._takes(self.http.post("/api/v1/auth/login", json=form))
        enrolment = {
            "device_id": self.device_id,
            "platform": "test",
            "name": f"{who.name}'s tablet",
            "install_secret": "sixteen letters or more",
        }
        self._takes(self.http.post("/sync/v1/devices", json=enrolment))
        self.http.headers["Sync-Device"] = self.device_id

    def _takes(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200, answer.text
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def close(self) -> None:
        self.http.close()

    def lane(self, job_id: str) -> Lane:
        return Lane(self.who, job_id, numbers=self.numbers)

    def push(self, events: list[Event]) -> Told:
        batch = {"device_id": self.device_id, "batch_id": new_id(), "sent_at": None}
        return told(self.http.post("/sync/v1/push", json={**batch, "events": events}))

    def knows(self, events: list[Event]) -> list[str]:
        """What the server says has become of them."""
        ids = [each["event_id"] for each in events]
        answer = told(self.http.post("/sync/v1/events/status", json={"event_ids": ids})).answer
        return [str(each["status"]) for each in answer.json()["results"]]

    # Files.

    def check(self, content: bytes) -> Told:
        """Asks what the server has of a file."""
        form = {"blobs": [{"sha256": sha256(content), "size": len(content)}]}
        return told(self.http.post("/sync/v1/media/check", json=form))

    def state_of(self, content: bytes) -> dict[str, Any]:
        answer = self.check(content)
        assert answer.is_done, answer
        found: dict[str, Any] = answer.answer.json()["blobs"][0]
        return found

    def create(self, content: bytes, *, with_body: bool) -> Told:
        promise = {
            "Upload-Length": str(len(content)),
            "Upload-Metadata": metadata(sha256=sha256(content), mime="image/jpeg"),
        }
        headers = {**(BYTES if with_body else TUS), **promise}
        body = content if with_body else None
        return told(self.http.post(UPLOADS, content=body, headers=headers))

    def send(self, where: str, content: bytes, offset: int, end: int) -> Told:
        headers = {**BYTES, "Upload-Offset": str(offset)}
        return told(self.http.patch(where, content=content[offset:end], headers=headers))

    def offset(self, where: str) -> Told:
        return told(self.http.head(where, headers=TUS))

    def upload_at_once(self, content: bytes) -> Told:
        """As a tablet sends what is small: created with its bytes. Done when all of them are in."""
        made = self.create(content, with_body=True)
        if made.is_done and made.answer.headers["Upload-Offset"] != str(len(content)):
            return Told(made.status, "only_a_part", made.answer)
        return made

    def upload_in_pieces(self, content: bytes) -> Told:
        """In two pieces, from wherever the server is; the first refusal ends the try."""
        checked = self.check(content)
        if not checked.is_done:
            return checked
        known = checked.answer.json()["blobs"][0]
        if known["state"] == "stored":
            return checked
        where = known.get("upload")
        if where is None:
            made = self.create(content, with_body=False)
            if not made.is_done:
                return made
            where = made.answer.headers["Location"]
        asked = self.offset(where)
        if not asked.is_done:
            return asked
        answer, offset = asked, int(asked.answer.headers["Upload-Offset"])
        while offset < len(content):
            answer = self.send(
                where, content, offset, min(len(content), offset + len(content) // 2 + 1)
            )
            if not answer.is_done:
                return answer
            offset = int(answer.answer.headers["Upload-Offset"])
        return answer
