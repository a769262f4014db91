"""A shop of the size that the office's pages are measured with: rows are poured in past the product.

One ticket with its trip is played by the product itself; its rows are the pattern of all others, with names,
numbers, addresses, days and states of their own, as many people and cities share them.
"""

import json
import os
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from benchmarks import office_figures
from benchmarks.shops import config
from server import signed_links
from server.actions import customer_links
from server.app import create_app
from server.db import migrate, words
from server.db.customer_acts import CustomerAct
from server.db.customer_links import CustomerLink
from server.db.models import Table
from server.db.people import Device, Organisation, Person
from server.db.tables import plain
from server.domain.customer_links import Purpose
from server.reports.counting import Row
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.people import NORTH
from tests.shop import Shop as Desk

BRANCHES, TEAM = 100, 10
RECENT = 20_000  # jobs with all that a page shows of them
ON_A_DAY = 4  # jobs of an installer of the first branch today
WAITING = {"verify": 2_000, "open": 8_000, "revisits": 3_000, "parts": 3_000, "exceptions": 2_000}
YEARS = timedelta(days=730)

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志文斌宇欣怡梓涵浩然雨晨子轩佳琪思远俊豪"
LATIN = ("Li Na", "Zhang Wei", "Anna Kürz", "Linh Nguyen", "James O'Brien", "Giulia Rossi")
CITIES = (("浙江省", "杭州市"), ("四川省", "成都市"), ("广东省", "深圳市"), ("江苏省", "南京市"))
DISTRICTS = [
    "滨江区",
    "西湖区",
    "武侯区",
    "成华区",
    "南山区",
    "福田区",
    "鼓楼区",
    "玄武区",
    "锦江区",
    "余杭区",
]
STREETS = [
    "江南大道",
    "玉林路",
    "桐梓林北路",
    "科技园路",
    "中山南路",
    "文三路",
    "天府大道",
    "深南大道",
    "长江路",
    "望江路",
]
FAULTS = (
    "油烟机异响",
    "柜门关不严",
    "The hood rattles",
    "抽屉滑轨松动",
    "Door does not close",
    "水槽漏水",
)


PLAYED = (
    "customers",
    "sites",
    "assets",
    "tickets",
    "jobs",
    "visits",
    "photos",
    "receipts",
    "field_events",
    "audit",
    "revisits",
)
POURED = (
    *PLAYED,
    *("organisations", "people", "devices", "part_requests", "exceptions", "figure_facts"),
)


@dataclass(frozen=True)
class Filled:
    """The addresses and ids with which pages are asked for."""

    url: str
    tickets: int
    ticket_ids: list[str]
    job_ids: list[str]
    customer_ids: list[str]
    story: str
    """The ticket with two hundred events."""
    pages: list[str]
    """Links of customers to act, each to the page of one ticket."""


@dataclass(frozen=True)
class Pattern:
    """Rows of the ticket that was played, by table, as the driver gives them."""

    rows: dict[str, list[dict[str, Any]]]

    def one(self, table: str) -> dict[str, Any]:
        return self.rows[table][-1]


def fill(url: str, count: int, now: datetime, media: Path) -> Filled:
    """Makes and fills an empty database; some minutes for a million."""
    migrate.upgrade(url)
    app = create_app(config(url, media))
    database = app.extensions["doorstep"].database
    database.write(people.move_in)
    pattern = _play(app, now)
    with database.engine.connect() as connection:
        with connection.begin():
            _hurry(connection)
            indexes = _drop_indexes(connection)
            rows = _Rows(pattern, count, now)
            for table, some in rows.of_all():
                _pour(connection, table, some)
            for index in indexes:
                index.create(connection)
        with connection.begin():
            words.make_anew(connection)
        if (
            connection.dialect.name == "postgresql"
        ):  # SQLite has no statistics in the product, either
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
    database.close()
    os.sync()  # nobody who is measured pays for the filling
    secret = app.extensions["doorstep"].config.secret
    return Filled(
        url,
        count,
        rows.ticket_ids(),
        rows.job_ids(),
        rows.customer_ids(),
        rows.story,
        rows.pages(secret),
    )


