"""A thousand devices come back in one minute, to a real server: nothing is lost, nothing counts twice."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask_jwt_extended import create_access_token
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from field_client import plan
from field_client.transport import Answer
from server.db.customers import Customer, Site
from server.db.events import FieldEvent
from server.db.jobs import Job, Sheet, Visit
from server.db.people import Chain, Device, Person
from server.db.photos import Blob
from server.db.tables import values_of
from server.db.tickets import Ticket
from server.house import House
from tests import events, make, people
from tests.conftest import HandClock
from tests.live import LiveServer
from tests.uploads import UPLOADS, metadata, noise, sha256

DEVICES = {"sqlite": 1_000, "postgresql": 250}  # the second time fewer will do
WITH_PHOTO = 25  # every so manieth device has a photo, too
LOSES_ANSWER = 20  # and every so manieth does not hear the first answer to its push
AT_ONCE = 200  # requests that are really on the wire together, for the test's own memory
FASTER = 20  # a pause of a device takes this much less here
DEADLINE_S = 240.0


def ident(kind: int, number: int) -> str:
    return f"0198{kind:04x}-0000-7000-8000-{number:012x}"


@dataclass
class Phone:
    """A tablet that obeys the same plan as the companion, with one event and perhaps a photo."""

    number: int
    token: str
    told: list[str] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.number)
        self.device_id = ident(3, self.number)
        self.photo = noise(2_000, seed=self.number) if self.number % WITH_PHOTO == 0 else b""
        photo = events.photo(self.photo, photo_id=ident(8, self.number))
        lane = events.Lane(people.ALICE, f"J-{self.number}")
        kind, data = ("photo.taken", photo) if self.photo else ("visit.arrived", {})
        self.event = lane.add(kind, data, actor=ident(1, self.number))

    def batch(self) -> bytes:
        batch = {"device_id": self.device_id, "batch_id": "b", "events": [self.event]}
        return json.dumps(batch).encode()

    async def comes_back(self, wire: "Wire") -> None:
        await self._pushes(wire)
        if self.photo:
            await self._uploads(wire)

    async def _pushes(self, wire: "Wire") -> None:
        failures, loses = 0, self.number % LOSES_ANSWER == 0
        while True:
            answer = await wire.asks(self, "POST /sync/v1/push", self.batch())
            if answer is not None and loses:
                answer, loses = None, False
            if answer is not None:
                code = (answer.json() or {}).get("code")
                if plan.push_step(answer.status, code, 1, failures) == "settle":
                    [result] = (answer.json() or {})["results"]
                    assert plan.event_step(result).state == "acknowledged", result
                    self.told.append("replayed" if "replayed" in result else result["status"])
                    return
            await self._rests(answer, failures)
            failures += 1

    async def _uploads(self, wire: "Wire") -> None:
        """In one piece with its creation, after its event; what is stored is not sent again."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Length": str(len(self.photo)),
            "Upload-Metadata": metadata(sha256=sha256(self.photo)),
        }
        for attempt in range(100):
            answer = await wire.asks(self, f"POST {UPLOADS}", self.photo, headers)
            if answer is not None:
                told = answer.headers.get("upload-offset")
                step = plan.upload_step(answer.status, told, 0, len(self.photo))
                if step == plan.UploadStep("go_on", len(self.photo)):
                    self.told.append("stored")
                    return
                assert step.name == "wait", answer
            await self._rests(answer, attempt)
        raise AssertionError("it never was stored")

    async def _rests(self, answer: Answer | None, attempt: int) -> None:
        asked = (answer.retry_after_s if answer is not None else None) or 0.0
        pause = plan.pause_s(asked, attempt, self.chance)
        self.pauses.append((asked, pause))
        await asyncio.sleep(pause / FASTER)


class Wire:
    """To the live server: a connection for each request, and in which order it said yes to what."""

    def __init__(self, port: int) -> None:
        self.port, self.room = port, asyncio.Semaphore(AT_ONCE)
        self.statuses: Counter[int | None] = Counter()

    async def asks(
        self, phone: Phone, line: str, body: bytes, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """The answer; None where the connection broke."""
        async with self.room:
            try:
                answer = await asyncio.wait_for(self._ask(phone, line, body, headers or {}), 60)
            except (OSError, EOFError, TimeoutError):
                answer = None
        self.statuses[answer.status if answer else None] += 1
        return answer

    async def _ask(self, phone: Phone, line: str, body: bytes, headers: dict[str, str]) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            said = {
                "Host": "doorstep",
                "Connection": "close",
                "Authorization": f"Bearer {phone.token}",
                "Sync-Device": phone.device_id,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
                **headers,
            }
            lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in said.items())]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            told = dict(each.split(": ", 1) for each in head[1:] if each)
            lowered = {name.lower(): value for name, value in told.items()}
            length = int(lowered.get("content-length", 0))
            return Answer(int(head[0].split()[1]), lowered, await reader.readexactly(length))
        finally:
            writer.close()


