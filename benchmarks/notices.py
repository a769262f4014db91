"""Notices: how many of them one worker takes out in a minute, by mail and by webhooks, each step durable."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from benchmarks import places
from benchmarks.postgres import DurablePostgres
from benchmarks.report import Line, Record
from benchmarks.settings import Settings
from server.config import Config
from server.db import migrate
from server.db.engine import Database
from server.db.notices import Endpoint, Notice
from server.db.people import Person
from server.ids import new_id
from server.notices import endpoints
from tests import make, people
from tests.live import Command, environment
from tests.notices.receivers import Hook, Mailbox

TOPIC = "Notices"
MAILS, CALLS = 2_000, 1_000
BAR = 1_000  # a minute
PATIENCE_S = 300.0
SECRET = "only for benchmarks, and nothing else"


def run(record: Record, settings: Settings) -> None:
    with places.temporary("notices") as folder:
        _measure(record, "SQLite", f"sqlite:///{folder / 'shop.sqlite3'}", folder)
    with places.temporary("notices") as folder, DurablePostgres() as server:
        _measure(record, "PostgreSQL", server.create_database("notices"), folder)


def _measure(record: Record, name: str, url: str, folder: Path) -> None:
    migrate.upgrade(url)
    database = Database(url)
    config = Config(database_url=url, media=folder / "media", secret=SECRET, own_network=True)
    with ExitStack() as stack:
        mailbox, hook = stack.enter_context(Mailbox()), stack.enter_context(Hook())
        for what, count, fill in (
            ("mails", MAILS, _mails),
            ("webhooks, to one endpoint", CALLS, _calls),
        ):
            database.write(partial(fill, config=config, hook=hook, count=count))
            rate = _drained(database, config, mailbox, folder)
            told = f"{what} a minute, one worker, {name}"
            record.note(Line(TOPIC, told, rate, "", bar=BAR))
    database.close()


def _drained(database: Database, config: Config, mailbox: Mailbox, folder: Path) -> float:
    """A minute's worth, from the first that was sent to the last."""
    more = {
        "DOORSTEP_SMTP": f"smtp://127.0.0.1:{mailbox.port}",
        "DOORSTEP_MAIL_FROM": "service@shop.example",
        "DOORSTEP_OWN_NETWORK": "true",
    }
    begun = datetime.now(UTC)
    with Command(["worker"], environment(config, **more), folder / "worker.log"):
        deadline = time.monotonic() + PATIENCE_S
        while database.read(lambda s: s.scalar(select(Notice.id).where(_is_open()).limit(1))):
            if time.monotonic() > deadline:
                raise TimeoutError("the worker did not come to an end")
            time.sleep(0.2)
    sent = select(func.count(), func.min(Notice.sent_at), func.max(Notice.sent_at))
    count, first, last = database.read(
        lambda s: s.execute(sent.where(Notice.sent_at >= begun)).one()
    )
    assert first is not None, "something was sent"
    assert last is not None, "and so there was a last one"
    return 60 * count / (last - first).total_seconds()


def _is_open() -> Any:
    return Notice.state.in_(("waiting", "sending"))


def _mails(session: Any, config: Config, hook: Hook, count: int) -> None:
    """All about one trip, which is as much work as about many."""
    people.move_in(session)
    customer = make.make_customer(email="li.na@example.com", language="zh")
    site = make.make_site(customer)
    ticket = make.make_ticket(customer, site)
    job, visit = make.make_job(ticket, site)
    for row in (customer, site, ticket, job, visit):
        session.add(row)
        session.flush()
    about = {"ticket_id": ticket.id, "job_id": job.id, "subject_id": visit.id}
    _add(session, count, kind="on_the_way", channel="email", **about)


def _calls(session: Any, config: Config, hook: Hook, count: int) -> None:
    sun, now = session.get_one(Person, people.SUN.id), datetime.now(UTC)
    endpoint: Endpoint
    endpoint, _secret = endpoints.add(session, config, sun, {"url": hook.url}, now)
    body = '{"type":"ticket.opened","timestamp":"2026-11-23T01:00:00.000Z","data":{}}'
    about = {"endpoint_id": endpoint.id, "body": body}
    _add(session, count, kind="ticket.opened", channel="webhook", **about)


def _add(session: Any, count: int, **same: Any) -> None:
    now = datetime.now(UTC)
    ordinary = {"branch_id": people.NORTH, "happened_at": now, "made_at": now, "run_at": now}
    rows = [{"id": (its := new_id()), "key": its, **ordinary, **same} for _each in range(count)]
    session.execute(insert(Notice), rows)