def _play(app: Any, now: datetime) -> Pattern:
    """Wei, Bob and Alice do one ticket with a finished trip."""
    from flask_jwt_extended import create_access_token

    clock = HandClock()
    clock.now = now - timedelta(hours=5)
    app.extensions["doorstep"] = _with_clock(app.extensions["doorstep"], clock)

    def sign_in(who: people.Character) -> Client:
        with app.app_context():
            claims = {"chain": who.chain_id, "device": None, "exp": int(now.timestamp()) + 10**7}
            token = create_access_token(who.id, additional_claims=claims)
        client = Client(app, app.response_class, use_cookies=True)
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    desk = Desk(sign_in, clock)
    job = desk.issues_a_job(desk.opens_a_ticket())
    trip = desk.sends(people.ALICE, job)
    trip.completes(reservation="The left door hangs low.")
    trip.comes_home()
    with app.extensions["doorstep"].database.engine.connect() as connection:
        return Pattern(
            {
                table: [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()]
                for table in PLAYED
            }
        )  # fmt: skip


def _with_clock(house: Any, clock: HandClock) -> Any:
    import dataclasses

    return dataclasses.replace(house, clock=clock)


def _hurry(connection: Connection) -> None:
    """Nothing is checked or flushed while it is poured in."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
    else:
        connection.exec_driver_sql("PRAGMA cache_size = -400000")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


def _drop_indexes(connection: Connection) -> list[Any]:
    """Those of the tables that are filled; they are made again at once, which is faster."""
    found = []
    for table in Table.metadata.sorted_tables:
        if table.name in POURED:
            for index in table.indexes:
                index.drop(connection)
                found.append(index)
    return found


def _pour(connection: Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    names = list(first)
    told = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.driver_connection
    values = (tuple(row.values()) for row in _with(first, rows))
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({told}) FROM STDIN") as copying:
            for each in values:
                copying.write_row(each)
    else:
        marks = ", ".join("?" * len(names))
        driver.executemany(f"INSERT INTO {table} ({told}) VALUES ({marks})", values)


def _with(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


class _Rows:
    """All the rows, table by table. `count` tickets, the last of them opened a moment ago."""

    def __init__(self, pattern: Pattern, count: int, now: datetime) -> None:
        self.pattern, self.count, self.now = pattern, count, now
        self.recent = min(RECENT, count // 5)
        self.installers = max(TEAM * BRANCHES, count // 100)
        self.customers = max(1, count * 2 // 5)
        self.chance = random.Random(5)
        self.is_text = isinstance(pattern.one("tickets")["opened_at"], str)
        self.story = self._ticket((count - 1) // BRANCHES * BRANCHES)  # of the first branch
        share = min(1.0, count / 1_000_000)
        self.waiting = {
            name: max(2 * BRANCHES, int(size * share)) for name, size in WAITING.items()
        }

    # Names and numbers.

    def _at(self, moment: datetime) -> Any:
        """As the driver writes it."""
        if not self.is_text:
            return moment
        shape = self.pattern.one("tickets")["opened_at"]
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[: len(shape)]

    def _opened(self, number: int) -> datetime:
        return self.now - YEARS * (1 - (number + 1) / self.count) - timedelta(minutes=1)

    def _id(self, table: int, number: int) -> str:
        return f"01990000-0000-7000-8000-{table:01x}{number:011d}"

    def _ticket(self, number: int) -> str:
        return f"T-{number + 5_000}"

    def _job(self, number: int) -> str:
        return f"J-{number + 5_000}"

    def _branch(self, number: int) -> str:
        """Of a customer; the first branch is North."""
        at = number % BRANCHES
        return NORTH if at == 0 else self._id(1, at)

    def _installer(self, number: int) -> str:
        return self._id(2, number)

    def _of_ticket(self, number: int) -> tuple[int, int]:
        """The customer of a ticket and the installer of its job, both of one branch."""
        branch = number % BRANCHES
        customer = (number * 7919 % self.customers) // BRANCHES * BRANCHES + branch
        customer = customer if customer < self.customers else branch
        each = max(1, self.installers // BRANCHES)
        return customer, branch + BRANCHES * (number // BRANCHES % each)

    def ticket_ids(self) -> list[str]:
        some = range(self.count - self.recent, self.count, max(1, self.recent // 50))
        return [self._ticket(number) for number in some]

    def job_ids(self) -> list[str]:
        some = range(self.count - self.waiting["verify"], self.count)
        return [self._job(number) for number in some if number % BRANCHES == 0][:40]

    def customer_ids(self) -> list[str]:
        return [self._id(3, number) for number in range(0, self.customers, self.customers // 40)]

    def pages(self, secret: str) -> list[str]:
        """Of the recent tickets, which have the most to tell, and of some from all over the years."""
        step = max(1, self.recent // 30)
        recent = range(self.count - self.recent, self.count, step)
        old = range(0, self.count - self.recent, max(1, self.count // 10))
        mark = customer_links.MARK + Purpose.ACT
        ids = (self._id(14, number) for number in (*recent, *old))
        return [f"/c/act/{signed_links.token(secret, mark, each)}" for each in ids]

    # Tables.

    def of_all(self) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
        makers: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
            "organisations": self.organisations,
            "people": self.people,
            "devices": self.devices,
            "customers": self.of_customers,
            "sites": self.sites,
            "assets": self.assets,
            "tickets": self.tickets,
            "jobs": self.jobs,
            "visits": self.visits,
            "photos": self.photos,
            "receipts": self.receipts,
            "field_events": self.events,
            "customer_links": self.links,
            "customer_acts": self.acts,
            "audit": self.audit,
            "revisits": self.revisits,
            "part_requests": self.part_requests,
            "exceptions": self.exceptions,
            "figure_facts": lambda: office_figures.as_poured(self._facts()),
            "figure_totals": lambda: office_figures.sums(self._facts()),
        }
        for table, make in makers.items():
            yield table, make()

    def _plain(self, kind: Any, /, **values: Any) -> dict[str, Any]:
        row = vars(plain(kind, **values))
        return {
            name: json.dumps(value) if isinstance(value, list | dict) else value
            for name, value in row.items()
        }

    def organisations(self) -> Iterator[dict[str, Any]]:
        for number in range(1, BRANCHES):
            its_id = self._id(1, number)
            yield self._plain(Organisation, id=its_id, kind="branch", name=f"Branch {number}")

    def people(self) -> Iterator[dict[str, Any]]:
        for number in range(self.installers):
            yield self._plain(
                Person,
                id=self._installer(number),
                username=f"installer{number}",
                name=self._name(number),
                role="installer",
                organisation_id=self._branch(number),
                team=f"team {number // BRANCHES // TEAM} of {number % BRANCHES}",
                password_hash=people.password_hash(),
            )

    def _name(self, number: int) -> str:
        if number % 10 == 9:
            return LATIN[number // 10 % len(LATIN)]
        surname = SURNAMES[min(len(SURNAMES) - 1, int(self.chance.expovariate(0.11)))]
        given = "".join(self.chance.choices(GIVEN, k=1 + number % 2))
        return surname + given

    def devices(self) -> Iterator[dict[str, Any]]:
        for number in range(self.installers):
            yield self._plain(
                Device,
                id=self._id(8, number),
                platform="android",
                name=f"Tablet {number}",
                secret_hash="0" * 64,
                enrolled_by=self._installer(number),
                enrolled_at=self._at(self.now - timedelta(days=300)),
                last_seen_at=self._at(self.now - timedelta(hours=number % 30)),
            )

    def of_customers(self) -> Iterator[dict[str, Any]]:
        pattern = self.pattern.one("customers")
        for number in range(self.customers):
            phone = f"1{3 + number % 7}{number * 7_654_321 % 10**9:09d}"
            yield {
                **pattern,
                "id": self._id(3, number),
                "branch_id": self._branch(number),
                "name": self._name(number),
                "phone": phone,
                **({"phone_key": phone} if "phone_key" in pattern else {}),
                "created_at": self._at(self.now - YEARS),
            }

    def sites(self) -> Iterator[dict[str, Any]]:
        for number in range(self.customers):
            province, city = CITIES[number // 3 % len(CITIES)]
            street = STREETS[number // 7 % len(STREETS)]
            yield {
                **self.pattern.one("sites"),
                "id": self._id(4, number),
                "customer_id": self._id(3, number),
                "address": f"{street}{number % 900}号{number % 30}幢{number % 6}单元{number % 1999}室",
                "district": DISTRICTS[number % len(DISTRICTS)],
                "city": city,
                "province": province,
            }

    def assets(self) -> Iterator[dict[str, Any]]:
        for number in range(self.customers):
            yield {
                **self.pattern.one("assets"),
                "id": self._id(5, number),
                "site_id": self._id(4, number),
                "serial": f"SN{number:09d}",
                "order_number": f"2026-{number * 31 % 10**8:08d}",
            }

    def _state(self, number: int) -> str:
        behind = self.count - 1 - number
        if behind < self.waiting["verify"]:
            return "verifying"
        behind -= self.waiting["verify"]
        if behind < self.waiting["open"]:
            return ("new", "triaged", "planned", "in_progress")[behind % 4]
        return "cancelled" if number % 40 == 3 else "closed"

    def tickets(self) -> Iterator[dict[str, Any]]:
        kinds = ("repair", "installation", "complaint", "maintenance")
        for number in range(self.count):
            customer, _ = self._of_ticket(number)
            opened, state = self._opened(number), self._state(number)
            yield {
                **self.pattern.one("tickets"),
                "id": self._ticket(number),
                "branch_id": self._branch(customer),
                "customer_id": self._id(3, customer),
                "site_id": self._id(4, customer),
                "asset_id": self._id(5, customer),
                "kind": kinds[number % len(kinds)],
                "summary": FAULTS[number % len(FAULTS)],
                "state": state,
                "opened_at": self._at(opened),
                "closed_at": self._at(opened + timedelta(days=2)) if state == "closed" else None,
                **self._ends(number, is_over=state in ("closed", "cancelled")),
                "cancelled_at": self._at(opened) if state == "cancelled" else None,
            }

    def _ends(self, number: int, *, is_over: bool) -> dict[str, Any]:
        """When its promise warns and breaks: a third of the open ones are at risk, a third is broken."""
        if is_over:
            return {"at_risk_from": None, "breaks_at": None}
        warns = self.now + timedelta(minutes=number % 360 - 240)
        return {
            "at_risk_from": self._at(warns),
            "breaks_at": self._at(warns + timedelta(hours=2)),
        }

    def _facts(self) -> Iterator[Row]:
        """Of every closed ticket, in the order of their days."""
        product = self.pattern.one("assets")["product_id"]
        for number in range(self.count):
            if self._state(number) == "closed":
                customer, installer = self._of_ticket(number)
                day = (self._opened(number) + timedelta(days=2)).date()
                whose = (self._branch(customer), self._installer(installer), product)
                ids = (self._ticket(number), self._job(number))
                yield from office_figures.of_ticket(number, *ids, day, *whose)

    def _window(self, number: int) -> datetime:
        """Today for the newest ones of the first branch, otherwise the day after the ticket."""
        behind = self.count - 1 - number
        if behind < ON_A_DAY * self.installers:
            at = self.now.replace(hour=1, minute=0, second=0, microsecond=0)
            return at + timedelta(hours=2 * (behind // self.installers))
        return self._opened(number) + timedelta(days=1)

    def jobs(self) -> Iterator[dict[str, Any]]:
        states = {"new": "issued", "triaged": "issued", "planned": "accepted"}
        for number in range(self.count):
            customer, installer = self._of_ticket(number)
            state, window = self._state(number), self._window(number)
            is_recent = number >= self.count - self.recent
            is_done = state in ("closed", "verifying")
            yield {
                **self.pattern.one("jobs"),
                "id": self._job(number),
                "ticket_id": self._ticket(number),
                "branch_id": self._branch(customer),
                "site_id": self._id(4, customer),
                "asset_id": self._id(5, customer),
                "window_start": self._at(window),
                "window_end": self._at(window + timedelta(hours=2)),
                "assignee_id": self._installer(installer),
                "issued_at": self._at(self._opened(number)),
                "visit_id": self._id(6, number),
                "verdict": "accept" if state == "closed" else None,
                "state": {"closed": "verified", "verifying": "finished"}.get(
                    state, states.get(state, "issued")
                )
                if state != "cancelled"
                else "cancelled",
                "outcome": "completed" if is_done else None,
                "finished_at": self._at(window + timedelta(hours=1)) if is_done else None,
                "received": "complete" if is_done else "none",
                **({} if is_recent else {"document": "{}"}),
            }

    def visits(self) -> Iterator[dict[str, Any]]:
        whole = self.pattern.one("visits")
        for number in range(self.count):
            is_recent = number >= self.count - self.recent
            yield {
                **whole,
                "id": self._id(6, number),
                "job_id": self._job(number),
                "person_id": self._installer(self._of_ticket(number)[1]),
                "content": whole["content"] if is_recent else "{}",
            }

    def photos(self) -> Iterator[dict[str, Any]]:
        for number in range(self.count):
            _, installer = self._of_ticket(number)
            state = self._state(number)
            for place in range(3):
                yield {
                    **self.pattern.one("photos"),
                    "id": self._id(7, number * 3 + place),
                    "job_id": self._job(number),
                    "visit_id": self._id(6, number),
                    "slot": "before" if place == 0 else "after",
                    "sha256": f"{number * 3 + place:064x}",
                    "taken_by": self._installer(installer),
                    "taken_at": self._at(self._window(number) + timedelta(minutes=place)),
                    "state": "checked",
                    "verdict": "accept" if state == "closed" else None,
                }

    def receipts(self) -> Iterator[dict[str, Any]]:
        for number in range(self.count - self.recent, self.count):
            yield {
                **self.pattern.one("receipts"),
                "id": self._id(9, number),
                "job_id": self._job(number),
                "visit_id": self._id(6, number),
            }

    def links(self) -> Iterator[dict[str, Any]]:
        """One for every ticket; those of long ago were used and would have run out."""
        for number in range(self.count):
            yield self._plain(
                CustomerLink,
                id=self._id(14, number),
                ticket_id=self._ticket(number),
                purpose="act",
                made_for="notice",
                made_at=self._at(self._opened(number)),
                expires_at=self._at(self.now + timedelta(days=30)),
            )

    def acts(self) -> Iterator[dict[str, Any]]:
        """A confirmation and a note for each recent job."""
        for number in range(self.count - self.recent, self.count):
            for place, kind in enumerate(("confirmed", "noted")):
                yield self._plain(
                    CustomerAct,
                    id=self._id(15, number * 2 + place),
                    ticket_id=self._ticket(number),
                    job_id=self._job(number),
                    link_id=self._id(14, number),
                    kind=kind,
                    at=self._at(self._opened(number)),
                    words="门禁 4711" if kind == "noted" else "",
                    details={},
                )

    def events(self) -> Iterator[dict[str, Any]]:
        """A dozen for each recent job; two hundred for one."""
        made = 0
        for number in range(self.count - self.recent, self.count):
            wanted = 200 if self._ticket(number) == self.story else 12
            for place in range(wanted):
                pattern = self.pattern.rows["field_events"]
                made += 1
                yield {
                    **pattern[place % len(pattern)],
                    "id": self._id(10, made),
                    "seq": 1_000 + made,
                    "job_id": self._job(number),
                    "captured_est": self._at(self._window(number) + timedelta(minutes=place)),
                }

    def audit(self) -> Iterator[dict[str, Any]]:
        pattern = {**self.pattern.one("audit"), "details": "{}"}
        for number in range(2 * self.count):
            noun = ("ticket", self._ticket(number // 2)) if number % 2 else (
                "job", self._job(number // 2)
            )  # fmt: skip
            yield {
                **pattern,
                "id": number + 1_000,
                "at": self._at(self._opened(number // 2)),
                "act": f"{noun[0]}.{'opened' if number % 2 else 'issued'}",
                "noun": noun[0],
                "noun_id": noun[1],
            }

    def revisits(self) -> Iterator[dict[str, Any]]:
        """One for each fiftieth ticket; the newest are open."""
        numbers = range(0, self.count, 50)
        for place, number in enumerate(numbers):
            is_open = len(numbers) - place <= self.waiting["revisits"]
            yield {
                **self.pattern.one("revisits"),
                "id": self._id(11, number),
                "ticket_id": self._ticket(number),
                "job_id": self._job(number),
                "state": ("due", "proposed")[place % 2] if is_open else "done",
                "opened_at": self._at(self._opened(number)),
            }

    def part_requests(self) -> Iterator[dict[str, Any]]:
        from server.db.parts import PartRequest

        numbers = range(0, self.count, 40)
        for place, number in enumerate(numbers):
            is_open = len(numbers) - place <= self.waiting["parts"]
            yield self._plain(
                PartRequest,
                id=self._id(12, number),
                ticket_id=self._ticket(number),
                job_id=self._job(number),
                words="the seal of the door",
                quantity=1,
                reason="missing",
                state="requested" if is_open else "arrived",
                requested_at=self._at(self._opened(number)),
            )

    def exceptions(self) -> Iterator[dict[str, Any]]:
        from server.db.exceptions import FieldException

        numbers = range(0, self.count, 60)
        for place, number in enumerate(numbers):
            customer, _ = self._of_ticket(number)
            is_open = len(numbers) - place <= self.waiting["exceptions"]
            yield self._plain(
                FieldException,
                id=self._id(13, number),
                kind="work_on_cancelled",
                subject=f"{number}",
                branch_id=self._branch(customer),
                ticket_id=self._ticket(number),
                job_id=self._job(number),
                owner_role="dispatcher",
                state="open" if is_open else "decided",
                opened_at=self._at(self._opened(number)),
            )
