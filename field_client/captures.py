"""What an installer says and does on site, as field events: each is on the disk when its call returns."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from field_client import blobs, conversation, errors, jobs, photos, plan, signatures
from field_client.clock import new_id
from field_client.outbox import Envelope, Outbox
from field_client.store import Store
from server.domain import checklists, receipts, visits
from server.domain.sync import clean

Json = dict[str, Any]


class Captures(ABC):
    """The verbs of one person on one device.

    Each may raise JobUnknown, JobReadOnly, NotValid, NotHere, DiskFull and StoreBusy, and has then written
    nothing. `position` is where the device is, if it knows: `{"lat", "lon", "accuracy_m"?}`.
    """

    store: Store
    position: Mapping[str, Any] | None = None

    @property
    @abstractmethod
    def outbox(self) -> Outbox:
        """What waits of the person at work."""

    def _add(self, job: jobs.Job, kind: str, data: Mapping[str, Any], **more: Any) -> Envelope:
        reading = conversation.reading(self.store)
        return self.outbox.add(
            job.job_id,
            kind,
            data,
            base_rev=job.rev,
            clock_reading=reading,
            **{"position": self.position, **more},
        )

    def _job(self, job_id: str) -> jobs.Job:
        return jobs.writable(self.outbox, job_id)

    # The way there. What was said before is not said twice.

    def accept(self, job_id: str) -> Envelope | None:
        """None when the job was accepted before."""
        job = self._job(job_id)
        return None if job.visit["accepted_at"] else self._add(job, "job.accepted", {})

    def decline(self, job_id: str, reason: str) -> Envelope:
        return self._add(self._job(job_id), "job.declined", {"reason": reason})

    def travel(self, job_id: str) -> Envelope | None:
        """None when the journey was started before."""
        job = self._job(job_id)
        return None if job.visit["travel_started_at"] else self._add(job, "travel.started", {})

    def arrive(self, job_id: str) -> Envelope | None:
        """None when the arrival was noted before."""
        job = self._job(job_id)
        return None if job.visit["arrived_at"] else self._add(job, "visit.arrived", {})

    # The work.

    def assess(
        self, job_id: str, severity: str, findings: list[str], words: str | None = None
    ) -> Envelope:
        data = {"severity": severity, "findings": findings, "words": words}
        return self._add(self._job(job_id), "visit.assessed", data)

    def check(self, job_id: str, step_id: str, answer: Any, words: str | None = None) -> Envelope:
        """Answers a step. Raises NotHere for a step the checklist does not have, NotValid for an answer
        that will not do.
        """
        job = self._job(job_id)
        step = step_of(job.sheet, step_id)
        if step is None:
            raise errors.NotHere(what="step", subject=step_id, job=job_id)
        problem = checklists.problem(step, answer)
        if problem:
            fields = [{"field": step_id, "code": problem}]
            raise errors.NotValid(problems=f"{step_id} {problem}", fields=fields)
        data = {"step_id": step_id, "answer": answer, "words": words}
        return self._add(job, "checklist.answered", data)

    def photo(
        self,
        job_id: str,
        slot: str,
        file: Path,
        *,
        reason: str | None = None,
        drawn_on: str | None = None,
    ) -> tuple[Envelope, photos.Shot]:
        """Takes one picture into proof: from the camera, or with a reason from the gallery.

        The shot says what is doubtful about it; it is kept all the same. Raises FileUnreadable,
        NotAnImage, ImageTooLarge, ImageTooCostly.
        """
        job = self._job(job_id)
        limits = plan.Limits.of(self.store.hello)
        shot = photos.prepare(file, max_pixels=limits.max_pixels)
        if photos.seen_before(self.store, self.outbox.person_id, shot):
            shot.doubts.append("seen_before")
        data = {
            "photo_id": new_id(self.store.clock),
            "slot": slot,
            **shot.facts,
            "source": "gallery" if reason else "camera",
            "reason": reason,
            "drawn_on": drawn_on,
        }
        envelope = self._add(
            job,
            "photo.taken",
            data,
            contents={shot.sha256: shot.content},
            looks={shot.sha256: photos.look_text(shot)},
            position=self.position or shot.position,
        )
        return envelope, shot

    def discard(self, job_id: str, photo_id: str, reason: str) -> Envelope:
        """Takes a photo back; its bytes stay evidence. Raises NotHere."""
        job = self._job(job_id)
        if photo_id not in job.visit["photos"]:
            raise errors.NotHere(what="photo", subject=photo_id, job=job_id)
        return self._add(job, "photo.discarded", {"photo_id": photo_id, "reason": reason})

    def part(
        self,
        job_id: str,
        sku: str,
        quantity: int,
        *,
        source: str = "van",
        charge: str = "warranty",
        unit_price: int | None = None,
        currency: str | None = None,
        serial: str | None = None,
    ) -> Envelope:
        """Notes a part as used. A price that nobody says comes from the job's plan, then the catalogue;
        integer cents.
        """
        job = self._job(job_id)
        if unit_price is None and charge == "customer":
            unit_price, currency = _price(job.sheet, jobs.part(self.outbox, sku), sku, currency)
        data = {
            "line_id": new_id(self.store.clock),
            "sku": sku,
            "quantity": quantity,
            "from": source,
            "charge": charge,
            "unit_price": unit_price,
            "currency": currency,
            "serial": serial,
        }
        return self._add(job, "part.used", data)

    def void(self, job_id: str, line_id: str, reason: str) -> Envelope:
        """Takes a part line back. Raises NotHere."""
        job = self._job(job_id)
        if line_id not in job.visit["parts"]:
            raise errors.NotHere(what="line", subject=line_id, job=job_id)
        return self._add(job, "part.voided", {"line_id": line_id, "reason": reason})

    def request(
        self, job_id: str, sku: str | None, quantity: int, reason: str, words: str | None = None
    ) -> Envelope:
        data = {
            "request_id": new_id(self.store.clock),
            "sku": sku,
            "words": words,
            "quantity": quantity,
            "reason": reason,
        }
        return self._add(self._job(job_id), "part.requested", data)

    def swap(self, job_id: str, old: str, new: str, line_id: str | None = None) -> Envelope:
        data = {"line_id": line_id, "old_serial": old, "new_serial": new}
        return self._add(self._job(job_id), "serial.swapped", data)

    def note(self, job_id: str, text: str, audience: str = "office") -> Envelope:
        return self._add(self._job(job_id), "note.added", {"text": text, "audience": audience})

    def lead(self, job_id: str, text: str, product: str | None = None) -> Envelope:
        return self._add(self._job(job_id), "lead.noted", {"text": text, "product": product})

    # The receipt.

    def receipt(
        self, job_id: str, language: str | None = None, reservation: str | None = None
    ) -> Json:
        """The receipt as it would be signed now. Writes nothing."""
        return self._receipt(jobs.get(self.outbox, job_id), language, reservation)

    def _receipt(self, job: jobs.Job, language: str | None, reservation: str | None) -> Json:
        lane = self.outbox.lane(job.job_id)
        spoken = language or customer_language(job.sheet)
        return receipts.build(job.sheet, lane, language=spoken, reservation=reservation)

    def present(self, job_id: str, language: str | None = None) -> Json:
        """Notes that the customer was shown the receipt, once for each version of it; returns it."""
        job = self._job(job_id)
        receipt = self._receipt(job, language, None)
        self._present(job, receipt)
        return receipt

    def _present(self, job: jobs.Job, receipt: Json) -> None:
        digest = receipts.digest(receipt)
        shown = [e for e in self.outbox.lane(job.job_id) if e["kind"] == "receipt.presented"]
        if not shown or shown[-1]["data"]["receipt_digest"] != digest:
            data = {"receipt_digest": digest, "language": receipt["language"]}
            self._add(job, "receipt.presented", data)

    def sign(
        self,
        job_id: str,
        name: str,
        *,
        relation: str = "customer",
        signature: bytes | None = None,
        language: str | None = None,
        stars: int | None = None,
        words: str | None = None,
        reservation: str | None = None,
    ) -> tuple[Envelope, Json]:
        """The customer's signature under the receipt with its reservation: presented and signed in one
        transaction. Without `signature` (a picture) the name is written out.
        """
        job = self._job(job_id)
        reservation = clean(reservation)  # the digest covers the words as they are written down
        content = signature or signatures.drawn(name)
        mark = {
            "sha256": blobs.digest(content),
            "size": len(content),
            "mime": "image/png",
        }
        with self.store.writing():
            self._present(job, self._receipt(job, language, None))
            receipt = self._receipt(job, language, reservation)
            data = {
                "receipt_digest": receipts.digest(receipt),
                "signer_name": name,
                "relation": relation,
                "signature": mark,
                "stars": stars,
                "words": words,
                "reservation": reservation or None,
            }
            contents = {mark["sha256"]: content}
            envelope = self._add(job, "receipt.signed", data, contents=contents)
        return envelope, receipt

    def unsigned(self, job_id: str, reason: str, words: str | None = None) -> Envelope:
        """Why nobody signs now: refused, absent, or later by link."""
        data = {"reason": reason, "words": words}
        return self._add(self._job(job_id), "receipt.unsigned", data)

    def finish(
        self,
        job_id: str,
        outcome: str = "completed",
        *,
        cause: str | None = None,
        words: str | None = None,
        anyway: bool = False,
    ) -> Envelope:
        """Ends the visit and announces all that was captured. Raises SomethingMissing before finishing
        as completed what is not complete, unless `anyway`: a fact from the field is never refused.
        """
        job = self._job(job_id)
        if outcome == "completed" and job.missing and not anyway:
            raise missing_error(job.missing)
        with self.store.writing():
            manifest = plan.manifest(self.outbox.lane(job_id))
            data = {"outcome": outcome, "cause": cause, "words": words, "manifest": manifest}
            return self._add(job, "visit.finished", data)


def missing_error(missing: list[visits.Missing]) -> errors.SomethingMissing:
    items = [{"code": each.code, "subject": each.subject} for each in missing]
    told = ", ".join(f"{each.code} {each.subject}".strip() for each in missing)
    return errors.SomethingMissing(missing=told, items=items)


def customer_language(sheet: Mapping[str, Any]) -> str:
    """The customer's own language, which the receipt is written in."""
    language = (sheet.get("customer") or {}).get("language")
    return "zh" if isinstance(language, str) and language.lower().startswith("zh") else "en"


