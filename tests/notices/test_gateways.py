"""SMS and chat through a gateway that is really there, and gateways that are down, odd or lead home."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from server.db.notices import Notice
from server.db.people import Person
from server.house import House
from server.notices import endpoints, gateways
from server.notices.postmen import Post
from tests import make, people
from tests.conftest import HandClock
from tests.live import free_port
from tests.notices.receivers import Hook

Notices = Callable[..., list[Notice]]


@pytest.fixture
def told(house: House, save: Callable[..., None], clock: HandClock) -> str:
    """A text message that is due, and the gateway of its branch (see `goes_by`)."""
    customer = make.make_customer(language="en", phone="138 0013 8000")
    site = make.make_site(customer)
    ticket = make.make_ticket(customer, site)
    job, visit = make.make_job(ticket, site)
    notice = Notice(
        id="01980000-0000-7000-8000-00000000n001",
        key="on_the_way:sms",
        kind="on_the_way",
        channel="sms",
        branch_id=people.NORTH,
        ticket_id=ticket.id,
        job_id=job.id,
        subject_id=visit.id,
        language="en",
        happened_at=clock(),
        made_at=clock(),
        run_at=clock(),
    )
    save(customer, site, ticket, job, visit, notice)
    return notice.id


def goes_by(house: House, url: str) -> None:
    def act(session: Any) -> None:
        sun = session.get_one(Person, people.SUN.id)
        endpoints.set_gateway(session, house.config, sun, people.NORTH, "sms", url, house.clock())

    house.database.write(act)


def address_of(hook: Hook) -> str:
    """A gateway that takes JSON, with a number in its address, as Apprise writes it."""
    return hook.url.replace("http://", "json://").replace("/hook", "/send/{phone}")


def test_it_works(house: House, told: str, hook: Hook, post: Post, notices: Notices) -> None:
    goes_by(house, address_of(hook))
    post.drain()
    [(_headers, body)] = hook.calls
    assert json.loads(body)["message"].startswith("Alice from Branch North is on the way to you.")
    assert hook.paths == ["/send/8613800138000"]
    [notice] = notices()
    assert (notice.state, notice.address) == ("sent", "138 0013 8000")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((500, {}, b"down"), "waiting"),
        ((200, {}, b"<html>nonsense \xff\x00"), "sent"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "waiting"),
    ],
)
def test_what_the_gateway_says_counts(
    answer: Any, state: str, house: House, told: str, hook: Hook, post: Post, notices: Notices
) -> None:
    goes_by(house, address_of(hook))
    hook.answers.append(answer)
    post.drain()
    assert [each.state for each in notices()] == [state]
    assert len(hook.calls) == 1, "nobody is followed"


def test_a_gateway_that_is_down_is_tried_again(
    house: House, told: str, hook: Hook, post: Post, notices: Notices, clock: HandClock
) -> None:
    goes_by(house, f"json://127.0.0.1:{free_port()}/{{phone}}")
    post.drain()
    [notice] = notices()
    assert notice.state == "waiting"
    goes_by(house, address_of(hook))
    clock.now = notice.run_at
    post.drain()
    assert notices()[0].state == "sent"


def test_no_gateway_leads_into_the_own_network(
    house: House, told: str, hook: Hook, notices: Notices
) -> None:
    goes_by(house, address_of(hook))
    careful = dataclasses.replace(house.config, own_network=False)
    Post(careful, house.database, house.clock).drain()
    [notice] = notices()
    assert (notice.state, notice.reason, hook.calls) == ("failed", "refused", [])


def test_a_number_is_as_gateways_want_it() -> None:
    for said, wanted in (
        ("138 0013 8000", "8613800138000"),
        ("+86 138-0013-8000", "8613800138000"),
        ("0049 171 1234567", "491711234567"),
        ("+1 (555) 010-9999", "15550109999"),
        ("028 8765 4321", "02887654321"),
    ):
        assert gateways.international(said) == wanted


def test_without_a_gateway_nothing_is_made(house: House, post: Post, load: Any) -> None:
    assert post.drain() == 0
    assert load(lambda s: s.scalars(select(Notice)).all()) == []
