"""The office's pages at size: server time of every list, search, ticket and the board; weight of the pages.

`--tickets N` for a quick trial; without it a million on PostgreSQL (3 million photos, 10,000 installers, about
8 GB under /var/tmp while it runs) and 200,000 on SQLite. `--database` for one of the two alone.
"""

import gzip
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks import places
from benchmarks.office_shop import Filled, fill
from benchmarks.postgres import DurablePostgres
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.shops import config
from server.app import create_app
from server.serving import settle
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.live import LiveServer
from tests.pages.desks import BROWSER, Desk

TOPIC = "Office"
ON_POSTGRESQL, ON_SQLITE = 1_000_000, 200_000
ASKED, WARM_UP = 40, 3
BAR_MS, BOARD_MS, PAGE_MS = 100.0, 300.0, 50.0
FIRST_KB, NEXT_KB = 300.0, 60.0
LONGEST_S = 20.0  # for one line
SUN, BOB, WEI = people.SUN, people.BOB, people.WEI
FRAGMENT = {"HX-Request": "true"}


@dataclass(frozen=True)
class Ask:
    """One line: who asks for which addresses, one after the other."""

    what: str
    who: people.Character
    paths: Sequence[str]
    bar: float | None = BAR_MS
    headers: tuple[tuple[str, str], ...] = ()


# What is typed: rare and common, short and long, in both languages.
TYPED = {
    "a whole name": ["王伟芳", "李娜", "Giulia Rossi", "张丽强"],
    "a surname of a hundred thousand": ["王", "李", "张", "zhang", "li"],
    "a city of a hundred thousand": ["杭州", "杭", "成都市", "深圳"],
    "four digits of a phone": ["8000", "4321", "0001", "7777"],
    "the beginning of a phone": ["138", "1391", "150 00", "13800"],
    "a street": ["江南大道", "玉林路12", "天府大道 100"],
    "a surname and a city": ["王 杭州", "李 成都", "张 南山", "zhang wei 杭州"],
    "a surname, a street and a word": ["王 玉林路 油烟机", "李 江南 hood", "陈 文三路 柜门"],
    "a serial or an order": ["SN00000123", "2026-000", "SN", "sn0001"],
    "a word of many tickets": ["油烟机", "hood", "rattles", "漏水"],
    "one letter": ["a", "w", "1", "路"],
    "what nobody has": ["qqqqq", "龘", "99999999999"],
}


