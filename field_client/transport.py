"""One request out, one answer in. Everything the network may do wrong becomes NetworkDown.

`HttpTransport` speaks to a real server. A test hands in anything with the same `request`, for example one
that drives a WSGI application in the same process.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from field_client import errors

if TYPE_CHECKING:
    pass

CONNECT_S, READ_S = 10.0, 60.0
GZIP_FROM_BYTES = 1024
LONGEST_PAUSE_S = 24 * 3600.0  # whoever asks for more does not know what it says


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_ours(self) -> bool:
        """Whether our server wrote this, and not a Wi-Fi sign-in page or a proxy."""
        return self.headers.get("sync-server", "").startswith("doorstep/")

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; None for anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def retry_after_s(self) -> float | None:
        """Seconds to wait as the server says it: in the body of ours, or in the header of a proxy."""
        told = (self.json() or {}).get("retry_after_s") if self.body else None
        if isinstance(told, int | float) and not isinstance(told, bool):
            return float(max(0, min(told, LONGEST_PAUSE_S)))
        header = self.headers.get("retry-after", "")
        return min(float(header), LONGEST_PAUSE_S) if header.isdecimal() else None


class Transport(Protocol):
    """What the companion needs of a network."""

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Sends to `path` (with its query) on the server. Raises NetworkDown, nothing else."""

    def close(self) -> None: ...


class HttpTransport:
    """HTTP by httpx. Redirects are not followed: our server sends none, a captive portal does."""

    def __init__(self, server: str, *, verify: bool | str = True) -> None:
        import httpx  # Late: a capture needs no network, and this is a quarter of its start.

        self.server = server.rstrip("/")
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        self._client: httpx.Client = httpx.Client(
            base_url=self.server, timeout=timeout, verify=verify
        )
        self._failures = (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError)

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        try:
            answer = self._client.request(method, path, headers=dict(headers), content=body)
        except self._failures as problem:
            raise errors.NetworkDown(why=_reason(problem)) from problem
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, lowered, answer.content)

    def close(self) -> None:
        self._client.close()


def _reason(problem: Exception) -> str:
    return str(problem).strip() or type(problem).__name__


def packed(document: Any) -> tuple[bytes, dict[str, str]]:
    """A JSON body and its headers; gzip where it saves something. Half a character, which UTF-8 does not
    know, travels as its escape, so that whatever waits can be sent.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    try:
        body = text.encode()
    except UnicodeEncodeError:
        body = json.dumps(document, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    if len(body) >= GZIP_FROM_BYTES:
        return gzip.compress(body, 6, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return body, headers