def step_of(sheet: Mapping[str, Any], step_id: str) -> Json | None:
    steps = (sheet.get("checklist") or {}).get("steps") or []
    return next((step for step in steps if step.get("step_id") == step_id), None)


def _price(
    sheet: Mapping[str, Any], part: Json | None, sku: str, currency: str | None
) -> tuple[int | None, str | None]:
    planned = [line for line in sheet.get("planned_parts") or [] if line.get("sku") == sku]
    for source in (*planned, part or {}):
        if isinstance(source.get("unit_price"), int):
            return source["unit_price"], source.get("currency") or currency
    return None, currency


def read_answer(step: Mapping[str, Any], text: str) -> Any:
    """An answer as somebody types it, as the kind of its step wants it; the text itself if it is not."""
    if step.get("kind") == "yes_no":
        return {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}.get(
            text.strip().lower(), text
        )
    if step.get("kind") == "number":
        with suppress(InvalidOperation):
            number = Decimal(text.strip())
            if number.is_finite():
                return int(number) if number == number.to_integral_value() else float(number)
    if step.get("kind") == "photo":
        return [each for each in text.split(",") if each]
    return text


_YES = ("yes", "y", "true", "1", "ok", "是", "有", "好")
_NO = ("no", "n", "false", "0", "否", "没有", "不")