def asks(filled: Filled) -> list[Ask]:
    day = datetime.now(UTC).date().isoformat()
    tickets = [f"/office/tickets/{each}" for each in filled.ticket_ids]
    bench = [f"/office/verification/{each}" for each in filled.job_ids]
    files = [f"/office/customers/{each}" for each in filled.customer_ids]
    intake = [f"/office/intake/{each}" for each in filled.customer_ids]
    typed = [
        Ask(f"search: {what}", who, [f"/office/search?q={each}" for each in words], headers=HX)
        for what, words in TYPED.items()
        for who in (SUN, BOB)
    ]
    listed = [
        Ask(f"tickets: {what}", who, [f"/office/tickets?show=all&q={each}" for each in words])
        for what, words in TYPED.items()
        for who in (SUN, WEI)
    ]
    found = [
        Ask(f"intake: {what}", WEI, [f"/office/intake?q={each}" for each in words])
        for what, words in TYPED.items()
    ]
    return [
        Ask("Today", SUN, ["/office/"]),
        Ask("Today", BOB, ["/office/"]),
        *(
            Ask(f"tickets: {show}", who, [f"/office/tickets?show={show}"])
            for show in ("open", "closed", "all")
            for who in (SUN, BOB)
        ),
        Ask("tickets of a kind", SUN, ["/office/tickets?show=all&kind=complaint"]),
        Ask("tickets of a kind", BOB, ["/office/tickets?show=closed&kind=repair"]),
        Ask("a ticket", SUN, tickets),
        Ask("a ticket with 200 events", SUN, [f"/office/tickets/{filled.story}"]),
        Ask("plan a job", BOB, [f"/office/tickets/{filled.story}/plan"]),
        Ask("jobs of a day", BOB, [f"/office/jobs?day={day}"]),
        Ask("jobs of a day, whole shop", SUN, [f"/office/jobs?day={day}"]),
        Ask("verification: queue", SUN, ["/office/verification"]),
        Ask("verification: queue", WEI, ["/office/verification"]),
        Ask("verification: a visit", WEI, bench),
        Ask("revisits: waiting", SUN, ["/office/revisits"]),
        Ask("revisits: all", SUN, ["/office/revisits?show=all"]),
        Ask("revisits: all", BOB, ["/office/revisits?show=all"]),
        Ask("exceptions: open", SUN, ["/office/exceptions"]),
        Ask("exceptions: decided", SUN, ["/office/exceptions?show=decided"]),
        Ask("parts asked for: open", SUN, ["/office/part-requests"]),
        Ask("parts asked for: all", SUN, ["/office/part-requests?show=all"]),
        Ask("tablets", SUN, ["/office/devices"]),
        Ask("customers", SUN, ["/office/customers"]),
        Ask("customers", WEI, ["/office/customers"]),
        Ask("a customer's file", SUN, files),
        Ask("intake: a customer", SUN, intake),
        Ask("people", SUN, ["/office/people"]),
        Ask("people: words", SUN, ["/office/people?q=wang", "/office/people?q=王"]),
        Ask("parts", SUN, ["/office/parts"]),
        Ask("stock", SUN, ["/office/stock"]),
        Ask("stock ledger", SUN, ["/office/movements"]),
        Ask("audit", SUN, ["/office/audit"]),
        Ask("board, 100 installers × 1 day", BOB, [f"/office/board?day={day}"], bar=BOARD_MS),
        *_of_figures(datetime.now(UTC).date()),
        *_of_single_things(filled, day),
        Ask("the customer's page", SUN, filled.pages, bar=PAGE_MS),
        Ask(
            "the customer's page: news", SUN, [f"{each}/news" for each in filled.pages], bar=PAGE_MS
        ),
        Ask(
            "the customer's page: other times",
            SUN,
            [f"{each}/move" for each in filled.pages],
            bar=None,
        ),
        Ask("search: before anything is typed", SUN, ["/office/search"], headers=HX),
        *typed,
        *listed,
        *found,
    ]


HX = tuple(FRAGMENT.items())


def _of_figures(today: date) -> list[Ask]:
    """Each way to tell them, over a month, a year and an odd stretch of two; and the lists behind the numbers."""
    stretch = f"period=chosen&from={today - timedelta(days=650)}&until={today - timedelta(days=9)}"
    ways = [
        *("figure=closed_on_promise&by=installer", "figure=first_time_fix&by=installer&sort=worst"),
        *("figure=on_time_arrival&by=branch", "figure=photo_rejection&by=organisation"),
        *("figure=stars&by=product", "figure=revisits&by=cause", "figure=stars&by=week"),
    ]
    lists_ = [
        *(
            "closed_on_promise?show=all",
            "closed_on_promise?show=misses",
            "first_time_fix?show=left_out",
        ),
        *("on_time_arrival?show=misses", "photo_rejection?show=hits", "stars?show=all"),
        *("revisits?show=all", "revisits?show=all&by=cause&of=not_fixed"),
        f"on_time_arrival?show=all&by=installer&of={people.ALICE.id}",
    ]
    periods = {
        "this month": "period=this_month",
        "this year": f"period=chosen&from={today.replace(month=1, day=1)}&until={today}",
        "two years": stretch,
    }
    told = [
        Ask(f"figures, {name}", who, [f"/office/figures?{period}&{way}" for way in ways])
        for name, period in periods.items()
        for who in (SUN, BOB)
    ]
    days = f"from={today - timedelta(days=650)}&until={today}"
    opened = [
        Ask(f"figures opened: {each}", SUN, [f"/office/figures/{each}&{days}"]) for each in lists_
    ]
    return [Ask("figures", SUN, ["/office/figures"]), *told, *opened]


