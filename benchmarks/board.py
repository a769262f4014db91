"""The dispatch board: server time of a day of 100 installers with 500 jobs, among many other days.

Measured is what the server does for one page, from the request to the whole answer, in one process and
without a network: signing in, questions, drawing. And what it does for a page that asks for news in vain.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from benchmarks import places, shops
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from benchmarks.statistics import median, percentile
from server.app import create_app
from server.db.engine import Database
from server.db.jobs import Job
from server.db.tickets import Ticket
from tests import people
from tests.client import Client
from tests.pages.desks import BROWSER, Desk

TOPIC = "Dispatch board"
INSTALLERS, A_DAY, DAYS, WAITING = (
    90,
    500,
    40,
    2_000,
)  # 90 installers and their 9 leads, and Alice and Lena
LOOKS, LOOKS_BEFORE = 60, 5
WINDOW = timedelta(minutes=90)
BAR_MS = 300


def run(record: Record, settings: Settings) -> None:
    with places.temporary("board") as folder:
        shop = shops.on_sqlite(INSTALLERS, A_DAY * DAYS, folder / "shop.sqlite3")
        morning = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        _spread(shop, morning)
        for view, bar in (("day", BAR_MS), ("week", None)):
            _measure(record, shop, folder, view, bar)


def _spread(shop: shops.Shop, morning: datetime) -> None:
    """Five or six jobs a day for everybody, half of the days gone and half to come; some wait for a plan."""

    def act(session: Session) -> None:
        first = morning - timedelta(days=DAYS // 2)
        session.execute(
            update(Job.__table__)  # type: ignore[arg-type]
            .where(Job.id == bindparam("which"))
            .values(window_start=bindparam("start"), window_end=bindparam("end")),
            [_window_of(shop, number, first) for number in range(shop.jobs)],
        )
        waiting = select(Job.ticket_id).where(Job.window_start < first + timedelta(days=DAYS // 2))
        session.execute(
            update(Ticket)
            .where(Ticket.id.in_(waiting.limit(WAITING)))
            .values(state="new", opened_at=morning)
        )

    database = Database(shop.url)
    database.write(act)
    database.close()


def _window_of(shop: shops.Shop, number: int, first: datetime) -> dict[str, object]:
    """The installer of job `number` is `number % installers`: one round after the other."""
    day, of_day = divmod(number, A_DAY)
    start = first + timedelta(days=day) + (of_day // shop.installers) * WINDOW
    return {"which": shop.job_id(number), "start": start, "end": start + WINDOW}


def _measure(record: Record, shop: shops.Shop, folder: Path, view: str, bar: float | None) -> None:
    app = create_app(shops.config(shop.url, folder))
    desk = Desk(Client(app, app.response_class, use_cookies=True))
    desk.signs_in(people.BOB)
    address = f"/office/board?view={view}"
    page = desk.opens(address)
    bars = page.html.count("data-job=")
    looks = [_milliseconds(lambda: desk.opens(address)) for _ in range(LOOKS + LOOKS_BEFORE)]
    asks = {**BROWSER, "HX-Request": "true", "X-By-Itself": "1"}
    mark = desk.client.get(address, headers=asks).headers["ETag"]
    in_vain = {**asks, "If-None-Match": mark}
    answers = [
        _milliseconds(lambda: desk.client.get(address, headers=in_vain)) for _ in range(LOOKS)
    ]
    app.extensions["doorstep"].database.close()
    what = f"a {view} of {page.html.count('data-lane=')} installers, {bars} jobs"
    found = looks[LOOKS_BEFORE:]
    against = f"median {median(found):.0f} ms, {len(page.html.encode()) / 1000:.0f} kB"
    record.note(
        Line(TOPIC, f"{what}: page, p95", percentile(found, 0.95), "ms", bar, True, against)
    )
    record.note(Line(TOPIC, f"{what}: news in vain, p95", percentile(answers, 0.95), "ms"))


def _milliseconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
