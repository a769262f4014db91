"""Sites: an address on a page of its own, with the things there; added and edited in place."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import sites
from server.auth import me, needs
from server.db.customers import Asset, Customer, Site, get_customer, get_site
from server.db.tickets import Ticket, visible_to
from server.domain import errors
from server.house import house
from server.office import answers, edits, forms
from server.office.edits import Clash
from server.schemas import Shape, Text, must_be_zone
from server.transactions import reads, writes

blp = Blueprint("sites", __name__)

HISTORY = 50
WRONG_ZONE = _l("Not a time zone of the IANA database.")  # said by the shape, in our words


class Changes(Shape):
    address = Text(least=1)
    district = Text(100)
    city = Text(100)
    province = Text(100)
    postcode = Text(20)
    time_zone = Text(64, validate=must_be_zone)
    access_notes = Text()


class NewSite(Changes):
    address = Text(least=1, required=True)


KEEP_EMPTY = ("district", "city", "province", "postcode", "access_notes")


@blp.get("/sites/<site_id>")
@reads
@needs("customer.read")
def show(session: Session, site_id: str) -> str:
    site = get_site(session, me(), site_id)
    assets = select(Asset).where(Asset.site_id == site.id).order_by(Asset.id)
    tickets = visible_to(me()).where(
        Ticket.customer_id == site.customer_id, Ticket.site_id == site.id
    )
    newest = tickets.order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(HISTORY)
    return render_template(
        "office/site.html",
        site=site,
        customer=session.get_one(Customer, site.customer_id),
        assets=list(session.scalars(assets)),
        tickets=list(session.scalars(newest)),
    )


@blp.get("/customers/<customer_id>/sites/new")
@reads
@needs("customer.write")
def begin(session: Session, customer_id: str) -> str:
    return _new_form(get_customer(session, me(), customer_id), forms.Typed())


@blp.post("/customers/<customer_id>/sites/new")
@writes
@needs("customer.write")
def add(session: Session, customer_id: str) -> AnyResponse | tuple[str, int]:
    customer = get_customer(session, me(), customer_id)
    try:
        form = forms.read(NewSite)
    except errors.Invalid as wrong:
        return _new_form(customer, forms.Typed(request.form, forms.problems_of(wrong))), 422
    sites.add(session, me(), {**form, "customer_id": customer.id}, house().clock())
    return answers.go_to("office.customers.show", customer_id=customer.id, _anchor="places")


def _new_form(customer: Customer, typed: forms.Typed) -> str:
    return render_template("office/site_new.html", customer=customer, typed=typed)


@blp.get("/sites/<site_id>/edit")
@reads
@needs("customer.write")
def edit(session: Session, site_id: str) -> str:
    return _form(get_site(session, me(), site_id), forms.Typed())


@blp.post("/sites/<site_id>/edit")
@writes
@needs("customer.write")
def change(session: Session, site_id: str) -> AnyResponse | tuple[str, int]:
    site = get_site(session, me(), site_id, to_change=True)
    try:
        form = forms.read(Changes, keep_empty=KEEP_EMPTY)
        edit = edits.read(session, site, Changes, form, "site", site.id)
    except errors.Invalid as wrong:
        return _form(site, forms.Typed(request.form, forms.problems_of(wrong))), 422
    if edit.clashes:
        return _form(site, forms.typed(), edit.clashes), 409
    sites.change(session, me(), site, edit.mine, house().clock())
    return answers.go_to("office.sites.show", site_id=site.id)


def _form(site: Site, typed: forms.Typed, clashes: Mapping[str, Clash] | None = None) -> str:
    page = "site_facts_form.html" if answers.is_fragment() else "site_edit.html"
    return render_template(
        f"office/{page}", site=site, edit=edits.form_of(site, Changes, typed, clashes)
    )