def _of_single_things(filled: Filled, day: str) -> list[Ask]:
    """One of each, and the pages from which it is changed."""
    file, ticket = (
        f"/office/customers/{filled.customer_ids[0]}",
        f"/office/tickets/{filled.story}",
    )
    return [
        Ask("customers: their time is up", SUN, ["/office/customers?show=time_is_up"]),
        Ask("a customer: edit", SUN, [f"{file}/edit"]),
        Ask("a customer: erase", SUN, [f"{file}/erase"]),
        Ask("a ticket: edit", WEI, [f"{ticket}/edit"]),
        Ask("a person", SUN, [f"/office/people/{people.ALICE.id}"]),
        Ask("a person: leave", SUN, [f"/office/people/{people.ALICE.id}/leave"]),
        Ask("organisations", SUN, ["/office/organisations"]),
        Ask("a branch", SUN, [f"/office/organisations/{people.NORTH}"]),
        Ask("a contractor", SUN, [f"/office/organisations/{people.CONTRACTOR}"]),
        Ask("stock of a van", SUN, [f"/office/stock/van:{people.ALICE.id}"]),
        Ask("products", SUN, ["/office/products"]),
        Ask("counts", SUN, ["/office/counts"]),
        Ask("variances", SUN, ["/office/variances"]),
        Ask("imports", SUN, ["/office/imports"]),
        Ask("exports", SUN, ["/office/exports"]),
        Ask("route sheets", BOB, [f"/office/route-sheets?day={day}"], bar=BOARD_MS),
        Ask("verification: by policy", SUN, ["/office/verification?show=policy"]),
        Ask("jobs left unready", SUN, [f"/office/jobs?day={day}&show=unready"]),
        Ask("tickets: at risk", SUN, ["/office/tickets?show=at_risk"]),
        Ask("tickets: at risk", WEI, ["/office/tickets?show=at_risk"]),
        Ask("settings", SUN, ["/office/settings"]),
        Ask("audit of a ticket", SUN, [f"/office/audit?noun=ticket&words={filled.story}"]),
    ]


def run(record: Record, settings: Settings) -> None:
    with places.temporary("office") as folder:
        if "sqlite" in settings.databases:
            count = settings.tickets or ON_SQLITE
            _on_sqlite(record, folder, count)
        if "postgresql" in settings.databases:
            count = settings.tickets or ON_POSTGRESQL
            with Roomy() as postgres:
                _measure(record, "PostgreSQL", postgres.create_database("office"), count, folder)


def _on_sqlite(record: Record, folder: Path, count: int) -> None:
    _measure(record, "SQLite", f"sqlite:///{folder / 'office.sqlite3'}", count, folder)


class Roomy(DurablePostgres):
    """With the memory that a shop of this size gives it."""

    def __init__(self) -> None:
        super().__init__()
        more = {"shared_buffers": "1GB", "effective_cache_size": "4GB", "work_mem": "16MB"}
        poured = {"max_wal_size": "8GB", "wal_level": "minimal", "max_wal_senders": "0"}
        self.settings = {**self.settings, **more, **poured}


