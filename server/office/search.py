"""Search from every page: tickets, customers, parts, people, pages and acts, found while they are typed.

What the index finds are candidates; each row is asked for through its `visible_to` before it is shown.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from server.auth import me, needs
from server.db import jobs, search, tickets
from server.db.customers import (
    Asset,
    Customer,
    Product,
    Site,
    assets_visible_to,
    customers_visible_to,
    products_visible_to,
    sites_visible_to,
)
from server.db.jobs import Job
from server.db.lookups import among_these
from server.db.parts import Part, parts_visible_to
from server.db.people import Device, Person, devices_visible_to, names_of, people_visible_to
from server.db.tickets import Ticket
from server.domain import search as rules
from server.domain.people import may
from server.house import house
from server.office import answers, forms, wording
from server.office.labels import label
from server.transactions import reads

blp = Blueprint("search", __name__)

OF_EACH = 5  # results of a kind
CANDIDATES = 60  # looked at for those, of which some may not be seen
RECENT = 8

# Where a thing is shown: the first of these pages that there is. A new page is one more line.
ADDRESSES: dict[str, tuple[tuple[str, str], ...]] = {
    "ticket": (("office.tickets.show", "ticket_id"),),
    "customer": (
        ("office.customers.show", "customer_id"),
        ("office.intake.fill_in", "customer_id"),
    ),
    "site": (("office.sites.show", "site_id"),),
    "asset": (("office.assets.show", "asset_id"),),
    "part": (("office.parts.show", "sku"), ("office.part_requests.find", "")),
    "product": (("office.products.show", "product_id"),),
    "person": (("office.people.show", "person_id"),),
    "device": (("office.devices.show", "device_id"), ("office.devices.find", "")),
}

# Pages and acts: endpoint, the act that somebody must be allowed to do, what it is called. Those that are
# not there are left out.
PLACES: tuple[tuple[str, str, Any], ...] = (
    ("office.intake.find", "ticket.write", _l("New ticket")),
    ("office.today.show", "office.enter", _l("Today")),
    ("office.tickets.find", "ticket.read", _l("Tickets")),
    ("office.board.show", "job.read", _l("Board")),
    ("office.jobs.find", "job.read", _l("Jobs of the day")),
    ("office.verification.queue", "visit.verify", _l("Verification")),
    ("office.revisits.find", "revisit.read", _l("Revisits")),
    ("office.exceptions.find", "exception.read", _l("Exceptions")),
    ("office.customers.find", "customer.read", _l("Customers")),
    ("office.part_requests.find", "request.read", _l("Parts asked for")),
    ("office.parts.find", "part.read", _l("Parts catalogue")),
    ("office.stock.find", "movement.read", _l("Stock")),
    ("office.movements.find", "movement.read", _l("Stock ledger")),
    ("office.counts.find", "movement.read", _l("Stock counts")),
    ("office.variances.find", "movement.read", _l("Variances")),
    ("office.imports.find", "movement.write", _l("Import a sheet")),
    ("office.products.find", "product.read", _l("Products")),
    ("office.people.find", "office.enter", _l("People")),
    ("office.organisations.find", "office.enter", _l("Branches and contractors")),
    ("office.devices.find", "device.read", _l("Tablets")),
    ("office.figures.show", "figure.read", _l("Figures")),
    ("office.settings.show_all", "setting.read", _l("Settings")),
    ("office.audit.find", "audit.read", _l("Audit")),
)


@dataclass(frozen=True, slots=True)
class Result:
    href: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Results of one kind; `more` leads to all of them, where a list of such can be searched."""

    title: str
    results: list[Result]
    more: str = ""


@blp.get("/search")
@reads
@needs("office.enter")
def find(session: Session) -> str | AnyResponse:
    """What fits the words; before any are typed, where one was last and where one can go."""
    words = forms.words_in(request.args)
    if words and not answers.is_fragment() and (ticket := _by_number(session, words)):
        return redirect(address_of("ticket", ticket.id), code=303)
    found = search.look_up(session, me(), words) if words else search.Found()
    groups = _fitting(session, words, found) if words else _to_begin_with(session)
    page = "office/search_found.html" if answers.is_fragment() else "office/search.html"
    return render_template(
        page,
        words=words,
        groups=[group for group in groups if group.results],
        is_cut=found.is_cut,
    )


def address_of(noun: str, its_id: str) -> str:
    """The page that shows this thing, or the nearest one that there is; nothing where there is none."""
    for endpoint, argument in ADDRESSES[noun]:
        if endpoint in current_app.view_functions:
            values: dict[str, Any] = {argument: its_id} if argument else {}
            return url_for(endpoint, **values)
    return ""


