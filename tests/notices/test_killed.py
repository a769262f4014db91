"""kill -9 of the worker at every step: each notice arrives exactly once, or stands among the dead letters."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from server.db import facts
from server.db.notices import Endpoint, Notice
from server.house import House
from server.notices.postmen import Post
from tests import make
from tests.conftest import HandClock
from tests.live import Command, environment
from tests.notices.receivers import Hook, Mailbox

Notices = Callable[..., list[Notice]]
STEPS = ("before the claim", "after the claim", "during the call", "after the answer")
PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def one_of_each(
    house: House, save: Callable[..., None], listens: Callable[..., Any], clock: HandClock
) -> None:
    """A mail to a customer and a webhook, both due now by the computer's clock."""
    clock.now = datetime.now(UTC)
    customer = make.make_customer(email="li.na@example.com", language="en")
    site = make.make_site(customer)
    ticket = make.make_ticket(customer, site)
    job, visit = make.make_job(ticket, site)
    save(customer, site, ticket, job, visit)
    listens(events=["visit.travelling"])
    now = clock()
    house.database.write(lambda s: facts.note(s, "visit.travelling", visit.id, now, now))
    Post(house.config, house.database, house.clock).spread()


@pytest.mark.parametrize("step", STEPS)
def test_it_arrives_once_or_is_a_dead_letter(
    step: str, house: House, mailbox: Mailbox, hook: Hook, post: Post, notices: Notices,
    clock: HandClock, tmp_path: Path,
) -> None:  # fmt: skip
    scene = {
        "before the claim": _before_the_claim,
        "after the claim": _after_the_claim,
        "during the call": _during_the_call,
        "after the answer": _after_the_answer,
    }[step]
    scene(house, mailbox, hook, notices, tmp_path)
    clock.now = datetime.now(UTC) + timedelta(minutes=3)  # its lease has run out
    post.drain()
    clock.go_on(days=4)
    post.drain()
    arrived = [len(mailbox.mails), len(hook.calls)]
    states = [each.state for each in notices()]
    if step == "before the claim":
        assert (states, arrived) == (["sent", "sent"], [1, 1])
        return
    assert states == ["unsure", "unsure"], "a person decides: it may have arrived"
    assert arrived == ([0, 0] if step == "after the claim" else [1, 1])
    assert {each.reason for each in notices()} == {"cut"}


def test_a_receiver_that_drops_repeats_gets_it_again_under_the_same_id(
    house: House, mailbox: Mailbox, hook: Hook, post: Post, notices: Notices,
    clock: HandClock, tmp_path: Path,
) -> None:  # fmt: skip
    def trust(session: Any) -> None:
        [told] = session.scalars(select(Notice).where(Notice.channel == "webhook"))
        session.get_one(Endpoint, told.endpoint_id).drops_repeats = True

    house.database.write(trust)
    _during_the_call(house, mailbox, hook, notices, tmp_path)
    clock.now = datetime.now(UTC) + timedelta(minutes=3)
    post.drain()
    [told] = notices(channel="webhook")
    assert (told.state, hook.ids()) == ("sent", [told.id, told.id])
    assert hook.calls[0][1] == hook.calls[1][1], "and says the same"


# The scenes.


def _before_the_claim(
    house: House, mailbox: Mailbox, hook: Hook, notices: Notices, folder: Path
) -> None:
    with _held(house), _worker(house, mailbox.port, folder) as worker:
        _until(lambda: "at work" in worker.log)
        worker.kill()


def _after_the_claim(
    house: House, mailbox: Mailbox, hook: Hook, notices: Notices, folder: Path
) -> None:
    """Both lines are open, and nobody on the other side says a word."""
    with _mute() as mail_port, _mute() as hook_port:
        _point(house, f"http://127.0.0.1:{hook_port}/hook")
        with _worker(house, mail_port, folder) as worker:
            _until(lambda: [each.state for each in notices()] == ["sending", "sending"])
            worker.kill()
    _point(house, hook.url)


def _during_the_call(
    house: House, mailbox: Mailbox, hook: Hook, notices: Notices, folder: Path
) -> None:
    killed = Event()
    mailbox.on_mail = hook.on_call = lambda: _wait(killed)
    with _worker(house, mailbox.port, folder) as worker:
        mailbox.waits_for(1)
        hook.waits_for(1)
        worker.kill()
    killed.set()
    mailbox.on_mail = hook.on_call = lambda: None


def _after_the_answer(
    house: House, mailbox: Mailbox, hook: Hook, notices: Notices, folder: Path
) -> None:
    """Nobody can write while the answers go out, so the worker has them and cannot keep them."""
    both_here = Event()
    mailbox.on_mail = hook.on_call = lambda: _wait(both_here)
    with _worker(house, mailbox.port, folder) as worker:
        mailbox.waits_for(1)
        hook.waits_for(1)
        with _held(house):
            both_here.set()
            hook.waits_for_answers(1)
            mailbox.waits_for_answers(1)
            worker.kill()
    mailbox.on_mail = hook.on_call = lambda: None


def _wait(for_it: Event) -> None:
    assert for_it.wait(PATIENCE_S)


def _worker(house: House, mail_port: int, folder: Path) -> Command:
    more = {
        "DOORSTEP_SMTP": f"smtp://127.0.0.1:{mail_port}",
        "DOORSTEP_MAIL_FROM": "service@shop.example",
        "DOORSTEP_OWN_NETWORK": "true",
    }
    return Command(["worker"], environment(house.config, **more), folder / "worker.log")


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def _held(house: House) -> Iterator[None]:
    """Nobody else writes notices meanwhile."""
    is_held, let_go = Event(), Event()

    def hold(session: Any) -> None:
        session.scalars(select(Notice).with_for_update()).all()
        is_held.set()
        _wait(let_go)

    holder = Thread(target=house.database.write, args=(hold,))
    holder.start()
    _wait(is_held)
    try:
        yield
    finally:
        let_go.set()
        holder.join()


@contextmanager
def _mute() -> Iterator[int]:
    """A port at which somebody listens and never speaks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def _point(house: House, url: str) -> None:
    def point(session: Any) -> None:
        for each in session.scalars(select(Endpoint)):
            each.url = url

    house.database.write(point)


def test_what_arrives_is_signed(
    hook: Hook, post: Post, notices: Notices, listens: Callable[..., Any], house: House,
    save: Callable[..., None],
) -> None:  # fmt: skip
    """With the library that receivers use."""
    _endpoint, secret = listens(events=["ticket.opened"])
    customer = make.make_customer()
    ticket = make.make_ticket(customer)
    save(customer, ticket)
    now = house.clock()
    house.database.write(lambda s: facts.note(s, "ticket.opened", ticket.id, now, now))
    post.drain()
    signed = [(headers, body) for headers, body in hook.calls if b"ticket.opened" in body]
    [(headers, body)] = signed
    told = Webhook(secret).verify(body, headers)
    assert (told["type"], told["data"]["id"]) == ("ticket.opened", ticket.id)
    assert json.loads(body) == told
