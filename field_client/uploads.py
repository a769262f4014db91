"""Sending files: tus 1.0, resumed at the byte, one at a time, found again by their SHA-256.

Nothing about an upload is stored here: what the server has of a file is asked by hash each time, so that
no upload address can go stale on the device.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from field_client import blobs, errors, losses, plan
from field_client.conversation import Conversation, expected, refusal
from field_client.crashes import crash_point
from field_client.outbox import Outbox
from field_client.store import Row
from field_client.transport import Answer

UPLOADS = "/sync/v1/media/uploads"
CHECKED_AT_ONCE = 100
MOST_TRIES = 4
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}

Progress = Callable[[str, int, int], None]
"""Called with the hash, the bytes that the server has, and the size."""


class MediaStopped(Exception):
    """The server is short of space: files wait, everything else goes on."""


class Uploads:
    """Sends the files of one person. Raises NetworkDown, ServerBusy, SignInNeeded, MediaStopped."""

    def __init__(
        self,
        outbox: Outbox,
        talk: Conversation,
        limits: plan.Limits,
        *,
        on_cellular: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.outbox, self.talk, self.store = outbox, talk, outbox.store
        self.limits, self.on_cellular = limits, on_cellular
        self.progress: Progress = progress or _silent
        self.chunk = limits.chunk_bytes
        self.files, self.bytes_sent = 0, 0

    def run(self) -> None:
        media = (self.store.hello.get("policy") or {}).get("media", "any")
        waiting = [
            blob
            for blob in plan.sending_order(self.waiting())
            if plan.goes_now(blob, media, on_cellular=self.on_cellular)
        ]
        for start in range(0, len(waiting), CHECKED_AT_ONCE):
            group = waiting[start : start + CHECKED_AT_ONCE]
            known = self._check(group)
            for blob in group:
                self._send(blob, known.get(blob["sha256"], {}))

    def waiting(self) -> list[Row]:
        """Files of this person that the server does not have, with what their order depends on."""
        return self.store.rows(
            "SELECT blob.*, min(use.place) AS place, max(finish.place) AS finished_place "
            "FROM blob JOIN blob_use ON blob_use.sha256 = blob.sha256 "
            "JOIN event AS use ON use.event_id = blob_use.event_id "
            "LEFT JOIN event AS finish ON finish.person_id = blob_use.person_id "
            "AND finish.job_id = blob_use.job_id AND finish.kind = 'visit.finished' "
            "WHERE blob_use.person_id = ? AND blob.state = 'waiting' GROUP BY blob.sha256",
            [self.outbox.person_id],
        )

    def _check(self, group: list[Mapping[str, Any]]) -> dict[str, Row]:
        asked = [{"sha256": blob["sha256"], "size": blob["size"]} for blob in group]
        answer = self.talk.ask("POST", "/sync/v1/media/check", {"blobs": asked})
        told = expected(answer, "blobs")["blobs"]
        if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
            raise errors.ForeignAnswer(why="not the expected object")
        crash_point("upload.after_check")
        return {str(each.get("sha256")): each for each in told}

    def _send(self, blob: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        """One file, until the server has it or says that it will not take it now."""
        sha256 = blob["sha256"]
        for _ in range(MOST_TRIES):
            if known.get("state") == "stored":
                self._note_stored(blob)
                return
            try:
                again = self._transfer(blob, known)
            except errors.FileUnreadable:
                if blobs.is_damaged(self.store, sha256):
                    self._note_lost(blob, "file missing or cut")
                else:
                    self._note_problem(blob, "unreadable")
                return
            if again == "done":
                return
            if again == "check_own_copy" and blobs.is_damaged(self.store, sha256):
                self._note_lost(blob, "file damaged")
                return
            known = self._check([blob]).get(sha256, {})
        raise errors.ServerBusy(why="upload", wait=60)

    def _transfer(self, blob: Mapping[str, Any], known: Mapping[str, Any]) -> str:
        """Creates or resumes an upload and sends piece by piece; returns why it ended."""
        size, sha256 = int(blob["size"]), str(blob["sha256"])
        if blobs.size(self.store, sha256) != size:
            raise errors.FileUnreadable(file=sha256, why="missing")
        where = _path(known.get("upload")) if known.get("state") == "partial" else None
        step = plan.UploadStep("go_on", int(known.get("offset") or 0))
        if where is None:
            where, step = self._create(blob)
        stuck = 0
        while True:
            if step.name == "go_on" and step.offset >= size and stuck == 0:
                self._note_stored(blob)
                return "done"
            if step.name in ("check_again", "check_own_copy"):
                return step.name
            if step.name == "skip" or where is None:
                return self._note_problem(blob)
            if step.name == "smaller":
                self._shrink()
            before = step.offset
            step = self._next(where, step, blob)
            moved = step.name == "go_on" and step.offset > before
            stuck = 0 if moved else stuck + 1
            if stuck > MOST_TRIES:
                return "check_again"

    def _create(self, blob: Mapping[str, Any]) -> tuple[str | None, plan.UploadStep]:
        size, sha256 = int(blob["size"]), str(blob["sha256"])
        metadata = {"sha256": sha256, "mime": str(blob["mime"])}
        headers = {
            **TUS,
            "Upload-Length": str(size),
            "Upload-Metadata": ",".join(
                f"{name} {b64encode(value.encode()).decode()}" for name, value in metadata.items()
            ),
        }
        body = None
        if size <= min(plan.SMALL_BYTES, self.chunk):
            body, headers = blobs.piece(self.store, sha256, 0, size), {**BYTES, **headers}
        answer = self.talk.send("POST", UPLOADS, body, headers)
        crash_point("upload.after_create")
        step = self._step(answer, 0, size)
        if step.name == "smaller" and body is not None:
            self.chunk = min(self.chunk, size)
            self._shrink()
            return self._create(blob)  # alone this time; the bytes follow in pieces
        if step.name == "ask_offset":
            step = plan.UploadStep("check_again")
        if answer.status in (200, 201) and "upload-offset" not in answer.headers:
            step = plan.UploadStep("go_on", 0)
        return _path(answer.headers.get("location")), self._noted(blob, step, 0)

    def _next(self, where: str, step: plan.UploadStep, blob: Mapping[str, Any]) -> plan.UploadStep:
        size, sha256 = int(blob["size"]), str(blob["sha256"])
        if step.name == "ask_offset":
            answer = self.talk.send("HEAD", where, None, TUS)
            told = self._step(answer, step.offset, size)
            if told.name == "go_on" and told.offset >= size:
                return plan.UploadStep("check_again", told.offset)
            return told
        content = blobs.piece(self.store, sha256, step.offset, min(self.chunk, size - step.offset))
        headers = {**BYTES, "Upload-Offset": str(step.offset)}
        answer = self.talk.send("PATCH", where, content, headers)
        crash_point("upload.after_chunk")
        return self._noted(blob, self._step(answer, step.offset, size), step.offset)

    def _step(self, answer: Answer, known: int, size: int) -> plan.UploadStep:
        step = plan.upload_step(answer.status, answer.headers.get("upload-offset"), known, size)
        if step.name == "wait":
            raise refusal(answer)
        if step.name == "sign_in":
            raise errors.SignInNeeded()
        if step.name == "stop_media":
            raise MediaStopped()
        return step

    def _noted(
        self, blob: Mapping[str, Any], step: plan.UploadStep, before: int
    ) -> plan.UploadStep:
        if step.name == "go_on":
            self.bytes_sent += max(0, step.offset - before)
            self.progress(str(blob["sha256"]), step.offset, int(blob["size"]))
        return step

    def _shrink(self) -> None:
        if self.chunk <= plan.SMALLEST_CHUNK:
            raise errors.ServerBusy(why="http_413", wait=60)
        self.chunk = max(plan.SMALLEST_CHUNK, self.chunk // 2)

    def _note_stored(self, blob: Mapping[str, Any]) -> None:
        crash_point("upload.before_stored")
        with self.store.writing():
            self.store.execute(
                "UPDATE blob SET state = 'stored', problem = NULL WHERE sha256 = ?",
                [blob["sha256"]],
            )
            self._begin_keeping(str(blob["sha256"]))
        self.files += 1
        self.progress(str(blob["sha256"]), int(blob["size"]), int(blob["size"]))
        crash_point("upload.after_stored")

    def _begin_keeping(self, sha256: str) -> None:
        """The server has had everything of these jobs only since now: one may have been complete without
        this file, and a backup from before it came may still be restored.
        """
        self.store.execute(
            "UPDATE base SET complete_since = "
            "max(complete_since, (SELECT server_time FROM person WHERE person_id = :uploader)) "
            "WHERE complete_since IS NOT NULL AND kind = 'job' AND (person_id, id) IN "
            "(SELECT person_id, job_id FROM blob_use WHERE sha256 = :sha256)",
            {"uploader": self.outbox.person_id, "sha256": sha256},
        )

    def _note_problem(self, blob: Mapping[str, Any], problem: str = "refused") -> str:
        """This file cannot go now: it stays, is shown, and is tried at the next sync."""
        with self.store.writing():
            self.store.execute(
                "UPDATE blob SET problem = ? WHERE sha256 = ?", [problem, blob["sha256"]]
            )
        return "done"

    def _note_lost(self, blob: Mapping[str, Any], reason: str) -> None:
        """Our own copy is gone too: say so in an event, so that nobody waits for it for ever."""
        with self.store.writing():
            self.store.execute(
                "UPDATE blob SET state = 'lost', is_local = 0 WHERE sha256 = ?", [blob["sha256"]]
            )
            losses.say_lost(self.outbox, str(blob["sha256"]), reason)
        crash_point("upload.after_lost")


def _path(location: Any) -> str | None:
    """The path of an upload on our server, whatever host name a proxy wrote into it."""
    if not isinstance(location, str) or not location:
        return None
    path = urlsplit(location).path
    return path if path.startswith("/") else f"{UPLOADS}/{path}"


def _silent(sha256: str, here: int, size: int) -> None:
    """Nobody watches."""
