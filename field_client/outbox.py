"""What waits to be sent: the field events of one person, in the order in which they were captured.

An event is text from the moment it is captured and is never rewritten, whatever version of the app comes
later. Only `seq` stands beside it, because a device that gets a new identity numbers anew what waits.
Nothing is ever marked "in flight": a process that dies while sending has simply not been answered.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from field_client import blobs, errors, plan
from field_client.clock import captured, new_id
from field_client.crashes import crash_point
from field_client.store import Row, Store
from server.domain import events as rules
from server.domain.sync import clean

Envelope = dict[str, Any]


class Outbox:
    """The outbox of one person. Another person on the same tablet neither sees nor loses it."""

    def __init__(self, store: Store, person_id: str) -> None:
        self.store, self.person_id = store, person_id

    def add(
        self,
        job_id: str,
        kind: str,
        data: Mapping[str, Any],
        *,
        base_rev: int | None,
        clock_reading: Mapping[str, Any],
        position: Mapping[str, Any] | None = None,
        contents: Mapping[str, bytes] | None = None,
        looks: Mapping[str, str] | None = None,
    ) -> Envelope:
        """Captures one fact; on the disk when it returns (or when the caller's transaction ends).

        `contents` are the bytes that the event announces, by SHA-256; `looks` what was measured of them.
        Raises NotValid before anything is written, DiskFull and StoreBusy with nothing written.
        """
        data = clean({name: value for name, value in data.items() if value is not None})
        problems = rules.check(kind, 1, data)
        if problems:
            raise errors.NotValid(
                problems=", ".join(f"{each.field} {each.code}" for each in problems),
                fields=[{"field": each.field, "code": each.code} for each in problems],
            )
        with self.store.writing():
            for content in (contents or {}).values():
                blobs.place(self.store, content)
            envelope = self._envelope(job_id, kind, data, base_rev, clock_reading, position)
            seq = self._take_seq()
            self._write(seq, envelope, looks or {})
            crash_point("capture.before_commit")
        crash_point("capture.after_commit")
        return {**envelope, "seq": seq}

    def _envelope(
        self,
        job_id: str,
        kind: str,
        data: Mapping[str, Any],
        base_rev: int | None,
        clock_reading: Mapping[str, Any],
        position: Mapping[str, Any] | None,
    ) -> Envelope:
        clock = self.store.clock
        envelope: Envelope = {
            "event_id": new_id(clock),
            "kind": kind,
            "v": 1,
            "job_id": job_id,
            "base_rev": base_rev,
            "after": self.lane_head(job_id),
            "actor": self.person_id,
            "captured_at": captured(clock),
            "tz": clock.zone,
            "clock": dict(clock_reading),
        }
        if position:
            envelope["position"] = dict(position)
        return {**envelope, "data": data}

    def _take_seq(self) -> int:
        """The next number of this installation; a counter, so that no number is ever used twice."""
        seq = int(self.store.value("SELECT next_seq FROM installation"))
        self.store.execute("UPDATE installation SET next_seq = next_seq + 1")
        return seq

    def _write(self, seq: int, envelope: Envelope, looks: Mapping[str, str]) -> None:
        event_id, job_id = envelope["event_id"], envelope["job_id"]
        self.store.insert(
            "event",
            event_id=event_id,
            person_id=self.person_id,
            job_id=job_id,
            kind=envelope["kind"],
            seq=seq,
            body=json.dumps(envelope, ensure_ascii=False, separators=(",", ":")),
        )
        crash_point("capture.after_event")
        self.store.execute(
            "INSERT INTO lane VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_event_id = ?",
            [self.person_id, job_id, event_id, event_id],
        )
        for blob in rules.blobs_of(envelope["kind"], envelope["data"]):
            purpose = "signature" if envelope["kind"] == "receipt.signed" else "photo"
            self._write_blob(event_id, job_id, blob, purpose, looks.get(blob["sha256"]))

    def _write_blob(
        self, event_id: str, job_id: str, blob: Row, purpose: str, look: str | None
    ) -> None:
        self.store.execute(
            "INSERT INTO blob (sha256, size, mime, purpose, look) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET is_local = 1, problem = NULL, "
            "state = CASE state WHEN 'lost' THEN 'waiting' ELSE state END",
            [blob["sha256"], blob["size"], blob["mime"], purpose, look],
        )
        self.store.insert(
            "blob_use",
            sha256=blob["sha256"],
            event_id=event_id,
            person_id=self.person_id,
            job_id=job_id,
        )

    def lane_head(self, job_id: str) -> str | None:
        """The last event of this client on this job: what the next one comes `after`."""
        found = self.store.value(
            "SELECT last_event_id FROM lane WHERE person_id = ? AND job_id = ?",
            [self.person_id, job_id],
        )
        return None if found is None else str(found)

    def lane(self, job_id: str) -> list[Envelope]:
        """Every event of this client on this job, oldest first."""
        rows = self.store.rows(
            "SELECT body, seq FROM event WHERE person_id = ? AND job_id = ? ORDER BY place",
            [self.person_id, job_id],
        )
        return [envelope_of(row) for row in rows]

    def rows(self, job_id: str) -> list[Row]:
        """As `lane`, with what the server said of each."""
        return self.store.rows(
            "SELECT * FROM event WHERE person_id = ? AND job_id = ? ORDER BY place",
            [self.person_id, job_id],
        )

    def next_batch(
        self, limits: plan.Limits, *, at_most: int | None = None, resting: Iterable[str] = ()
    ) -> list[Envelope]:
        """What to send next. Lanes in which an event rests are left out, so nothing overtakes it."""
        resting = set(resting)
        waiting = self.store.db.query(
            "SELECT event_id, job_id, body, seq FROM event WHERE person_id = ? "
            "AND state = 'waiting' ORDER BY place",
            [self.person_id],
        )
        return plan.batch(waiting, limits, at_most=at_most, resting=resting)

    def waiting_ids(self) -> list[str]:
        """Every event that the server has not taken into custody, oldest first."""
        return self._ids("state = 'waiting'")

    def held_ids(self) -> list[str]:
        """Events that the server keeps until their predecessor comes."""
        return self._ids("state = 'acknowledged' AND status = 'held'")

    def _ids(self, which: str) -> list[str]:
        rows = self.store.rows(
            f"SELECT event_id FROM event WHERE person_id = ? AND {which} ORDER BY place",
            [self.person_id],
        )
        return [row["event_id"] for row in rows]

    def settle(self, results: Iterable[Mapping[str, Any]]) -> plan.Settled:
        """Writes down what the server said of events, all in one transaction."""
        settled = plan.Settled()
        with self.store.writing():
            for result in results:
                step = plan.event_step(result)
                settled.count(step, result)
                self._settle_one(step, result)
                crash_point("push.in_acknowledgement")
        return settled

    def _settle_one(self, step: plan.EventStep, result: Mapping[str, Any]) -> None:
        if step.state is None:
            return
        self.store.execute(
            "UPDATE event SET state = :state, status = :status, code = :code, "
            "effect_version = coalesce(:version, effect_version) "
            "WHERE event_id = :event_id AND person_id = :person_id",
            {
                "state": step.state,
                "status": step.status,
                "code": result.get("code"),
                "version": result.get("effect_version"),
                "event_id": result.get("event_id"),
                "person_id": self.person_id,
            },
        )

    def park(self, event_id: str, code: str) -> None:
        """Stops sending one event; it stays here, is shown, and travels with the black box."""
        self.settle([{"event_id": event_id, "status": "quarantined", "code": code}])

    def offer_again(self, event_ids: Iterable[str] | None = None) -> int:
        """Puts events the server once had back into the queue; all of them without a list."""
        which, values = "", [self.person_id]
        if event_ids is not None:
            which = " AND event_id IN (SELECT value FROM json_each(?))"
            values.append(json.dumps(list(event_ids)))
        with self.store.writing():
            return self.store.execute(
                "UPDATE event SET state = 'waiting' WHERE person_id = ? "
                f"AND state <> 'waiting'{which}",
                values,
            )

    def renumber(self) -> None:
        """New numbers for what waits, in the same order, after the device got a new identity."""
        with self.store.writing():
            for event_id in self.waiting_ids():
                self.store.execute(
                    "UPDATE event SET seq = ? WHERE event_id = ?", [self._take_seq(), event_id]
                )

    def counts(self) -> list[Row]:
        """Events by job, state and status."""
        return self.store.rows(
            "SELECT job_id, state, status, count(*) AS n FROM event WHERE person_id = ? "
            "GROUP BY job_id, state, status",
            [self.person_id],
        )

    def has_unsent(self, job_id: str) -> bool:
        """Whether something of this job is not with the server yet: an event or a file."""
        return bool(
            self.store.value(
                "SELECT EXISTS (SELECT 1 FROM event WHERE person_id = :p AND job_id = :j "
                "AND state = 'waiting') OR EXISTS (SELECT 1 FROM blob_use JOIN blob USING (sha256) "
                "WHERE person_id = :p AND job_id = :j AND blob.state = 'waiting')",
                {"p": self.person_id, "j": job_id},
            )
        )


def envelope_of(row: Mapping[str, Any]) -> Envelope:
    """The wire form: the text as captured, and its number of today."""
    body: Envelope = json.loads(row["body"])
    return {**body, "seq": row["seq"]}
