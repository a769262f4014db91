"""Filling a fresh database: the shop moves in, then three weeks of its work are lived through."""

import random
import tempfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server import passwords
from server.actions import (
    assets,
    beginnings,
    certificates,
    consents,
    customers,
    documents,
    movements,
    organisations,
    parts,
    people,
    products,
    sites,
)
from server.app import create_app
from server.clock import utc_now
from server.config import DEMO_PASSWORD, Config
from server.db.customers import Customer, Product
from server.db.house import Task
from server.db.people import Person
from server.demo import households, rules, staff
from server.demo.camera import Camera
from server.demo.cases import CASES, Case
from server.demo.customers import BY_KEY, CONSENTS, HOUSEHOLDS, Household, Said
from server.demo.days import Calendar, HandClock, Story, play
from server.demo.office import Office
from server.demo.people import ADVISOR, COLLEAGUES, STOREKEEPER, SUN, Colleague
from server.demo.plots import PLOTS, Town
from server.demo.shop import (
    COUNTED,
    HOUSES,
    MINIMUMS,
    MODELS,
    PARTS,
    RECEIVED,
    SHORT,
    VAN_STOCK,
)
from server.demo.tablets import Tablets
from server.domain.parts import Place
from server.domain.people import FIELD_ROLES
from server.house import House
from server.images import Examiner
from server.notices.postmen import Post
from server.worker import Worker

DAYS = 22
SEED = 20_261
GRANTED = timedelta(days=365)
POST_EACH, POST_DAYS = timedelta(minutes=30), 7


def fill(
    config: Config,
    tablets_home: Path,
    server: str,
    *,
    cases: Sequence[Case] = CASES,
    tell: Callable[[int, int], None] = lambda done, count: None,
) -> None:
    """Lives three weeks of the shop into a migrated database without people.

    `tell` hears how many tickets have come to where they stand, and of how many.
    """
    calendar = Calendar(utc_now())
    clock = HandClock(calendar.at(DAYS, 8))
    app = create_app(config, clock=clock)
    house: House = app.extensions["doorstep"]
    office = Office(house, clock)
    with (
        closing(house.database),
        closing(Tablets(app, clock, tablets_home, server)) as tablets,
        Examiner() as examiner,
        tempfile.TemporaryDirectory(prefix="doorstep-demo-") as folder,
    ):
        worker = Worker(house, examiner, leaves={documents.MAKE})
        town = Town(
            office=office,
            tablets=tablets,
            camera=Camera(SEED),
            calendar=calendar,
            clock=clock,
            chance=random.Random(SEED),
            customers={},
            things={},
            folder=Path(folder),
            look_at_photos=lambda: _work_off(worker),
        )
        _move_in(office, clock)
        _stock_up(office)
        _meet_customers(town)
        _live(town, cases, tell, _post(house, calendar))
        clock.move_to(calendar.now)
        _count(office)
        staff.note_down(office, clock())
        households.act_on_their_pages(house, clock())
        worker.keep_house()
        _work_off(worker)
        while worker.count():
            pass
        house.database.write(_put_off_receipts)


def _put_off_receipts(session: Session) -> None:
    """The PDFs of three weeks are drawn once the shop is open and the story is told."""
    waiting = update(Task).where(Task.kind == documents.MAKE, Task.done_at.is_(None))
    session.execute(waiting.values(run_at=utc_now() + timedelta(minutes=1)))


def _work_off(worker: Worker) -> None:
    while worker.do_one():
        pass


# Moving in.


def _move_in(office: Office, clock: HandClock) -> None:
    """Branches, contractor and people; all with the one password, hashed once."""
    password_hash = passwords.hash_of(DEMO_PASSWORD)
    home, *others = HOUSES
    office.house.database.write(
        lambda session: beginnings.begin(
            session,
            branch=home.name,
            time_zone="Asia/Shanghai",
            username=SUN.username,
            name=SUN.name,
            password_hash=password_hash,
            now=clock(),
        )
    )
    office.does(SUN.username, lambda s, sun: _open_houses(s, sun, others, password_hash, clock()))


def _open_houses(
    session: Session, sun: Person, others: list[Any], password_hash: str, now: datetime
) -> None:
    ids = {HOUSES[0].key: sun.organisation_id}
    form = {"phone": HOUSES[0].phone, "address": HOUSES[0].address}
    organisations.change(session, sun, sun.organisation, form, now)
    rules.decide(session, sun, sun.organisation_id, now)
    people.change(session, sun, sun, {"language": SUN.language, "phone": SUN.phone}, now)
    for each in others:
        ids[each.key] = organisations.add(session, sun, _house_form(each, now), now).id
    for colleague in COLLEAGUES:
        if colleague is not SUN:
            _engage(session, sun, colleague, ids[colleague.house], password_hash, now)


def _house_form(house: Any, now: datetime) -> dict[str, Any]:
    granted = now + GRANTED if house.kind == "contractor" else None
    named = {name: getattr(house, name) for name in ("kind", "name", "phone", "address")}
    return {**named, "granted_until": granted}


def _engage(
    session: Session,
    sun: Person,
    colleague: Colleague,
    house_id: str,
    password_hash: str,
    now: datetime,
) -> None:
    names = ("username", "name", "role", "team", "phone", "language", "is_active")
    form = {name: getattr(colleague, name) for name in names}
    more = {"skills": list(colleague.skills), "password_hash": password_hash}
    person = people.add(session, sun, {**form, **more, "organisation_id": house_id}, now)
    for kind in colleague.certificates:
        paper = {
            "person_id": person.id,
            "kind": kind,
            "number": f"GF-{person.username.upper()}-2026",
            "valid_from": (now - timedelta(days=400)).date(),
            "valid_until": (now + timedelta(days=330)).date(),
        }
        certificates.add(session, sun, paper, now)


