"""Talking to the server as one person on this device: headers, tokens, and whose answer it is.

A 2xx answer counts only when our server says so in its header and the body is the object that was asked
for; anything else is a network failure (captive portals answer 200 to everything).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from field_client import clock as clocks
from field_client import errors, people
from field_client.crashes import crash_point
from field_client.store import Store
from field_client.transport import Answer, Transport, packed

APP = "doorstep-field/0.1.0"
MOST_ROUND_TRIP_S = 5.0  # a slower answer says too little about the clock
Json = dict[str, Any]


class Conversation:
    """Requests in the name of `person_id`; of nobody when it is None."""

    def __init__(
        self, store: Store, transport: Transport, person_id: str | None, language: str = "en"
    ) -> None:
        self.store, self.transport = store, transport
        self.person_id, self.language = person_id, language

    def ask(self, method: str, path: str, document: Any = None, **headers: str) -> Answer:
        """A JSON request. A 401 is met once with new tokens. Raises NetworkDown, SignInNeeded."""
        body, typed = packed(document) if document is not None else (None, {})
        return self.send(method, path, body, {**typed, **headers})

    def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """As `ask`, with a body of bytes. The answer is ours, or of a proxy that says no."""
        answer = self._once(method, path, body, headers, self._token("access_token"))
        if answer.status == 401 and self.person_id is not None:
            self.refresh()
            answer = self._once(method, path, body, headers, self._token("access_token"))
            if answer.status == 401:
                raise errors.SignInNeeded()
        return answer

    def refresh(self) -> None:
        """New tokens for old. Raises SignInNeeded when the sign-in has run out."""
        token = self._token("refresh_token")
        if token is None or self.person_id is None:
            raise errors.SignInNeeded()
        answer = self._once("POST", "/api/v1/auth/refresh", b"{}", _JSON, token)
        if answer.status in (400, 401, 403, 422):
            raise errors.SignInNeeded()
        tokens = expected(answer, "access_token")
        crash_point("refresh.after_answer")
        people.keep_tokens(self.store, self.person_id, tokens)
        crash_point("refresh.after_commit")

    def _token(self, name: str) -> str | None:
        if self.person_id is None:
            return None
        value = people.get(self.store, self.person_id)[name]
        return None if value is None else str(value)

    def _once(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        token: str | None,
    ) -> Answer:
        clock = self.store.clock
        sent_at = clock.now()
        answer = self.transport.request(method, path, {**self._headers(token), **headers}, body)
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        answer = replace(answer, headers=lowered)
        server_time = clocks.parse(answer.headers.get("sync-time"))
        took_s = (clock.now() - sent_at).total_seconds()
        if answer.is_ours and server_time and 0 <= took_s <= MOST_ROUND_TRIP_S:
            self._note_offset(clocks.measure(clock, server_time, sent_at))
        return _trusted(answer)

    def _headers(self, token: str | None) -> dict[str, str]:
        headers = {"Sync-Protocol": "1", "Sync-App": APP, "Accept-Language": self.language}
        headers["Sync-Device"] = self.device_id
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    @property
    def device_id(self) -> str:
        if self.person_id is None:
            return str(self.store.installation["device_id"])
        return str(people.get(self.store, self.person_id)["device_id"])

    def _note_offset(self, offset: clocks.Offset) -> None:
        """Kept when it says something new: a write for each answer would cost a disk flush."""
        known = last_offset(self.store)
        moved = known is None or abs(known.offset_ms - offset.offset_ms) > 1000
        if moved or known is None or known.age_s(self.store.clock) > 600:
            self.store.set_installation(
                offset=json.dumps(
                    [
                        offset.offset_ms,
                        offset.boot,
                        offset.mono_ms,
                        clocks.stamp(offset.measured_at),
                    ]
                )
            )


_JSON = {"Content-Type": "application/json"}


def _trusted(answer: Answer) -> Answer:
    """Raises ForeignAnswer for what cannot have come from our server, nor from a proxy before it."""
    if answer.is_ours or answer.status in (413, 429, 502, 503, 504):
        return answer
    raise errors.ForeignAnswer(why=f"HTTP {answer.status}")


def expected(answer: Answer, *names: str) -> Json:
    """The body of a 2xx answer that has these members. Raises ServerBusy for a refusal with a pause,
    NetworkDown for a body that is not what was asked for, ServerSaid for another refusal.
    """
    document = answer.json()
    if 200 <= answer.status < 300:
        if document is None or any(name not in document for name in names):
            raise errors.ForeignAnswer(why="not the expected object")
        return document
    raise refusal(answer)


def refusal(answer: Answer) -> errors.CompanionError:
    """What an answer that is not 2xx means to the caller."""
    problem = answer.json() or {}
    code = str(problem.get("code") or f"http_{answer.status}")
    if code == "body_cut":
        return errors.NetworkDown(why="cut in the middle")
    if answer.status in (408, 409, 423, 425, 429, 507) or answer.status >= 500:
        wait = answer.retry_after_s
        after = None if wait is None else math.ceil(wait)
        return errors.ServerBusy(why=code, retry_after_s=after, wait=after or 60)
    if answer.status == 401:
        return errors.SignInNeeded()
    return errors.ServerSaid(problem=code, said=str(problem.get("detail") or code))


def last_offset(store: Store) -> clocks.Offset | None:
    """What the server's clock was ahead of ours when it was last heard."""
    text = store.installation["offset"]
    if not text:
        return None
    offset_ms, boot, mono_ms, measured_at = json.loads(text)
    moment = clocks.parse(measured_at)
    return clocks.Offset(offset_ms, boot, mono_ms, moment) if moment else None


def reading(store: Store) -> Json:
    """What an event says of the clock it was captured by."""
    clock, offset = store.clock, last_offset(store)
    told = {"boot": clock.boot, "mono_ms": clock.mono_ms()}
    if offset is not None:
        told |= {"offset_ms": offset.offset_ms, "offset_age_s": offset.age_s(clock)}
    return told