def _by_number(session: Session, words: str) -> Ticket | None:
    """The ticket whose number was typed, and nothing else."""
    if not may(me().role, "ticket.read") or words.isdigit():
        return None
    numbers = search.numbers_of("T", words)
    return session.scalar(tickets.visible_to(me()).where(Ticket.id.in_(numbers)))


# What fits.


def _fitting(session: Session, words: str, found: search.Found) -> Iterable[Group]:
    role = me().role
    yield Group(_("Pages"), _places(words))
    if may(role, "ticket.read"):
        rows = search.tickets_of(session, me(), tickets.visible_to(me()), found)
        newest = rows.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(OF_EACH)
        more = url_for("office.tickets.find", q=words, show="all")
        yield Group(_("Tickets"), _tickets(session, session.scalars(newest)), more)
    if may(role, "job.read"):
        yield Group(_("Jobs"), _jobs(session, _jobs_found(session, words)))
    if may(role, "customer.read"):
        ids = search.customers_of(session, found)
        more = _searched("office.customers.find", words)
        known = _seen(session, customers_visible_to(me()), Customer.id, ids)
        yield Group(_("Customers"), _customers(session, known), more)
        yield Group(
            _("Addresses"), _sites(session, _of(session, sites_visible_to(me()), Site, found))
        )
        yield Group(
            _("Assets"), _assets(session, _of(session, assets_visible_to(me()), Asset, found))
        )
    if may(role, "part.read"):
        more = _searched("office.parts.find", words)
        yield Group(_("Parts"), _parts(_of(session, parts_visible_to(me()), Part, found)), more)
    if may(role, "product.read"):
        seen = _of(session, products_visible_to(me()), Product, found)
        yield Group(_("Products"), _products(seen))
    if may(role, "person.read"):
        yield Group(_("People"), _people(_of(session, people_visible_to(me()), Person, found)))
    if may(role, "device.read"):
        seen = _of(session, devices_visible_to(me()), Device, found)
        yield Group(_("Tablets"), _devices(session, seen))


def _searched(endpoint: str, words: str) -> str:
    return url_for(endpoint, q=words) if endpoint in current_app.view_functions else ""


def _places(words: str) -> list[Result]:
    """Pages and acts whose names have all the words; all of them before anything is typed."""
    wanted = rules.readings(words)[-1] if rules.readings(words) else []
    known = current_app.view_functions
    return [
        Result(url_for(endpoint), str(name))
        for endpoint, act, name in PLACES
        if endpoint in known and may(me().role, act) and _has_all(str(name), wanted)
    ]


def _has_all(name: str, wanted: list[str]) -> bool:
    known = list(rules.words_in(name))
    return all(any(word.startswith(each) for word in known) for each in wanted)


def _of(session: Session, rows: Select[Any], noun: Any, found: search.Found) -> list[Any]:
    key = noun.sku if noun is Part else noun.id
    return _seen(session, rows, key, found.of(noun))


def _seen(session: Session, rows: Select[Any], key: Any, ids: list[str]) -> list[Any]:
    """The first few of these that may be seen, in their order."""
    if not ids:
        return []
    seen = session.scalars(rows.where(among_these(key, ids[:CANDIDATES])))
    by_id = {getattr(each, key.key): each for each in seen}
    return [by_id[each] for each in ids if each in by_id][:OF_EACH]


def _jobs_found(session: Session, words: str) -> list[Job]:
    """By number; for whoever sees no tickets, also own jobs by the words of their customers."""
    seen = jobs.visible_to(me(), house().clock())
    ids = search.numbers_of("J", words)
    if not may(me().role, "ticket.read"):
        ids += search.jobs_among_the_newest(session, seen, words)
    return _seen(session, seen, Job.id, ids)


# How each is shown.


def _tickets(session: Session, rows: Iterable[Ticket]) -> list[Result]:
    found = list(rows)
    names = _names(session, {each.customer_id for each in found})
    return [
        Result(
            address_of("ticket", each.id),
            f"{each.id} {names.get(each.customer_id, '')}",
            wording.listed([each.summary, label(each.state, "ticket_state")]),
        )
        for each in found
    ]


def _names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """The names of customers, for whoever may know them."""
    if not may(me().role, "customer.read"):
        return {}
    rows = select(Customer.id, Customer.name).where(Customer.id.in_(set(ids)))
    return dict(session.execute(rows).all())


def _jobs(session: Session, rows: list[Job]) -> list[Result]:
    names = names_of(session, {each.assignee_id for each in rows})
    opens = may(me().role, "ticket.read")
    return [
        Result(
            address_of("ticket", each.ticket_id) if opens else _day_of(each),
            f"{each.id} {names.get(each.assignee_id, '')}",
            wording.listed(
                [
                    wording.window(each.window_start, each.window_end, each.time_zone),
                    label(each.state, "job_state"),
                ]
            ),
        )
        for each in rows
    ]


