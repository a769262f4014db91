"""The network of one tablet, with everything that networks do, and a note of what went over it."""

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from field_client.errors import NetworkDown
from field_client.transport import Answer
from tests.sync.simulation import faults
from tests.sync.simulation.server import Said

if TYPE_CHECKING:
    from tests.sync.simulation.devices import Device
    from tests.sync.simulation.world import World

STATUSES = {"413": 413, "429": 429, "500": 500, "502": 502, "503": 503}
PORTAL = b"<html><body>Welcome to the station's Wi-Fi. Please accept our terms.</body></html>"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a tablet, which the network may deliver more than once."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def sender(self) -> str | None:
        """The person of its token, as the token says."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token.count(".") != 2:
            return None
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"])

    def document(self) -> Any:
        """Its JSON, or None."""
        try:
            body = self.body
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            return json.loads(body)
        except (ValueError, OSError, EOFError, zlib.error):
            return None


class Line:
    """The connection of one tablet to the server."""

    def __init__(self, world: "World", device: "Device") -> None:
        self.world, self.device = world, device

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        asked = Request(self.device.number, method, path, dict(headers), body or b"")
        self.device.machine.passes(f"before {asked.line}")
        try:
            said = self._carry(asked)
        except NetworkDown as problem:
            self.world.trace.say(f"tablet {asked.number}: {asked.line} -> {problem.details}")
            raise
        self.world.trace.say(f"tablet {asked.number}: {asked.line} -> {said.status}")
        self.device.machine.passes(f"after {asked.line}")
        return Answer(said.status, said.headers, said.body)

    def close(self) -> None:
        """Nothing is open."""

    def _carry(self, asked: Request) -> Said:
        world = self.world
        if asked.path.endswith("/auth/refresh") and world.faults.draw(faults.REFRESH_ANSWER_LOST):
            world.faults.strike("refresh answer lost")
            world.serve(asked)
            raise NetworkDown(why="refresh answer lost")
        fault = world.faults.draw(faults.NETWORK)
        if fault is None:
            return world.serve(asked)
        return self._carry_badly(asked, fault)

    def _carry_badly(self, asked: Request, fault: str) -> Said:
        world, dice = self.world, self.world.dice
        if fault in ("body cut", "bytes altered on the way") and len(asked.body) < 2:
            return world.serve(asked)
        if fault == "bytes altered on the way" and "/media/uploads" not in asked.path:
            return world.serve(asked)
        if fault == "interrupted by somebody else":
            world.interrupt(self.device)
            return world.serve(asked)
        if fault == "server restored in the middle of a sync":
            world.is_restored_now()
            return world.serve(asked)
        if fault in ("server killed", "server loses power", "disk full on the server"):
            return world.serve(asked, trouble=fault)
        world.faults.strike(fault)
        if fault in STATUSES:
            headers = {"retry-after": str(dice.randrange(1, 30))}
            return Said(STATUSES[fault], headers if fault in ("429", "503") else {}, b"<html>")
        if fault == "captive portal":
            return Said(200, {"content-type": "text/html"}, PORTAL)
        if fault == "bytes altered on the way":
            at = dice.randrange(len(asked.body))
            wrong = asked.body[:at] + bytes([asked.body[at] ^ 1 << dice.randrange(8)])
            return world.serve(replace(asked, body=wrong + asked.body[at + 1 :]))
        if fault == "body cut":
            at = dice.randrange(len(asked.body))
            world.serve(replace(asked, body=asked.body[:at]), promised=len(asked.body))
        elif fault == "answer lost":
            world.serve(asked)
        elif fault == "request doubled":
            world.serve(asked)
            return world.serve(asked)
        elif fault == "request comes again days later":
            world.comes_later(asked, days=dice.uniform(0.01, 4))
            return world.serve(asked)
        elif fault == "request comes only later (reordered)":
            world.comes_later(asked, days=dice.uniform(0, 0.02))
        raise NetworkDown(why=fault)
