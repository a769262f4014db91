"""A shop of any size, soon filled: one job is issued by the real act, and its rows are copied.

So every row is what the product itself writes, whatever columns it has, ready document included.
Installers work in teams of ten with a lead, each with a tablet; jobs are spread over them as days would.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from benchmarks import places
from server.app import create_app
from server.config import Config
from server.db import migrate
from server.db.engine import Database
from server.db.feed import Scope, person_scope
from server.db.jobs import Job
from server.db.people import Chain, Device, Person
from server.db.tickets import Ticket
from server.domain import default_checklists
from server.domain.people import Role
from tests import make, people
from tests.conftest import HandClock, move_log_into_file
from tests.office import Office
from tests.people import ALICE, NORTH, Character

SECRET = "only for benchmarks, on this machine and for nothing else"
TEAM = 10
JOBS_AT_ONCE = 2_000
STEPS = 5
VAN_STOCK = 1_000_000
SKU = "HINGE-110"
COPIED = ("customers", "sites", "assets", "tickets", "jobs", "sheets", "visits")


@dataclass(frozen=True)
class Installer(Character):
    """One of many, with an enrolled tablet."""

    @property
    def id(self) -> str:
        return f"01990000-0000-7000-8000-1{self.number:011d}"

    @property
    def chain_id(self) -> str:
        return f"01990000-0000-7000-8000-2{self.number:011d}"

    @property
    def device_id(self) -> str:
        return f"01990000-0000-7000-8000-3{self.number:011d}"


def installer(number: int) -> Installer:
    return Installer(number, f"Installer{number}", Role.INSTALLER, team=f"team {number // TEAM}")


def lead(team: int) -> Installer:
    """Of a team; numbered behind all installers."""
    number = 90_000_000 + team
    return Installer(number, f"Lead{team}", Role.LEAD_INSTALLER, team=f"team {team}")


@dataclass(frozen=True)
class Shop:
    """A filled database. Job `number` belongs to installer `number % installers`."""

    url: str
    installers: int
    jobs: int
    sheet: str
    """The template's sheet as JSON, with the template's ids."""
    ids: dict[str, str]
    """Of the template, by the name of the table."""

    def job_id(self, number: int) -> str:
        return _new_id("jobs", number)

    def assignee(self, number: int) -> Installer:
        return installer(number % self.installers)

    def sheet_of(self, number: int) -> dict[str, Any]:
        """As the tablet has it."""
        found: dict[str, Any] = json.loads(_refilled(self.sheet, self._holes(number)))
        return found

    def _holes(self, number: int) -> list[tuple[str, str]]:
        return _holes(self.ids, number, self.assignee(number))


def config(url: str, media: Path) -> Config:
    return Config(database_url=url, media=media, secret=SECRET, second_factor=False)


def on_sqlite(installers: int, jobs: int, to: Path) -> Shop:
    """A copy of the filled database at this path; it is filled once and kept."""
    kept = cached(installers, jobs)
    shutil.copyfile(_file(kept.url), to)
    return Shop(f"sqlite:///{to}", installers, jobs, kept.sheet, kept.ids)


def cached(installers: int, jobs: int) -> Shop:
    """The filled database itself: for reading, since the next run uses it again."""
    folder = places.folder("shops")
    file = folder / f"{_fingerprint()}-{installers}-{jobs}.sqlite3"
    told = file.with_suffix(".json")
    if not told.exists():
        for old in folder.glob(f"*-{installers}-{jobs}.*"):
            old.unlink()
        shop = fill(f"sqlite:///{file}", installers, jobs)
        move_log_into_file(file)
        told.write_text(json.dumps({"sheet": shop.sheet, "ids": shop.ids}))
    known = json.loads(told.read_text())
    return Shop(f"sqlite:///{file}", installers, jobs, known["sheet"], known["ids"])


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


FILLED_AS = b"1"  # another one whenever this file fills differently
SHAPES = ("customers", "feed", "jobs", "people", "sheets", "tables", "tickets", "types")


def _fingerprint() -> str:
    """Of what decides how the rows look: another one, and the database is filled anew."""
    files = sorted((places.ROOT / "migrations" / "versions").glob("*.py"))
    files += [places.ROOT / "server" / "db" / f"{name}.py" for name in SHAPES]
    total = hashlib.sha256(FILLED_AS)
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()[:12]


def fill(url: str, installers: int, jobs: int) -> Shop:
    """Makes tables, people and jobs in an empty database."""
    migrate.upgrade(url)
    with places.temporary("media") as media:
        house = create_app(config(url, media)).extensions["doorstep"]
        database: Database = house.database
        database.write(people.move_in)
        ids = _issue_the_template(config(url, media))
        with database.engine.connect() as connection:
            _hurry(connection)
            template = _Template(connection, ids)
            connection.rollback()
            with connection.begin():
                _hire(connection, installers)
            _copy_jobs(connection, template, installers, jobs)
        database.close()
    return Shop(url, installers, jobs, template.sheet, ids)


def _hurry(connection: Connection) -> None:
    """Settings of this connection alone: what is filled half after a power cut is filled again."""
    if connection.dialect.name == "sqlite":
        raw = connection.connection.driver_connection
        assert raw is not None, "it has just been opened"
        for setting in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000"):
            raw.execute(f"PRAGMA {setting}").fetchall()


def _issue_the_template(settings: Config) -> dict[str, str]:
    """Bob issues a job to Alice; returns the ids of its rows, by table."""
    app, clock = create_app(settings), HandClock()
    clock.now = datetime.now(UTC).replace(microsecond=0)
    office = Office(app, clock)

    def stock(session: Session) -> None:
        session.add(make.make_part(sku=SKU))
        session.flush()

    office.write(stock)
    plan = [{"sku": SKU, "quantity": 2, "charge": "customer"}]
    job_id = office.issues_a_job(ALICE, planned_parts=plan, slots=None, checklist=_checklist())

    def ids(session: Session) -> dict[str, str]:
        job = session.get_one(Job, job_id)
        ticket = session.get_one(Ticket, job.ticket_id)
        return {
            "customers": ticket.customer_id,
            "sites": job.site_id,
            "assets": str(job.asset_id),
            "tickets": ticket.id,
            "jobs": job.id,
            "visits": str(job.visit_id),
        }

    found = office.read(ids)
    office.house.database.close()
    return found


def _checklist() -> dict[str, Any]:
    """The first steps of the house's own for repairs: about as long as most shops have them."""
    whole = default_checklists.DEFAULT_CHECKLISTS["repair"]
    return {**whole, "steps": whole["steps"][:STEPS]}


