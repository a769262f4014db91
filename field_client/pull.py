"""Receiving: changes since the cursor, a page and its cursor in one transaction, or a whole snapshot."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from field_client import errors, people, plan
from field_client.conversation import Conversation, expected, refusal
from field_client.crashes import crash_point
from field_client.outbox import Outbox
from field_client.push import must_be_same_epoch
from field_client.store import Row
from field_client.transport import Answer

PAGE = 200
MOST_PAGES = 10_000
Json = dict[str, Any]


class Pull:
    """Brings the base of one person up to date, also while events wait to be sent.

    Raises NetworkDown, ServerBusy, ServerSaid, SignInNeeded, EpochChanged.
    """

    def __init__(self, outbox: Outbox, talk: Conversation) -> None:
        self.outbox, self.talk, self.store = outbox, talk, outbox.store
        self.person_id = outbox.person_id
        self.changes = 0

    def run(self) -> None:
        for _ in range(MOST_PAGES):
            cursor = people.get(self.store, self.person_id)["cursor"]
            if cursor is None and self._has_base():
                self.snapshot()
                continue
            where = f"cursor={quote(cursor, safe='')}&limit={PAGE}" if cursor else f"limit={PAGE}"
            answer = self.talk.ask("GET", f"/sync/v1/pull?{where}")
            crash_point("pull.after_answer")
            if answer.status == 410:
                self._begin_again(answer)
                self.snapshot()
                continue
            page = expected(answer, "changes", "cursor")
            must_be_same_epoch(self.talk, page)
            self.apply_page(page)
            if not page.get("more"):
                return
            if page["cursor"] == cursor and not page["changes"]:
                raise errors.ForeignAnswer(why="the cursor does not move")

    def _has_base(self) -> bool:
        return bool(
            self.store.rows(
                "SELECT 1 FROM base WHERE person_id = ? AND standing <> 'gone' LIMIT 1",
                [self.person_id],
            )
        )

    def _begin_again(self, answer: Answer) -> None:
        """410: only a cursor of ours can be gone; anything else that says so is passed on."""
        document = answer.json() or {}
        if document.get("code") != "cursor_gone":
            raise refusal(answer)
        must_be_same_epoch(self.talk, document)

    def apply_page(self, page: Json) -> None:
        with self.store.writing():
            for change in _changes(page):
                self._apply(change, page)
            crash_point("pull.between_rows_and_cursor")
            self._move_cursor(page)
        crash_point("pull.after_page")

    def _move_cursor(self, page: Json) -> None:
        told = {"cursor": page["cursor"]}
        if isinstance(page.get("epoch"), str):
            told["epoch"] = page["epoch"]
        people.note(self.store, self.person_id, **told)

    def _apply(self, change: Mapping[str, Any], page: Json) -> None:
        kind, id_ = change.get("kind"), str(change.get("id"))
        if kind == "event_result":
            self._note_result(id_, change.get("data"))
            return
        own = self._own(str(kind), id_)
        has_unsent = kind == "job" and self.outbox.has_unsent(id_)
        known = own["version"] if own else None
        step = plan.change_step(known, change, has_unsent=has_unsent)
        if step == "upsert":
            self._upsert(change, page, own)
        elif step != "ignore":
            self._let_go(str(kind), id_, step, change["version"], str(change.get("reason") or ""))
        self.changes += step != "ignore"

    def _note_result(self, event_id: str, data: Any) -> None:
        if isinstance(data, Mapping):
            settled = self.outbox.settle([{**data, "event_id": event_id}])
            self.changes += settled.kept

    def _own(self, kind: str, id_: str) -> Row | None:
        return self.store.row(
            "SELECT version, standing, complete_since FROM base "
            "WHERE person_id = ? AND kind = ? AND id = ?",
            [self.person_id, kind, id_],
        )

    def _upsert(
        self, change: Mapping[str, Any], page: Json, own: Row | None, mark: int = 0
    ) -> None:
        data = change["data"]
        since = None
        if data.get("received") == "complete":
            since = (own or {}).get("complete_since") or page.get("time")
        self.store.execute(
            "INSERT OR REPLACE INTO base (person_id, kind, id, version, standing, data, mark, "
            "complete_since) VALUES (?, ?, ?, ?, 'mine', ?, ?, ?)",
            [
                self.person_id,
                change["kind"],
                str(change["id"]),
                change["version"],
                json.dumps(data, ensure_ascii=False, separators=(",", ":")),
                mark,
                since,
            ],
        )
        if change["kind"] == "job":
            self._offer_what_was_lost(str(change["id"]), data.get("missing"))

    def _offer_what_was_lost(self, job_id: str, missing: Any) -> None:
        if not isinstance(missing, Mapping) or not any(missing.values()):
            return
        statuses = {row["event_id"]: row["status"] for row in self.outbox.rows(job_id)}
        states = {
            row["sha256"]: row["state"]
            for row in self.store.rows(
                "SELECT sha256, state FROM blob JOIN blob_use USING (sha256) "
                "WHERE person_id = ? AND job_id = ? AND is_local = 1",
                [self.person_id, job_id],
            )
        }
        events, hashes = plan.lost_by_server(missing, statuses, states)
        if events:
            self.outbox.offer_again(events)
        for sha256 in hashes:
            self.store.execute("UPDATE blob SET state = 'waiting' WHERE sha256 = ?", [sha256])

    def _let_go(self, kind: str, id_: str, step: str, version: int, reason: str) -> None:
        """A tombstone, so that an older page cannot bring it back; a job with unsent work stays
        readable.
        """
        standing = "leaving" if step == "leave" else "gone"
        self.store.execute(
            "INSERT INTO base (person_id, kind, id, version, standing, reason) "
            "VALUES (:person, :kind, :id, :version, 'gone', :reason) ON CONFLICT DO UPDATE SET "
            "version = :version, reason = :reason, "
            "standing = CASE standing WHEN 'gone' THEN 'gone' ELSE :standing END, "
            "data = CASE :standing WHEN 'gone' THEN NULL ELSE data END",
            {
                "person": self.person_id,
                "kind": kind,
                "id": id_,
                "version": version,
                "standing": standing,
                "reason": reason,
            },
        )

    # Everything at once.

    def snapshot(self) -> None:
        """All that is in scope; what it does not name goes away, but never unsent work.

        The cursor is empty until the last page, so a snapshot that is cut off begins again.
        """
        mark = int(people.get(self.store, self.person_id)["snapshot_mark"]) + 1
        people.note(self.store, self.person_id, snapshot_mark=mark, cursor=None)
        token: str | None = None
        for _ in range(MOST_PAGES):
            where = f"?page={quote(token, safe='')}" if token else ""
            answer = self.talk.ask("GET", f"/sync/v1/snapshot{where}")
            page = expected(answer, "changes")
            must_be_same_epoch(self.talk, page)
            token = page.get("next")
            with self.store.writing():
                for change in _changes(page):
                    self._mark(change, page, mark)
                if token is None:
                    crash_point("snapshot.before_sweep")
                    self._sweep(mark)
                    self._move_cursor(expected(answer, "cursor"))
            crash_point("snapshot.after_page")
            if token is None:
                crash_point("snapshot.after_sweep")
                return
        raise errors.ForeignAnswer(why="the snapshot does not end")

    def _mark(self, change: Mapping[str, Any], page: Json, mark: int) -> None:
        kind, id_, version = change.get("kind"), str(change.get("id")), change.get("version")
        if kind == "event_result":
            self._note_result(id_, change.get("data"))
            return
        if kind not in plan.PULLED_KINDS or not isinstance(version, int):
            return
        if change.get("change", "upsert") != "upsert" or not isinstance(
            change.get("data"), Mapping
        ):
            return
        own = self._own(str(kind), id_)
        if own is None or own["standing"] != "mine" or version >= own["version"]:
            self._upsert(change, page, own, mark)
            self.changes += 1
        else:
            self.store.execute(
                "UPDATE base SET mark = ? WHERE person_id = ? AND kind = ? AND id = ?",
                [mark, self.person_id, kind, id_],
            )

    def _sweep(self, mark: int) -> None:
        unnamed = self.store.rows(
            "SELECT kind, id, version FROM base WHERE person_id = ? AND standing = 'mine' "
            "AND mark <> ?",
            [self.person_id, mark],
        )
        for row in unnamed:
            has_unsent = row["kind"] == "job" and self.outbox.has_unsent(row["id"])
            step = plan.gone_step(row["kind"], has_unsent=has_unsent)
            self._let_go(row["kind"], row["id"], step, row["version"], "")


def _changes(page: Json) -> list[Json]:
    changes = page["changes"]
    if not isinstance(changes, list) or not all(isinstance(each, dict) for each in changes):
        raise errors.ForeignAnswer(why="not the expected object")
    return changes