@pytest.fixture
def phones(app: Flask, clock: HandClock, database_kind: str) -> list[Phone]:
    """As many people, each with a job and an enrolled device on which they have signed in."""
    clock.now = datetime.now(UTC)
    house: House = app.extensions["doorstep"]
    many = DEVICES[database_kind]
    house.database.write(lambda session: move_in(session, many))
    claims = {"exp": int((clock.now + timedelta(days=1)).timestamp())}
    with app.app_context():
        tokens = [
            create_access_token(
                ident(1, n),
                additional_claims={**claims, "chain": ident(2, n), "device": ident(3, n)},
            )
            for n in range(many)
        ]
    return [Phone(number, token) for number, token in enumerate(tokens)]


def move_in(session: Session, how_many: int) -> None:
    """All rows at once: to make them one by one would take longer than the test."""
    customer: Customer = make.make_customer()
    site: Site = make.make_site(customer)
    alice = session.get_one(Person, people.ALICE.id)
    session.add_all([customer])
    session.flush()
    session.add(site)
    session.flush()
    rows: dict[Any, list[dict[str, Any]]] = {}
    for n in range(how_many):
        ticket = make.make_ticket(customer, site, id=f"T-{n}")
        job, visit = make.make_job(ticket, site, id=f"J-{n}", assignee_id=ident(1, n), rev=1)
        visit.job_id, visit.person_id = job.id, ident(1, n)
        person = {**values_of(alice), "id": ident(1, n), "username": f"installer{n}", "team": None}
        chain = {"id": ident(2, n), "person_id": ident(1, n), "device_id": ident(3, n)}
        device = {"id": ident(3, n), "platform": "test", "name": "Tablet", "secret_hash": "0" * 64}
        sheet = {"id": job.id, "rev": 1, "work": job.work, "slots": [], "checklist": job.checklist}
        at = {"enrolled_at": people.NOW, "enrolled_by": ident(1, n)}
        for table, row in (
            (Person, person),
            (Device, {**device, **at, "last_seen_at": datetime.now(UTC)}),
            (Chain, {**chain, "started_at": people.NOW}),
            (Ticket, given(ticket)),
            (Job, given(job)),
            (Visit, given(visit)),
            (Sheet, {"job_id": job.id, "rev": 1, "content": sheet, "made_at": people.NOW}),
        ):
            rows.setdefault(table, []).append(row)
    for table, many in rows.items():
        session.execute(insert(table), many)


def given(row: Any) -> dict[str, Any]:
    """What was said of a row that nobody has saved."""
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


@pytest.fixture
def server(app: Flask, phones: list[Phone], tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer(app.extensions["doorstep"].config, tmp_path / "server.log") as running:
        yield running


def test_all_arrives_once(
    phones: list[Phone], server: LiveServer, load: Callable[..., Any]
) -> None:
    wire = Wire(server.port)

    async def all_at_once() -> None:
        await asyncio.gather(*(phone.comes_back(wire) for phone in phones))

    asyncio.run(asyncio.wait_for(all_at_once(), DEADLINE_S))

    statuses = select(FieldEvent.status, func.count()).group_by(FieldEvent.status)
    assert load(lambda s: dict(s.execute(statuses).all())) == {"applied": len(phones)}
    photos = load(lambda s: s.scalar(select(func.count()).select_from(Blob)))
    assert photos == len([phone for phone in phones if phone.photo])
    for phone in phones:
        heard = "replayed" if phone.number % LOSES_ANSWER == 0 else phone.told[0]
        assert phone.told == [heard, *(["stored"] if phone.photo else [])]
        assert heard in ("applied", "replayed")
        assert all(pause >= asked for asked, pause in phone.pauses), "who is told to wait waits"
    assert set(wire.statuses) <= {200, 201, 423, 503, None}
