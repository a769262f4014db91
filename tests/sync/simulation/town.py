"""The shop that every world begins with: made once a process, copied for each world.

Twenty installers with a tablet each (the first is their lead), three dispatchers, a supervisor; customers
with sites and assets; parts in every van. Everybody has signed in, every tablet has pulled once.
"""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask_jwt_extended import create_access_token
from sqlalchemy.orm import Session

from field_client import Clock, Companion, Transport
from field_client.transport import Answer
from server.db import feed, migrate
from server.db.people import Chain, Organisation, Person
from server.domain.parts import Place
from server.domain.people import Role
from server.ids import ids_from
from tests import make
from tests.conftest import move_log_into_file, sqlite_url
from tests.people import NORTH, NOW, PASSWORD, Character, password_hash
from tests.sync.simulation.apps import TabletApp
from tests.sync.simulation.clocks import Ids, TabletClock, WorldClock
from tests.sync.simulation.machines import Machine
from tests.sync.simulation.rooms import Room
from tests.sync.simulation.server import Building, Server

CLIENTS = ("companion", "tablet", "mixed")
OFFICE = "https://office.example"
INSTALLERS = tuple(
    Character(
        20 + n,
        f"Installer{n:02}",
        Role.LEAD_INSTALLER if n == 0 else Role.INSTALLER,
        team="blue" if n < 3 else None,
    )
    for n in range(20)
)
DISPATCHERS = tuple(Character(50 + n, f"Dispatcher{n}", Role.DISPATCHER) for n in range(3))
SUPERVISOR = Character(60, "Supervisor", Role.SUPERVISOR)
CAST = (*INSTALLERS, *DISPATCHERS, SUPERVISOR)
SKUS = ("HINGE-110", "HANDLE-7", "HOSE-2M", "SEAL-40")
CUSTOMERS = 12


def users_of(number: int) -> list[Character]:
    """Who has signed in on a tablet: its owner, and on every fourth a colleague, too."""
    owner = INSTALLERS[number]
    return [owner, INSTALLERS[number + 1]] if number % 4 == 0 else [owner]


class Town:
    """The template of all worlds, in `folder`."""

    def __init__(self, folder: Path, tablets: int = 20, client: str = "companion") -> None:
        """On its tablets is a `client` of CLIENTS."""
        self.folder, self.client = folder, client
        self.building = Building(folder)
        self.tokens: dict[str, str] = {}
        self.customers: list[dict[str, str]] = []
        self.clock = WorldClock()
        self.tablets = tablets
        self._room: Room | None = None
        self._build()

    def close(self) -> None:
        self.building.close()
        if self._room is not None:
            self._room.close()

    # Which tablets have the TypeScript app.

    def is_tablet(self, number: int) -> bool:
        """In a mixed town every second four have it, so that both are shared by two people here and there."""
        return self.client == "tablet" or (self.client == "mixed" and number % 8 < 4)

    @property
    def has_tablets(self) -> bool:
        return any(self.is_tablet(number) for number in range(self.tablets))

    @property
    def room(self) -> Room:
        if self._room is None:
            self._room = Room(self.folder / "room")
        return self._room

    def copy_server(self, home: Path) -> None:
        home.mkdir(parents=True)
        shutil.copyfile(self.folder / "server" / "doorstep.sqlite3", home / "doorstep.sqlite3")

    def copy_tablet(self, number: int, home: Path, chance: str) -> None:
        """What the app on it draws comes from `chance`."""
        template = self.folder / f"tablet-{number}"
        if not self.is_tablet(number):
            shutil.copytree(template, home)
            return
        home.mkdir(parents=True)
        self.room.order(str(home), "copy", str(template), chance)

    def forget_tablets(self, home: Path) -> None:
        """A world in that folder has ended."""
        if self.has_tablets:
            self.room.order(str(home), "forget")

    def _build(self) -> None:
        dice = Random(0)
        home = self.folder / "server"
        home.mkdir()
        migrate.upgrade(sqlite_url(home / "doorstep.sqlite3"))
        with ids_from(Ids(self.clock, dice)):
            server = Server(self.building, home, self.clock, dice, keep_days=14)
            self.customers = server.house.database.write(_move_in)
            for who in (*DISPATCHERS, SUPERVISOR):
                self.tokens[who.id] = self._token(who)
            for number in range(self.tablets):
                self._set_up_tablet(server, number)
            server.stops()
        move_log_into_file(home / "doorstep.sqlite3")

    def _token(self, who: Character) -> str:
        with self.building.app.app_context():
            later = int((NOW + timedelta(days=3650)).timestamp())
            claims = {"chain": who.chain_id, "device": None, "exp": later}
            return str(create_access_token(who.id, additional_claims=claims))

    def _set_up_tablet(self, server: Server, number: int) -> None:
        clock = TabletClock(self.clock, Random(number), Machine("a tablet"))
        home = self.folder / f"tablet-{number}"
        if self.is_tablet(number):
            self._set_up_app(number, home, _Hand(_Wire(server), clock.machine, clock))
            return
        for who in reversed(users_of(number)):
            with Companion(home, transport=_Wire(server), clock=clock) as tablet:
                tablet.login(who.username, PASSWORD, OFFICE)
                report = tablet.sync()
                assert report.is_done, report
        (home / "sync.lock").unlink()

    def _set_up_app(self, number: int, home: Path, hand: "_Hand") -> None:
        self.room.order(str(home), "make", f"town {number}")
        for who in reversed(users_of(number)):
            app = TabletApp(self.room, str(home), hand, who.username)
            app.login(who.username, PASSWORD, OFFICE)
            assert app.sync(patience_s=8).problem is None


@dataclass(frozen=True, slots=True)
class _Hand:
    line: Transport
    machine: Machine
    clock: Clock


class _Wire:
    """A network without faults."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def request(self, method: str, path: str, headers: Any, body: bytes | None = None) -> Answer:
        said = self._server.answer(method, path, headers, body or b"")
        return Answer(said.status, said.headers, said.body)

    def close(self) -> None:
        """Nothing is open."""


def _move_in(session: Session) -> list[dict[str, str]]:
    session.add(Organisation(id=NORTH, kind="branch", name="Branch North", phone="028 1000 1000"))
    session.flush()
    session.add_all(_person(each) for each in CAST)
    session.flush()
    session.add_all(Chain(id=each.chain_id, person_id=each.id, started_at=NOW) for each in CAST)
    for sku in SKUS:
        session.add(make.make_part(sku=sku, name=sku.title()))
        session.flush()
        feed.touch_part(session, sku)
        for who in INSTALLERS:
            van = str(Place("van", who.id))
            session.add(make.make_movement(sku, 50, to_place=van, person_id=SUPERVISOR.id))
            feed.touch_stock(session, who.id, sku)
    return [_customer(session) for _ in range(CUSTOMERS)]


def _person(who: Character) -> Person:
    return Person(
        id=who.id,
        username=who.username,
        name=who.name,
        role=who.role,
        organisation_id=who.organisation_id,
        team=who.team,
        language="en",
        password_hash=password_hash(),
        is_active=True,
    )


def _customer(session: Session) -> dict[str, str]:
    customer = make.make_customer()
    site = make.make_site(customer)
    product = make.make_product()
    asset = make.make_asset(site, product)
    for row in (customer, site, product, asset):
        session.add(row)
        session.flush()
    return {"customer_id": customer.id, "site_id": site.id, "asset_id": asset.id}