def _day_of(job: Job) -> str:
    return url_for("office.jobs.find", day=wording.local_date(job.window_start, job.time_zone))


def _customers(session: Session, rows: list[Customer]) -> list[Result]:
    sites = select(Site).where(Site.customer_id.in_([each.id for each in rows])).order_by(Site.id)
    at = {site.customer_id: site for site in session.scalars(sites)} if rows else {}
    return [
        Result(
            address_of("customer", each.id),
            f"{each.name} {wording.phone(each.phone)}",
            wording.address(at[each.id]) if each.id in at else "",
        )
        for each in rows
    ]


def _sites(session: Session, rows: list[Site]) -> list[Result]:
    names = _names(session, {each.customer_id for each in rows}) if rows else {}
    return [
        Result(
            address_of("site", each.id) or address_of("customer", each.customer_id),
            wording.address(each),
            names.get(each.customer_id, ""),
        )
        for each in rows
    ]


def _assets(session: Session, rows: list[Asset]) -> list[Result]:
    sites = {each.id: each for each in _sites_of(session, rows)}
    names = _names(session, {each.customer_id for each in sites.values()}) if rows else {}
    return [
        Result(
            address_of("asset", each.id) or address_of("customer", sites[each.site_id].customer_id),
            f"{wording.in_language(each.product, 'name')} {each.serial or ''}",
            wording.listed([each.order_number, names.get(sites[each.site_id].customer_id)]),
        )
        for each in rows
    ]


def _sites_of(session: Session, assets: list[Asset]) -> list[Site]:
    if not assets:
        return []
    found = select(Site).where(Site.id.in_({each.site_id for each in assets}))
    return list(session.scalars(found))


def _parts(rows: list[Part]) -> list[Result]:
    return [
        Result(address_of("part", each.sku), each.sku, wording.in_language(each, "name"))
        for each in rows
    ]


def _products(rows: list[Product]) -> list[Result]:
    return [
        Result(address_of("product", each.id), each.model, wording.in_language(each, "name"))
        for each in rows
    ]


def _people(rows: list[Person]) -> list[Result]:
    return [
        Result(
            address_of("person", each.id),
            each.name,
            wording.listed([label(each.role, "role"), each.organisation.name]),
        )
        for each in rows
    ]


def _devices(session: Session, rows: list[Device]) -> list[Result]:
    names = names_of(session, {each.enrolled_by for each in rows})
    return [
        Result(address_of("device", each.id), each.name, names.get(each.enrolled_by, ""))
        for each in rows
    ]


# Before anything is typed.


def _to_begin_with(session: Session) -> list[Group]:
    return [Group(_("Recently opened"), _recent(session)), Group(_("Pages"), _places(""))]


def _recent(session: Session) -> list[Result]:
    """The things whose pages this browser was on, the last one first. It sends only addresses: what they
    show is asked for anew.
    """
    found: list[Result] = []
    for address in dict.fromkeys(request.args.getlist("recent")[: 2 * RECENT]):
        noun, its_id = _thing_at(address)
        if noun and len(found) < RECENT:
            found += _shown(session, noun, its_id)
    return found


def _thing_at(address: str) -> tuple[str, str]:
    """The thing that a page of ours shows, by its address."""
    try:
        path = urlsplit(address).path
        endpoint, values = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, ValueError):
        return "", ""
    for noun, pages in ADDRESSES.items():
        for page, argument in pages:
            if page == endpoint and argument:
                return noun, str(values.get(argument, ""))
    return "", ""


SHOWN: dict[str, tuple[str, Callable[[Any], Select[Any]], Any, Callable[..., list[Result]]]] = {
    "ticket": ("ticket.read", tickets.visible_to, Ticket.id, _tickets),
    "customer": ("customer.read", customers_visible_to, Customer.id, _customers),
    "site": ("customer.read", sites_visible_to, Site.id, _sites),
    "asset": ("customer.read", assets_visible_to, Asset.id, _assets),
    "part": ("part.read", parts_visible_to, Part.sku, lambda _session, rows: _parts(rows)),
    "product": ("product.read", products_visible_to, Product.id, lambda _s, rows: _products(rows)),
    "person": ("person.read", people_visible_to, Person.id, lambda _session, rows: _people(rows)),
    "device": ("device.read", devices_visible_to, Device.id, _devices),
}


def _shown(session: Session, noun: str, its_id: str) -> list[Result]:
    act, visible_to, key, show = SHOWN[noun]
    if not may(me().role, act):
        return []
    return show(session, _seen(session, visible_to(me()), key, [its_id.replace("\x00", "")]))
