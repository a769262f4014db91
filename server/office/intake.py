"""Intake: a ticket in under a minute, with the customer's whole history beside it."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server import pictures
from server.actions import customer_photos as photo_acts
from server.actions import customers as customer_acts
from server.actions import promises, tickets
from server.actions import sites as site_acts
from server.auth import me, needs
from server.db import customer_photos as photos
from server.db import doubles, search
from server.db.customers import (
    Asset,
    Customer,
    Site,
    customers_visible_to,
    get_customer,
)
from server.db.lookups import among_these
from server.db.tickets import Ticket, visible_to
from server.domain import errors
from server.domain import tickets as rules
from server.house import house
from server.office import answers, customer_photos, forms, labels, wording
from server.pictures import Brought, Refused
from server.schemas import Code, Ident, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("intake", __name__)

FOUND_AT_MOST = 20
HISTORY = 30


class NewTicket(Shape):
    customer_id = Ident()
    kind = Text(64, validate=one_of(*rules.KINDS), required=True)
    channel = Text(64, validate=one_of(*rules.CHANNELS))
    category = Text(64, validate=one_of(*rules.CATEGORIES))
    ticket_class = Text(64, validate=one_of(*rules.CLASSES), data_key="class")
    fault = Code()
    summary = Text(200, least=1, required=True)
    description = Text()
    site_id = Ident()
    asset_id = Ident()


class NewCustomer(Shape):
    """Somebody who calls for the first time, and where they live."""

    name = Text(200, least=1, required=True)
    phone = Text(64, least=1, required=True)
    language = Text(2, validate=one_of("en", "zh"))
    address = Text(least=1, required=True)
    district = Text(100)
    city = Text(100)
    access_notes = Text()
    is_new = Text(3)  # "yes": none of those who look the same


OF_SITE = ("address", "district", "city", "access_notes")


@blp.get("/intake")
@reads
@needs("ticket.write")
def find(session: Session) -> str:
    """Find the customer by phone number, name, order or serial, as it is typed."""
    words = forms.words_in(request.args)
    return render_template(
        "office/intake_find.html", words=words, found=_found(session, words), typed=forms.Typed()
    )


def _found(session: Session, words: str) -> list[tuple[Customer, list[Site]]]:
    if not words:
        return []
    ids = search.customers_of(session, search.look_up(session, me(), words))
    fits = customers_visible_to(me()).where(among_these(Customer.id, ids))
    seen = {each.id: each for each in session.scalars(fits)}
    customers = [seen[each] for each in ids if each in seen][:FOUND_AT_MOST]
    sites = _sites(session, [each.id for each in customers])
    return [(each, [site for site in sites if site.customer_id == each.id]) for each in customers]


def _sites(session: Session, customer_ids: list[str]) -> list[Site]:
    found = select(Site).where(Site.customer_id.in_(customer_ids)).order_by(Site.id)
    return list(session.scalars(found))


@blp.post("/intake/customers")
@writes
@needs("customer.write")
def add_customer(session: Session) -> AnyResponse | tuple[str, int]:
    """A new customer with the first address; the ticket comes next."""
    try:
        form = forms.read(NewCustomer)
    except errors.Invalid as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        page = render_template("office/intake_find.html", words="", found=[], typed=typed)
        return page, 422
    is_new = form.pop("is_new", "") == "yes"
    of_site = {name: form[name] for name in OF_SITE if name in form}
    of_person = {name: value for name, value in form.items() if name not in OF_SITE}
    alike = doubles.like(session, me(), form["name"], form["phone"], [form["address"]])
    if alike and not is_new:
        return _is_it_one_of_these(session, alike), 409
    now = house().clock()
    customer = customer_acts.add(session, me(), of_person, now)
    session.flush()
    site_acts.add(session, me(), {**of_site, "customer_id": customer.id}, now)
    return answers.go_to("office.intake.fill_in", customer_id=customer.id)


def _is_it_one_of_these(session: Session, alike: list[doubles.Double]) -> str:
    """Nobody likes to be asked twice, and nobody finds two files of one customer."""
    sites = _sites(session, [each.customer.id for each in alike])
    found = [
        (each.customer, [site for site in sites if site.customer_id == each.customer.id])
        for each in alike
    ]
    return render_template(
        "office/intake_find.html", words="", found=found, typed=forms.typed(), is_double=True
    )


@blp.get("/intake/<customer_id>")
@reads
@needs("ticket.write")
def fill_in(session: Session, customer_id: str) -> str:
    """The form, with all that the shop knows of this customer beside it."""
    return _form(session, get_customer(session, me(), customer_id), forms.Typed())


def _form(
    session: Session, customer: Customer, typed: forms.Typed, refused: Sequence[Refused] = ()
) -> str:
    sites = _sites(session, [customer.id])
    assets = select(Asset).where(Asset.site_id.in_([site.id for site in sites]))
    history = visible_to(me()).where(Ticket.customer_id == customer.id)
    newest = history.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(HISTORY)
    tickets_of = list(session.scalars(newest))
    return render_template(
        "office/intake.html",
        customer=customer,
        sites=sites,
        assets=list(session.scalars(assets.order_by(Asset.id))),
        history=tickets_of,
        still_open=[each for each in tickets_of if each.state not in ("closed", "cancelled")],
        choices=labels.choices,
        promise=_promise(session, customer, typed["kind"], typed["class"]),
        typed=typed,
        laid_aside=photos.waiting(session, customer.id, me().id),
        refused=[customer_photos.told_of(each) for each in refused],
    )


def _promise(
    session: Session, customer: Customer, kind: str, ticket_class: str
) -> dict[str, datetime]:
    """Until when the customer is promised what, if the ticket is opened now."""
    return promises.due_if_opened_now(
        session,
        customer.branch_id,
        kind if kind in rules.KINDS else rules.KINDS[1],
        ticket_class if ticket_class in rules.CLASSES else "ordinary",
        customer.is_vip,
        wording.zone_of_office(),
        house().clock(),
    )


@blp.get("/intake/<customer_id>/promise")
@reads
@needs("ticket.write")
def promise(session: Session, customer_id: str) -> str:
    """The promise for a kind and a class, while the form is filled in."""
    customer = get_customer(session, me(), customer_id)
    asked = request.args
    told = _promise(session, customer, asked.get("kind", ""), asked.get("class", ""))
    return render_template("office/intake_promise.html", promise=told)


@blp.post("/intake/<customer_id>/photos")
@needs("ticket.write")
def lay_aside(customer_id: str) -> str:
    """Pictures that were dropped or pasted, at once and before the ticket is open: looked at while the form is
    filled in, and still there after a reload.
    """
    house().database.read(lambda session: get_customer(session, me(), customer_id))
    brought = pictures.bring(request.files.getlist("photos"))
    answer: str = _lay_aside(customer_id, brought)
    return answer


@writes
def _lay_aside(session: Session, customer_id: str, brought: Brought) -> str:
    customer = get_customer(session, me(), customer_id)
    refused = _laid_aside(session, customer, brought)
    return render_template(
        "office/intake_photos.html",
        laid_aside=photos.waiting(session, customer.id, me().id),
        refused=[customer_photos.told_of(each) for each in refused],
        typed=forms.Typed(),
    )


def _laid_aside(session: Session, customer: Customer, brought: Brought) -> list[Refused]:
    """Lays aside what came; returns all that was not taken."""
    refused = list(brought.refused)
    for each in brought.given:
        try:
            photo_acts.lay_aside(session, me(), customer, each, house().clock())
        except errors.PicturesEnough as enough:
            refused.append(Refused(each.name, enough))
    return refused


@blp.post("/intake/<customer_id>")
@needs("ticket.write")
def open_ticket(customer_id: str) -> AnyResponse:
    house().database.read(lambda session: get_customer(session, me(), customer_id))
    brought = pictures.bring(request.files.getlist("photos"))
    answer: AnyResponse = _open_ticket(customer_id, brought)
    return answer


@writes
def _open_ticket(
    session: Session, customer_id: str, brought: Brought
) -> AnyResponse | tuple[str, int]:
    """A picture that is refused keeps no ticket from being opened, and a field that is wrong loses no picture."""
    customer = get_customer(session, me(), customer_id)
    refused = _laid_aside(session, customer, brought)
    try:
        form = {**forms.read(NewTicket), "customer_id": customer.id}
        ticket = tickets.open_ticket(session, me(), form, house().clock())
    except (errors.Invalid, errors.ReferenceUnknown) as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        return _form(session, customer, typed, refused), 422
    _hand_in(session, customer, ticket)
    customer_photos.tell_refused(refused)
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)


def _hand_in(session: Session, customer: Customer, ticket: Ticket) -> None:
    """With what was written beside each picture, and without those that are left out."""
    left_out = set(request.form.getlist("without"))
    for photo in photos.waiting(session, customer.id, me().id):
        if photo.id in left_out:
            photo_acts.remove(session, me(), photo, house().clock())
    notes = {
        name.removeprefix("note-"): forms.one_line(said)
        for name, said in request.form.items()
        if name.startswith("note-")
    }
    photo_acts.hand_in(session, me(), ticket, customer.id, notes, house().clock())
