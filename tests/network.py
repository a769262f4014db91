"""A network between companion and server that does what networks do.

It carries requests to the real app in the same process; a test tells it what goes wrong, and when.
"""

from collections.abc import Callable, Mapping

from flask import Flask

from field_client import Answer
from field_client.errors import NetworkDown

Rule = Callable[[str, str], bool]


class Network:
    """Between one companion and one app. What it was told to do wrong happens once, then it is well."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.is_there = True
        self.asked: list[str] = []
        self._lose_request: list[str] = []
        self._lose_answer: list[str] = []
        self._cut: list[tuple[str, int]] = []
        self._shorten: list[tuple[str, int]] = []
        self._say_instead: list[tuple[str, Answer]] = []

    def goes_away(self) -> None:
        self.is_there = False

    def comes_back(self) -> None:
        self.is_there = True

    def loses_request(self, of: str) -> None:
        """The next request whose line contains `of` never arrives."""
        self._lose_request.append(of)

    def loses_answer(self, of: str) -> None:
        """The next request whose line contains `of` is served, but its answer is lost."""
        self._lose_answer.append(of)

    def cuts(self, of: str, after_bytes: int) -> None:
        """The body of the next request whose line contains `of` ends after so many bytes."""
        self._cut.append((of, after_bytes))

    def shortens(self, of: str, after_bytes: int) -> None:
        """The same, by a proxy that hands back what the server has to say about it."""
        self._shorten.append((of, after_bytes))

    def says_instead(self, of: str, answer: Answer) -> None:
        """Somebody else answers: a captive portal, a proxy."""
        self._say_instead.append((of, answer))

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        line = f"{method} {path}"
        self.asked.append(line)
        if not self.is_there or _take(self._lose_request, line):
            raise NetworkDown(why="no signal")
        for of, instead in self._say_instead:
            if of in line:
                self._say_instead.remove((of, instead))
                return instead
        whole = body or b""
        for rules in (self._cut, self._shorten):
            cut = next((each for each in rules if each[0] in line), None)
            if cut is None:
                continue
            rules.remove(cut)
            answer = self._send(method, path, headers, whole[: cut[1]], promised=len(whole))
            if rules is self._cut:
                raise NetworkDown(why="cut in the middle")
            return answer
        answer = self._send(method, path, headers, body, promised=None)
        if _take(self._lose_answer, line):
            raise NetworkDown(why="the answer was lost")
        return answer

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        promised: int | None,
    ) -> Answer:
        environ = {} if promised is None else {"CONTENT_LENGTH": str(promised)}
        given = self.app.test_client().open(
            path, method=method, headers=dict(headers), data=body, environ_overrides=environ
        )
        lowered = {name.lower(): value for name, value in given.headers.items()}
        return Answer(given.status_code, lowered, given.get_data())

    def close(self) -> None:
        pass


def _take(rules: list[str], line: str) -> bool:
    found = next((each for each in rules if each in line), None)
    if found is None:
        return False
    rules.remove(found)
    return True