def _measure(record: Record, name: str, url: str, count: int, folder: Path) -> None:
    started = time.monotonic()
    now = datetime.now(UTC).replace(microsecond=0)
    filled = fill(url, count, now, folder / "media")
    print(
        f"  {name}: {count} tickets filled in after {time.monotonic() - started:.0f} s", flush=True
    )
    settings = config(url, folder / "media")
    clock = HandClock()
    clock.now = now
    app = create_app(settings, clock=clock)
    desks = {
        who: Desk(Client(app, app.response_class, use_cookies=True)) for who in (SUN, BOB, WEI)
    }
    for who, desk in desks.items():
        desk.signs_in(who)
    settle()  # as a process of the server does
    slow = []
    for ask in asks(filled):
        times = _times(desks[ask.who], ask)
        if times is None:
            record.warn(f"{ask.what} ({ask.paths[0]}) is not there yet, so it is not measured.")
            continue
        what = f"{name}, {ask.what} ({ask.who.name}), p95"
        p95 = _share([wall for wall, _cpu in times], 0.95)
        told = [_share([each[at] for each in times], 0.5) for at in (0, 1)]
        against = f"p50 {told[0]:.1f} ms, of it {told[1]:.1f} ms of our processor"
        record.note(Line(TOPIC, what, p95, "ms", ask.bar, at_most=True, against=against))
        if ask.bar and p95 > ask.bar:
            slow.append(what)
    print(f"  {name}: {len(slow)} lines are too slow", flush=True)
    app.extensions["doorstep"].database.close()
    with LiveServer(settings, folder / f"{name}.log") as server:
        _through_the_server(record, name, server.address, filled)


def _times(desk: Desk, ask: Ask) -> list[tuple[float, float]] | None:
    """Milliseconds of each answer, by the clock and of the processor; None where there is no such page."""
    times: list[tuple[float, float]] = []
    give_up_at = time.monotonic() + LONGEST_S
    for number in range(WARM_UP + ASKED):
        path = ask.paths[number % len(ask.paths)]
        began, worked = time.perf_counter(), time.process_time()
        answer = desk.client.get(path, headers={**BROWSER, **dict(ask.headers)})
        took, work = time.perf_counter() - began, time.process_time() - worked
        if answer.status_code == 404:
            return None
        assert answer.status_code in (200, 303), (path, answer.status_code)
        if number >= WARM_UP:
            times.append((took * 1000, work * 1000))
        if time.monotonic() > give_up_at and times:
            break
    return times


def _share(times: list[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# Through the real server, as a browser asks.

WEIGHED = ["/office/", "/office/tickets?show=all", "/office/tickets/{story}", "/office/verification",
           "/office/intake", "/office/board", "/office/figures", "/office/search?q=王"]  # fmt: skip


def _through_the_server(record: Record, name: str, address: str, filled: Filled) -> None:
    with httpx.Client(base_url=address, headers={"Accept-Encoding": "gzip"}) as browser:
        form = {"username": SUN.username, "password": people.PASSWORD}
        signed_in = browser.post("/office/sign-in", data=form, headers=BROWSER)
        assert signed_in.status_code == 303, signed_in.text
        first, following, waits = [], [], []
        for path in (each.format(story=filled.story) for each in WEIGHED):
            began = time.perf_counter()
            page = browser.get(path, headers=BROWSER)
            waits.append((time.perf_counter() - began) * 1000)
            if page.status_code == 404:
                continue
            weight = _sent(page)
            parts = {each: _sent(browser.get(each)) for each in _parts(page.text)}
            following.append((weight / 1000, path))
            first.append(((weight + sum(parts.values())) / 1000, path))
        for what, found, bar in (("first", first, FIRST_KB), ("next", following, NEXT_KB)):
            heaviest, path = max(found)
            line = f"{name}, heaviest {what} visit ({path.split('?')[0]}), gzip"
            record.note(Line(TOPIC, line, heaviest, "KB", bar, at_most=True))
        times = [
            _loopback(browser, f"/office/tickets/{each}") for each in filled.ticket_ids[:ASKED]
        ]
        what = f"{name}, a ticket through the real server, p95"
        record.note(Line(TOPIC, what, _share(times, 0.95), "ms", BAR_MS, at_most=True))


def _loopback(browser: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    browser.get(path, headers=BROWSER)
    return (time.perf_counter() - began) * 1000


def _sent(answer: httpx.Response) -> int:
    """Bytes on the wire: packed, where it was sent so."""
    assert answer.status_code == 200, answer.url
    told = answer.headers.get("content-length")
    return int(told) if told else len(gzip.compress(answer.content))


def _parts(html: str) -> set[str]:
    """What a browser fetches with a page that it has never seen."""
    return set(re.findall(r'(?:src|href)="(/office/static/[^"]+)"', html))