# Catalogue and stock.


def _stock_up(office: Office) -> None:
    """The catalogues, then what every warehouse receives and every van carries."""
    office.does(SUN.username, lambda s, sun: _list_products(s, sun, office.clock()))
    office.does(STOREKEEPER["chengdu"].username, lambda s, who: _list_parts(s, who, office.clock()))
    for keeper in STOREKEEPER.values():
        office.does(keeper.username, lambda s, who: _receive(s, who, office.clock()))
    for colleague in COLLEAGUES:
        if colleague.role in FIELD_ROLES and colleague.is_active:
            keeper = STOREKEEPER.get(colleague.house, STOREKEEPER["chengdu"])
            office.fills_van(keeper.username, colleague.username, _load_of(colleague))


def _count(office: Office) -> None:
    """The day-end counts of two vans, and what a warehouse should hold."""
    keeper = STOREKEEPER["chengdu"].username
    office.sets_minimums(keeper, MINIMUMS)
    for whose, gaps in COUNTED.items():
        office.counts_van(keeper, whose, gaps)


def _list_products(session: Session, sun: Person, now: datetime) -> None:
    for each in MODELS:
        names = ("model", "name", "name_zh", "category", "certificate")
        form = {name: getattr(each, name) for name in names}
        care = {"care_card": each.care, "care_card_zh": each.care_zh}
        products.add(session, sun, {**form, **care, "warranty_months": each.months}, now)


def _list_parts(session: Session, who: Person, now: datetime) -> None:
    for sku, name, name_zh, price, must_come_back in PARTS:
        form = {"sku": sku, "name": name, "name_zh": name_zh, "unit_price": price}
        money = {"currency": "CNY", "is_returnable": must_come_back}
        parts.add(session, who, {**form, **money}, now)


def _receive(session: Session, who: Person, now: datetime) -> None:
    shelf = str(Place("warehouse", who.organisation_id))
    for sku, *_ in PARTS:
        line = {"sku": sku, "quantity": SHORT.get(sku, RECEIVED), "kind": "receive"}
        movements.enter(session, who, {**line, "from_place": "supplier", "to_place": shelf}, now)


def _load_of(colleague: Colleague) -> dict[str, int]:
    load: dict[str, int] = {}
    for skill in colleague.skills:
        for sku, quantity in VAN_STOCK[skill].items():
            load[sku] = load.get(sku, 0) + quantity
    return load


# Customers.


def _meet_customers(town: Town) -> None:
    models = town.office.reads(_models)
    for household in HOUSEHOLDS:
        act = partial(_note_down, home=household, models=models, now=town.clock())
        customer_id, things = town.office.does(ADVISOR[household.branch].username, act)
        town.customers[household.key] = customer_id
        for number, ids in enumerate(things):
            town.things[household.key, number] = ids
    for said in CONSENTS:
        town.office.does(ADVISOR[BY_KEY[said.key].branch].username, partial(_ask, town, said))


def _ask(town: Town, said: Said, session: Session, who: Person) -> None:
    """Notes what a customer says about being written to."""
    names = ("purpose", "channel", "is_given", "how", "words")
    customer = session.get_one(Customer, town.customers[said.key])
    form = {name: getattr(said, name) for name in names}
    consents.note(session, who, customer, form, town.clock())


def _models(session: Session) -> dict[str, str]:
    """The ids of products, by model."""
    return {product.model: product.id for product in session.scalars(select(Product))}


def _note_down(
    session: Session, who: Person, *, home: Household, models: dict[str, str], now: datetime
) -> tuple[str, list[tuple[str, str]]]:
    """The customer, the address, and what stands there: (customer id, [(site id, asset id)])."""
    names = ("name", "phone", "email", "language", "is_vip", "notes")
    customer = customers.add(session, who, {name: getattr(home, name) for name in names}, now)
    site_form = {name: getattr(home.site, name) for name in home.site.__dataclass_fields__}
    site = sites.add(session, who, {**site_form, "customer_id": customer.id}, now)
    ids = []
    for bought in home.things:
        sold_on = (now + timedelta(days=DAYS - bought.days_ago)).date()
        form = {"site_id": site.id, "product_id": models[bought.model], "serial": bought.serial}
        number = zlib.crc32(f"{home.key} {bought.model}".encode()) % 100_000
        order = {"order_number": f"SO-{sold_on:%y%m}-{number:05}", "sold_on": sold_on}
        ids.append((site.id, assets.add(session, who, {**form, **order}, now).id))
    return customer.id, ids


# Three weeks.


def _post(house: House, calendar: Calendar) -> Story:
    """Twice an hour customers are told what is to be told; in the demo nothing leaves the house."""
    yield calendar.at(POST_DAYS, 8)  # what is older is told by nobody any more
    post = Post(house.config, house.database, house.clock)
    while house.clock() < calendar.now - POST_EACH:
        post.drain()
        yield POST_EACH


def _live(town: Town, cases: Sequence[Case], tell: Callable[[int, int], None], post: Story) -> None:
    done = 0

    def played(case: Case) -> Story:
        nonlocal done
        yield from PLOTS[case.plot](town, case)
        done += 1
        tell(done, len(cases))

    play(town.clock, [*(played(case) for case in cases), post])