_LETTERS = {"customers": "4", "sites": "5", "assets": "6", "visits": "7"}


def _new_id(table: str, number: int) -> str:
    """As long as the product's own, and in the order of time as they are."""
    if table in _LETTERS:
        return f"01990000-0000-7000-8000-{_LETTERS[table]}{number:011d}"
    return f"{table[0].upper()}-b{number:07d}"


def _holes(ids: dict[str, str], number: int, who: Installer) -> list[tuple[str, str]]:
    """What is replaced in the template's texts for one copy."""
    own = [(old, _new_id(table, number)) for table, old in ids.items()]
    return [*own, (ALICE.id, who.id), (ALICE.name, who.name)]


def _refilled(text: str, holes: list[tuple[str, str]]) -> str:
    for old, new in holes:
        text = text.replace(old, new)
    return text


class _Template:
    """The rows of the issued job as the driver gives them, and where something must be replaced."""

    def __init__(self, connection: Connection, ids: dict[str, str]) -> None:
        self.ids = ids
        self.rows: dict[str, tuple[list[str], list[Any]]] = {}
        for table in COPIED:
            key, value = ("job_id", ids["jobs"]) if table == "sheets" else ("id", ids[table])
            found = connection.exec_driver_sql(
                f"SELECT * FROM {table} WHERE {key} = {_marks(connection, 1)}", (value,)
            )
            self.rows[table] = (list(found.keys()), list(found.one()))
        columns, row = self.rows["sheets"]
        self.sheet: str = row[columns.index("content")]
        told = [ALICE.id, ALICE.name, *ids.values()]
        self.open = {
            table: [
                at
                for at, value in enumerate(row)
                if isinstance(value, str) and any(each in value for each in told)
            ]
            for table, (_, row) in self.rows.items()
        }

    def copy(self, table: str, number: int, who: Installer) -> tuple[Any, ...]:
        holes = _holes(self.ids, number, who)
        row = list(self.rows[table][1])
        for at in self.open[table]:
            row[at] = _refilled(row[at], holes)
        return tuple(row)


