"""A real connection that can really be cut: in the middle of what is sent, or before the answer is read."""

import http.client
import json
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from field_client import Answer, HttpTransport
from field_client.errors import NetworkDown

ANSWER_WAIT_S = 30.0
ASKS_EVERY_S = 0.02


@dataclass
class Noticed:
    """What passed the wire, as far as the story tells of it."""

    cut_after: int | None = None
    cut_of: int | None = None
    resumed_at: int | None = None
    lost_answer_to: int | None = None
    replayed: int = 0
    requests: int = field(default=0)


class WeakNetwork:
    """A transport over HTTP to `server`. What it was told to do wrong happens once, then it is well."""

    def __init__(self, server: str) -> None:
        self._wire = HttpTransport(server)
        self._host = urlsplit(server).netloc
        self.is_there = True
        self.noticed = Noticed()
        self._cuts_upload = self._loses_answer = False
        self._cut_path: str | None = None

    def goes_away(self) -> None:
        self.is_there = False

    def comes_back(self) -> None:
        self.is_there = True

    def cuts_next_upload(self) -> None:
        """The next piece of a file ends in its middle: the connection is gone."""
        self._cuts_upload = True

    def loses_next_answer(self) -> None:
        """The next batch of events reaches the server, its answer never comes back."""
        self._loses_answer = True

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        if not self.is_there:
            raise NetworkDown(why="no signal")
        self.noticed.requests += 1
        if self._cuts_upload and method == "PATCH" and body:
            self._cut(method, path, headers, body)
        if self._loses_answer and path == "/sync/v1/push":
            self._lose_answer(method, path, headers, body or b"")
        if method == "PATCH" and path == self._cut_path and self.noticed.resumed_at is None:
            self.noticed.resumed_at = int(headers.get("Upload-Offset", 0))
        answer = self._wire.request(method, path, headers, body)
        if path == "/sync/v1/push":
            self._count_replays(answer)
        return answer

    def close(self) -> None:
        self._wire.close()

    def _cut(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Promises the whole piece, sends half of it, and hangs up."""
        self._cuts_upload, self._cut_path = False, path
        half = body[: len(body) // 2]
        connection = self._begin(method, path, headers, len(body))
        connection.send(half)
        connection.close()
        self.noticed.cut_after, self.noticed.cut_of = len(half), len(body)
        self._wait_for(path, headers)
        raise NetworkDown(why="the connection was cut")

    def _wait_for(self, path: str, headers: Mapping[str, str]) -> None:
        """Until the server has put away what came of a file: who tries again at once may be there earlier,
        and sends it whole.
        """
        about_the_body = ("content-type", "upload-offset")
        asking = {
            name: told for name, told in headers.items() if name.lower() not in about_the_body
        }
        until = time.monotonic() + ANSWER_WAIT_S
        while time.monotonic() < until:
            answer = self._wire.request("HEAD", path, asking)
            if int(answer.headers.get("upload-offset", 0)) > 0:
                return
            time.sleep(ASKS_EVERY_S)

    def _lose_answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Sends everything, waits until the server has answered, and hangs up without reading."""
        self._loses_answer = False
        connection = self._begin(method, path, headers, len(body))
        connection.send(body)
        select.select([connection.sock], [], [], ANSWER_WAIT_S)
        connection.close()
        self.noticed.lost_answer_to = len(body)
        raise NetworkDown(why="the answer was lost")

    def _begin(
        self, method: str, path: str, headers: Mapping[str, str], length: int
    ) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._host, timeout=ANSWER_WAIT_S)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection

    def _count_replays(self, answer: Answer) -> None:
        try:
            results = json.loads(answer.body).get("results", [])
        except (ValueError, AttributeError):
            return
        self.noticed.replayed += sum(bool(each.get("replayed")) for each in results)
