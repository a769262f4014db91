"""The index of search: kept by itself, seen by those who may, and never without a limit."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.db import search, words
from server.db.customers import Asset, Customer, Site, customers_visible_to
from server.db.people import Person
from server.db.tickets import Ticket, visible_to
from tests import make, people

Read = Callable[[Callable[[Session], Any]], Any]


@pytest.fixture
def write(app: Flask) -> Read:
    write: Read = app.extensions["doorstep"].database.write
    return write


def found(session: Session, typed: str, who: people.Character = people.WEI) -> list[str]:
    person = session.get_one(Person, who.id)
    rows = search.customers_like(session, person, customers_visible_to(person), typed)
    return sorted(each.name for each in session.scalars(rows))


@pytest.fixture
def household(save: Callable[..., None]) -> Customer:
    """Wang Xiaoming of Binjiang with a hood, and Wang Wei of elsewhere."""
    customer = make.make_customer(name="王小明", phone="138 0013 8000")
    site = make.make_site(
        customer, address="江南大道100号3幢", district="滨江区", city="杭州市", province="浙江省"
    )
    other = make.make_customer(name="王伟", phone="139 0000 1111")
    product = make.make_product()
    asset = make.make_asset(site, product, serial="SN-88", order_number="2026-0042")
    ticket = make.make_ticket(customer, site, summary="The hood rattles")
    save(customer, other, site, product, asset, ticket)
    return customer


@pytest.mark.parametrize(
    "typed",
    [
        "小明",
        "8000",
        "138-0013",
        "江南",
        "滨江 王",
        "王 sn-88",
        "2026-0042",
        "杭州市滨江区江南大道100号",
    ],
)
def test_it_works(household: Customer, load: Read, typed: str) -> None:
    assert load(lambda session: found(session, typed)) == ["王小明"]


def test_all_of_the_words_must_be_there(household: Customer, load: Read) -> None:
    assert load(lambda session: found(session, "王")) == ["王伟", "王小明"]
    assert load(lambda session: found(session, "王 伟")) == ["王伟"]
    assert load(lambda session: found(session, "王伟 滨江")) == []


@pytest.mark.parametrize(
    ("typed", "count"),
    [("hood", 1), ("王 hood", 1), ("小明", 1), ("滨江 rattles", 1), ("王伟 hood", 0), ("T-1", 0)],
)
def test_a_ticket_has_the_words_of_its_customer_too(
    household: Customer, load: Read, typed: str, count: int
) -> None:
    def tickets(session: Session) -> list[Ticket]:
        person = session.get_one(Person, people.WEI.id)
        return list(
            session.scalars(search.tickets_like(session, person, visible_to(person), typed))
        )

    assert len(load(tickets)) == count


def test_what_is_changed_is_found_by_its_new_words(
    household: Customer, load: Read, write: Read
) -> None:
    def change(session: Session) -> None:
        session.get_one(Customer, household.id).name = "李娜"

    write(change)
    assert load(lambda session: found(session, "小明")) == []
    assert load(lambda session: found(session, "李娜 滨江")) == ["李娜"]


def test_what_was_not_written_after_all_is_not_found(
    household: Customer, load: Read, write: Read
) -> None:
    def change(session: Session) -> None:
        session.get_one(Customer, household.id).name = "李娜"
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write(change)
    assert load(lambda session: found(session, "小明")) == ["王小明"]


def test_what_is_deleted_leaves_no_words(load: Read, write: Read, save: Any) -> None:
    customer = make.make_customer()
    save(customer)
    write(lambda session: session.delete(session.get_one(Customer, customer.id)))
    left = select(words.SearchWord).where(words.SearchWord.kind == "c")
    assert load(lambda session: session.scalars(left).all()) == []


def test_another_branch_is_never_found(household: Customer, load: Read) -> None:
    assert load(lambda session: found(session, "小明", people.SAM)) == []
    assert load(lambda session: found(session, "小明", people.SUN)) == ["王小明"]


def test_the_newest_come_first_and_nothing_is_without_a_limit(
    load: Read, write: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(session: Session) -> None:
        for number in range(search.LOOKED_THROUGH + 5):
            session.add(make.make_customer(id=f"c{number:05}", name="张三", phone=""))

    def look(session: Session) -> tuple[list[str], bool]:
        person = session.get_one(Person, people.WEI.id)
        found = search.look_up(session, person, "张")
        return search.customers_of(session, found), found.is_cut

    write(fill)
    ids, is_cut = load(look)
    assert is_cut
    assert ids[0] == f"c{search.LOOKED_THROUGH + 4:05}"
    assert len(ids) == search.LOOKED_THROUGH


def test_made_anew_it_is_the_same(household: Customer, load: Read, write: Read) -> None:
    def all_words(session: Session) -> list[Any]:
        entry, word = words.SearchEntry, words.SearchWord
        rows = select(word.kind, word.word, word.scope, entry.noun_id).join(
            entry, entry.id == -word.newest
        )
        return sorted(tuple(row) for row in session.execute(rows))

    before = load(all_words)
    write(lambda session: words.make_anew(session.connection()))
    assert load(all_words) == before
    write(lambda session: session.add(make.make_customer(name="张三")))
    assert load(lambda session: found(session, "张")) == ["张三"]


def test_what_was_written_past_the_session_is_found_once_it_is_made_anew(
    household: Customer, load: Read, write: Read
) -> None:
    write(lambda session: session.execute(update(Customer).values(name="李娜")))
    write(lambda session: words.make_anew(session.connection()))
    assert load(lambda session: found(session, "李")) == ["李娜", "李娜"]


NASTY = ["%", "_", "'", "\x00", "x" * 200, "\U0001f600", "\u202e王", "１３８", "a", " ", "' OR 1=1; --",
         "DROP TABLE", "\ud800", "\\", "*", "\U0010ffff", "王" * 200]  # fmt: skip


@pytest.mark.parametrize("typed", NASTY, ids=range(len(NASTY)))
def test_nothing_that_is_typed_breaks_it(household: Customer, load: Read, typed: str) -> None:
    names = load(lambda session: found(session, typed))
    assert set(names) <= {"王小明", "王伟"}


def test_every_kind_of_thing_is_found(
    household: Customer, load: Read, write: Read, save: Any
) -> None:
    save(make.make_part(sku="SEAL-1", name_zh="密封条"))

    def kinds(session: Session) -> dict[str, set[str]]:
        person = session.get_one(Person, people.SUN.id)
        typed = ("小明", "江南", "sn-88", "hood", "密封", "抽油烟", "alice", "t")
        return {each: set(search.look_up(session, person, each).ids) for each in typed}

    told = load(kinds)
    assert told["小明"] == {"c"}
    assert told["江南"] == {"s"}
    assert told["sn-88"] == {"a"}
    assert told["hood"] == {"t", "m"}
    assert told["密封"] == {"p"}
    assert told["抽油烟"] == {"m"}
    assert told["alice"] == {"w"}
    assert {source.noun for source in words.SOURCES} >= {Asset, Site}