def _marks(connection: Connection, how_many: int) -> str:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    return ", ".join([mark] * how_many)


def _hire(connection: Connection, installers: int) -> None:
    """Everybody with a sign-in and a tablet, and parts enough in the van."""
    teams = range((installers + TEAM - 1) // TEAM)
    crowd = [*map(installer, range(installers)), *map(lead, teams)]
    now = datetime.now(UTC)
    began = now - timedelta(hours=1)
    connection.execute(
        Person.__table__.insert(),  # type: ignore[attr-defined]
        [
            {
                "id": each.id,
                "username": each.username,
                "name": each.name,
                "role": each.role,
                "organisation_id": NORTH,
                "team": each.team,
                "language": "en",
                "password_hash": people.password_hash(),
                "phone": "",
                "email": "",
                "skills": [],
                "is_active": True,
                "rev": 1,
            }
            for each in crowd
        ],
    )
    connection.execute(
        Device.__table__.insert(),  # type: ignore[attr-defined]
        [
            {
                "id": each.device_id,
                "platform": "android",
                "name": f"{each.name}'s tablet",
                "secret_hash": "0" * 64,
                "status": "active",
                "enrolled_by": each.id,
                "enrolled_at": began,
                "app": "",
            }
            for each in crowd
        ],
    )
    connection.execute(
        Chain.__table__.insert(),  # type: ignore[attr-defined]
        [
            {
                "id": each.chain_id,
                "person_id": each.id,
                "device_id": each.device_id,
                "started_at": began,
            }
            for each in crowd
        ],
    )
    session = Session(connection)
    for each in crowd[:installers]:
        session.add(make.make_movement(SKU, VAN_STOCK, to_place=f"van:{each.id}"))
    session.flush()


def _copy_jobs(connection: Connection, template: _Template, installers: int, jobs: int) -> None:
    versions: dict[str, Iterator[int]] = {}
    for start in range(0, jobs, JOBS_AT_ONCE):
        numbers = range(start, min(start + JOBS_AT_ONCE, jobs))
        with connection.begin():
            for table in COPIED:
                columns = template.rows[table][0]
                names = ", ".join(f'"{name}"' for name in columns)
                marks = _marks(connection, len(columns))
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})",
                    [template.copy(table, n, installer(n % installers)) for n in numbers],
                )
            _tell(connection, numbers, installers, versions)
    with connection.begin():
        connection.execute(
            Scope.__table__.insert(),  # type: ignore[attr-defined]
            [
                {"scope": scope, "head": next(numbers) - 1, "horizon": 0}
                for scope, numbers in versions.items()
            ],
        )


def _tell(
    connection: Connection, numbers: range, installers: int, versions: dict[str, Iterator[int]]
) -> None:
    """The feed of each installer and of the team's lead."""
    rows = []
    for number in numbers:
        who = number % installers
        for person_id in (installer(who).id, lead(who // TEAM).id):
            scope = person_scope(person_id)
            version = next(versions.setdefault(scope, count(1)))
            rows.append((scope, "job", _new_id("jobs", number), version, "upsert"))
    names = "scope, kind, entity_id, version, change"
    marks = _marks(connection, 5)
    connection.exec_driver_sql(f"INSERT INTO feed_changes ({names}) VALUES ({marks})", rows)
