"""Sending what waits, batch by batch, until nothing is left that may go now."""

from typing import Any

from field_client import errors, plan
from field_client.clock import new_id, stamp
from field_client.conversation import Conversation, expected, refusal
from field_client.crashes import crash_point
from field_client.outbox import Envelope, Outbox
from field_client.transport import Answer

MOST_STATUS_IDS = 200


class DeviceForked(Exception):
    """The server knows this device's number under another event: somebody copied the store."""


class DeviceUnknown(Exception):
    """The server does not know this device (any more)."""


class EpochChanged(Exception):
    """The server is not the one that answered before: it was restored from a backup."""

    def __init__(self, epoch: str) -> None:
        super().__init__(epoch)
        self.epoch = epoch


class Push:
    """Drains the outbox of one person. Raises NetworkDown, ServerBusy, SignInNeeded, and the three above.

    `resting` is what the server asked to send later, with the seconds it named.
    """

    def __init__(self, outbox: Outbox, talk: Conversation, limits: plan.Limits) -> None:
        self.outbox, self.talk, self.limits = outbox, talk, limits
        self.resting: dict[str, float] = {}
        self.by_status: dict[str, int] = {}

    def run(self) -> None:
        size, failures = self.limits.max_events, 0
        while batch := self.outbox.next_batch(self.limits, at_most=size, resting=self.resting):
            answer = self._send(batch)
            code = (answer.json() or {}).get("code") if answer.status != 200 else None
            step = plan.push_step(answer.status, code, len(batch), failures)
            if step == "settle":
                self._settle(batch, answer)
                size, failures = min(self.limits.max_events, size * 2), 0
            elif step == "halve":
                size, failures = max(1, len(batch) // 2), 0
            elif step == "quarantine":
                self._quarantine(batch[0])
                failures = 0
            elif step == "enrol":
                raise DeviceUnknown()
            elif answer.status == 500 and failures < 3:
                failures += 1
            else:
                raise refusal(answer)

    def _send(self, batch: list[Envelope]) -> Answer:
        clock = self.outbox.store.clock
        crash_point("push.before_send")
        answer = self.talk.ask(
            "POST",
            "/sync/v1/push",
            {
                "device_id": self.talk.device_id,
                "batch_id": new_id(clock),
                "sent_at": stamp(clock.now()),
                "events": batch,
            },
        )
        crash_point("push.after_send")
        return answer

    def _settle(self, batch: list[Envelope], answer: Answer) -> None:
        document = expected(answer, "results")
        results = _results(document)
        sent = {event["event_id"] for event in batch}
        told = [each for each in results if each.get("event_id") in sent]
        settled = self.outbox.settle(told)
        for status, count in settled.by_status.items():
            self.by_status[status] = self.by_status.get(status, 0) + count
        unanswered = sent - {each["event_id"] for each in told}
        self.resting |= {**dict.fromkeys(unanswered, 0.0), **settled.resting}
        crash_point("push.after_acknowledgement")
        must_be_same_epoch(self.talk, document)
        if settled.forked:
            raise DeviceForked()

    def _quarantine(self, event: Envelope) -> None:
        """Hands over raw what the server cannot read; what it will not even take so is parked here."""
        answer = self.talk.ask("POST", "/sync/v1/quarantine", event)
        if answer.status == 200:
            expected(answer)
            self.outbox.park(event["event_id"], "bad_envelope")
        elif answer.status in (400, 413, 422):
            self.outbox.park(event["event_id"], "undeliverable")
        else:
            raise refusal(answer)
        self.by_status["quarantined"] = self.by_status.get("quarantined", 0) + 1
        crash_point("push.after_quarantine")

    def heal(self) -> None:
        """Asks what became of events whose predecessor was missing, and sends again what was lost."""
        ids = self.outbox.held_ids()
        for start in range(0, len(ids), MOST_STATUS_IDS):
            asked = ids[start : start + MOST_STATUS_IDS]
            answer = self.talk.ask("POST", "/sync/v1/events/status", {"event_ids": asked})
            results = _results(expected(answer, "results"))
            crash_point("status.after_answer")
            self.outbox.settle(each for each in results if each.get("event_id") in asked)
            self.outbox.offer_again(
                each["event_id"] for each in results if each.get("status") == "unknown"
            )


def _results(document: dict[str, Any]) -> list[dict[str, Any]]:
    results = document["results"]
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        raise errors.ForeignAnswer(why="not the expected object")
    return results


def must_be_same_epoch(talk: Conversation, document: dict[str, Any]) -> None:
    """Raises EpochChanged when this answer comes from another life of the server."""
    known = talk.store.value("SELECT epoch FROM person WHERE person_id = ?", [talk.person_id])
    if plan.is_new_epoch(known, document.get("epoch")):
        raise EpochChanged(document["epoch"])
