"""Endpoints that are down, slow or odd, and calls that nobody may have us make."""

import dataclasses
import json
import socket
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from server.db import facts
from server.db.notices import Endpoint, Notice, Try
from server.db.people import Person
from server.house import House
from server.notices import addresses, calls, catalogue, endpoints
from server.notices.outcomes import Outcome
from server.notices.postmen import Post
from tests import make, people
from tests.conftest import HandClock
from tests.notices.receivers import Hook
from tests.shop import Shop

Notices = Callable[..., list[Notice]]
Listens = Callable[..., tuple[Endpoint, str]]


def rings(house: House, save: Callable[..., None]) -> None:
    """Something happens that endpoints hear of."""
    customer = make.make_customer()
    ticket = make.make_ticket(customer)
    save(customer, ticket)
    now = house.clock()
    house.database.write(lambda s: facts.note(s, "ticket.opened", ticket.id, now, now))


def test_what_fails_is_tried_again_later_under_the_same_id(
    house: House, hook: Hook, post: Post, listens: Listens, notices: Notices, clock: HandClock,
    save: Callable[..., None], load: Callable[..., Any],
) -> None:  # fmt: skip
    listens()
    hook.answers.extend([(503, {"Retry-After": "120"}, b"busy"), (500, {}, b"oh")])
    rings(house, save)
    assert post.drain() == 1
    [told] = notices()
    assert told.state == "waiting"
    assert told.run_at >= clock() + timedelta(seconds=120), "it was asked to wait"
    assert post.drain() == 0
    clock.now = told.run_at
    post.drain()
    assert notices()[0].run_at > clock() + timedelta(minutes=4)
    clock.now = notices()[0].run_at
    post.drain()
    assert notices()[0].state == "sent"
    assert len(set(hook.ids())) == 1
    assert len({body for _headers, body in hook.calls}) == 1
    tries = load(lambda s: s.scalars(select(Try).order_by(Try.at)).all())
    assert [(each.outcome, each.status, each.words) for each in tries] == [
        ("again", 503, "busy"),
        ("again", 500, "oh"),
        ("sent", 204, ""),
    ]


def test_who_fails_for_days_is_switched_off_and_its_dead_letters_can_be_sent_again(
    house: House, hook: Hook, post: Post, listens: Listens, notices: Notices, clock: HandClock,
    save: Callable[..., None], load: Callable[..., Any],
) -> None:  # fmt: skip
    endpoint, _secret = listens()
    hook.answers.extend([(500, {}, b"")] * 40)
    rings(house, save)
    post.drain()
    while notices()[0].state == "waiting":
        clock.now = notices()[0].run_at
        post.drain()
    [told] = notices()
    assert (told.state, told.reason, told.tries) == ("failed", "tries_used", 10)
    clock.go_on(days=2)
    rings(house, save)
    post.drain()
    off = load(lambda s: s.get(Endpoint, endpoint.id))
    assert off.disabled_why == "failing"
    rings(house, save)
    post.drain()
    assert len(notices()) == 2, "it hears nothing meanwhile"


def test_gone_is_gone(
    house: House, hook: Hook, post: Post, listens: Listens, save: Callable[..., None],
    load: Callable[..., Any],
) -> None:  # fmt: skip
    endpoint, _secret = listens()
    hook.answers.append((410, {}, b"gone"))
    rings(house, save)
    post.drain()
    assert load(lambda s: s.get(Endpoint, endpoint.id)).disabled_why == "gone"


def test_a_redirect_is_not_followed(
    house: House, hook: Hook, post: Post, listens: Listens, save: Callable[..., None],
    notices: Notices,
) -> None:  # fmt: skip
    listens()
    hook.answers.append((307, {"Location": hook.url}, b""))
    rings(house, save)
    post.drain()
    assert len(hook.calls) == 1
    assert notices()[0].state == "waiting"


def test_both_secrets_sign_while_one_is_changed(
    house: House, hook: Hook, post: Post, listens: Listens, save: Callable[..., None],
) -> None:  # fmt: skip
    endpoint, old = listens()
    clock = house.clock

    def rotate(session: Any) -> str:
        sun = session.get_one(Person, people.SUN.id)
        kept = session.get_one(Endpoint, endpoint.id)
        return endpoints.rotate(session, house.config, sun, kept, clock())

    new = house.database.write(rotate)
    rings(house, save)
    post.drain()
    [(headers, body)] = hook.calls
    moment = headers["webhook-timestamp"]
    for secret in (old, new):
        mark = Webhook(secret).sign(headers["webhook-id"], clock(), body.decode())
        assert mark in headers["webhook-signature"].split(" ")
    assert moment == str(int(clock().timestamp()))


