"""The loop: hello, send events, receive, send files, ask about open ends, tidy up. Again until it is done.

What was sent and not answered is simply sent again; the server knows every event and file by its id. So
the loop may be cut off anywhere, and the next one goes on from what the store says.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from field_client import clock as clocks
from field_client import enrolment, errors, locks, people, plan, readiness, tidying
from field_client.conversation import Conversation, expected
from field_client.crashes import crash_point
from field_client.outbox import Outbox
from field_client.pull import Pull
from field_client.push import DeviceForked, DeviceUnknown, EpochChanged, Push
from field_client.status import waiting
from field_client.store import Store
from field_client.uploads import MediaStopped, Progress, Uploads

LOCK_WAIT_S = 5.0
MOST_TURNS = 5  # new lives of the server or new identities of the device, in one sync


@dataclass(slots=True)
class Report:
    """What one sync came to; `problem` is why it ended early, None when everything went its way."""

    by_status: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    files: int = 0
    bytes_sent: int = 0
    waiting_events: int = 0
    waiting_files: int = 0
    notices: list[str] = field(default_factory=list)
    problem: errors.CompanionError | None = None

    @property
    def is_done(self) -> bool:
        return self.problem is None and not self.waiting_events and not self.waiting_files


class Sync:
    """One sync of one person. Raises StoreBusy, DiskFull and StoreBroken; all else is in the report."""

    def __init__(
        self,
        store: Store,
        talk: Conversation,
        *,
        on_cellular: bool = False,
        with_media: bool = True,
        progress: Progress | None = None,
    ) -> None:
        assert talk.person_id is not None, "a sync is somebody's"
        self.store, self.talk, self.clock = store, talk, store.clock
        self.outbox = Outbox(store, talk.person_id)
        self.on_cellular, self.with_media, self.progress = on_cellular, with_media, progress
        self.report = Report()
        self._turns = 0

    def run(self, patience_s: float = 30.0, lock_wait_s: float = LOCK_WAIT_S) -> Report:
        """Syncs until nothing is left, waiting for a slow network or server at most `patience_s` in all."""
        with locks.held(self.store.home / "sync.lock", self.clock, wait_s=lock_wait_s):
            self._run(patience_s)
            tidying.tidy(self.store, self.outbox)
        here = waiting(self.outbox)
        self.report.waiting_events, self.report.waiting_files = here["events"], here["files"]
        return self.report

    def _run(self, patience_s: float) -> None:
        attempt, waited = 0, 0.0
        while True:
            before = self._progress
            try:
                rest_s = self._round()
                self.report.problem = None
            except (errors.NetworkDown, errors.ServerBusy) as problem:
                self.report.problem = problem
                rest_s = float(problem.retry_after_s or 0)
            except (errors.SignInNeeded, errors.ServerSaid) as problem:
                self.report.problem = problem
                return
            if rest_s is None:
                return
            attempt = 0 if self._progress > before else attempt
            asked_s = max(rest_s, self._asked_pause())
            pause = plan.pause_s(asked_s, attempt, self.clock.random)
            attempt += 1
            nobody_there = self._progress == 0 and isinstance(
                self.report.problem, errors.NetworkDown
            )
            if nobody_there or waited + pause > patience_s:
                return
            self.clock.sleep(pause)
            waited += pause

    def _asked_pause(self) -> float:
        """What the server asks of everybody, for example when a thousand devices come back at once."""
        asked = (self.store.hello.get("policy") or {}).get("backoff_s")
        return float(asked) if isinstance(asked, int | float) else 0.0

    @property
    def _progress(self) -> int:
        report = self.report
        return sum(report.by_status.values()) + report.changes + report.files + report.bytes_sent

    def _round(self) -> float | None:
        """Everything once; returns how long to wait for what the server asked to send later."""
        while True:
            try:
                self._hello()
                return self._exchange()
            except EpochChanged as change:
                self._turn()
                self._adopt(change.epoch)
            except DeviceForked:
                self._turn()
                enrolment.enrol_anew(self.store, self.talk)
                crash_point("push.after_fork")
            except DeviceUnknown:
                self._turn()
                enrolment.enrol(self.store, self.talk)

    def _turn(self) -> None:
        self._turns += 1
        if self._turns > MOST_TURNS:
            raise errors.ServerBusy(why="the server keeps changing", wait=60)

    def _hello(self) -> None:
        """Limits, policy and the server's life; tells how much waits here."""
        looks = readiness.news(self.outbox)
        about = {**self._about_us(), **({"readiness": looks} if looks else {})}
        answer = self.talk.ask("POST", "/sync/v1/hello", about)
        if answer.status == 403 and (answer.json() or {}).get("code") == "device_unknown":
            raise DeviceUnknown()
        if answer.status in (404, 405):
            answer = self.talk.ask("GET", "/sync/v1/hello")
        said = expected(answer, "epoch", "limits")
        kept = {name: said.get(name) for name in ("limits", "policy", "black_box_key", "protocols")}
        if kept != self.store.hello:
            self.store.set_installation(hello=json.dumps(kept))
        self._note_contact(said)
        readiness.note(self.outbox, looks)
        crash_point("sync.after_hello")

    def _about_us(self) -> dict[str, Any]:
        here = waiting(self.outbox)
        about = {
            "events": here["events"],
            "oldest": here["oldest"],
            "blobs": here["files"],
            "bytes": here["bytes"],
        }
        return {"outbox": about, "app": "doorstep-field/0.1.0"}

    def _note_contact(self, said: dict[str, Any]) -> None:
        person = people.get(self.store, self.outbox.person_id)
        epoch = said["epoch"]
        if plan.is_new_epoch(person["epoch"], epoch):
            raise EpochChanged(epoch)
        server_time = clocks.parse(said.get("time"))
        told = {"epoch": epoch, "synced_at": clocks.stamp(self.clock.now())}
        if server_time:
            told["server_time"] = clocks.stamp(server_time)
        people.note(self.store, self.outbox.person_id, **told)

    def _adopt(self, epoch: str) -> None:
        """The server was restored: everything it once had and we still hold is offered again."""
        with self.store.writing():
            self.outbox.offer_again()
            self.store.execute(
                "UPDATE blob SET state = 'waiting' WHERE state = 'stored' AND is_local = 1 "
                "AND sha256 IN (SELECT sha256 FROM blob_use WHERE person_id = ?)",
                [self.outbox.person_id],
            )
            self.store.execute(
                "UPDATE base SET version = 0, complete_since = NULL WHERE person_id = ?",
                [self.outbox.person_id],
            )
            readiness.forget(self.outbox)
            crash_point("sync.in_epoch_change")
            people.note(self.store, self.outbox.person_id, epoch=epoch, cursor=None)
        crash_point("sync.after_epoch_change")

    def _exchange(self) -> float | None:
        limits = plan.Limits.of(self.store.hello)
        push = Push(self.outbox, self.talk, limits)
        try:
            self._push(push)
            self._pull()
            if self.with_media:
                self._send_files(limits)
            push.heal()
            if self.outbox.waiting_ids():
                self._push(push)
        finally:
            self._count(push)
        return max(push.resting.values()) if push.resting else None

    def _push(self, push: Push) -> None:
        push.run()

    def _count(self, push: Push) -> None:
        for status, count in push.by_status.items():
            self.report.by_status[status] = self.report.by_status.get(status, 0) + count

    def _pull(self) -> None:
        """A device that may not receive any more still delivers."""
        pull = Pull(self.outbox, self.talk)
        try:
            pull.run()
        except errors.ServerSaid as refused:
            code = str(refused.details.get("problem"))
            if code not in self.report.notices:
                self.report.notices.append(code)
        finally:
            self.report.changes += pull.changes

    def _send_files(self, limits: plan.Limits) -> None:
        uploads = Uploads(
            self.outbox,
            self.talk,
            limits,
            on_cellular=self.on_cellular,
            progress=self.progress,
        )
        try:
            uploads.run()
        except MediaStopped:
            if "storage_full" not in self.report.notices:
                self.report.notices.append("storage_full")
        finally:
            self.report.files += uploads.files
            self.report.bytes_sent += uploads.bytes_sent
