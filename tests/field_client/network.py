"""The network between a tablet and the real server in the same process, which does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Flask
from werkzeug.test import Client

from field_client.errors import NetworkDown
from field_client.transport import Answer

Meddle = Callable[[str, str, bytes | None], Answer | None]


class Network:
    """A transport. Every verb works until the next one."""

    def __init__(self, app: Flask) -> None:
        self._client = Client(app, use_cookies=False)
        self.log: list[tuple[str, str, int]] = []
        self.is_away = False
        self._meddle: Meddle | None = None
        self._answers_to_lose = 0

    def goes_away(self) -> None:
        self.is_away = True

    def comes_back(self) -> None:
        self.is_away, self._meddle, self._answers_to_lose = False, None, 0

    def loses_answers(self, count: int) -> None:
        """The next requests reach the server, but nobody hears what it says."""
        self._answers_to_lose = count

    def answers_with(self, meddle: Meddle) -> None:
        """Something sits in between, and answers whatever it wants; None lets a request through."""
        self._meddle = meddle

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        if self.is_away:
            raise NetworkDown(why="no signal")
        instead = self._meddle(method, path, body) if self._meddle else None
        if instead is not None:
            self.log.append((method, path, instead.status))
            return instead
        told = self._client.open(path, method=method, headers=dict(headers), data=body or b"")
        answer = Answer(told.status_code, {k.lower(): v for k, v in told.headers}, told.data)
        told.close()
        self.log.append((method, path, answer.status))
        if self._answers_to_lose:
            self._answers_to_lose -= 1
            raise NetworkDown(why="the answer was lost")
        return answer

    def close(self) -> None:
        pass

    def count(self, method: str, start: str) -> int:
        """How many requests of this kind went out."""
        return sum(1 for m, path, _ in self.log if m == method and path.startswith(start))
