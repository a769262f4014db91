"""Uploads byte by byte: the exchanges of tests/vectors/tus.json, over a raw socket to a real server."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from field_client import plan
from server.db.photos import Upload
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.golden import vectors
from tests.live import LiveServer
from tests.uploads import Tablet, enrol, sha256

VECTORS = vectors("tus")["exchanges"]
DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
PATIENCE_S = 20
Step = dict[str, Any]


def whole(text: Any) -> str:
    """A text of the vectors; long ones are written as how often which."""
    return text if isinstance(text, str) else text["text"] * text["times"]


def is_silent(connection: socket.socket) -> bool:
    """Whether the other side closed without an answer."""
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except ConnectionResetError:
        return True


class Answer:
    """The next answer on a connection, read to its end."""

    def __init__(self, connection: socket.socket, *, of_head: bool) -> None:
        self.headers: dict[str, str] = {}
        with connection.makefile("rb") as file:
            self.status = int(file.readline().split()[1])
            while line := file.readline().strip().decode("latin-1"):
                name, _, value = line.partition(": ")
                self.headers[name.lower()] = value
            has_body = not of_head and self.status != 204
            length = int(self.headers.get("content-length", 0))
            self.body = file.read(length).decode() if has_body else ""


class Player:
    """Plays exchanges as the tablet of somebody."""

    def __init__(self, server: LiveServer, tablet: Tablet, run_out: Callable[[str], None]) -> None:
        self.port, self.run_out = server.port, run_out
        self.words = {"token": tablet.token, "device": tablet.device_id, "upload": ""}
        self.wires: dict[str, socket.socket] = {}

    def plays(self, exchange: dict[str, Any]) -> None:
        for number, step in enumerate(exchange["steps"]):
            if step.get("first") == "the upload runs out":
                self.run_out(self.words["upload"].rpartition("/")[2])
            deadline = time.monotonic() + PATIENCE_S
            while problems := self._play(step):
                waits = "until_so" in step and time.monotonic() < deadline
                assert waits, (exchange["name"], number, problems)
                time.sleep(0.02)
            if "then" in step:
                self._plan(step, exchange["file"]["size"])

    def _play(self, step: Step) -> list[str]:
        """What is not as the vector says."""
        wire = self.wires.pop(step["wire"], None) if "wire" in step else None
        connection = wire or socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        if "send" in step:
            self._send(connection, step)
        if step["answer"] is None:
            self.wires[step["wire"]] = connection
            return []
        with connection:
            if "cut" in step and is_silent(connection):
                return []  # it does not talk to somebody who has gone
            of_head = step.get("send", [""])[0].startswith("HEAD")
            answer = Answer(connection, of_head=of_head)
        return list(self._problems(answer, step["answer"], of_head=of_head))

    def _send(self, connection: socket.socket, step: Step) -> None:
        head = "\r\n".join([*step["send"], "", ""])
        for name, value in self.words.items():
            head = head.replace(f"{{{name}}}", value)
        connection.sendall((head + whole(step.get("body", ""))).encode("ascii"))
        if "cut" in step:
            connection.shutdown(socket.SHUT_WR)

    def _problems(self, answer: Answer, expected: Step, *, of_head: bool) -> list[str]:
        if answer.status != expected["status"]:
            return [f"{answer.status}, not {expected['status']}: {answer.body}"]
        if answer.status == 201:
            self.words["upload"] = answer.headers["location"]
        found = [
            f"{name}: {answer.headers.get(name.lower())}, not {value}"
            for name, value in expected["headers"].items()
            if not self._fits(answer.headers.get(name.lower()), value)
        ]
        found += [name for name in expected.get("absent", ()) if name.lower() in answer.headers]
        if "code" in expected and not of_head and f'"{expected["code"]}"' not in answer.body:
            found.append(answer.body)
        if not answer.headers["sync-server"].startswith("doorstep/"):
            found.append("not ours")
        return found

    def _fits(self, value: str | None, expected: str) -> bool:
        if expected == "{date}":
            return value is not None and DATE.fullmatch(value) is not None
        return value == (self.words["upload"] if expected == "{upload}" else expected)

    def _plan(self, step: Step, size: int) -> None:
        """The other side of the same vector: what a client does next."""
        answer, then = step["answer"], step["then"]
        told = answer["headers"].get("Upload-Offset")
        next_ = plan.upload_step(answer["status"], told, then["known"], size)
        assert (next_.name, next_.offset) == (then["step"], then["offset"]), step


@pytest.fixture
def player(
    app: Flask,
    clock: HandClock,
    live_server: LiveServer,
    sign_in: Callable[[people.Character], Client],
) -> Iterator[Player]:
    def run_out(upload_id: str) -> None:
        past = clock.now - timedelta(seconds=1)
        ended = update(Upload).where(Upload.id == upload_id).values(expires_at=past)
        app.extensions["doorstep"].database.write(lambda session: session.execute(ended))

    found = Player(live_server, enrol(sign_in(people.ALICE)), run_out)
    yield found
    for wire in found.wires.values():
        wire.close()


def test_it_answers_as_the_vectors_say(player: Player) -> None:
    for exchange in VECTORS:
        player.plays(exchange)


@pytest.mark.parametrize("exchange", VECTORS, ids=lambda exchange: str(exchange["name"]))
def test_the_files_of_the_vectors_are_what_they_say(exchange: dict[str, Any]) -> None:
    file, text = exchange["file"], whole(exchange["file"]["text"]).encode("ascii")
    assert (sha256(text), len(text)) == (file["sha256"], file["size"])


def test_the_vectors_meet_every_status_of_an_upload() -> None:
    statuses = {
        step["answer"]["status"] for each in VECTORS for step in each["steps"] if step["answer"]
    }
    assert statuses == {200, 201, 204, 400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 423,
                        460}  # fmt: skip