def test_only_chosen_events_of_its_branch_are_heard(
    house: House, hook: Hook, post: Post, listens: Listens, save: Callable[..., None],
) -> None:  # fmt: skip
    listens(events=["job.issued"])
    listens(branch_id=people.SOUTH)
    rings(house, save)
    post.drain()
    assert hook.calls == []


def test_what_is_really_sent_is_as_the_catalogue_says(
    house: House, hook: Hook, post: Post, listens: Listens, shop: Shop
) -> None:
    listens()
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part(words="the seal of the door")
    trip.works()
    trip.has_it_signed()
    trip.finishes()
    trip.comes_home()
    shop.judges(job)
    post.drain()
    heard = [json.loads(body) for _headers, body in hook.calls]
    for each in heard:
        schema = catalogue.schema_of(each["type"])
        Draft202012Validator(schema).validate(each)
        assert set(each["data"]) == set(schema["properties"]["data"]["properties"]), each["type"]
    kinds = {each["type"] for each in heard}
    assert kinds >= {
        "ticket.opened", "job.issued", "visit.travelling", "visit.arrived", "part.requested",
        "receipt.signed", "visit.finished", "visit.judged",
    }  # fmt: skip
    assert "Li Na" not in str(heard)


def test_every_example_fits_its_schema() -> None:
    for kind in catalogue.KINDS:
        Draft202012Validator(catalogue.schema_of(kind)).validate(catalogue.example_of(kind))
        assert catalogue.SUMMARIES[kind]


# Whom nobody calls.


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1",
        "2001:db8::1", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_no_address_of_our_own_network_is_public(address: str) -> None:
    assert not addresses.is_public(address)


def test_others_are_public() -> None:
    assert addresses.is_public("1.1.1.1")
    assert addresses.is_public("2606:4700:4700::1111")


def post_to(url: str, *, own_network: bool = False) -> Outcome:
    return calls.post(url, {}, b"{}", own_network=own_network, clock=lambda: people.NOW)


def test_the_own_network_is_not_called_by_any_name(hook: Hook) -> None:
    port = hook.url.split(":")[2].partition("/")[0]
    for host in ("localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"):
        outcome = post_to(f"https://{host}:{port}/hook")
        assert outcome.kind in ("refused", "again"), host
        assert outcome.status is None
    assert hook.calls == []


def test_a_name_that_leads_home_later_is_not_followed_there(hook: Hook) -> None:
    """The line goes to an address that was looked at: nobody asks for the name again."""
    with pytest.raises(addresses.NotOutside):
        addresses.resolved("localhost", 443, own_network=False)


def a_server(speak: Callable[[socket.socket], None]) -> tuple[str, Thread]:
    """Takes one call and does what the test wants with it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _address = listener.accept()
        with listener, line:
            line.settimeout(5)
            line.recv(65_536)
            speak(line)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", thread


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", "unsure"),
        (b"nonsense\r\n\r\n", "unsure"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot json!", "sent"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "unsure"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"\x00\xff" * 50_000, "sent"),
        (b"HTTP/1.1 503 No\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", "again"),
    ],
)
def test_odd_answers_are_read_as_far_as_they_go(said: bytes, kind: str) -> None:
    url, thread = a_server(lambda line: line.sendall(said))
    outcome = post_to(url, own_network=True)
    thread.join(5)
    assert outcome.kind == kind
    assert len(outcome.words) <= 500
    assert "\x00" not in outcome.words


def test_who_is_down_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert post_to(f"http://127.0.0.1:{port}/", own_network=True).kind == "again"
    assert post_to("https://nowhere.invalid/", own_network=True).kind == "again"


def test_who_drips_is_cut_off() -> None:
    """However slowly somebody answers, the whole has an end."""
    line, other = socket.socketpair()
    with line, other, calls.deadline(0.05, lambda: line):
        assert line.recv(1) == b"", "cut"


def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to() -> None:
    url, thread = a_server(lambda line: None)
    outcome = post_to(url.replace("http:", "https:"), own_network=True)
    assert outcome.kind == "again"
    thread.join(5)


def test_a_secret_of_another_server_is_said(
    house: House, hook: Hook, post: Post, listens: Listens, save: Callable[..., None],
    notices: Notices,
) -> None:  # fmt: skip
    listens()
    rings(house, save)
    other = dataclasses.replace(house.config, secret="another secret of another server")
    Post(other, house.database, house.clock).drain()
    [told] = notices()
    assert (told.state, hook.calls) == ("failed", [])
